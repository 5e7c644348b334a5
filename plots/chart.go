package plots

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"html"
	"io"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Chart is a drawing with its headings. It draws itself; nothing of it
// depends on the format.
type Chart struct {
	Kind     string
	Name     string // for a file, without extension: "fib-n25-cutoff0"
	Title    string
	Subtitle string
	Caption  string // below the drawing: what there is to know to read it
	Width    vg.Length
	Height   vg.Length // of the drawing between the headings and the caption
	Legend   []string  // runtimes to explain above the drawing

	draw func(draw.Canvas)
}

// Formats are the file formats that Write knows, which are also their
// extensions.
var Formats = []string{"svg", "png", "pdf"}

const (
	width  = 6.7 * vg.Inch // the text width of a page
	margin = 8             // around everything, in points
	pngDPI = 200
)

// Write draws the chart in a format of Formats.
func (c *Chart) Write(w io.Writer, format string) error {
	width, height := c.Size()
	var canvas vg.CanvasWriterTo
	switch format {
	case "svg":
		svg, err := c.svg(true)
		if err != nil {
			return err
		}
		_, err = w.Write(svg)
		return err
	case "png":
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(pngDPI))}
	case "pdf":
		canvas = pdfCanvas{vgpdf.New(width, height)}
	default:
		return fmt.Errorf("chart %s: unknown format %q; there is %s", c.Name, format, strings.Join(Formats, ", "))
	}
	c.drawAll(draw.New(canvas), true)
	_, err := canvas.WriteTo(w)
	return err
}

// svg returns the chart as a document. Without a background it is meant to be
// set into a page: what is black takes the colour of the page's text.
func (c *Chart) svg(background bool) ([]byte, error) {
	canvas := vgsvg.NewWith(vgsvg.UseWH(c.Size()))
	c.drawAll(draw.New(canvas), background)
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return nil, err
	}
	// Readers without the Liberation fonts have others with the same widths.
	out := strings.ReplaceAll(b.String(), "font-family:Liberation Sans;font-variant:none;",
		"font-family:'Liberation Sans',Arimo,Arial,Helvetica,sans-serif;")
	out = strings.ReplaceAll(out, "font-variant:normal;", "")
	label := fmt.Sprintf(`<svg role="img" aria-label="%s" `, html.EscapeString(c.Title+", "+c.Subtitle))
	if !background {
		out = out[strings.Index(out, "<svg"):]
		out = strings.ReplaceAll(out, "stroke:#000000", "stroke:currentColor")
		label += `fill="currentColor" `
	}
	return []byte(strings.Replace(out, "<svg ", label, 1)), nil
}

// safeName makes a file name of a chart's name: letters, digits, dot, dash
// and underscore, no leading dot or dash, not longer than file systems like.
func safeName(name string) string {
	safe := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
			return r
		case r == ' ':
			return '-'
		case r == '=':
			return -1
		}
		return '_'
	}, name)
	safe = strings.TrimLeft(safe, ".-")
	const longest = 120
	if safe == "" || len(safe) > longest {
		h := fnv.New32a()
		io.WriteString(h, name)
		safe = fmt.Sprintf("%.*s-%08x", longest-9, safe, h.Sum32())
	}
	return strings.TrimLeft(safe, "-")
}
