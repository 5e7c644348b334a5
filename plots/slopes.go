package plots

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/mnbench/mnbench/results"
)

// slopes draws a chart for each workload that measures memory: what each more
// of what it counts, such as threads, takes in each runtime, and where there
// could be no more.
var slopes = Kind{
	ID:      "memory",
	Summary: "memory for each thread, and how many there can be, for workloads that measure it",
	Make: func(s *results.Summary) []*Chart {
		var charts []*Chart
		for rest := s.Memory; len(rest) > 0; {
			first := rest[0]
			n := slices.IndexFunc(rest, func(m results.Memory) bool {
				return m.Workload != first.Workload || m.Params.String() != first.Params.String()
			})
			if n < 0 {
				n = len(rest)
			}
			if c := slopeChart(rest[:n], s.Confidence); c != nil {
				charts = append(charts, c)
			}
			rest = rest[n:]
		}
		return charts
	},
}

// slopeChart is of lines of one workload, by workers.
func slopeChart(lines []results.Memory, confidence float64) *Chart {
	r := slopeRows(lines)
	if len(r.list) == 0 {
		return nil
	}
	first := lines[0]
	title := results.Block{Workload: first.Workload, Params: first.Params}.Title()
	what := "Bars"
	if !r.bars {
		what = "Points"
	}
	return &Chart{
		Name: title + " memory", Title: title + ": memory for each of its " + first.Param,
		Subtitle: "slope of resident memory, less is better",
		Caption:  fmt.Sprintf("%s: by least squares over all sizes; whiskers: its %.0f%% interval. A KB is 1000 bytes.", what, 100*confidence),
		Width:    width, Height: r.height(), draw: r.draw,
	}
}

func slopeRows(lines []results.Memory) *rows {
	lines = slices.Clone(lines)
	slices.SortStableFunc(lines, func(a, b results.Memory) int {
		return cmp.Or(cmp.Compare(a.Workers, b.Workers), cmp.Compare(a.Line.Slope.Median, b.Line.Slope.Median))
	})
	r := &rows{name: tickBytes, right: 150}
	var values []float64
	workers := -1
	for _, m := range lines {
		if m.Workers != workers {
			workers = m.Workers
			r.list = append(r.list, row{heading: results.FormatWorkers(workers)})
		}
		line := row{label: m.Runtime}
		each := m.Line.Slope
		if each.Bounded() && each.Lo > 0 {
			at := mark{runtime: m.Runtime, value: each.Median, lo: each.Lo, hi: each.Hi, hasBounds: true}
			values = append(values, at.value, at.lo, at.hi)
			line.marks = []mark{at}
			line.right = results.FormatBytes(each.Median) + ", up to " + strconv.FormatUint(m.To, 10)
		} else {
			line.none = "not to be told from nothing" // nor is NaN
		}
		if m.Limit != "" {
			line.right = results.FormatBytes(each.Median) + ", " + m.Limit
			if len(line.marks) == 0 {
				line.right = m.Limit
			}
		}
		r.list = append(r.list, line)
	}
	r.lo, r.hi, r.log = scaleOf(values)
	r.bars = !r.log
	r.axis = "memory for each of its " + lines[0].Param
	if r.log {
		r.axis += ", logarithmic scale"
	}
	r.axis += " (further left is better)"
	return r
}

// tickBytes is "500 B", "4 KB".
func tickBytes(b float64) string {
	if b == 0 {
		return "0"
	}
	return trimZeros(results.FormatBytes(b))
}
