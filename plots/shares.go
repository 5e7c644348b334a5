package plots

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/mnbench/mnbench/results"
)

// shares draws a chart for each distribution that is a share and no time, such
// as how evenly the processor was dealt out: its median, a bar for each runtime.
var shares = Kind{
	ID:      "shares",
	Summary: "fairness and other shares, for workloads that measure them",
	Make: func(s *results.Summary) []*Chart {
		var charts []*Chart
		for _, b := range s.Blocks() {
			charts = append(charts, shareCharts(b, s.Confidence)...)
		}
		return charts
	},
}

// whole is what of a unit makes up all.
var whole = map[string]float64{"percent": 100, "permille": 1000}

// shareMeanings explain the axis of a share, and which end of it is the better
// one where one is.
var shareMeanings = map[string]string{
	"Jain index":       "100% is perfectly fair (further right is better)",
	"share that moved": "of all walks, those on another processor than the walk before",
}

// summedUp are distributions over threads of which another one is the summary:
// their median says nothing.
var summedUp = map[string]string{"behind the first": "Jain index"}

func shareCharts(b results.Block, confidence float64) []*Chart {
	var charts []*Chart
	for _, name := range b.TailNames() {
		r := shareRows(b, name)
		if len(r.list) == 0 || summedUp[name] != "" {
			continue
		}
		subtitle := "median share, a bar for each runtime"
		if p := b.Params.String(); p != "" {
			subtitle = p + ": " + subtitle
		}
		charts = append(charts, &Chart{
			Name: b.Title() + " " + name, Title: b.Workload + ": " + name, Subtitle: subtitle,
			Caption: fmt.Sprintf("Bars: median over all events; whiskers: its %.0f%% interval.", 100*confidence),
			Width:   width, Height: r.height(), draw: r.draw,
		})
	}
	return charts
}

// shareRows has no rows when the distribution is of something else.
func shareRows(b results.Block, name string) *rows {
	r := &rows{name: tickPercent, right: 150, bars: true, hi: 100, axis: name}
	if meaning := shareMeanings[name]; meaning != "" {
		r.axis += ": " + meaning
	}
	for _, g := range b.Parallel() {
		var group []row
		for _, id := range b.Runtimes() {
			c := g.Cell(id)
			if c == nil || c.Status == results.Absent || c.Floor {
				continue
			}
			if !c.HasResult() {
				group = append(group, row{label: id, none: c.FormatStatus()})
				continue
			}
			tail := c.Tail(name)
			if tail == nil || whole[tail.Unit] == 0 {
				continue
			}
			part := 100 / whole[tail.Unit]
			p := tail.Percentiles[slices.IndexFunc(tail.Percentiles, func(p results.Percentile) bool { return p.Share == 0.5 })]
			m := mark{runtime: id, value: part * p.Median}
			m.lo, m.hi, m.hasBounds = part*p.Lo, part*p.Hi, p.Bounded()
			group = append(group, row{label: id, marks: []mark{m}, right: tickPercent(m.value)})
		}
		if slices.ContainsFunc(group, func(r row) bool { return len(r.marks) > 0 }) {
			r.list = append(append(r.list, row{heading: results.FormatWorkers(g.Workers)}), group...)
		}
	}
	return r
}

// tickPercent is "0%", "12.5%".
func tickPercent(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) + "%" }
