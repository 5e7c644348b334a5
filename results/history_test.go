package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
)

// store writes a record that is in memory into a file.
func store(t *testing.T, path string, rec *Record) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w, err := Create(path, rec.Run)
	check(err)
	for _, inv := range rec.Invocations {
		for phase, points := range map[Phase][]Point{Warmup: inv.Warmup, Timed: inv.Timed} {
			for i, p := range points {
				check(w.Sample(Sample{Cell: inv.Cell, Invocation: inv.Invocation.Invocation, Phase: phase, Index: i, NS: p.NS, Units: p.Units, Answer: p.Answer}))
			}
		}
		check(w.Invocation(inv.Invocation))
	}
	check(w.End(true))
	check(w.Close())
}

// nights writes records of so many nights: "steady" does not change, "slowed"
// is 10% slower from night 12 on, "new" begins on night 5.
func nights(t *testing.T, dir string, n int) {
	t.Helper()
	for night := range n {
		m := measured(fmt.Sprintf("night-%02d", night), 1+night, uint64(night))
		m.around("steady", 1, 6, 100, 0.005)
		cost := 200.0
		m.Run.Runtimes = []Runtime{{ID: "slowed", Version: "1", Build: "a"}}
		if night >= 12 {
			cost = 220
			m.Run.Runtimes[0] = Runtime{ID: "slowed", Version: "2", Build: "b"}
		}
		m.around("slowed", 1, 6, cost, 0.005)
		m.around("slowed", 2, 6, cost/2, 0.005)
		if night >= 5 {
			m.around("new", 1, 6, 50, 0.005)
		}
		m.inv(m.cell("never", 1), Crash, "")
		store(t, filepath.Join(dir, m.Name+".jsonl"), m.Record)
	}
}

func TestReadHistory(t *testing.T) {
	dir := t.TempDir()
	nights(t, filepath.Join(dir, "example"), 20)
	elsewhere := measured("elsewhere", 3, 1)
	elsewhere.Run.Host.Name = "other"
	elsewhere.around("steady", 1, 6, 500, 0.005)
	store(t, filepath.Join(dir, "other", "a.jsonl"), elsewhere.Record)
	grown := measured("grown", 2, 1)
	grown.Run.Host.CPUs = 64
	grown.around("steady", 1, 6, 10, 0.005)
	store(t, filepath.Join(dir, "example", "grown.jsonl"), grown.Record)
	timeless := measured("timeless", 2, 1)
	timeless.Run.Time = time.Time{}
	timeless.around("steady", 1, 6, 10, 0.005)
	store(t, filepath.Join(dir, "timeless.jsonl"), timeless.Record)
	data, err := os.ReadFile(filepath.Join(dir, "example", "night-03.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"copy.jsonl": string(data), "broken.jsonl": "not a record\n", "newer.jsonl": `{"type":"run","schema":99}` + "\n", "notes.txt": "hello",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	h, err := ReadHistory(dir, HistoryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Records) != 20 || h.Records[0].ID != "night-00" || h.Records[19].Name != filepath.Join("example", "night-19.jsonl") || h.Host.Name != "example" {
		t.Errorf("records %+v", h.Records)
	}
	if got := codes(h.Warnings); got != "unreadable copies unreadable no-time other-hosts other-hosts" && got != "unreadable unreadable copies no-time other-hosts other-hosts" {
		var texts []string
		for _, w := range h.Warnings {
			texts = append(texts, w.Text)
		}
		t.Errorf("warnings %s:\n%s", got, strings.Join(texts, "\n"))
	}
	if len(h.Series) != 4 {
		t.Fatalf("%d series", len(h.Series))
	}
	for _, s := range h.Series {
		points, at := 20, 0
		switch s.Runtime {
		case "new":
			points = 15
		case "slowed":
			at = 12
		}
		if len(s.Points) != points || (at > 0) != (len(s.Changes) == 1) || at > 0 && s.Changes[0].At != at {
			t.Errorf("%s: %d points, changes %+v", s.Cell, len(s.Points), s.Changes)
		}
	}
	other, err := ReadHistory(dir, HistoryOptions{Host: "other"})
	if err != nil || len(other.Records) != 1 || other.Series[0].Points[0].NSPerUnit.Median < 400_000 {
		t.Errorf("other host: %+v, %v", other, err)
	}
	for _, tt := range []struct {
		o    HistoryOptions
		n    int
		want string
	}{
		{HistoryOptions{Only: []string{"slowed"}}, 2, ""}, {HistoryOptions{Only: []string{"fib", "new", "steady"}}, 2, ""}, {HistoryOptions{Only: []string{"n=15"}}, 4, ""},
		{HistoryOptions{Only: []string{"slwoed"}}, 0, `unknown workload or runtime "slwoed"; did you mean "slowed"?`},
		{HistoryOptions{Only: []string{"n=16"}}, 0, `unknown parameter "n=16"; did you mean "n=15"?`},
		{HistoryOptions{Host: "exmaple"}, 0, `unknown host "exmaple"; did you mean "example"?`},
	} {
		h, err := ReadHistory(dir, tt.o)
		switch {
		case tt.want == "" && (err != nil || len(h.Series) != tt.n):
			t.Errorf("%+v: %v", tt.o, err)
		case tt.want != "" && (err == nil || err.Error() != dir+": "+tt.want):
			t.Errorf("%+v: %v", tt.o, err)
		}
	}
}

func TestReadHistoryErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := ReadHistory(dir, HistoryOptions{}); err == nil || err.Error() != dir+": no record in it: give a folder with the .jsonl files of mnbench run --out" {
		t.Errorf("empty folder: %v", err)
	}
	file := filepath.Join(dir, "file.jsonl")
	os.WriteFile(file, []byte("x"), 0o666)
	if _, err := ReadHistory(dir, HistoryOptions{}); err == nil || !strings.Contains(err.Error(), "no record in it (left out: "+file+": line 1: ") {
		t.Errorf("only rubbish: %v", err)
	}
	if _, err := ReadHistory(file, HistoryOptions{}); err == nil || !strings.HasPrefix(err.Error(), file+": not a folder: ") {
		t.Errorf("a file: %v", err)
	}
	if _, err := ReadHistory(dir+"/none", HistoryOptions{}); err == nil || err.Error() != dir+"/none: the folder of records cannot be read: no such file or directory" {
		t.Errorf("none: %v", err)
	}
	failed := measured("failed", 1, 1)
	failed.inv(failed.cell("mn", 1), Crash, "")
	store(t, filepath.Join(dir, "failed.jsonl"), failed.Record)
	if _, err := ReadHistory(dir, HistoryOptions{}); err == nil || err.Error() != dir+": no record has a result of a cell" {
		t.Errorf("without results: %v", err)
	}
}

func TestWriteHistory(t *testing.T) {
	dir := t.TempDir()
	nights(t, dir, 20)
	for _, tt := range []struct {
		file string
		only []string
		o    TableOptions
	}{
		{"history-plot.txt", []string{"slowed", "steady"}, TableOptions{}},
		{"history-colour.txt", []string{"slowed"}, TableOptions{Width: 100, Colour: true, Unicode: true}},
	} {
		h, err := ReadHistory(dir, HistoryOptions{Only: tt.only})
		if err != nil {
			t.Fatal(err)
		}
		checkHistory(t, tt.file, h, tt.o)
	}
	h, err := ReadHistory(dir, HistoryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 { // more than are drawn large
		s := h.Series[i]
		s.Workload = "twin"
		h.Series = append(h.Series, s)
	}
	checkHistory(t, "history-lines.txt", h, TableOptions{})
	checkHistory(t, "history-lines-colour.txt", h, TableOptions{Width: 120, Colour: true, Unicode: true})
	if data, err := json.Marshal(h); err != nil || !bytes.Contains(data, []byte(`"changes":[{"at":12,"time":"2025-06-13T12:00:00Z"`)) {
		t.Errorf("%v: %s", err, data)
	}
}

func checkHistory(t *testing.T, file string, h *History, o TableOptions) {
	t.Helper()
	var b bytes.Buffer
	if err := WriteHistory(&b, h, o); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/"+file, b.Bytes())
	for _, line := range strings.Split(b.String(), "\n") {
		if w := text.StringWidthWithoutEscSequences(line); w > max(o.Width, 80) || line != strings.TrimRight(line, " ") {
			t.Errorf("%s: %d columns: %q", file, w, line)
		}
	}
}

// TestHistoryOfFew: one record, two, and many more than columns.
func TestHistoryOfFew(t *testing.T) {
	for _, n := range []int{1, 2, 300} {
		h := &History{Host: Host{Name: "x\x1b[2J"}}
		s := Series{Cell: Cell{Runtime: "mn", Workload: "fib", Workers: 1, Mode: Parallel}}
		for i := range n {
			h.Records = append(h.Records, RecordHead{Name: "r", Time: time.Date(2025, 1, 1+i, 0, 0, 0, 0, time.UTC)})
			p := HistoryPoint{Record: i}
			p.NSPerUnit.Median = float64(100 + i%7)
			s.Points = append(s.Points, p)
		}
		h.Series = []Series{s}
		for _, width := range []int{10, 40, 80, 200} {
			var b bytes.Buffer
			if err := WriteHistory(&b, h, TableOptions{Width: width}); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(b.String(), "*") || strings.Contains(b.String(), "\x1b") {
				t.Errorf("%d records in %d columns:\n%s", n, width, b.String())
			}
			h.Series = append(h.Series, s, s, s, s, s)
			if err := WriteHistory(&b, h, TableOptions{Width: width}); err != nil {
				t.Fatal(err)
			}
			h.Series = h.Series[:1]
		}
	}
}
