package plots

import (
	"fmt"
	"image/color"
	"math"
	"strconv"
	"strings"

	"github.com/mnbench/mnbench/results"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// speedup draws a chart for each compute workload that was measured with
// several numbers of workers: the speed-up over plain sequential code of the
// same language.
var speedup = Kind{
	ID:      "speedup",
	Summary: "speed-up by workers over plain sequential code, for compute workloads",
	Make: func(s *results.Summary) []*Chart {
		var charts []*Chart
		for _, b := range s.Blocks() {
			if c := speedupChart(b, s); c != nil {
				charts = append(charts, c)
			}
		}
		return charts
	},
}

// series is the speed-up of a runtime; points have no lanes.
type series struct {
	runtime string
	workers []int
	marks   []mark
}

func speedupSeries(b results.Block, s *results.Summary) (all []series, none string) {
	var missing []string
	for _, id := range shownRuntimes(s) {
		line := series{runtime: id}
		for _, g := range b.Parallel() {
			c := g.Cell(id)
			if c == nil || c.Status == results.Absent {
				continue
			}
			if !c.HasResult() {
				missing = append(missing, fmt.Sprintf("%s with %s (%s)", id, results.FormatWorkers(g.Workers), c.FormatStatus()))
				continue
			}
			if c.Efficiency == nil {
				continue
			}
			w := float64(g.Workers)
			e := c.Efficiency
			m := markOf(c, w*e.Median, w*e.Lo, w*e.Hi)
			m.hasBounds = m.hasBounds && e.Bounded()
			line.workers = append(line.workers, g.Workers)
			line.marks = append(line.marks, m)
		}
		if len(line.marks) > 0 {
			all = append(all, line)
		}
	}
	return all, strings.Join(missing, ", ")
}

func speedupChart(b results.Block, s *results.Summary) *Chart {
	all, none := speedupSeries(b, s)
	if len(all) == 0 || len(b.Parallel()) < 2 {
		return nil
	}
	c := &Chart{
		Name: b.Title() + " speedup", Title: b.Workload + ": speed-up by workers",
		Subtitle: strings.TrimPrefix(b.Params.String()+": over plain sequential code of the same language, more is better", ": "),
		Caption:  fmt.Sprintf("Whiskers: %.0f%% interval of the ratio. Dashed: every worker does a full share.", 100*s.Confidence),
		Width:    width, Height: 3 * vg.Inch,
	}
	if none != "" {
		c.Caption += " No result: " + none + "."
	}
	for _, line := range all {
		c.Legend = append(c.Legend, line.runtime)
	}
	c.draw = func(dc draw.Canvas) { drawSpeedup(dc, b, all) }
	return c
}

func drawSpeedup(dc draw.Canvas, b results.Block, all []series) {
	p := plot.New()
	p.BackgroundColor = nil
	styleAxis(&p.X)
	styleAxis(&p.Y)
	yTitle := "speed-up over sequential code"
	var ticks []plot.Tick
	groups := b.Parallel()
	first, last := float64(groups[0].Workers), float64(groups[len(groups)-1].Workers)
	for _, g := range groups {
		ticks = append(ticks, plot.Tick{Value: float64(g.Workers), Label: strconv.Itoa(g.Workers)})
	}
	values := []float64{first, last}
	for _, line := range all {
		for _, m := range line.marks {
			values = append(values, m.value, m.lo, m.hi)
		}
	}
	lo, hi, log := scaleOf(values)
	setScale(&p.Y, lo, hi, log, tickRatio)
	if log {
		yTitle += " (log scale)"
	}
	pad := math.Pow(last/first, 0.06)
	p.X.Min, p.X.Max, p.X.Scale = first/pad, last*pad, plot.LogScale{}
	p.X.Tick.Marker = plot.ConstantTicks(ticks)
	p.Add(speedupPlotter{all, first, last})
	side := leading(labelStyle) + 2
	p.Draw(draw.Crop(dc, side, 0, side, 0))
	title := labelStyle
	title.XAlign = text.XCenter
	dc.FillText(title, vg.Point{X: dc.Center().X, Y: dc.Min.Y + 2}, "workers")
	title.Rotation = math.Pi / 2
	dc.FillText(title, vg.Point{X: dc.Min.X + labelStyle.Font.Size, Y: dc.Center().Y + side/2}, yTitle)
}

type speedupPlotter struct {
	all         []series
	first, last float64
}

func (s speedupPlotter) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	grid := draw.LineStyle{Color: color.NRGBA{A: 28}, Width: vg.Points(0.5)}
	for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		if !t.IsMinor() {
			c.StrokeLine2(grid, c.Min.X, trY(t.Value), c.Max.X, trY(t.Value))
		}
	}
	const steps = 32 // a straight line bends when only one axis is logarithmic
	var ideal []vg.Point
	for i := 0; i <= steps; i++ {
		w := s.first * math.Pow(s.last/s.first, float64(i)/steps)
		ideal = append(ideal, vg.Point{X: trX(w), Y: trY(w)})
	}
	c.StrokeLines(draw.LineStyle{Color: color.Black, Width: vg.Points(0.8), Dashes: []vg.Length{2, 2}}, c.ClipLinesY(ideal)...)
	for i, line := range s.all {
		look := lookOf(line.runtime)
		shift := (vg.Length(i) - vg.Length(len(s.all)-1)/2) * 4
		var pts []vg.Point
		for k, m := range line.marks {
			pts = append(pts, vg.Point{X: trX(float64(line.workers[k])) + shift, Y: trY(m.value)})
		}
		c.StrokeLines(draw.LineStyle{Color: look.colour, Width: vg.Points(1.2)}, pts)
		for k, m := range line.marks {
			if m.hasBounds {
				st := draw.LineStyle{Color: look.colour, Width: vg.Points(1)}
				x, lo, hi := pts[k].X, trY(m.lo), trY(m.hi)
				c.StrokeLine2(st, x, lo, x, hi)
				c.StrokeLine2(st, x-2.5, lo, x+2.5, lo)
				c.StrokeLine2(st, x-2.5, hi, x+2.5, hi)
			}
			c.DrawGlyphNoClip(look.glyph(3.5), pts[k])
		}
	}
}
