package plots

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// rows is a chart of rows over one axis: on the left a label, in the middle
// marks, on the right a text. It is data; draw makes a picture of it.
type rows struct {
	axis  string // what it shows, in which unit, which way is better
	lo    float64
	hi    float64
	log   bool
	name  func(float64) string // of ticks
	bars  bool                 // lengths from zero instead of marks
	at    float64              // a vertical line; 0: none
	list  []row
	right vg.Length // most room for the right column
}

// row is a heading, or a label with marks.
type row struct {
	heading string
	label   string
	marks   []mark
	limits  []mark // floors: lines across the row
	none    string // where marks would be: why there is none
	right   string
}

// mark is an estimate of a runtime; Lo and Hi are equal when there is no
// interval.
type mark struct {
	runtime     string
	value       float64
	lo, hi      float64
	hasBounds   bool
	lane, lanes int // lane of so many, so that marks do not hide each other
}

const (
	rowHeight     = 15
	laneHeight    = 3.4
	headingHeight = 19
	axisHeight    = 34
)

func (r *rows) rowHeight(i int) vg.Length {
	row := &r.list[i]
	if row.heading != "" {
		return headingHeight
	}
	h := vg.Length(rowHeight)
	for _, m := range row.marks {
		h = max(h, vg.Length(m.lanes)*laneHeight+7)
	}
	if n := len(lines(row.right, smallStyle, r.right)); n > 1 {
		h = max(h, vg.Length(n)*leading(smallStyle)+3)
	}
	return h
}

// height is that of the drawing.
func (r *rows) height() vg.Length {
	h := vg.Length(axisHeight)
	for i := range r.list {
		h += r.rowHeight(i)
	}
	return h
}

// columns returns the widths of the left and the right column.
func (r *rows) columns() (left, right vg.Length) {
	for i := range r.list {
		left = max(left, labelStyle.Width(fit(r.list[i].label, labelStyle, longestLabel)))
		for _, l := range lines(r.list[i].right, smallStyle, r.right) {
			right = max(right, smallStyle.Width(l))
		}
	}
	return left + 8, right + 10
}

func (r *rows) draw(dc draw.Canvas) {
	p := plot.New()
	p.BackgroundColor = nil
	p.HideY()
	styleAxis(&p.X)
	setScale(&p.X, r.lo, r.hi, r.log, r.name)
	total := r.height() - axisHeight
	p.Y.Min, p.Y.Max = 0, float64(total)
	p.Add(rowPlotter{r, dc})
	left, right := r.columns()
	p.Draw(draw.Crop(dc, left, -right, leading(labelStyle)+2, 0))
	title := labelStyle
	title.XAlign = text.XCenter
	middle := (dc.Min.X + left + dc.Max.X - right) / 2
	half := title.Width(r.axis) / 2 // keep a long one on the page
	middle = min(max(middle, dc.Min.X+half), dc.Max.X-half)
	dc.FillText(title, vg.Point{X: middle, Y: dc.Min.Y + 2}, fit(r.axis, title, dc.Max.X-dc.Min.X))
}

// rowPlotter draws the rows of r in the data area; page is the whole drawing.
type rowPlotter struct {
	*rows
	page draw.Canvas
}

func (r rowPlotter) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	var grid []float64
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		if !t.IsMinor() {
			grid = append(grid, t.Value)
		}
	}
	top := p.Y.Max
	for i := range r.list {
		row := &r.list[i]
		h := float64(r.rowHeight(i))
		middle := trY(top - h/2)
		if row.heading != "" {
			if i > 0 {
				c.StrokeLine2(draw.LineStyle{Color: faint, Width: vg.Points(0.6)}, r.page.Min.X, trY(top-1), r.page.Max.X, trY(top-1))
			}
			c.FillText(headingStyle, vg.Point{X: r.page.Min.X, Y: trY(top-h) + 4}, fit(row.heading, headingStyle, r.page.Max.X-r.page.Min.X))
			top -= h
			continue
		}
		r.text(c, labelStyle, text.XRight, c.Min.X-6, middle, []string{fit(row.label, labelStyle, longestLabel)})
		r.text(c, smallStyle, text.XLeft, c.Max.X+8, middle, lines(row.right, smallStyle, r.right))
		if row.none == "" { // lines would cross the text
			r.grid(c, grid, trX, trY(top), trY(top-h))
			r.limits(c, row.limits, trX, trY(top), trY(top-h))
		} else {
			r.text(c, smallStyle, text.XLeft, c.Min.X+4, middle, []string{fit(row.none, smallStyle, c.Max.X-c.Min.X)})
		}
		for _, m := range row.marks {
			y := middle
			if m.lanes > 1 {
				y += vg.Length(float64(m.lanes-1)/2-float64(m.lane)) * laneHeight
			}
			r.mark(c, m, trX, y)
		}
		top -= h
	}
}

// grid draws the vertical lines behind one row.
func (r rowPlotter) grid(c draw.Canvas, values []float64, trX func(float64) vg.Length, y0, y1 vg.Length) {
	for _, v := range values {
		c.StrokeLine2(draw.LineStyle{Color: color.NRGBA{A: 32}, Width: vg.Points(0.5)}, trX(v), y0, trX(v), y1)
	}
	if r.at > r.lo && r.at < r.hi {
		c.StrokeLine2(draw.LineStyle{Color: color.Black, Width: vg.Points(0.8), Dashes: []vg.Length{2, 2}}, trX(r.at), y0, trX(r.at), y1)
	}
}

// limits draws the floors under one row, behind its marks.
func (r rowPlotter) limits(c draw.Canvas, floors []mark, trX func(float64) vg.Length, y0, y1 vg.Length) {
	for _, f := range floors {
		if f.value >= r.lo && f.value <= r.hi {
			c.StrokeLine2(draw.LineStyle{Color: lookOf(f.runtime).colour, Width: vg.Points(1.4)}, trX(f.value), y0, trX(f.value), y1)
		}
	}
}

func (r rowPlotter) text(c draw.Canvas, st text.Style, align text.XAlignment, x, middle vg.Length, ls []string) {
	st.XAlign = align
	y := middle + vg.Length(len(ls))*leading(st)/2
	for _, l := range ls {
		y -= leading(st)
		c.FillText(st, vg.Point{X: x, Y: y + 0.25*st.Font.Size}, l)
	}
}

func (r rowPlotter) mark(c draw.Canvas, m mark, trX func(float64) vg.Length, y vg.Length) {
	look := lookOf(m.runtime)
	within := func(v float64) vg.Length { return trX(math.Min(math.Max(v, r.lo), r.hi)) }
	ink := color.Color(look.colour)
	tall := vg.Length(2.6)
	if r.bars {
		c.FillPolygon(look.colour, []vg.Point{{X: trX(0), Y: y - 4.5}, {X: trX(m.value), Y: y - 4.5}, {X: trX(m.value), Y: y + 4.5}, {X: trX(0), Y: y + 4.5}})
		ink = color.Black
	}
	if m.hasBounds {
		lo, hi := within(m.lo), within(m.hi)
		line := draw.LineStyle{Color: ink, Width: vg.Points(1)}
		c.StrokeLine2(line, lo, y, hi, y)
		c.StrokeLine2(line, lo, y-tall, lo, y+tall)
		c.StrokeLine2(line, hi, y-tall, hi, y+tall)
	}
	if !r.bars {
		c.DrawGlyphNoClip(look.glyph(3.2), vg.Point{X: trX(m.value), Y: y})
	}
}
