package plots

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"

	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/workloads"
)

func sample(t *testing.T, o results.Options) *results.Summary {
	t.Helper()
	rec, err := results.Open("../results/testdata/sample.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	s, err := results.Summarise(rec, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// summary makes one of cells "RUNTIME WORKERS" with so many ns per unit in
// each of six invocations; 0: a crash.
func summary(t *testing.T, workload string, cells map[string]int64) *results.Summary {
	t.Helper()
	rec := &results.Record{Name: "x", End: &results.End{Status: results.Complete}}
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range cells {
			if !yield(name) {
				return
			}
		}
	}) {
		var rt string
		var workers int
		i := strings.LastIndexByte(name, ' ')
		rt = name[:i]
		fmt.Sscan(name[i:], &workers)
		cell := len(rec.Run.Plan.Cells)
		rec.Run.Plan.Cells = append(rec.Run.Plan.Cells, results.Cell{Runtime: rt, Workload: workload,
			Params: workloads.Params{{Name: "n", Value: 3}}, Workers: workers, Mode: results.Parallel})
		for inv := range 6 {
			m := results.Measured{Invocation: results.Invocation{Cell: cell, Invocation: inv, Status: results.OK}}
			if cells[name] == 0 {
				m.Status = results.Crash
			} else {
				m.Timed = []results.Point{{NS: cells[name] * int64(100+inv), Units: 100}}
			}
			rec.Invocations = append(rec.Invocations, m)
		}
	}
	s, err := results.Summarise(rec, results.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func names(charts []*Chart) []string {
	var out []string
	for _, c := range charts {
		out = append(out, c.Kind+":"+c.Name)
	}
	return out
}

func TestCharts(t *testing.T) {
	got := names(Charts(sample(t, results.Options{})))
	want := []string{"overview:overview", "bars:spawn-n1000-window1", "bars:spawn-n100000-window1000", "bars:yield-threads16-rounds10000",
		"bars:pingpong-pairs4-rounds5000", "bars:fib-n18-cutoff0", "bars:imbalanced-n256-heavy_percent10-heavy100000-light1000",
		"bars:prodcons-producers2-consumers2-capacity64-items20000", "speedup:fib-n18-cutoff0-speedup",
		"speedup:imbalanced-n256-heavy_percent10-heavy100000-light1000-speedup"}
	if !slices.Equal(got, want) {
		t.Errorf("have %q\nwant %q", got, want)
	}
	if got := Charts(&results.Summary{}); len(got) != 0 {
		t.Errorf("charts of nothing: %q", names(got))
	}
}

// texts returns the texts of an SVG document, which must be well-formed.
func texts(t *testing.T, svg []byte) []string {
	t.Helper()
	var out []string
	dec := xml.NewDecoder(bytes.NewReader(svg))
	inside := false
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatalf("SVG: %v", err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			inside = tok.Name.Local == "text"
		case xml.EndElement:
			inside = false
		case xml.CharData:
			if inside {
				out = append(out, string(tok))
			}
		}
	}
}

// TestNothingIsMissing: every cell of the record stands in the chart of its
// workload with its number or with what it is instead.
func TestNothingIsMissing(t *testing.T) {
	s := sample(t, results.Options{})
	for _, b := range s.Blocks() {
		c := barChart(b, s.Confidence)
		svg, err := c.svg(true)
		if err != nil {
			t.Fatal(err)
		}
		have := texts(t, svg)
		count := func(text string) int {
			n := 0
			for _, h := range have {
				if strings.Contains(h, text) {
					n++
				}
			}
			return n
		}
		for _, g := range b.Groups {
			for _, cell := range g.Cells {
				want := cell.FormatStatus()
				if cell.HasResult() {
					want = results.FormatNS(cell.NSPerUnit.Median) + " " + results.FormatSpread(cell.NSPerUnit)
				}
				if count(want) == 0 {
					t.Errorf("%s: no %q for %s in %q", b.Title(), want, cell.Runtime, have)
				}
			}
		}
		for _, id := range b.Runtimes() {
			if count(id) < len(b.Parallel()) {
				t.Errorf("%s: %s stands %d times in %q", b.Title(), id, count(id), have)
			}
		}
		if count("1 crash") != boolInt(b.Workload == "prodcons") {
			t.Errorf("%s: crash beside good invocations: %q", b.Title(), have)
		}
		if count("less is better") == 0 || count("further left is better") == 0 || count("per "+b.Unit) == 0 {
			t.Errorf("%s: the axis does not explain itself: %q", b.Title(), have)
		}
	}
	over := strings.Join(texts(t, mustSVG(t, Charts(s)[0])), "\n")
	for _, want := range []string{"fib n=18 cutoff=0", "pthreads, loom-platform: limit", "loom-platform: timeout", "time relative to the fastest", "1000x"} {
		if !strings.Contains(over, want) {
			t.Errorf("overview: no %q in %q", want, over)
		}
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func mustSVG(t *testing.T, c *Chart) []byte {
	t.Helper()
	svg, err := c.svg(true)
	if err != nil {
		t.Fatal(err)
	}
	return svg
}

func TestBarsOrPoints(t *testing.T) {
	near := summary(t, "w", map[string]int64{"a 1": 100, "b 1": 150, "c 1": 900})
	far := summary(t, "w", map[string]int64{"a 1": 100, "b 1": 150, "c 1": 5000, "d 1": 0})
	r := barRows(near.Blocks()[0])
	if !r.bars || r.log || r.lo != 0 {
		t.Errorf("near: bars %v, log %v, from %v", r.bars, r.log, r.lo)
	}
	r = barRows(far.Blocks()[0])
	if r.bars || !r.log || r.lo <= 0 || r.hi < 5000 || !strings.Contains(r.axis, "logarithmic") {
		t.Errorf("far: %+v", r)
	}
	var got []string
	for _, row := range r.list {
		got = append(got, fmt.Sprintf("%s%s %d %s", row.heading, row.label, len(row.marks), row.none))
	}
	if want := "1 worker 0 |a 1 |b 1 |c 1 |d 0 crash"; strings.Join(got, "|") != want {
		t.Errorf("rows %q, want %q", strings.Join(got, "|"), want)
	}
	if m := r.list[1].marks[0]; !m.hasBounds || m.lo > m.value || m.hi < m.value || m.lo == m.hi {
		t.Errorf("mark %+v", m)
	}
}

// TestFloorIsALine: a floor has no row and makes no axis logarithmic; its line
// goes through the rows of its group.
func TestFloorIsALine(t *testing.T) {
	s := summary(t, "w", map[string]int64{"a 1": 300, "b 1": 900, "floor 1": 3})
	for i := range s.Cells {
		s.Cells[i].Floor = s.Cells[i].Runtime == "floor"
	}
	r := barRows(s.Blocks()[0])
	var got []string
	for _, row := range r.list {
		got = append(got, fmt.Sprintf("%s%s %d %d", row.heading, row.label, len(row.marks), len(row.limits)))
	}
	if want := "1 worker  |  floor: 3.08 ns 0 0; a 1 1; b 1 1"; strings.Join(got, "; ") != want {
		t.Errorf("rows %q, want %q", strings.Join(got, "; "), want)
	}
	if r.log || !r.bars || r.list[1].limits[0].value > 3.1 {
		t.Errorf("logarithmic %v, limits %+v", r.log, r.list[1].limits)
	}
	if !strings.Contains(floorCaption(r), "floor") {
		t.Error("the caption does not explain the line")
	}
	for _, c := range Charts(s) {
		if svg := string(mustSVG(t, c)); !strings.Contains(svg, "The upright line is the floor") {
			t.Errorf("%s: the line is not explained", c.Name)
		}
	}
}

func TestOverviewAgainstBaseline(t *testing.T) {
	s := sample(t, results.Options{Baseline: "pthreads"})
	r, runtimes := overviewRows(s)
	if !slices.Equal(runtimes, []string{"mn", "pthreads", "goroutines", "loom", "loom-platform"}) || !strings.Contains(r.axis, "relative to pthreads") {
		t.Errorf("runtimes %q, axis %q", runtimes, r.axis)
	}
	for i, row := range r.list {
		if row.heading == "fib n=18 cutoff=0" {
			if next := r.list[i+1]; next.none != "no result" || next.right != "mn, goroutines, loom: no baseline; pthreads, loom-platform: limit at 32754" {
				t.Errorf("fib: %+v", next)
			}
		}
	}
	if r.lo >= 1 {
		t.Errorf("axis from %v although others are faster", r.lo)
	}
}

func TestSpeedup(t *testing.T) {
	s := sample(t, results.Options{})
	for _, b := range s.Blocks() {
		if b.Workload != "imbalanced" {
			continue
		}
		all, none := speedupSeries(b, s)
		if none != "loom-platform with 1 worker (timeout)" {
			t.Errorf("no result: %q", none)
		}
		if len(all) != 5 || all[0].runtime != "mn" || !slices.Equal(all[0].workers, []int{1, 2}) || !slices.Equal(all[4].workers, []int{2}) {
			t.Errorf("series %+v", all)
		}
		if v := all[0].marks[1].value; v < 1.7 || v > 2.1 {
			t.Errorf("mn at 2 workers: %v", v)
		}
	}
}

// box is a text in a drawing.
type box struct {
	text string
	vg.Rectangle
}

// boxes records where a chart puts its upright texts.
func boxes(c *Chart) (all []box, page vg.Rectangle) {
	w, h := c.Size()
	rec := &recorder.Canvas{}
	canvas := draw.NewCanvas(rec, w, h)
	c.drawAll(canvas, true)
	depth, rotated := 0, 0
	for _, a := range rec.Actions {
		switch a := a.(type) {
		case *recorder.Push:
			depth++
		case *recorder.Pop:
			depth--
			if depth < rotated {
				rotated = 0
			}
		case *recorder.Rotate:
			rotated = depth
		case *recorder.FillString:
			if rotated > 0 || strings.TrimSpace(a.String) == "" {
				continue
			}
			st := style(a.Font.Size, a.Font.Weight == font.WeightBold)
			all = append(all, box{a.String, vg.Rectangle{Min: a.Point, Max: vg.Point{X: a.Point.X + st.Width(a.String), Y: a.Point.Y + 0.7*a.Font.Size}}})
		}
	}
	return all, vg.Rectangle{Max: vg.Point{X: w, Y: h}}
}

func checkLayout(t *testing.T, c *Chart) {
	t.Helper()
	all, page := boxes(c)
	if len(all) < 4 {
		t.Errorf("%s: only %d texts", c.Name, len(all))
	}
	for i, a := range all {
		if a.Min.X < page.Min.X || a.Min.Y < page.Min.Y || a.Max.X > page.Max.X+0.5 || a.Max.Y > page.Max.Y {
			t.Errorf("%s: %q is outside of the page: %v of %v", c.Name, a.text, a.Rectangle, page)
		}
		for _, b := range all[:i] {
			if a.Min.X < b.Max.X && b.Min.X < a.Max.X && a.Min.Y < b.Max.Y && b.Min.Y < a.Max.Y {
				t.Errorf("%s: %q lies on %q", c.Name, a.text, b.text)
			}
		}
	}
}

func TestLayout(t *testing.T) {
	long := strings.Repeat("verylongname", 30)
	crowd := map[string]int64{}
	for i := range 25 {
		for _, w := range []int{1, 2, 4, 8, 16, 32} {
			crowd[fmt.Sprintf("runtime-%d %d", i, w)] = int64(100 + 1000*i*i*w)
		}
	}
	for name, s := range map[string]*results.Summary{
		"sample":         sample(t, results.Options{}),
		"baseline":       sample(t, results.Options{Baseline: "loom"}),
		"long names":     summary(t, long, map[string]int64{long + " 1": 100, long + "b 1": 5000, long + "c 1": 0, long + "d 1": 0}),
		"crowd":          summary(t, "w", crowd),
		"huge spread":    summary(t, "w", map[string]int64{"a 1": 1, "b 1": 5e15}),
		"narrow spread":  summary(t, "w", map[string]int64{"a 1": 100, "b 1": 101}),
		"one runtime":    summary(t, "w", map[string]int64{"a 1": 100}),
		"only crashes":   summary(t, "w", map[string]int64{"a 1": 0, "b 1": 0}),
		"strange signs":  summary(t, "w\x00<&>\x1b", map[string]int64{"a\ufffe\"'<b> 1": 100, "日本 1": 2000, "c\n\u2028 1": 0}),
		"just over wide": summary(t, "w", map[string]int64{"a 1": 100, "b 1": 1100}),
	} {
		t.Run(name, func(t *testing.T) {
			for _, c := range Charts(s) {
				checkLayout(t, c)
				texts(t, mustSVG(t, c))
			}
		})
	}
}

func TestFormats(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	charts := Charts(sample(t, results.Options{}))
	charts = []*Chart{charts[0], charts[1], charts[8]}
	paths, err := WriteFiles(dir, charts, Formats)
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) != 9 || paths[0] != filepath.Join(dir, "overview.svg") {
		t.Errorf("paths %q", paths)
	}
	magic := map[string]string{".svg": "<?xml", ".png": "\x89PNG", ".pdf": "%PDF-"}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(data, []byte(magic[filepath.Ext(p)])) || len(data) < 2000 {
			t.Errorf("%s: %d bytes, begins %.10q", p, len(data), data)
		}
	}
	var b bytes.Buffer
	if err := charts[0].Write(&b, "gif"); err == nil || err.Error() != `chart overview: unknown format "gif"; there is svg, png, pdf` {
		t.Errorf("gif: %v", err)
	}
	blocked := filepath.Join(t.TempDir(), "file")
	os.WriteFile(blocked, nil, 0o666)
	if _, err := WriteFiles(blocked, charts, Formats); err == nil || !strings.HasPrefix(err.Error(), blocked+": the folder for charts cannot be made") {
		t.Errorf("folder is a file: %v", err)
	}
}

func TestSafeName(t *testing.T) {
	safe := regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`)
	for in, want := range map[string]string{
		"fib n=25 cutoff=0": "fib-n25-cutoff0", "../../etc/passwd": "_.._etc_passwd", "-rf": "rf", "": "", "a\x00b/c": "a_b_c", strings.Repeat("x", 500): "",
	} {
		got := safeName(in)
		if want != "" && got != want {
			t.Errorf("safeName(%q) = %q, want %q", in, got, want)
		}
		if !safe.MatchString(got) || len(got) > 120 {
			t.Errorf("safeName(%.20q) = %q", in, got)
		}
	}
	if safeName(strings.Repeat("x", 500)) == safeName(strings.Repeat("x", 501)) {
		t.Error("long names are cut to the same")
	}
	twice := summary(t, "a/b", map[string]int64{"x 1": 1})
	twice.Cells = append(twice.Cells, summary(t, "a:b", map[string]int64{"x 1": 1}).Cells...)
	if got := names(Charts(twice)); !slices.Equal(got, []string{"overview:overview", "bars:a_b-n3", "bars:a_b-n3-2"}) {
		t.Errorf("names %q", got)
	}
}

func TestLooks(t *testing.T) {
	seen := map[look]string{}
	for id, l := range known {
		if other, dup := seen[l]; dup {
			t.Errorf("%s looks like %s", id, other)
		}
		seen[l] = id
	}
	if lookOf("mn") != known["mn"] || Colour("mn") != "#0072b2" {
		t.Errorf("mn is %s", Colour("mn"))
	}
	distinct := map[look]bool{}
	for i := range 40 {
		id := fmt.Sprintf("other-%d", i)
		if lookOf(id) != lookOf(id) {
			t.Errorf("%s changes", id)
		}
		distinct[lookOf(id)] = true
	}
	if len(distinct) < 20 {
		t.Errorf("40 names have %d looks", len(distinct))
	}
}

func TestTicks(t *testing.T) {
	label := func(lo, hi float64, log bool) string {
		var out []string
		ticks := linearTicks{tickTime}.Ticks(lo, hi)
		if log {
			ticks = logTicks{tickTime}.Ticks(lo, hi)
		}
		for _, tick := range ticks {
			if tick.Value < lo || tick.Value > hi {
				t.Errorf("%v is outside of %v to %v", tick.Value, lo, hi)
			}
			if tick.Label != "" {
				out = append(out, tick.Label)
			}
		}
		return strings.Join(out, ", ")
	}
	for _, tt := range []struct {
		lo, hi float64
		log    bool
		want   string
	}{
		{0, 1000, false, "0, 200 ns, 400 ns, 600 ns, 800 ns, 1 µs"},
		{0, 13, false, "0, 2 ns, 4 ns, 6 ns, 8 ns, 10 ns, 12 ns"},
		{0, 1, false, "0, 0.2 ns, 0.4 ns, 0.6 ns, 0.8 ns, 1 ns"},
		{80, 2000, true, "100 ns, 200 ns, 500 ns, 1 µs, 2 µs"},
		{4, 90000, true, "10 ns, 100 ns, 1 µs, 10 µs"},
	} {
		if got := label(tt.lo, tt.hi, tt.log); got != tt.want {
			t.Errorf("%v to %v: %s, want %s", tt.lo, tt.hi, got, tt.want)
		}
	}
	if n := strings.Count(label(1e-6, 1e15, true), ","); n > 10 {
		t.Errorf("%d labels over 21 decades", n+1)
	}
}
