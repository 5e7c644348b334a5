package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/mnbench/mnbench/results/stat"
)

// lines makes a record of one cell (two where the plan names it twice) from
// the costs of each invocation, one sample for each in ns.
func lines(plan string, invocations ...[]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"type":"run","schema":1,"id":"x","time":"2025-06-01T12:00:00Z","host":{"name":"a","cpus":2},"plan":{"cells":[%s],"invocations":3}}`+"\n", plan)
	for i, inv := range invocations {
		for k, ns := range inv {
			fmt.Fprintf(&b, `{"type":"sample","cell":0,"invocation":%d,"phase":"timed","index":%d,"ns":%s,"units":10,"answer":"1"}`+"\n", i, k, ns)
		}
		fmt.Fprintf(&b, `{"type":"invocation","cell":0,"invocation":%d,"status":"ok"}`+"\n", i)
	}
	return b.String() + `{"type":"end","status":"complete"}` + "\n"
}

const oneCell = `{"runtime":"mn","workload":"fib","params":{"n":5},"workers":1,"mode":"parallel"}`

func repeat(n int, ns ...string) (invs [][]string) {
	for range n {
		invs = append(invs, ns)
	}
	return invs
}

// TestBadInput: each kind of bad record gets a clear answer: an error that
// names the line, or a warning that says what was done about it. All that
// reads records lives through it.
func TestBadInput(t *testing.T) {
	good := lines(oneCell, repeat(8, "1000", "1010")...)
	for _, tt := range []struct {
		name, in string
		err      string // of reading
		warns    string // of the record and its cell
		result   bool
	}{
		{"good", good, "", "", true},
		{"empty", "", "empty: no run is recorded in it", "", false},
		{"another schema version", strings.Replace(good, `"schema":1`, `"schema":2`, 1), "record format 2, this mnbench reads format 1: use the mnbench that wrote it or a newer one", "", false},
		{"no schema version", strings.Replace(good, `"schema":1,`, ``, 1), "record format 0", "", false},
		{"schema as text", strings.Replace(good, `"schema":1`, `"schema":"1"`, 1), "line 1: ", "", false},
		{"NaN", strings.Replace(good, `"ns":1000`, `"ns":NaN`, 1), "line 2: not JSON", "", false},
		{"a number without bounds", strings.Replace(good, `"ns":1000`, `"ns":1e999`, 1), "line 2: ", "", false},
		{"a fraction", strings.Replace(good, `"ns":1000`, `"ns":1000.5`, 1), "line 2: ", "", false},
		{"too large for any type", strings.Replace(good, `"ns":1000`, `"ns":99999999999999999999`, 1), "line 2: ", "", false},
		{"negative units", strings.Replace(good, `"units":10`, `"units":-10`, 1), "line 2: ", "", false},
		{"an unknown cell", strings.Replace(good, `"cell":0`, `"cell":1`, 1), "line 2: cell 1, but the plan has 1 cells", "", false},
		{"negative and zero times", lines(oneCell, append(repeat(7, "1000", "1010"), []string{"-5", "0", "1000"})...), "", "bad-samples", true},
		{"only negative times", lines(oneCell, repeat(8, "-1000")...), "", "bad-samples no-data", false},
		{"only zero times", lines(oneCell, repeat(8, "0", "0")...), "", "bad-samples no-data", false},
		{"no work", strings.ReplaceAll(good, `"units":10`, `"units":0`), "", "bad-samples no-data", false},
		{"no sample", lines(oneCell), "", "", false},
		{"an invocation without samples", lines(oneCell, nil), "", "no-data", false},
		{"one sample", lines(oneCell, []string{"1000"}), "", "one-sample", true},
		{"two samples in one invocation", lines(oneCell, []string{"1000", "1010"}), "", "one-invocation", true},
		{"two samples in two invocations", lines(oneCell, []string{"1000"}, []string{"1010"}), "", "few-invocations", true},
		{"identical samples", lines(oneCell, repeat(8, "1000", "1000")...), "", "identical", true},
		{"the largest times there are", lines(oneCell, append(repeat(4, "9223372036854775807"), repeat(4, "1")...)...), "", "", true},
		{"the same cell twice in the plan", lines(oneCell+","+oneCell, repeat(8, "1000", "1010")...), "", "duplicate", true},
		{"the same invocation twice", strings.Replace(good, `"invocation":1`, `"invocation":0`, 3), "", "duplicate", true},
		{"a plan without cells", strings.Replace(lines(oneCell), oneCell, "", 1), "", "", false},
		{"a cell without a name", lines(`{"workers":1}`), "line 1: a cell of the plan without a runtime or a workload", "", false},
		{"killed", strings.TrimSuffix(good, `{"type":"end","status":"complete"}`+"\n"), "", "no-end", true},
		{"cut off", good[:len(good)-60], "", "cut-off uncommitted no-end", true},
		{"the wall clock is set back", strings.Replace(strings.Replace(good, `"invocation":2,"status":"ok"`, `"invocation":2,"status":"ok","start":"2025-06-01T12:10:00Z"`, 1),
			`"invocation":3,"status":"ok"`, `"invocation":3,"status":"ok","start":"2025-06-01T11:10:00Z"`, 1), "", "clock-jump", true},
		{"samples longer than their invocation", strings.Replace(strings.Replace(good, `"ns":1000`, `"ns":3600000000000`, 1), `"invocation":0,"status":"ok"`, `"invocation":0,"status":"ok","wall_ns":5000000`, 1), "", "clock-jump", true},
		{"twenty thousand workers", strings.ReplaceAll(good, `"workers":1`, `"workers":20000`), "", "", true},
		{"no workers", strings.ReplaceAll(good, `"workers":1`, `"workers":-7`), "", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec, err := Read("x.jsonl", strings.NewReader(tt.in))
			if tt.err != "" {
				if err == nil || !strings.HasPrefix(err.Error(), "x.jsonl: ") || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			s, err := Summarise(rec, Options{})
			if err != nil {
				t.Fatal(err)
			}
			got := s.Warnings
			if len(s.Cells) > 0 {
				got = append(got, s.Cells[0].Warnings...)
			}
			if codes(got) != tt.warns {
				t.Errorf("warnings %q, want %q", codes(got), tt.warns)
			}
			if s.Measured() != tt.result {
				t.Errorf("measured: %v, want %v", s.Measured(), tt.result)
			}
			analyse(t, rec)
			base, err := Read("good.jsonl", strings.NewReader(good))
			if err != nil {
				t.Fatal(err)
			}
			c, err := Compare(base, rec, CompareOptions{})
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case !tt.result && c.Outcome() != Nothing && c.Outcome() != Undecided:
				t.Errorf("compared with a good one: %s", c.Headline())
			case len(c.Cells) > 0 && !tt.result && c.Cells[0].Verdict != Lost:
				t.Errorf("without a result, it is %s", c.Cells[0].Verdict)
			}
		})
	}
}

// analyse does everything that can be done with a record, and holds what comes
// out to be finite.
func analyse(t *testing.T, rec *Record) {
	t.Helper()
	s, err := Summarise(rec, Options{Stat: stat.Options{Resamples: 20}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := Compare(rec, rec, CompareOptions{Stat: stat.Options{Resamples: 20}})
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(io.Writer) error{
		"table": func(w io.Writer) error { return WriteTable(w, s, TableOptions{}) }, "json": func(w io.Writer) error { return json.NewEncoder(w).Encode(s) },
		"comparison": func(w io.Writer) error { return WriteComparison(w, c, TableOptions{}) }, "markdown": func(w io.Writer) error { return WriteMarkdown(w, c) },
		"junit": func(w io.Writer) error { return WriteJUnit(w, c) }, "compare json": func(w io.Writer) error { return json.NewEncoder(w).Encode(c) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, bad := range []string{"NaN", "Inf", "\x1b"} {
			if strings.Contains(b.String(), bad) && !mentions(rec, bad) {
				t.Errorf("%s has %q in it: %s", name, bad, b.String())
			}
		}
	}
	for _, e := range Exports {
		if err := e.Write(io.Discard, rec, s); err != nil {
			t.Errorf("%s: %v", e.Name, err)
		}
	}
	for _, p := range c.Cells {
		if p.Verdict == stat.Slower || p.Verdict == stat.Faster {
			t.Errorf("%s is %s than itself", p.Cell, p.Verdict)
		}
	}
}

// mentions reports whether the record's own texts contain a word.
func mentions(rec *Record, word string) bool {
	text := fmt.Sprintf("%+v", rec.Run)
	for _, inv := range rec.Invocations {
		if strings.Contains(inv.Detail+string(inv.Status), word) {
			return true
		}
	}
	return strings.Contains(text, word)
}

// TestMixedHosts: merged shards of different machines are compared with those
// of the same machines only.
func TestMixedHosts(t *testing.T) {
	merged := func(hosts ...string) *made {
		m := measured("m", 1, 1)
		m.around("mn", 1, enough, 100, 0.01)
		for i, h := range hosts {
			host := m.Run.Host
			host.Name = h
			m.Run.Parts = append(m.Run.Parts, Part{Shard: Shard{Index: i + 1, Of: len(hosts)}, Host: host})
		}
		return m
	}
	for _, tt := range []struct {
		base, head *made
		other      bool
	}{
		{merged("a", "b"), merged("a", "b"), false}, {merged("a", "b"), merged("b", "a"), true}, {merged("a", "b"), merged("a", "c"), true},
		{merged("a", "b"), merged("a"), true}, {merged("a", "b"), measured("m", 1, 1), true},
	} {
		c := compared(t, tt.base, tt.head, CompareOptions{})
		if c.OtherHost != tt.other {
			t.Errorf("%v and %v: other machine %v, want %v", tt.base.Run.Parts, tt.head.Run.Parts, c.OtherHost, tt.other)
		}
	}
}

// FuzzAnalyse: whatever numbers and names a record holds, it can be
// summarised, compared and exported.
func FuzzAnalyse(f *testing.F) {
	f.Add("mn", "fib", "ok", int64(1000), int64(1010), uint64(10), uint8(7), uint8(2), 1, 0)
	f.Add("", "", "crash", int64(-1), int64(0), uint64(0), uint8(0), uint8(0), -5, 1<<40)
	f.Add("a\x00b", "w\xff|<", "limit", int64(math.MaxInt64), int64(1), uint64(math.MaxUint64), uint8(1), uint8(1), 1<<30, -1)
	f.Add("mn", "fib", "ok", int64(math.MinInt64), int64(math.MaxInt64), uint64(1), uint8(3), uint8(30), 0, 7)
	f.Fuzz(func(t *testing.T, runtime, workload, status string, a, b int64, units uint64, invocations, iterations uint8, workers, block int) {
		rec := &Record{Name: "x", Run: Run{ID: runtime, Plan: Plan{Cells: []Cell{
			{Runtime: runtime, Workload: workload, Params: params("n", 1), Workers: workers, Mode: Parallel},
			{Runtime: workload, Workload: workload, Params: params("n", 1), Workers: workers, Mode: Mode(status)},
		}}}}
		for i := range int(invocations % 12) {
			m := Measured{Invocation: Invocation{Cell: i % 2, Invocation: block + i, Order: i, Status: OK, WallNS: b, Noise: Noise{a, b}, Detail: status, Reached: units}}
			if i%3 == 2 {
				m.Status = Status(status)
			}
			for k := range int(iterations % 40) {
				ns := a
				if (k+i)%3 == 1 {
					ns = b
				}
				p := Point{NS: ns + int64(k%2), Units: units, Answer: units, RSSBytes: units}
				if k%5 == 0 {
					m.Warmup = append(m.Warmup, p)
				} else {
					m.Timed = append(m.Timed, p)
				}
			}
			rec.Invocations = append(rec.Invocations, m)
		}
		rec.Warnings = clockDoubts(rec)
		analyse(t, rec)
	})
}
