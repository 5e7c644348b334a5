package results

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mnbench/mnbench/results/stat"
)

// Difference is something beside the times in which two records differ.
type Difference struct {
	What string `json:"what"`
	Base string `json:"base"`
	Head string `json:"head"`
	Host bool   `json:"host"` // it makes them records of different machines
}

// Warnings about two records together.
const (
	SameRun   stat.Code = "same-run"   // both are records of one run
	Backwards stat.Code = "backwards"  // head was measured before base
	Apart     stat.Code = "apart"      // in separate runs
	OtherPace stat.Code = "other-pace" // the machine itself was faster or slower
)

type differ struct{ out []Difference }

func (d *differ) add(what, base, head string, host bool) {
	if base != head {
		d.out = append(d.out, Difference{what, orNone(base), orNone(head), host})
	}
}

func orNone(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

func (d *differ) maps(what string, base, head map[string]string) {
	keys := map[string]bool{}
	for k := range base {
		keys[k] = true
	}
	for k := range head {
		keys[k] = true
	}
	for _, k := range sortedKeys(keys) {
		d.add(what+" "+k, base[k], head[k], false)
	}
}

// differences lists what two records do not have in common: the machine first,
// then what was measured and how.
func differences(base, head *Record) []Difference {
	var d differ
	bs, hs := base.Run.machines(), head.Run.machines()
	d.add("machines", strconv.Itoa(len(bs)), strconv.Itoa(len(hs)), true)
	for i := range min(len(bs), len(hs)) {
		of := ""
		if len(bs) > 1 {
			of = fmt.Sprintf("shard %d: ", i+1)
		}
		d.host(of, bs[i], hs[i])
	}
	d.add("mnbench", tool(base.Run.Tool), tool(head.Run.Tool), false)
	p, q := base.Run.Plan, head.Run.Plan
	d.add("suite", p.Suite, q.Suite, false)
	d.add("invocations", strconv.Itoa(p.Invocations), strconv.Itoa(q.Invocations), false)
	d.add("iterations", strconv.Itoa(p.Iterations), strconv.Itoa(q.Iterations), false)
	d.add("warm-up iterations", strconv.Itoa(p.Warmup), strconv.Itoa(q.Warmup), false)
	d.add("CPUs used", fmt.Sprint(p.CPUs), fmt.Sprint(q.CPUs), false)
	d.runtimes(base.Run.Runtimes, head.Run.Runtimes)
	d.params(p.Cells, q.Cells)
	return d.out
}

// machines are those that a run was measured on: of a merged record, that of
// each shard.
func (r *Run) machines() []Host {
	if len(r.Parts) == 0 {
		return []Host{r.Host}
	}
	var out []Host
	for _, p := range r.Parts {
		out = append(out, p.Host)
	}
	return out
}

func (d *differ) host(of string, b, h Host) {
	d.add(of+"host", b.Name, h.Name, true)
	d.add(of+"CPU", b.CPUModel, h.CPUModel, true)
	d.add(of+"CPUs", strconv.Itoa(b.CPUs), strconv.Itoa(h.CPUs), true)
	d.add(of+"architecture", b.Arch, h.Arch, true)
	d.add(of+"system", b.OS, h.OS, true)
	d.add(of+"kernel", b.Kernel, h.Kernel, false)
	d.add(of+"memory", memory(b.MemoryBytes), memory(h.MemoryBytes), false)
	d.add(of+"SMT", b.SMT, h.SMT, false)
	d.add(of+"governor", b.Governor, h.Governor, false)
	d.add(of+"turbo", b.Turbo, h.Turbo, false)
	d.add(of+"hypervisor", b.Hypervisor, h.Hypervisor, false)
	d.maps(of+"cgroup", b.Cgroup, h.Cgroup)
	d.maps(of+"mitigation", b.Mitigations, h.Mitigations)
}

func memory(bytes uint64) string {
	if bytes == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30))
}

func tool(t Tool) string {
	if t.Commit == "" || strings.Contains(t.Version, t.Commit) {
		return t.Version
	}
	return fmt.Sprintf("%s (%.12s)", t.Version, t.Commit)
}

func (d *differ) runtimes(base, head []Runtime) {
	for _, b := range base {
		i := slices.IndexFunc(head, func(r Runtime) bool { return r.ID == b.ID })
		if i < 0 {
			continue // its cells are missing, which is said
		}
		h := head[i]
		d.add(b.ID+" version", b.Version, h.Version, false)
		d.add(b.ID+" toolchain", b.Toolchain, h.Toolchain, false)
		d.add(b.ID+" build", b.Build, h.Build, false)
	}
}

// params tells of workloads that both have, but with other parameters.
func (d *differ) params(base, head []Cell) {
	sizes := func(cells []Cell) (order []string, of map[string][]string) {
		of = map[string][]string{}
		for _, c := range cells {
			if of[c.Workload] == nil {
				order = append(order, c.Workload)
			}
			if p := c.Params.String(); !slices.Contains(of[c.Workload], p) {
				of[c.Workload] = append(of[c.Workload], p)
			}
		}
		return order, of
	}
	order, b := sizes(base)
	_, h := sizes(head)
	for _, w := range order {
		gone := slices.DeleteFunc(slices.Clone(b[w]), func(p string) bool { return slices.Contains(h[w], p) })
		come := slices.DeleteFunc(slices.Clone(h[w]), func(p string) bool { return slices.Contains(b[w], p) })
		if len(gone) > 0 && len(come) > 0 {
			d.add(w+" parameters", strings.Join(gone, "; "), strings.Join(come, "; "), false)
		}
	}
}

// otherPace is from which ratio of spin readings on the quiet machine on the
// machine is said to run at another speed.
const otherPace = 1.05

// doubts are warnings about the two records together, and those that each has.
func doubts(base, head *side) []Warning {
	var ws []Warning
	b, h := base.Side.Run, head.Side.Run
	switch {
	case b.ID != "" && b.ID == h.ID:
		ws = append(ws, stat.Warn(SameRun, "both are records of the same run"))
	case h.Time.Before(b.Time):
		ws = append(ws, stat.Warn(Backwards, "head was measured %s before base: are they the right way round?", ago(b.Time.Sub(h.Time))))
	default:
		ws = append(ws, stat.Warn(Apart, "base and head were measured in separate runs, %s apart: what else changed on the machine meanwhile looks like a change too",
			ago(h.Time.Sub(b.Time))))
	}
	for _, workers := range sortedKeys(base.quiet) {
		before, after := base.quiet[workers], head.quiet[workers]
		if before <= 0 || after <= 0 {
			continue
		}
		if r := after / before; math.Max(r, 1/r) > otherPace {
			ws = append(ws, stat.Warn(OtherPace, "the machine itself took %s the time for a fixed loop in head (on %s): ratios are likely off by as much",
				FormatRatio(r), FormatWorkers(workers)))
			break
		}
	}
	for _, s := range []struct {
		name string
		ws   []Warning
	}{{"base", base.Warnings}, {"head", head.Warnings}} {
		for _, w := range s.ws {
			ws = append(ws, Warning{Code: w.Code, Text: s.name + ": " + w.Text})
		}
	}
	return ws
}

func ago(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return d.Round(time.Second).String()
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f minutes", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f hours", d.Hours())
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}
