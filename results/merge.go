package results

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/mnbench/mnbench/results/stat"
)

// Merged is a warning: shards of the record ran on different machines, so only
// cells that are compared with each other (Group) have one in common.
const Merged stat.Code = "merged"

// Merge puts the shards of one run together: the result holds what a single
// run of the whole plan would have left, in its order. All shards must be
// there, once each, and made by the same mnbench from the same builds, plan
// and seed; the error says which is not and what differs. A shard that was cut
// short makes the merged record one that was cut short.
func Merge(shards []*Record) (*Record, error) {
	if len(shards) == 0 {
		return nil, errors.New("nothing to merge")
	}
	if err := checkShards(shards); err != nil {
		return nil, err
	}
	shards = slices.Clone(shards)
	slices.SortFunc(shards, func(a, b *Record) int {
		return cmp.Compare(a.Run.Plan.Shard.Index, b.Run.Plan.Shard.Index)
	})
	first := shards[0]
	out := &Record{Name: "merged", Run: first.Run, Unavailable: first.Unavailable}
	out.Run.Plan.Shard = nil
	out.Run.Parts = nil
	end := End{Type: "end", Status: Complete}
	for _, s := range shards {
		out.Run.Parts = append(out.Run.Parts, Part{*s.Run.Plan.Shard, s.Run.ID, s.Run.Time, s.Run.Host})
		out.Invocations = append(out.Invocations, s.Invocations...)
		if !s.Complete() {
			end.Status = Interrupted
		}
		if s.End != nil && s.End.Time.After(end.Time) {
			end.Time = s.End.Time
		}
	}
	slices.SortStableFunc(out.Invocations, func(a, b Measured) int { return cmp.Compare(a.Order, b.Order) })
	out.End = &end
	return out, nil
}

func checkShards(shards []*Record) error {
	first := shards[0]
	have := map[int]string{}
	for _, s := range shards {
		shard := s.Run.Plan.Shard
		if shard == nil {
			return fmt.Errorf("%s: not a shard: merge puts together what mnbench run --shard I/N wrote", s.Name)
		}
		if diff := differsFrom(first, s); len(diff) > 0 {
			return fmt.Errorf("%s and %s are not shards of one run: they differ in %s", first.Name, s.Name, strings.Join(diff, ", "))
		}
		if other, twice := have[shard.Index]; twice {
			return fmt.Errorf("%s and %s are both shard %s: leave one out", other, s.Name, shard)
		}
		have[shard.Index] = s.Name
		takes := shard.Takes(s.Run.Plan.Cells)
		for _, inv := range s.Invocations {
			if !takes[inv.Cell] {
				return fmt.Errorf("%s: damaged: invocation of cell %d, which is not in shard %s", s.Name, inv.Cell, shard)
			}
		}
	}
	var missing []string
	for i := 1; i <= first.Run.Plan.Shard.Of; i++ {
		if have[i] == "" {
			missing = append(missing, Shard{i, first.Run.Plan.Shard.Of}.String())
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("shard %s is missing: run it with mnbench run --shard, and name its record too", strings.Join(missing, ", "))
	}
	return nil
}

// differsFrom names what shards of one run must have in common and these two
// have not.
func differsFrom(a, b *Record) []string {
	var diff []string
	note := func(what string, x, y any) {
		if !sameJSON(x, y) {
			diff = append(diff, what)
		}
	}
	note("mnbench", a.Run.Tool, b.Run.Tool)
	note("seed", a.Run.Seed, b.Run.Seed)
	note("number of shards", a.Run.Plan.Shard.Of, b.Run.Plan.Shard.Of)
	diff = append(diff, PlanDiff(a.Run.Plan, b.Run.Plan)...)
	return append(diff, RuntimeDiff(a.Run.Runtimes, b.Run.Runtimes)...)
}

// PlanDiff names what two plans differ in, "invocations (3 and 5)". CPUs and
// shards do not count: they may be another machine's.
func PlanDiff(a, b Plan) []string {
	var diff []string
	note := func(what string, x, y any) {
		if !reflect.DeepEqual(x, y) {
			diff = append(diff, fmt.Sprintf("%s (%v and %v)", what, x, y))
		}
	}
	note("suite", a.Suite, b.Suite)
	note("invocations", a.Invocations, b.Invocations)
	note("iterations", a.Iterations, b.Iterations)
	note("warmup", a.Warmup, b.Warmup)
	note("timeout in ns", a.TimeoutNS, b.TimeoutNS)
	note("time budget in ns", a.BudgetNS, b.BudgetNS)
	if x, y := cellDiff(a.Cells, b.Cells), cellDiff(b.Cells, a.Cells); x+y > 0 {
		diff = append(diff, fmt.Sprintf("cells (%d only in one, %d only in the other)", x, y))
	} else if !sameJSON(a.Cells, b.Cells) {
		diff = append(diff, "order of the cells")
	}
	return diff
}

// cellDiff counts the cells of a that are not in b.
func cellDiff(a, b []Cell) int {
	have := map[string]bool{}
	for _, c := range b {
		have[c.Key()] = true
	}
	n := 0
	for _, c := range a {
		if !have[c.Key()] {
			n++
		}
	}
	return n
}

// RuntimeDiff names the runtimes that are not built alike, and in what.
func RuntimeDiff(a, b []Runtime) []string {
	byID := map[string]Runtime{}
	for _, r := range b {
		byID[r.ID] = r
	}
	var diff []string
	for _, x := range a {
		y, ok := byID[x.ID]
		delete(byID, x.ID)
		switch {
		case !ok:
			diff = append(diff, fmt.Sprintf("runtime %s (only in one)", x.ID))
		case x.Toolchain != y.Toolchain:
			diff = append(diff, fmt.Sprintf("toolchain of %s (%s and %s)", x.ID, x.Toolchain, y.Toolchain))
		case x != y:
			diff = append(diff, fmt.Sprintf("build of %s (%s and %s)", x.ID, x.Build, y.Build))
		}
	}
	for _, id := range sortedKeys(byID) {
		diff = append(diff, fmt.Sprintf("runtime %s (only in one)", id))
	}
	return diff
}

// HostDiff names what two machines differ in, as far as times depend on it:
// not their load, nor what changes with a restart.
func HostDiff(a, b Host) []string {
	var diff []string
	note := func(what string, x, y any) {
		if !sameJSON(x, y) {
			diff = append(diff, fmt.Sprintf("%s (%v and %v)", what, x, y))
		}
	}
	note("name", a.Name, b.Name)
	note("CPU model", a.CPUModel, b.CPUModel)
	note("number of CPUs", a.CPUs, b.CPUs)
	note("architecture", a.Arch, b.Arch)
	note("system", a.OS, b.OS)
	note("kernel", a.Kernel, b.Kernel)
	note("governor", a.Governor, b.Governor)
	note("turbo", a.Turbo, b.Turbo)
	note("SMT", a.SMT, b.SMT)
	note("hypervisor", a.Hypervisor, b.Hypervisor)
	note("control group limits", a.Cgroup, b.Cgroup)
	return diff
}

// sameJSON compares as a record would hold it: nil and empty are the same.
func sameJSON(a, b any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	empty := func(v []byte) bool { return len(v) == 2 || string(v) == "null" }
	return err1 == nil && err2 == nil && (bytes.Equal(x, y) || empty(x) && empty(y))
}

// MergeFiles merges the shards in the files into a new record file, each
// sample as it stands there.
func MergeFiles(path string, shards []string) (*Record, error) {
	var recs []*Record
	for _, name := range shards {
		rec, err := Open(name)
		if err != nil {
			return nil, err
		}
		recs = append(recs, rec)
	}
	merged, err := Merge(recs)
	if err != nil {
		return nil, err
	}
	samples := map[[2]int][]*Sample{}
	for _, name := range shards {
		if err := gatherSamples(name, samples); err != nil {
			return nil, err
		}
	}
	w, err := Create(path, merged.Run)
	if err != nil {
		return nil, err
	}
	err = merged.writeTo(w, samples)
	return merged, errors.Join(err, w.Close())
}

// gatherSamples collects the samples of finished invocations by cell and
// invocation; of those repeated the first counts, as for Read.
func gatherSamples(name string, into map[[2]int][]*Sample) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	d := NewDecoder(name, f)
	open := map[[2]int][]*Sample{}
	for {
		v, err := d.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch v := v.(type) {
		case *Sample:
			key := [2]int{v.Cell, v.Invocation}
			if n := len(open[key]); n > 0 && open[key][n-1].Phase == v.Phase && open[key][n-1].Index >= v.Index {
				open[key] = nil // begun anew after a kill
			}
			open[key] = append(open[key], v)
		case *Invocation:
			key := [2]int{v.Cell, v.Invocation}
			if _, done := into[key]; !done {
				into[key] = open[key]
			}
			clear(open)
		}
	}
}

func (r *Record) writeTo(w *Writer, samples map[[2]int][]*Sample) error {
	for _, u := range r.Unavailable {
		if err := w.Unavailable(u); err != nil {
			return err
		}
	}
	for i := range r.Invocations {
		inv := r.Invocations[i].Invocation
		for _, s := range samples[[2]int{inv.Cell, inv.Invocation}] {
			if err := w.Sample(*s); err != nil {
				return err
			}
		}
		if err := w.Invocation(inv); err != nil {
			return err
		}
	}
	return w.End(r.End.Status == Complete)
}
