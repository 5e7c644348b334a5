package results

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"slices"

	"github.com/mnbench/mnbench/results/stat"
	"github.com/mnbench/mnbench/workloads"
	"github.com/montanaflynn/stats"
)

// Options of Summarise. The zero value is the default.
type Options struct {
	Baseline string            // runtime to compare all others with; "": the fastest of each group
	Units    map[string]string // unit of work by workload, for records that do not name it
	Memory   map[string]string // parameter that memory grows with by workload, likewise
	Stat     stat.Options
}

// Summarise says what is known of each cell of a record. Only invocations
// that ended well count: one that crashed after five good samples tells
// nothing of how long the work takes. A baseline that is not in the record is
// an error; one that has no result in a group is a warning on its cells.
func Summarise(rec *Record, o Options) (*Summary, error) {
	m, err := summarise(rec, o)
	if err != nil {
		return nil, err
	}
	return m.Summary, nil
}

func summarise(rec *Record, o Options) (*summariser, error) {
	s := &Summary{Name: rec.Name, Run: rec.Run, Unavailable: rec.Unavailable, End: rec.End,
		Warnings: slices.Clone(rec.Warnings), Baseline: o.Baseline}
	m := &summariser{Summary: s, o: o, costs: map[string]*stat.Resampled{}, absent: map[string]bool{}, floors: map[string]bool{}}
	for _, r := range rec.Run.Runtimes {
		m.floors[r.ID] = r.Floor
	}
	for _, u := range rec.Unavailable {
		m.absent[u.Runtime] = true
	}
	if err := m.checkBaseline(); err != nil {
		return nil, fmt.Errorf("%s: baseline: %w", rec.Name, err)
	}
	noise := newNoise(rec)
	m.quiet = noise.quiet
	byKey := m.gather(rec)
	m.invocations = maps.Clone(byKey)
	mine := rec.Run.Plan.Shard.Takes(rec.Run.Plan.Cells)
	for i, c := range rec.Run.Plan.Cells {
		if !mine[i] {
			continue
		}
		invs, first := byKey[c.Key()]
		if !first {
			continue // the plan named it before
		}
		delete(byKey, c.Key())
		cell := m.cell(c, invs)
		cell.Warnings = append(cell.Warnings, noise.about(invs)...)
		s.Cells = append(s.Cells, cell)
	}
	m.compare()
	m.serial()
	m.memory()
	s.Confidence = stat.Median(nil, o.Stat).Confidence
	if w, bad := noise.overall(); bad {
		s.Warnings = append(s.Warnings, w)
	}
	return m, nil
}

type summariser struct {
	*Summary
	o      Options
	costs  map[string]*stat.Resampled // by cell key; cells with a result only
	absent map[string]bool            // runtimes
	floors map[string]bool            // runtimes

	invocations map[string][]*Measured // by cell key
	quiet       map[int]float64        // noise.quiet
}

func (m *summariser) checkBaseline() error {
	if m.o.Baseline == "" {
		return nil
	}
	var have []string
	for _, c := range m.Run.Plan.Cells {
		if c.Runtime == m.o.Baseline {
			return nil
		}
		if !slices.Contains(have, c.Runtime) {
			have = append(have, c.Runtime)
		}
	}
	return workloads.Unknown("runtime", m.o.Baseline, have)
}

// gather returns the invocations of each planned cell, by key.
func (m *summariser) gather(rec *Record) map[string][]*Measured {
	keys := make([]string, len(rec.Run.Plan.Cells))
	byKey := map[string][]*Measured{}
	for i, c := range rec.Run.Plan.Cells {
		keys[i] = c.Key()
		byKey[keys[i]] = nil
	}
	for i := range rec.Invocations {
		inv := &rec.Invocations[i]
		byKey[keys[inv.Cell]] = append(byKey[keys[inv.Cell]], inv)
	}
	return byKey
}

func (m *summariser) cell(c Cell, invs []*Measured) CellSummary {
	out := CellSummary{Cell: c, Unit: cmp.Or(m.Run.Plan.Units[c.Workload], m.o.Units[c.Workload]), Floor: m.floors[c.Runtime]}
	var sample stat.Sample
	var rss []float64
	var tails tails
	for _, inv := range invs {
		if inv.Status != OK {
			out.fail(inv)
			continue
		}
		if inv.Invocation.Invocation < 0 {
			continue // the check before timing
		}
		out.Status = OK
		sample = append(sample, perUnit(inv.Timed))
		tails.add(inv.Histograms)
		if v := inv.rss(); v > 0 {
			rss = append(rss, v)
		}
	}
	slices.SortStableFunc(out.Failures, func(a, b Failure) int { return cmp.Compare(b.Status.severity(), a.Status.severity()) })
	switch {
	case out.Status == OK && len(out.Failures) > 0:
		out.Warnings = append(out.Warnings, stat.Warn(SomeFailed, "%s", failureText(out.Failures)))
	case out.Status == OK:
	case len(out.Failures) > 0:
		out.Status, out.Detail = out.Failures[0].Status, out.Failures[0].Detail
	case m.absent[c.Runtime]:
		out.Status = Absent
	default:
		out.Status = NotRun
	}
	out.NSPerUnit = stat.Interval{Median: math.NaN(), Lo: math.Inf(-1), Hi: math.Inf(1)}
	if out.Status != OK {
		return out
	}
	costs := stat.Resample(sample, m.o.Stat, stream(c.Key()))
	out.NSPerUnit = costs.Interval()
	out.Invocations, out.Samples = out.NSPerUnit.Invocations, out.NSPerUnit.Samples
	out.Medians = sample.Medians()
	out.Tails = tails.summarise(m.o.Stat)
	out.Counters = meanCounters(invs)
	out.Warnings = append(out.Warnings, out.NSPerUnit.Warnings...)
	if w, ok := unsteady(invs); ok {
		out.Warnings = append(out.Warnings, w)
	}
	if mid, err := stats.Median(rss); err == nil {
		out.RSSBytes = uint64(mid)
	}
	if out.HasResult() {
		m.costs[c.Key()] = costs
	}
	return out
}

// meanCounters are the counters of an iteration, on average over all of them.
func meanCounters(invs []*Measured) map[string]float64 {
	means, iterations := map[string]float64{}, 0
	for _, inv := range invs {
		if inv.Status != OK || inv.Invocation.Invocation < 0 {
			continue
		}
		iterations += len(inv.Timed)
		for name, n := range inv.Counters {
			means[name] += float64(n)
		}
	}
	for name := range means {
		means[name] /= float64(iterations)
	}
	return means
}

// perUnit returns the cost of each point; NaN where there is none.
func perUnit(points []Point) []float64 {
	costs := make([]float64, len(points))
	for i, p := range points {
		costs[i] = math.NaN()
		if v, ok := p.PerUnit(); ok {
			costs[i] = v
		}
	}
	return costs
}

func (c *CellSummary) fail(inv *Measured) {
	if inv.Status == Limit {
		c.Reached = max(c.Reached, inv.Reached)
	}
	for i := range c.Failures {
		if c.Failures[i].Status == inv.Status {
			c.Failures[i].Count++
			return
		}
	}
	c.Failures = append(c.Failures, Failure{inv.Status, 1, inv.Detail})
}

func failureText(fs []Failure) string {
	text := ""
	for i, f := range fs {
		if i > 0 {
			text += "; "
		}
		text += fmt.Sprintf("%d of its invocations ended in %s", f.Count, f.Status)
		if f.Detail != "" {
			text += " (" + firstLine(f.Detail) + ")"
		}
	}
	return text
}

// rss is the largest resident set seen in the invocation, in bytes.
func (inv *Measured) rss() float64 {
	most := uint64(max(0, inv.Seen.MaxRSSBytes))
	for _, p := range inv.Timed {
		most = max(most, p.RSSBytes)
	}
	return float64(most)
}

// stream makes the luck of each cell its own, whatever the plan around it.
func stream(key string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(key))
	return h.Sum64()
}

// compare ranks the runtimes of each group and sets their ratios. A floor is
// neither ranked nor the best of a group; its ratio says how far below it is.
func (m *summariser) compare() {
	for _, group := range groupsOf(m.Cells) {
		var cells []*CellSummary
		var costs []*stat.Resampled
		for _, c := range group {
			if r := m.costs[c.Key()]; r != nil {
				cells, costs = append(cells, c), append(costs, r)
			}
		}
		if len(cells) == 0 {
			continue
		}
		base := -1
		for i, c := range cells {
			switch {
			case m.o.Baseline != "" && c.Runtime == m.o.Baseline:
				base = i
			case m.o.Baseline == "" && !c.Floor && (base < 0 || c.NSPerUnit.Median < cells[base].NSPerUnit.Median):
				base = i
			}
		}
		m.rank(cells, costs)
		for i := range cells {
			if base < 0 && m.o.Baseline == "" {
				continue // nobody but the floor
			}
			if base < 0 {
				cells[i].Warnings = append(cells[i].Warnings,
					stat.Warn(NoBaseline, "%s has no result here to compare with", m.o.Baseline))
				continue
			}
			cells[i].Ratio = &Ratio{cells[base].Runtime, costs[i].Ratio(costs[base])}
		}
	}
}

// rank gives their places to the cells that compete.
func (m *summariser) rank(cells []*CellSummary, costs []*stat.Resampled) {
	var who []*CellSummary
	var what []*stat.Resampled
	for i, c := range cells {
		if !c.Floor {
			who, what = append(who, c), append(what, costs[i])
		}
	}
	for i, p := range stat.Rank(what) {
		who[i].Place = p
	}
}

// serial compares cells with the plain sequential code of their language.
func (m *summariser) serial() {
	competitor := map[string]string{}
	for _, r := range m.Run.Runtimes {
		competitor[r.ID] = r.Competitor
	}
	for i := range m.Cells {
		c := &m.Cells[i]
		cost := m.costs[c.Key()]
		if c.Mode != Parallel || cost == nil || c.Workers < 1 {
			continue
		}
		serial := m.serialOf(c.Cell, competitor)
		if serial == nil {
			continue
		}
		if serial.Runtime != c.Runtime {
			c.Warnings = append(c.Warnings, stat.Warn(OtherSerial, "compared with the serial time of %s", serial.Runtime))
		}
		base := m.costs[serial.Key()]
		if c.Workers == 1 {
			c.Overhead = &Ratio{serial.Runtime, cost.Ratio(base)}
		}
		e := base.Ratio(cost)
		w := float64(c.Workers)
		e.Median, e.Lo, e.Hi = e.Median/w, e.Lo/w, e.Hi/w
		c.Efficiency = &Ratio{serial.Runtime, e}
	}
}

// serialOf finds the serial cell to compare c with: its own, or that of
// another variant of its competitor, which is the same code.
func (m *summariser) serialOf(c Cell, competitor map[string]string) *CellSummary {
	c.Mode, c.Workers = Serial, 1
	var found *CellSummary
	for i := range m.Cells {
		s := &m.Cells[i]
		if m.costs[s.Key()] == nil || s.Group() != c.Group() {
			continue
		}
		if s.Runtime == c.Runtime {
			return s
		}
		if found == nil && competitor[s.Runtime] != "" && competitor[s.Runtime] == competitor[c.Runtime] {
			found = s
		}
	}
	return found
}
