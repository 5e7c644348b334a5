package plots

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mnbench/mnbench/results"
)

// overview draws all workloads in one chart: each runtime's time relative to
// the fastest, or to the baseline of the summary.
var overview = Kind{
	ID:      "overview",
	Summary: "all workloads, relative to the fastest runtime or the baseline",
	Make: func(s *results.Summary) []*Chart {
		r, runtimes := overviewRows(s)
		if len(runtimes) == 0 {
			return nil
		}
		base := "the fastest"
		if s.Baseline != "" {
			base = s.Baseline
		}
		caption := fmt.Sprintf("Points: ratio of medians; whiskers: its %.0f%% interval. The dashed line is %s.", 100*s.Confidence, base)
		if slices.ContainsFunc(r.list, func(r row) bool { return r.right != "" }) {
			caption += " On the right: what has no result."
		}
		caption += floorCaption(r)
		return []*Chart{{
			Name: "overview", Title: "All workloads", Subtitle: "time relative to " + base + ", less is better", Caption: caption,
			Width: width, Height: r.height(), Legend: runtimes, draw: r.draw,
		}}
	},
}

// overviewRows is what the chart shows, and the runtimes in it.
func overviewRows(s *results.Summary) (*rows, []string) {
	r := &rows{name: tickRatio, at: 1, right: 110}
	runtimes := shownRuntimes(s)
	var values []float64
	for _, b := range s.Blocks() {
		r.list = append(r.list, row{heading: b.Title()})
		for _, g := range b.Parallel() {
			line := row{label: results.FormatWorkers(g.Workers)}
			var none noResults
			for i, id := range runtimes {
				c := g.Cell(id)
				switch {
				case c == nil || c.Status == results.Absent:
				case c.Floor && c.Ratio == nil: // it does not bound everything
				case c.Floor:
					m := markOf(c, c.Ratio.Median, c.Ratio.Lo, c.Ratio.Hi)
					values = append(values, m.value)
					line.limits = append(line.limits, m)
				case c.Ratio == nil:
					none.add(c)
				default:
					m := markOf(c, c.Ratio.Median, c.Ratio.Lo, c.Ratio.Hi)
					m.hasBounds = m.hasBounds && c.Ratio.Bounded()
					m.lane, m.lanes = i, len(runtimes)
					values = append(values, m.value, m.lo, m.hi)
					line.marks = append(line.marks, m)
				}
			}
			line.right = none.String()
			if len(line.marks) == 0 {
				line.none = "no result"
			}
			r.list = append(r.list, line)
		}
		if r.list[len(r.list)-1].heading != "" {
			r.list = r.list[:len(r.list)-1]
		}
	}
	r.lo, r.hi, r.log = scaleOf(values)
	r.hi = math.Max(r.hi, 1.05)
	base := "the fastest"
	if s.Baseline != "" {
		base = s.Baseline
	}
	r.axis = "time relative to " + base
	if r.log {
		r.axis += ", logarithmic scale"
	}
	r.axis += " (further left is better)"
	return r, runtimes
}

// shownRuntimes returns the runtimes that took part, in the record's order.
func shownRuntimes(s *results.Summary) []string {
	var ids []string
	add := func(id string) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	took := map[string]bool{}
	for i := range s.Cells {
		c := &s.Cells[i]
		if c.Mode == results.Parallel && c.Status != results.Absent {
			took[c.Runtime] = true
		}
	}
	for _, rt := range s.Run.Runtimes {
		if took[rt.ID] {
			add(rt.ID)
		}
	}
	for i := range s.Cells {
		if took[s.Cells[i].Runtime] {
			add(s.Cells[i].Runtime)
		}
	}
	return ids
}

// noResults lists runtimes without a result by what kept them from it.
type noResults struct {
	order []string
	by    map[string][]string
}

func (n *noResults) add(c *results.CellSummary) {
	why := c.FormatStatus()
	if c.HasResult() {
		why = "no baseline"
	}
	if n.by == nil {
		n.by = map[string][]string{}
	}
	if n.by[why] == nil {
		n.order = append(n.order, why)
	}
	n.by[why] = append(n.by[why], c.Runtime)
}

func (n *noResults) String() string {
	var parts []string
	for _, why := range n.order {
		parts = append(parts, strings.Join(n.by[why], ", ")+": "+why)
	}
	return strings.Join(parts, "; ")
}
