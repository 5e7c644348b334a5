package plots

import (
	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/encoding/charmap"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgpdf"
)

// pdfCanvas mends what vgpdf v0.17.0 does to text: it takes one face for a
// document (a second one replaces the first) and bytes of code page 1252. So
// regular text in that code page stays text, which can be searched, and all
// other text is drawn as outlines.
type pdfCanvas struct{ *vgpdf.Canvas }

func (c pdfCanvas) FillString(f font.Face, at vg.Point, s string) {
	encoded, err := charmap.Windows1252.NewEncoder().String(s)
	if err == nil && f.Font.Weight == xfont.WeightNormal {
		c.Canvas.FillString(f, at, encoded)
		return
	}
	for _, glyph := range outlines(f, at, s) {
		c.Canvas.Fill(glyph)
	}
}

// outlines returns the shapes of a text's glyphs. Characters that the face
// does not have are its sign for that.
func outlines(f font.Face, at vg.Point, s string) []vg.Path {
	var (
		buf    sfnt.Buffer
		paths  []vg.Path
		em     = fixed.Int26_6(f.Face.UnitsPerEm()) << 6
		points = f.Font.Size / vg.Length(em)
		x      fixed.Int26_6
		last   sfnt.GlyphIndex
	)
	to := func(p fixed.Point26_6) vg.Point {
		return vg.Point{X: at.X + vg.Length(x+p.X)*points, Y: at.Y - vg.Length(p.Y)*points}
	}
	for i, r := range s {
		g, err := f.Face.GlyphIndex(&buf, r)
		if err != nil {
			continue
		}
		if i > 0 {
			if k, err := f.Face.Kern(&buf, last, g, em, xfont.HintingNone); err == nil {
				x += k
			}
		}
		last = g
		if segments, err := f.Face.LoadGlyph(&buf, g, em, nil); err == nil && len(segments) > 0 {
			var p vg.Path
			for _, s := range segments {
				switch s.Op {
				case sfnt.SegmentOpMoveTo:
					if len(p) > 0 {
						p.Close()
					}
					p.Move(to(s.Args[0]))
				case sfnt.SegmentOpLineTo:
					p.Line(to(s.Args[0]))
				case sfnt.SegmentOpQuadTo:
					p.QuadTo(to(s.Args[0]), to(s.Args[1]))
				case sfnt.SegmentOpCubeTo:
					p.CubeTo(to(s.Args[0]), to(s.Args[1]), to(s.Args[2]))
				}
			}
			p.Close()
			paths = append(paths, p)
		}
		if a, err := f.Face.GlyphAdvance(&buf, g, em, xfont.HintingNone); err == nil {
			x += a
		}
	}
	return paths
}
