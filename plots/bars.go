package plots

import (
	"fmt"

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
		Caption: fmt.Sprintf("%s: median over invocations; whiskers: its %.0f%% interval.", what, 100*confidence),
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
	for _, g := range b.Groups {
		var group []row
		for _, id := range runtimes {
			c := g.Cell(id)
			if c == nil || c.Status == results.Absent {
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
		heading := results.FormatWorkers(g.Workers)
		if g.Mode == results.Serial {
			heading = "plain sequential code"
		}
		r.list = append(append(r.list, row{heading: heading}), group...)
	}
	r.lo, r.hi, r.log = scaleOf(values)
	r.bars = !r.log
	r.axis = "time per " + unitOf(b)
	if r.log {
		r.axis += ", logarithmic scale"
	}
	r.axis += " (further left is better)"
	return r
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
