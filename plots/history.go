package plots

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/mnbench/mnbench/results"
)

// HistoryCharts draws the past of a history's cells: a chart for each
// workload, set of parameters, mode and number of workers, a line for each
// runtime, with a mark where its level changes.
func HistoryCharts(h *results.History) []*Chart {
	var charts []*Chart
	for _, g := range historyGroups(h) {
		charts = append(charts, historyChart(h, g))
	}
	return named(charts)
}

// historyGroups are the series that share a chart.
func historyGroups(h *results.History) (groups [][]*results.Series) {
	index := map[string]int{}
	for i := range h.Series {
		s := &h.Series[i]
		g, ok := index[s.Group()]
		if !ok {
			g = len(groups)
			index[s.Group()] = g
			groups = append(groups, nil)
		}
		groups[g] = append(groups[g], s)
	}
	return groups
}

func historyChart(h *results.History, group []*results.Series) *Chart {
	s := group[0]
	how := results.FormatWorkers(s.Workers)
	if s.Mode == results.Serial {
		how = "plain sequential code"
	}
	title := results.Printable(results.Block{Workload: s.Workload, Params: s.Params}.Title())
	c := &Chart{
		Kind: "history", Name: strings.Join([]string{title, how, "history"}, " "), Title: title + ", " + how,
		Subtitle: fmt.Sprintf("time per %s on host %s, record by record, less is better", unitWord(s.Unit), results.Printable(h.Host.Name)),
		Caption:  fmt.Sprintf("Points: median of a record; whiskers: its %.4g%% interval. A dashed line: the level of that runtime changes there.", 100*h.Confidence),
		Width:    width, Height: 3 * vg.Inch,
	}
	for _, s := range group {
		c.Legend = append(c.Legend, results.Printable(s.Runtime))
		for _, change := range s.Changes {
			r := h.Records[s.Points[change.At].Record]
			c.Caption += fmt.Sprintf(" %s: %s, %s to %s.", results.Printable(s.Runtime), r.Time.UTC().Format("2006-01-02"),
				results.FormatNS(change.Before), results.FormatNS(change.After))
		}
	}
	c.draw = func(dc draw.Canvas) { drawHistory(dc, h, group) }
	return c
}

func unitWord(unit string) string {
	if unit == "" {
		return "unit of work"
	}
	return results.Printable(unit)
}

func drawHistory(dc draw.Canvas, h *results.History, group []*results.Series) {
	p := plot.New()
	p.BackgroundColor = nil
	styleAxis(&p.X)
	styleAxis(&p.Y)
	var values []float64
	for _, s := range group {
		for _, pt := range s.Points {
			m := pointMark(s, pt)
			values = append(values, m.value, m.lo, m.hi)
		}
	}
	lo, hi, log := historyScale(values)
	setScale(&p.Y, lo, hi, log, tickTime)
	n := len(h.Records)
	p.X.Min, p.X.Max = -0.5, float64(n)-0.5
	p.X.Tick.Marker = plot.ConstantTicks(dayTicks(h))
	p.Add(historyPlotter{group})
	side := leading(labelStyle) + 2
	p.Draw(draw.Crop(dc, side, 0, side, 0))
	title := labelStyle
	title.XAlign = text.XCenter
	dc.FillText(title, vg.Point{X: dc.Center().X, Y: dc.Min.Y + 2}, "records, oldest to newest")
	title.Rotation = math.Pi / 2
	what := "time per " + unitWord(group[0].Unit)
	if log {
		what += " (log scale)"
	}
	dc.FillText(title, vg.Point{X: dc.Min.X + labelStyle.Font.Size, Y: dc.Center().Y + side/2}, fit(what, labelStyle, dc.Max.Y-dc.Min.Y-side))
}

// historyScale shows changes: other than for bars, zero need not be in sight,
// but at least a fifth of the value is.
func historyScale(values []float64) (lo, hi float64, log bool) {
	lo, hi, log = scaleOf(values)
	if log {
		return lo, hi, log
	}
	lo = slices.Min(values)
	hi = slices.Max(values)
	room := math.Max(0.06*(hi-lo), (0.2*hi-(hi-lo))/2)
	return math.Max(0, lo-room), hi + room, false
}

// dayTicks names as many records as there is room for by their day.
func dayTicks(h *results.History) (ticks []plot.Tick) {
	n := len(h.Records)
	every := max(1, (n+5)/6)
	last := ""
	for i, r := range h.Records {
		t := plot.Tick{Value: float64(i)}
		if day := r.Time.UTC().Format("2006-01-02"); i%every == 0 && day != last {
			t.Label, last = day, day
		}
		if t.Label != "" || n <= 60 {
			ticks = append(ticks, t)
		}
	}
	return ticks
}

// pointMark is a record's estimate with its interval, where it has one.
func pointMark(s *results.Series, pt results.HistoryPoint) mark {
	i := pt.NSPerUnit
	m := mark{runtime: s.Runtime, value: i.Median, lo: i.Median, hi: i.Median}
	if i.Bounded() && i.Lo > 0 && i.Hi >= i.Lo {
		m.lo, m.hi, m.hasBounds = i.Lo, i.Hi, true
	}
	return m
}

type historyPlotter struct{ group []*results.Series }

func (g historyPlotter) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	grid := draw.LineStyle{Color: color.NRGBA{A: 28}, Width: vg.Points(0.5)}
	for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		if !t.IsMinor() {
			c.StrokeLine2(grid, c.Min.X, trY(t.Value), c.Max.X, trY(t.Value))
		}
	}
	for k, s := range g.group {
		look := lookOf(s.Runtime)
		shift := (vg.Length(k) - vg.Length(len(g.group)-1)/2) * 1.5
		for _, change := range s.Changes {
			x := trX(float64(s.Points[change.At].Record)-0.5) + shift
			c.StrokeLine2(draw.LineStyle{Color: look.colour, Width: vg.Points(0.9), Dashes: []vg.Length{3, 2}}, x, c.Min.Y, x, c.Max.Y)
		}
		var pts []vg.Point
		for _, pt := range s.Points {
			pts = append(pts, vg.Point{X: trX(float64(pt.Record)) + shift, Y: trY(pt.NSPerUnit.Median)})
		}
		c.StrokeLines(draw.LineStyle{Color: look.colour, Width: vg.Points(1)}, pts)
		radius := vg.Length(3)
		if len(pts) > 60 {
			radius = 1.5
		}
		for i, pt := range s.Points {
			if m := pointMark(s, pt); m.hasBounds {
				st := draw.LineStyle{Color: look.colour, Width: vg.Points(0.8)}
				c.StrokeLine2(st, pts[i].X, trY(m.lo), pts[i].X, trY(m.hi))
			}
			c.DrawGlyphNoClip(look.glyph(radius), pts[i])
		}
	}
}
