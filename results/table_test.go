package results

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/mnbench/mnbench/results/stat"
)

func sampleSummary(t *testing.T, o Options) *Summary {
	t.Helper()
	rec, err := Open(samplePath)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Summarise(rec, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func tableText(t *testing.T, s *Summary, o TableOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteTable(&b, s, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTable(t *testing.T) {
	for _, tt := range []struct {
		file     string
		o        TableOptions
		baseline string
	}{
		{"table-plain.txt", TableOptions{}, ""},
		{"table-narrow.txt", TableOptions{Width: 60}, ""},
		{"table-colour.txt", TableOptions{Width: 120, Colour: true, Unicode: true}, "goroutines"},
	} {
		t.Run(tt.file, func(t *testing.T) {
			out := tableText(t, sampleSummary(t, Options{Baseline: tt.baseline}), tt.o)
			golden(t, "testdata/"+tt.file, []byte(out))
			width := tt.o.Width
			if width == 0 {
				width = 80
			}
			for _, line := range strings.Split(out, "\n") {
				if w := text.StringWidthWithoutEscSequences(line); w > width {
					t.Errorf("%d columns: %q", w, line)
				}
				if line != strings.TrimRight(line, " ") {
					t.Errorf("space at the end of %q", line)
				}
				if strings.Count(line, "\x1b[")%2 != 0 {
					t.Errorf("colour not ended in %q", line)
				}
			}
			if !tt.o.Unicode && strings.IndexFunc(out, func(r rune) bool { return r > 0x7e || r < ' ' && r != '\n' }) >= 0 {
				t.Error("not plain ASCII")
			}
		})
	}
}

// TestTableOfBadText: text from a record can neither move the cursor nor
// break the table.
func TestTableOfBadText(t *testing.T) {
	m := newMade()
	c := m.cell("evil\x1b[2J\n|run", 1)
	m.inv(c, Crash, "line\x07 one\nline two \x1b]0;title\x07")
	m.Unavailable = []Unavailable{{Runtime: "x\ty", Reason: "\u202egnirts"}}
	out := tableText(t, m.summarise(t, Options{}), TableOptions{Unicode: true})
	if strings.ContainsAny(out, "\x1b\x07\t\u202e") {
		t.Errorf("control characters in %q", out)
	}
	if !strings.Contains(out, " evil?[2J |run  crash\n") || !strings.Contains(out, "crash: line? one\n") {
		t.Errorf("have %s", out)
	}
}

func TestTableOfOddRecords(t *testing.T) {
	empty := newMade()
	onlySerial := newMade()
	onlySerial.steady("mn/serial", 1, 100)
	nothing := newMade()
	nothing.cell("mn", 1)
	nothing.End = nil
	once := newMade()
	once.inv(once.cell("mn", 1), OK, "", 100)
	for _, tt := range []struct {
		name string
		m    *made
		want []string
	}{
		{"no cells", empty, []string{"How to read it"}},
		{"only serial", onlySerial, []string{"sequential", " mn        100 ns +-1%"}},
		{"nothing measured", nothing, []string{" mn       not run\n", "1 of 1 cells were not run"}},
		{"one sample", once, []string{" mn        100 ns +-?!    1.00x  ?", "a single sample: nothing is known of its variation"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := tableText(t, tt.m.summarise(t, Options{}), TableOptions{})
			for _, want := range tt.want {
				if !strings.Contains(out, want) {
					t.Errorf("no %q in\n%s", want, out)
				}
			}
		})
	}
}

// TestTableManyWorkers: groups that do not fit stand below each other, each
// with the names of the runtimes.
func TestTableManyWorkers(t *testing.T) {
	m := newMade()
	for _, w := range []int{1, 2, 4, 8, 16} {
		m.steady("mn", w, 100)
		m.steady("pthreads", w, 300)
	}
	out := tableText(t, m.summarise(t, Options{}), TableOptions{Width: 80})
	if n := strings.Count(out, "\n pthreads "); n != 3 {
		t.Errorf("pthreads %d times in\n%s", n, out)
	}
	for _, head := range []string{"1 worker ", "2 workers", "4 workers", "8 workers", "16 workers"} {
		if strings.Count(out, head) != 1 {
			t.Errorf("not one %q in\n%s", head, out)
		}
	}
}

func TestNotesGatherNoise(t *testing.T) {
	m := newMade()
	for _, rt := range []string{"a", "b", "c"} {
		m.steady(rt, 1, 100)
		m.steady(rt, 2, 100)
	}
	for i := range m.Invocations {
		m.Invocations[i].Noise = Noise{1000, 1000}
	}
	for _, i := range []int{0, 6, 30} { // a at both, c at 2
		m.Invocations[i].Noise.AfterNS = int64(2000 + 100*i)
	}
	notes := m.summarise(t, Options{}).Notes()
	if len(notes) != 1 || notes[0].About != "a, fib, 1 and 2 workers; c, fib, 2 workers" || len(notes[0].Cells) != 3 {
		t.Errorf("have %+v", notes)
	}
}

// TestNotesGatherDeclines: one reason for several workloads is said once.
func TestNotesGatherDeclines(t *testing.T) {
	m := newMade()
	for i, workload := range []string{"fib", "spawn", "yield"} {
		m.inv(m.cell("one", 2), Unsupported, "it has one worker")
		m.Run.Plan.Cells[i].Workload = workload
	}
	m.inv(m.cell("two", 1), Unsupported, "not in COBOL")
	m.inv(m.cell("two", 2), Unsupported, "not in COBOL")
	have := ""
	for _, n := range m.summarise(t, Options{}).Notes() {
		have += n.About + ": " + n.Text + "\n"
	}
	if want := "one, 2 workers: unsupported: it has one worker\ntwo, fib, 1 and 2 workers: unsupported: not in COBOL\n"; have != want {
		t.Errorf("have\n%swant\n%s", have, want)
	}
}

// failing is a pipe that was closed.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, fmt.Errorf("broken pipe") }

func TestTableTellsWriteErrors(t *testing.T) {
	if err := WriteTable(failing{}, newMade().summarise(t, Options{}), TableOptions{}); err == nil {
		t.Error("no error")
	}
}

func TestFormat(t *testing.T) {
	for _, tt := range []struct {
		ns   float64
		want string
	}{
		{0, "0 ns"}, {0.0512, "0.051 ns"}, {0.512, "0.51 ns"}, {0.9996, "1.00 ns"}, {9.996, "10.0 ns"}, {98.13, "98.1 ns"}, {742, "742 ns"},
		{999.4, "999 ns"}, {999.6, "1.00 µs"}, {29000, "29.0 µs"}, {1.5e9, "1.50 s"}, {1e13, "10000 s"}, {math.NaN(), "?"}, {math.Inf(1), "?"},
	} {
		if got := FormatNS(tt.ns); got != tt.want {
			t.Errorf("FormatNS(%v) = %q, want %q", tt.ns, got, tt.want)
		}
	}
	for _, tt := range []struct {
		i    stat.Interval
		want string
	}{
		{stat.Interval{Median: 100, Lo: 97, Hi: 101}, "±3%"}, {stat.Interval{Median: 100, Lo: 99.9, Hi: 100.2}, "±0.2%"},
		{stat.Interval{Median: 100, Lo: 100, Hi: 100}, "±0.0%"}, {stat.Interval{Median: 100, Lo: 50, Hi: 400}, "50-400"}, {stat.Interval{Median: 1920, Lo: 1812, Hi: 5140}, "1.8-5.1"}, {stat.Interval{Median: 0.5, Lo: 0.02, Hi: 1.25e7}, "0.02-1.2e+07"},
		{stat.Interval{Median: 100, Lo: math.Inf(-1), Hi: math.Inf(1)}, "±?"}, {stat.Interval{Median: math.NaN()}, "±?"},
	} {
		if got := FormatSpread(tt.i); got != tt.want {
			t.Errorf("FormatSpread(%v) = %q, want %q", tt.i, got, tt.want)
		}
	}
	for _, tt := range []struct {
		c    CellSummary
		want string
	}{
		{CellSummary{Status: Limit, Reached: 7}, "limit at 7"}, {CellSummary{Status: Limit, Detail: "pthread_create: EAGAIN at 32754"}, "limit at 32754"},
		{CellSummary{Status: Limit, Detail: "no more at all"}, "limit"}, {CellSummary{Status: WrongAnswer}, "wrong answer"},
		{CellSummary{Status: NotRun}, "not run"}, {CellSummary{Status: OK, NSPerUnit: stat.Interval{Median: 1}}, ""},
		{CellSummary{Status: OK, NSPerUnit: stat.Interval{Median: math.NaN()}}, "no data"}, {CellSummary{Status: "from\nthe-future"}, "from the future"},
	} {
		if got := tt.c.FormatStatus(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.c.Status, got, tt.want)
		}
	}
}
