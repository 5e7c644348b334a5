package results

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mnbench/mnbench/results/stat"
	"github.com/mnbench/mnbench/workloads"
)

// HistoryOptions say which part of a folder of records is wanted. The zero
// value is everything of the machine that was measured last.
type HistoryOptions struct {
	Host  string            // name of the machine; "": that of the newest record
	Only  []string          // workloads, runtimes, and parameters as name=value; none: all
	Units map[string]string // unit of work by workload, for records that do not name it
	Stat  stat.Options
}

// History is what the records of one machine say of its cells over time.
type History struct {
	Dir        string
	Host       Host         // as the newest record has it
	Records    []RecordHead // oldest first
	Series     []Series     // in the order of the newest record that has the cell
	Confidence float64
	Warnings   []Warning
}

// RecordHead names a record of a history.
type RecordHead struct {
	Name   string    `json:"name"` // of the file, within the folder
	ID     string    `json:"id"`
	Time   time.Time `json:"time"`
	Kernel string    `json:"kernel"`
	Tool   Tool      `json:"tool"`
}

// Series is the past of a cell.
type Series struct {
	Cell
	Unit    string
	Points  []HistoryPoint
	Changes []stat.Change // At is an index into Points
}

// HistoryPoint is a cell in one record.
type HistoryPoint struct {
	Record    int // index into History.Records
	NSPerUnit stat.Interval
	Version   string // of the runtime
	Build     string
}

// Warnings about a history.
const (
	Unreadable stat.Code = "unreadable"  // a file of the folder is no record that this mnbench reads
	OtherHosts stat.Code = "other-hosts" // records of other machines were left out
	Copies     stat.Code = "copies"      // the same run in several files
	NoTime     stat.Code = "no-time"     // a record that does not say when it was made
)

// ReadHistory reads all records (*.jsonl) in a folder and the folders in it.
// One record is in memory at a time. Files that are no records, records of
// other machines and copies are left out with a warning.
func ReadHistory(dir string, o HistoryOptions) (*History, error) {
	paths, err := recordFiles(dir)
	if err != nil {
		return nil, err
	}
	h := &History{Dir: dir}
	var all []*past
	bad := 0
	ids := map[string]bool{}
	for _, path := range paths {
		p, err := o.read(dir, path)
		if err != nil {
			if bad++; bad <= 3 {
				h.Warnings = append(h.Warnings, stat.Warn(Unreadable, "left out: %v", err))
			}
			continue
		}
		switch {
		case p.head.ID != "" && ids[p.head.ID]:
			h.Warnings = append(h.Warnings, stat.Warn(Copies, "%s is a copy of another record and was left out", p.head.Name))
			continue
		case p.head.Time.IsZero():
			h.Warnings = append(h.Warnings, stat.Warn(NoTime, "%s does not say when it was made and was left out", p.head.Name))
			continue
		}
		ids[p.head.ID] = true
		all = append(all, p)
	}
	if bad > 3 {
		h.Warnings = append(h.Warnings, stat.Warn(Unreadable, "%d more files were left out: they are no records that this mnbench reads", bad-3))
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: no record in it%s: give a folder with the .jsonl files of mnbench run --out", dir, because(h.Warnings))
	}
	slices.SortStableFunc(all, func(a, b *past) int { return a.head.Time.Compare(b.head.Time) })
	all, err = h.sameHost(all, o.Host)
	if err != nil {
		return nil, err
	}
	h.build(all)
	return h, h.filter(o.Only)
}

func because(ws []Warning) string {
	if len(ws) == 0 {
		return ""
	}
	return " (" + ws[0].Text + ")"
}

func recordFiles(dir string) (paths []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && path == dir:
			return fmt.Errorf("%s: the folder of records cannot be read: %w", dir, cause(err))
		case err != nil:
			return nil // one that may not be read is none of ours
		case path == dir && !d.IsDir():
			return fmt.Errorf("%s: not a folder: --history takes the folder that holds the records", dir)
		case !d.IsDir() && filepath.Ext(path) == ".jsonl":
			paths = append(paths, path)
		}
		return nil
	})
	slices.Sort(paths)
	return paths, err
}

// past is a record condensed to what a history needs.
type past struct {
	head       RecordHead
	host       Host
	machine    string // tells hosts apart
	cells      []CellSummary
	runtimes   map[string]Runtime
	confidence float64
}

func (o HistoryOptions) read(dir, path string) (*past, error) {
	rec, err := Open(path)
	if err != nil {
		return nil, err
	}
	so := o.Stat
	so.Resamples = 1 // ratios are not asked for
	s, err := Summarise(rec, Options{Units: o.Units, Stat: so})
	if err != nil {
		return nil, err
	}
	name, err := filepath.Rel(dir, path)
	if err != nil {
		name = path
	}
	p := &past{
		head: RecordHead{name, rec.Run.ID, rec.Run.Time, rec.Run.Host.Kernel, rec.Run.Tool},
		host: rec.Run.Host, machine: machine(&rec.Run), cells: s.Cells, runtimes: map[string]Runtime{}, confidence: s.Confidence,
	}
	for _, r := range rec.Run.Runtimes {
		p.runtimes[r.ID] = r
	}
	return p, nil
}

// machine tells the hosts of records apart: times of one can be compared.
func machine(r *Run) (id string) {
	for _, h := range r.machines() {
		id += fmt.Sprintf("%s\x00%s\x00%d\x00%s\x00%s\x00", h.Name, h.CPUModel, h.CPUs, h.Arch, h.OS)
	}
	return id
}

// sameHost keeps the records of one machine.
func (h *History) sameHost(all []*past, name string) ([]*past, error) {
	newest := all[len(all)-1]
	if name != "" {
		var have []string
		newest = nil
		for _, p := range all {
			if p.host.Name == name {
				newest = p
			}
			if !slices.Contains(have, p.host.Name) {
				have = append(have, p.host.Name)
			}
		}
		if newest == nil {
			return nil, fmt.Errorf("%s: %w", h.Dir, workloads.Unknown("host", name, have))
		}
	}
	var kept []*past
	others := map[string]int{}
	for _, p := range all {
		if p.machine == newest.machine {
			kept = append(kept, p)
			continue
		}
		who := cmp.Or(p.host.Name, "unknown")
		if p.host.Name == newest.host.Name {
			who += " as it was before (other CPUs, or other shards)"
		}
		others[who]++
	}
	for _, who := range sortedKeys(others) {
		h.Warnings = append(h.Warnings, stat.Warn(OtherHosts, "%s of host %s left out: times of different machines are no history",
			FormatCount(others[who], "record"), who))
	}
	h.Host = newest.host
	return kept, nil
}

// build puts the records' cells together.
func (h *History) build(all []*past) {
	index := map[string]int{}
	for i := len(all) - 1; i >= 0; i-- { // the newest decides the order
		for k := range all[i].cells {
			c := &all[i].cells[k]
			if _, ok := index[c.Key()]; !ok && c.HasResult() {
				index[c.Key()] = len(h.Series)
				h.Series = append(h.Series, Series{Cell: c.Cell, Unit: c.Unit})
			}
		}
	}
	for i, p := range all {
		h.Records = append(h.Records, p.head)
		h.Confidence = p.confidence
		for k := range p.cells {
			c := &p.cells[k]
			if !c.HasResult() {
				continue
			}
			s := &h.Series[index[c.Key()]]
			rt := p.runtimes[c.Runtime]
			s.Points = append(s.Points, HistoryPoint{i, c.NSPerUnit, rt.Version, rt.Build})
		}
	}
	for i := range h.Series {
		s := &h.Series[i]
		s.Changes = stat.Changes(s.medians(), stat.ChangeOptions{})
	}
}

func (s *Series) medians() []float64 {
	out := make([]float64, len(s.Points))
	for i, p := range s.Points {
		out[i] = p.NSPerUnit.Median
	}
	return out
}

// filter keeps the cells that the words choose: of the workloads, the
// runtimes and the parameter values that they name.
func (h *History) filter(words []string) error {
	works, rts, params := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, s := range h.Series {
		works[s.Workload], rts[s.Runtime] = true, true
		for _, p := range s.Params {
			params[workloads.Params{p}.String()] = true
		}
	}
	var w, r, ps []string
	for _, word := range words {
		switch {
		case works[word]:
			w = append(w, word)
		case rts[word]:
			r = append(r, word)
		case params[word]:
			ps = append(ps, word)
		case strings.Contains(word, "="):
			return fmt.Errorf("%s: %w", h.Dir, workloads.Unknown("parameter", word, sortedKeys(params)))
		default:
			return fmt.Errorf("%s: %w", h.Dir, workloads.Unknown("workload or runtime", word, append(sortedKeys(works), sortedKeys(rts)...)))
		}
	}
	h.Series = slices.DeleteFunc(h.Series, func(s Series) bool {
		has := strings.Fields(s.Params.String())
		missing := slices.ContainsFunc(ps, func(p string) bool { return !slices.Contains(has, p) })
		return len(w) > 0 && !slices.Contains(w, s.Workload) || len(r) > 0 && !slices.Contains(r, s.Runtime) || missing
	})
	if len(h.Series) == 0 {
		if len(words) == 0 {
			return fmt.Errorf("%s: %w", h.Dir, ErrNoHistory)
		}
		return fmt.Errorf("%s: %w that is all of %s", h.Dir, ErrNoHistory, strings.Join(words, ", "))
	}
	return nil
}

// ErrNoHistory says that no chosen cell has a result in any record.
var ErrNoHistory = errors.New("no record has a result of a cell")

// MarshalJSON writes the history for programs; "at" of a change is an index
// into the cell's points.
func (h *History) MarshalJSON() ([]byte, error) {
	type point struct {
		Record  int           `json:"record"`
		Time    time.Time     `json:"time"`
		NS      stat.Interval `json:"ns_per_unit"`
		Version string        `json:"version"`
		Build   string        `json:"build"`
	}
	type change struct {
		At     int       `json:"at"`
		Time   time.Time `json:"time"`
		Before float64   `json:"before"`
		After  float64   `json:"after"`
		Ratio  float64   `json:"ratio"`
		P      float64   `json:"p"`
	}
	type cell struct {
		Cell
		Unit    string   `json:"unit"`
		Points  []point  `json:"points"`
		Changes []change `json:"changes"`
	}
	out := struct {
		Host     Host         `json:"host"`
		Records  []RecordHead `json:"records"`
		Cells    []cell       `json:"cells"`
		Warnings []Warning    `json:"warnings"`
	}{h.Host, notNil(h.Records), []cell{}, notNil(h.Warnings)}
	for _, s := range h.Series {
		c := cell{Cell: s.Cell, Unit: s.Unit, Points: []point{}, Changes: []change{}}
		for _, p := range s.Points {
			c.Points = append(c.Points, point{p.Record, h.Records[p.Record].Time, p.NSPerUnit, p.Version, p.Build})
		}
		for _, ch := range s.Changes {
			c.Changes = append(c.Changes, change{ch.At, h.Records[s.Points[ch.At].Record].Time, ch.Before, ch.After, ch.Ratio(), ch.P})
		}
		out.Cells = append(out.Cells, c)
	}
	return json.Marshal(out)
}
