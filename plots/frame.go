package plots

import (
	"image/color"
	"sort"
	"strings"

	"golang.org/x/image/font"
	"gonum.org/v1/plot"
	plotfont "gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// style is black text of a size in points, left-aligned on its base line.
func style(size vg.Length, bold bool) text.Style {
	f := plotfont.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	if bold {
		f.Weight = font.WeightBold
	}
	return text.Style{Color: color.Black, Font: f, XAlign: text.XLeft, YAlign: text.YBottom, Handler: plot.DefaultTextHandler}
}

var (
	titleStyle    = style(12, true)
	subtitleStyle = style(9, false)
	labelStyle    = style(9, false)
	headingStyle  = style(9, true)
	smallStyle    = style(8, false)
)

// faint is black that lets the page through, so that it suits any page.
var faint = color.NRGBA{A: 45}

// fit shortens a text that is wider than room.
func fit(s string, st text.Style, room vg.Length) string {
	if st.Width(s) <= room {
		return s
	}
	r := []rune(s)
	cut := sort.Search(len(r), func(n int) bool { return st.Width(string(r[:n])+"…") > room })
	return string(r[:max(0, cut-1)]) + "…"
}

// lines breaks a text so that no line is wider than room.
func lines(s string, st text.Style, room vg.Length) []string {
	var out []string
	line := ""
	for _, word := range strings.Fields(s) {
		word = fit(word, st, room)
		longer := strings.TrimSpace(line + " " + word)
		if line != "" && st.Width(longer) > room {
			out = append(out, line)
			longer = word
		}
		line = longer
	}
	if line != "" {
		out = append(out, line)
	}
	return out
}

// leading is the distance of base lines.
func leading(st text.Style) vg.Length { return 1.25 * st.Font.Size }

// Size is that of the whole chart with headings, legend, caption and margins.
func (c *Chart) Size() (w, h vg.Length) {
	head, foot := c.frame()
	return c.Width, c.Height + head + foot + 2*margin
}

func (c *Chart) room() vg.Length { return c.Width - 2*margin }

// frame returns the heights above and below the drawing.
func (c *Chart) frame() (head, foot vg.Length) {
	head = vg.Length(len(lines(c.Title, titleStyle, c.room())))*leading(titleStyle) +
		vg.Length(len(lines(c.Subtitle, subtitleStyle, c.room())))*leading(subtitleStyle) + 6
	if len(c.Legend) > 0 {
		head += vg.Length(len(c.legendRows()))*legendLeading + 4
	}
	if c.Caption != "" {
		foot = vg.Length(len(lines(c.Caption, smallStyle, c.room())))*leading(smallStyle) + 4
	}
	return head, foot
}

func (c *Chart) drawAll(dc draw.Canvas, background bool) {
	if background {
		dc.SetColor(color.White)
		dc.Fill(dc.Rectangle.Path())
	}
	head, foot := c.frame()
	x, y := dc.Min.X+margin, dc.Max.Y-margin
	y = paragraph(dc, titleStyle, x, y, lines(c.Title, titleStyle, c.room()))
	y = paragraph(dc, subtitleStyle, x, y, lines(c.Subtitle, subtitleStyle, c.room()))
	c.drawLegend(dc, x, y-4)
	c.draw(draw.Crop(dc, margin, -margin, margin+foot, -margin-head))
	if c.Caption != "" {
		paragraph(dc, smallStyle, x, dc.Min.Y+margin+foot-4, lines(c.Caption, smallStyle, c.room()))
	}
}

// paragraph writes lines downwards from y and returns where they end.
func paragraph(dc draw.Canvas, st text.Style, x, y vg.Length, ls []string) vg.Length {
	for _, l := range ls {
		y -= leading(st)
		dc.FillText(st, vg.Point{X: x, Y: y + 0.25*st.Font.Size}, l)
	}
	return y
}

const (
	legendLeading = 13
	longestLabel  = 150 // of a runtime's name, in points
)

type legendItem struct {
	runtime string
	x       vg.Length
}

// legendRows sets the legend's entries into rows.
func (c *Chart) legendRows() [][]legendItem {
	var rows [][]legendItem
	var x vg.Length
	for i, id := range c.Legend {
		w := 12 + labelStyle.Width(fit(id, labelStyle, longestLabel)) + 14
		if i == 0 || x+w > c.room() {
			rows = append(rows, nil)
			x = 0
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], legendItem{id, x})
		x += w
	}
	return rows
}

func (c *Chart) drawLegend(dc draw.Canvas, x, y vg.Length) {
	for _, row := range c.legendRows() {
		y -= legendLeading
		for _, item := range row {
			look := lookOf(item.runtime)
			dc.DrawGlyphNoClip(look.glyph(4), vg.Point{X: x + item.x + 4, Y: y + 5})
			dc.FillText(labelStyle, vg.Point{X: x + item.x + 12, Y: y + 2}, fit(item.runtime, labelStyle, longestLabel))
		}
	}
}
