package plots

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"github.com/mnbench/mnbench/results"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// percentiles draws a chart for each workload that measures how long something
// took, such as latencies: time by percentile, a line for each runtime, a panel
// for each number of workers. The axis of percentiles is logarithmic in the
// share of events beyond them, so that p99.9 is as far from p99 as p99 is from
// p90: the rare bad cases are what such a workload is about.
var percentiles = Kind{
	ID:      "tails",
	Summary: "percentiles of latency or lateness, for workloads about when things happen",
	Make: func(s *results.Summary) []*Chart {
		var charts []*Chart
		for _, b := range s.Blocks() {
			if c := percentileChart(b, s); c != nil {
				charts = append(charts, c)
			}
		}
		return charts
	},
}

// panel is a small chart: one distribution on one number of workers.
type panel struct {
	heading string
	curves  []curve
}

// curve is a runtime's percentiles.
type curve struct {
	runtime string
	points  []results.Percentile
}

// panels returns a row of panels for each distribution of times that a block
// has, and the runtimes in them. A panel without curves keeps its place, so
// that those of one number of workers stand below each other.
func panels(b results.Block, s *results.Summary) (rows [][]panel, runtimes []string, names []string) {
	for _, name := range b.TailNames() {
		var row []panel
		for _, g := range b.Parallel() {
			p := panel{heading: results.FormatWorkers(g.Workers)}
			for _, id := range shownRuntimes(s) {
				c := g.Cell(id)
				if c == nil {
					continue
				}
				tail := c.Tail(name)
				if tail == nil || tail.Unit != "ns" {
					continue
				}
				p.curves = append(p.curves, curve{id, drawn(tail.Percentiles)})
				if !slices.Contains(runtimes, id) {
					runtimes = append(runtimes, id)
				}
			}
			row = append(row, p)
		}
		if slices.ContainsFunc(row, func(p panel) bool { return len(p.curves) > 0 }) {
			rows = append(rows, row)
			names = append(names, name)
		}
	}
	if len(names) > 1 {
		for r := range rows {
			for i := range rows[r] {
				rows[r][i].heading = names[r] + ", " + rows[r][i].heading
			}
		}
	}
	return rows, runtimes, names
}

// drawn returns the percentiles up to the first that too few events bound from
// above, and that one: all further ones are the same, the longest event.
func drawn(all []results.Percentile) []results.Percentile {
	for i, p := range all {
		if !p.Bounded() {
			return all[:i+1]
		}
	}
	return all
}

func percentileChart(b results.Block, s *results.Summary) *Chart {
	rows, runtimes, names := panels(b, s)
	if len(rows) == 0 {
		return nil
	}
	what := names[0]
	if len(names) > 1 { // "walk, moved" and "walk, stayed" are both of a walk
		what, _, _ = strings.Cut(what, ",")
	}
	g := &panelGrid{rows: folded(rows), shares: longest(rows), axis: what + ", logarithmic scale (lower is better)", runtimes: runtimes}
	c := &Chart{
		Name: b.Title() + " percentiles", Title: b.Workload + ": " + what + " by percentile",
		Subtitle: strings.TrimPrefix(b.Params.String()+": less is better", ": "),
		Caption:  fmt.Sprintf("p99: 99 of 100 events took no longer. Whiskers: %.0f%% interval.", 100*s.Confidence),
		Width:    width, Height: g.height(), Legend: runtimes, draw: g.draw,
	}
	if g.anyUnbounded() {
		c.Caption += " Dashed: too few events to bound it from above."
	}
	if none := withoutTail(b, s); none != "" {
		c.Caption += " No result: " + none + "."
	}
	return c
}

// withoutTail names the runtimes whose result is something else, and what.
func withoutTail(b results.Block, s *results.Summary) string {
	var missing []string
	for _, g := range b.Parallel() {
		for _, id := range shownRuntimes(s) {
			if c := g.Cell(id); c != nil && c.Status != results.Absent && !c.Floor && !c.HasResult() {
				missing = append(missing, fmt.Sprintf("%s with %s (%s)", id, results.FormatWorkers(g.Workers), c.FormatStatus()))
			}
		}
	}
	return strings.Join(missing, ", ")
}

// folded breaks rows of more than three panels, so that each has room for its
// axis.
func folded(rows [][]panel) [][]panel {
	var out [][]panel
	for _, row := range rows {
		n := len(row)
		if n > 3 {
			n = 2
		}
		for ; len(row) > n; row = row[n:] {
			out = append(out, row[:n])
		}
		out = append(out, row)
	}
	return out
}

// longest returns the percentiles of the curve that has most of them.
func longest(rows [][]panel) (most []results.Percentile) {
	for _, p := range slices.Concat(rows...) {
		for _, c := range p.curves {
			if len(c.points) > len(most) {
				most = c.points
			}
		}
	}
	return most
}

// panelGrid is panels with common axes.
type panelGrid struct {
	rows     [][]panel
	shares   []results.Percentile // on the axis of percentiles
	axis     string
	runtimes []string // decides how far a runtime's marks are shifted aside
}

const (
	panelHeight  = 150
	panelGap     = 14
	panelHeading = 16
	panelTicks   = 15 // room for names below a panel
	tallestAxis  = 240
)

func (g *panelGrid) panelHeight() vg.Length {
	if len(g.rows) == 1 {
		return tallestAxis - panelTicks
	}
	return panelHeight
}

func (g *panelGrid) height() vg.Length {
	return vg.Length(len(g.rows)) * (panelHeading + g.panelHeight() + panelTicks)
}

func (g *panelGrid) anyUnbounded() bool {
	for _, p := range slices.Concat(g.rows...) {
		for _, c := range p.curves {
			if slices.ContainsFunc(c.points, func(p results.Percentile) bool { return !p.Bounded() }) {
				return true
			}
		}
	}
	return false
}

// scale is the range of the common axis of times, always logarithmic.
func (g *panelGrid) scale() (lo, hi float64) {
	lo, hi = math.Inf(1), 0
	for _, p := range slices.Concat(g.rows...) {
		for _, c := range p.curves {
			for _, q := range c.points {
				for _, v := range []float64{q.Median, q.Lo, q.Hi} {
					if v > 0 && !math.IsInf(v, 0) {
						lo, hi = math.Min(lo, v), math.Max(hi, v)
					}
				}
			}
		}
	}
	if hi == 0 {
		return 1, 10
	}
	// A spread of nothing is not blown up to the height of the panel.
	middle := math.Sqrt(lo * hi)
	return math.Min(lo/1.3, middle/2), math.Max(hi*1.3, middle*2)
}

func (g *panelGrid) draw(dc draw.Canvas) {
	lo, hi := g.scale()
	ticks := logTicks{tickTime}.Ticks(lo, hi)
	labels := vg.Length(0)
	for _, t := range ticks {
		labels = max(labels, smallStyle.Width(t.Label))
	}
	title := labelStyle
	title.XAlign = text.XCenter
	title.Rotation = math.Pi / 2
	dc.FillText(title, vg.Point{X: dc.Min.X + labelStyle.Font.Size, Y: dc.Center().Y}, fit(g.axis, labelStyle, dc.Max.Y-dc.Min.Y))
	left := leading(labelStyle) + 4 + labels + 6
	columns := 0
	for _, row := range g.rows {
		columns = max(columns, len(row))
	}
	w := (dc.Max.X - dc.Min.X - left - vg.Length(columns-1)*panelGap) / vg.Length(columns)
	y := dc.Max.Y
	for _, row := range g.rows {
		for i, p := range row {
			x := dc.Min.X + left + vg.Length(i)*(w+panelGap)
			dc.FillText(headingStyle, vg.Point{X: x, Y: y - panelHeading + 5}, fit(p.heading, headingStyle, w))
			area := dc
			area.Rectangle = vg.Rectangle{Min: vg.Point{X: x, Y: y - panelHeading - g.panelHeight()}, Max: vg.Point{X: x + w, Y: y - panelHeading}}
			trY := func(v float64) vg.Length {
				v = math.Min(math.Max(v, lo), hi)
				return area.Min.Y + vg.Length(math.Log(v/lo)/math.Log(hi/lo))*(area.Max.Y-area.Min.Y)
			}
			for _, t := range ticks {
				if t.IsMinor() {
					continue
				}
				area.StrokeLine2(gridLine, area.Min.X, trY(t.Value), area.Max.X, trY(t.Value))
				if i == 0 {
					label := smallStyle
					label.XAlign, label.YAlign = text.XRight, text.YCenter
					dc.FillText(label, vg.Point{X: x - 6, Y: trY(t.Value)}, t.Label)
				}
			}
			g.drawPanel(area, p, trY)
		}
		y -= panelHeading + g.panelHeight() + panelTicks
	}
}

var gridLine = draw.LineStyle{Color: color.NRGBA{A: 28}, Width: vg.Points(0.5)}

func (g *panelGrid) drawPanel(area draw.Canvas, p panel, trY func(float64) vg.Length) {
	const side = 0.09 // of the width, so that names and shifted marks have room
	first, last := beyond(g.shares[0].Share), beyond(g.shares[len(g.shares)-1].Share)
	trX := func(share float64) vg.Length {
		part := side + (1-2*side)*(beyond(share)-first)/math.Max(last-first, 1)
		return area.Min.X + vg.Length(part)*(area.Max.X-area.Min.X)
	}
	for _, q := range g.shares {
		x := trX(q.Share)
		area.StrokeLine2(gridLine, x, area.Min.Y, x, area.Max.Y)
		label := smallStyle
		label.XAlign = text.XCenter
		area.FillText(label, vg.Point{X: x, Y: area.Min.Y - panelTicks + 5}, q.Name())
	}
	axis := draw.LineStyle{Color: color.Black, Width: vg.Points(0.6)}
	area.StrokeLine2(axis, area.Min.X, area.Min.Y, area.Max.X, area.Min.Y)
	area.StrokeLine2(axis, area.Min.X, area.Min.Y, area.Min.X, area.Max.Y)
	if len(p.curves) == 0 {
		label := smallStyle
		label.XAlign, label.YAlign = text.XCenter, text.YCenter
		area.FillText(label, area.Center(), "no such event")
	}
	for _, c := range p.curves {
		aside := (vg.Length(slices.Index(g.runtimes, c.runtime)) - vg.Length(len(g.runtimes)-1)/2) * 2.4
		g.drawCurve(area, c, func(share float64) vg.Length { return trX(share) + aside }, trY)
	}
}

func (g *panelGrid) drawCurve(area draw.Canvas, c curve, trX func(float64) vg.Length, trY func(float64) vg.Length) {
	look := lookOf(c.runtime)
	var before vg.Point
	for i, q := range c.points {
		at := vg.Point{X: trX(q.Share), Y: trY(q.Median)}
		line := draw.LineStyle{Color: look.colour, Width: vg.Points(1.2)}
		if !q.Bounded() {
			line.Dashes = []vg.Length{2, 2}
		}
		if i > 0 {
			area.StrokeLines(line, []vg.Point{before, at})
		}
		before = at
	}
	for _, q := range c.points {
		x := trX(q.Share)
		if q.Bounded() && q.Lo > 0 {
			st := draw.LineStyle{Color: look.colour, Width: vg.Points(0.8)}
			area.StrokeLine2(st, x, trY(q.Lo), x, trY(q.Hi))
			area.StrokeLine2(st, x-2, trY(q.Lo), x+2, trY(q.Lo))
			area.StrokeLine2(st, x-2, trY(q.Hi), x+2, trY(q.Hi))
		}
		if q.Bounded() || len(c.points) == 1 {
			area.DrawGlyphNoClip(look.glyph(3), vg.Point{X: x, Y: trY(q.Median)})
		}
	}
}

// beyond places a percentile on its axis: how many powers of ten fewer events
// lie beyond it than there are.
func beyond(share float64) float64 { return -math.Log10(1 - share) }
