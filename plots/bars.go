package plots

import (
	"fmt"
	"slices"

	"github.com/mnbench/mnbench/results"
)

// bars draws a chart for each workload and set of parameters: time per unit
// of every runtime, a group for each number of workers. Runtimes within a
// factor of ten are bars from zero; a wider spread needs a logarithmic axis,
// on which lengths mean nothing, so there it is points.
var bars = Kind{
	ID:      "bars",
	Summary: "time per unit of work of each runtime, one chart for each workload",
	Make: func(s *results.Summary) []*Chart {
		var charts []*Chart
		for _, b := range s.Blocks() {
			if c := barChart(b, s.Confidence); c != nil {
				charts = append(charts, c)
			}
		}
		return charts
	},
}

func barChart(b results.Block, confidence float64) *Chart {
	r := barRows(b)
	if len(r.list) == 0 {
		return nil
	}
	unit := unitOf(b)
	subtitle := "time per " + unit + ", less is better"
	if p := b.Params.String(); p != "" {
		subtitle = p + ": " + subtitle
	}
	what := "Bars"
	if !r.bars {
		what = "Points"
	}
	return &Chart{
		Name: b.Title(), Title: b.Workload, Subtitle: subtitle,
		Caption: fmt.Sprintf("%s: median over invocations; whiskers: its %.0f%% interval.", what, 100*confidence) + floorCaption(r),
		Width:   width, Height: r.height(), draw: r.draw,
	}
}

func unitOf(b results.Block) string {
	if b.Unit == "" {
		return "unit of work"
	}
	return b.Unit
}

// barRows is what the chart of a block shows.
func barRows(b results.Block) *rows {
	r := &rows{name: tickTime, right: 150}
	var values []float64
	runtimes := b.Runtimes()
	var floors []float64
	for _, g := range b.Groups {
		var group []row
		var limits []mark
		heading := results.FormatWorkers(g.Workers)
		if g.Mode == results.Serial {
			heading = "plain sequential code"
		}
		for _, id := range runtimes {
			c := g.Cell(id)
			if c == nil || c.Status == results.Absent {
				continue
			}
			if c.Floor && c.HasResult() {
				limits = append(limits, markOf(c, c.NSPerUnit.Median, c.NSPerUnit.Lo, c.NSPerUnit.Hi))
				floors = append(floors, c.NSPerUnit.Median)
				heading += fmt.Sprintf("  |  %s: %s", id, results.FormatNS(c.NSPerUnit.Median))
				continue
			}
			line := row{label: id}
			if !c.HasResult() {
				line.none = c.FormatStatus()
			} else {
				m := markOf(c, c.NSPerUnit.Median, c.NSPerUnit.Lo, c.NSPerUnit.Hi)
				values = append(values, m.value, m.lo, m.hi)
				line.marks = []mark{m}
				line.right = results.FormatNS(m.value) + " " + results.FormatSpread(c.NSPerUnit) + failed(c)
			}
			group = append(group, line)
		}
		if len(group) == 0 {
			continue
		}
		for i := range group {
			group[i].limits = limits
		}
		r.list = append(append(r.list, row{heading: heading}), group...)
	}
	// A floor makes no axis logarithmic, but belongs on one that is.
	if r.lo, r.hi, r.log = scaleOf(values); r.log || len(values) == 0 {
		r.lo, r.hi, r.log = scaleOf(append(values, floors...))
	}
	r.bars = !r.log
	r.axis = "time per " + unitOf(b)
	if r.log {
		r.axis += ", logarithmic scale"
	}
	r.axis += " (further left is better)"
	return r
}

// floorCaption explains the lines of floors, where there are some.
func floorCaption(r *rows) string {
	if !slices.ContainsFunc(r.list, func(r row) bool { return len(r.limits) > 0 }) {
		return ""
	}
	return " The upright line is the floor, the cheapest thing that this machine can do for one unit."
}

// markOf is a runtime's estimate with what is known of its interval.
func markOf(c *results.CellSummary, value, lo, hi float64) mark {
	m := mark{runtime: c.Runtime, value: value, lo: value, hi: value}
	if c.NSPerUnit.Bounded() && lo > 0 && hi >= lo {
		m.lo, m.hi, m.hasBounds = lo, hi, true
	}
	return m
}

// failed tells of invocations without a result beside those with one.
func failed(c *results.CellSummary) string {
	text := ""
	for _, f := range c.Failures {
		text += fmt.Sprintf(", %d %s", f.Count, f.Status)
	}
	return text
}
