package plots

import (
	"hash/fnv"
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// look is how a runtime is drawn, in every chart alike.
type look struct {
	colour color.NRGBA
	shape  shape
}

// known are the looks of the runtimes that mnbench brings. Colours are those
// of Okabe and Ito (Color Universal Design, 2008), which people with any
// colour vision tell apart; shapes differ as well.
var known = map[string]look{
	"mn":            {rgb(0x0072b2), disc},
	"pthreads":      {rgb(0xd55e00), square},
	"goroutines":    {rgb(0x009e73), pyramid},
	"loom":          {rgb(0xcc79a7), diamond},
	"loom-platform": {rgb(0xe69f00), hollowDiamond},
	"tokio":         {rgb(0x56b4e9), wedge},
	"tokio-current": {rgb(0x4477aa), hollowWedge},
	"floor":         {rgb(0x7f7f7f), upright},
}

// further are for runtimes that others bring: the muted scheme of Paul Tol
// (Colour Schemes, SRON/EPS/TN/09-002, 2021).
var further = []color.NRGBA{rgb(0x332288), rgb(0x117733), rgb(0x882255), rgb(0x44aa99), rgb(0x999933), rgb(0xaa4499), rgb(0xcc6677), rgb(0x88ccee)}

var furtherShapes = []shape{disc, square, pyramid, diamond, wedge, hollowDiamond, hollowWedge}

// lookOf returns the look of a runtime. That of an unknown one follows from
// its name alone, so that it stays the same whatever stands beside it.
func lookOf(runtime string) look {
	if l, ok := known[runtime]; ok {
		return l
	}
	h := fnv.New32a()
	h.Write([]byte(runtime))
	n := int(h.Sum32() >> 1)
	return look{further[n%len(further)], furtherShapes[n/len(further)%len(furtherShapes)]}
}

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xff}
}

// Colour returns a runtime's colour as "#rrggbb", for tables beside charts.
func Colour(runtime string) string {
	const hex = "0123456789abcdef"
	c := lookOf(runtime).colour
	out := []byte("#")
	for _, v := range []uint8{c.R, c.G, c.B} {
		out = append(out, hex[v>>4], hex[v&15])
	}
	return string(out)
}

func (l look) glyph(radius vg.Length) draw.GlyphStyle {
	return draw.GlyphStyle{Color: l.colour, Radius: radius, Shape: l.shape}
}

// shape is a glyph: a polygon in units of the radius, or a disc without
// corners.
type shape struct{ kind *shapeKind }

type shapeKind struct {
	corners []vg.Point
	hollow  bool
	lines   bool // pairs of points, stroked
}

var (
	disc          = shape{&shapeKind{}}
	square        = shape{&shapeKind{corners: []vg.Point{{X: -.88, Y: -.88}, {X: .88, Y: -.88}, {X: .88, Y: .88}, {X: -.88, Y: .88}}}}
	pyramid       = shape{&shapeKind{corners: []vg.Point{{X: -1.1, Y: -.8}, {X: 1.1, Y: -.8}, {X: 0, Y: 1.15}}}}
	wedge         = shape{&shapeKind{corners: []vg.Point{{X: -1.1, Y: .8}, {X: 1.1, Y: .8}, {X: 0, Y: -1.15}}}}
	diamond       = shape{&shapeKind{corners: []vg.Point{{X: -1.2, Y: 0}, {X: 0, Y: -1.2}, {X: 1.2, Y: 0}, {X: 0, Y: 1.2}}}}
	hollowDiamond = shape{&shapeKind{corners: diamond.kind.corners, hollow: true}}
	hollowWedge   = shape{&shapeKind{corners: wedge.kind.corners, hollow: true}}
	upright       = shape{&shapeKind{lines: true, corners: []vg.Point{{X: 0, Y: -1.2}, {X: 0, Y: 1.2}}}}
)

// DrawGlyph implements draw.GlyphDrawer.
func (s shape) DrawGlyph(c *draw.Canvas, sty draw.GlyphStyle, pt vg.Point) {
	c.SetColor(sty.Color)
	at := func(i int) vg.Point {
		p := s.kind.corners[i]
		return vg.Point{X: pt.X + p.X*sty.Radius, Y: pt.Y + p.Y*sty.Radius}
	}
	var p vg.Path
	switch {
	case len(s.kind.corners) == 0:
		p.Move(vg.Point{X: pt.X + sty.Radius, Y: pt.Y})
		p.Arc(pt, sty.Radius, 0, 2*3.141592653589793)
		p.Close()
		c.Fill(p)
		return
	case s.kind.lines:
		for i := 0; i < len(s.kind.corners); i += 2 {
			p.Move(at(i))
			p.Line(at(i + 1))
		}
		c.SetLineStyle(draw.LineStyle{Color: sty.Color, Width: 1.4})
		c.Stroke(p)
		return
	}
	for i := range s.kind.corners {
		if i == 0 {
			p.Move(at(i))
		} else {
			p.Line(at(i))
		}
	}
	p.Close()
	if s.kind.hollow {
		c.SetLineStyle(draw.LineStyle{Color: sty.Color, Width: 1.2})
		c.Stroke(p)
		return
	}
	c.Fill(p)
}
