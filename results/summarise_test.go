package results

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/mnbench/mnbench/results/stat"
)

// made is a record under construction.
type made struct{ *Record }

func newMade() *made {
	return &made{&Record{Name: "x.jsonl", Run: Run{Plan: Plan{Units: map[string]string{"fib": "thread"}}}, End: &End{Status: Complete}}}
}

// cell adds a cell "RUNTIME[/serial] WORKERS" of fib and returns its index.
func (m *made) cell(runtime string, workers int) int {
	c := Cell{Runtime: runtime, Workload: "fib", Params: params("n", 15), Workers: workers, Mode: Parallel}
	if rt, ok := strings.CutSuffix(runtime, "/serial"); ok {
		c.Runtime, c.Mode = rt, Serial
	}
	m.Run.Plan.Cells = append(m.Run.Plan.Cells, c)
	return len(m.Run.Plan.Cells) - 1
}

// inv adds an invocation of a cell with samples of so many ns per unit.
func (m *made) inv(cell int, status Status, detail string, ns ...int64) *Measured {
	n := 0
	for _, inv := range m.Invocations {
		if inv.Cell == cell {
			n++
		}
	}
	inv := Measured{Invocation: Invocation{Cell: cell, Invocation: n, Status: status, Detail: detail}}
	for _, v := range ns {
		inv.Timed = append(inv.Timed, Point{NS: v * 10, Units: 10})
	}
	m.Invocations = append(m.Invocations, inv)
	return &m.Invocations[len(m.Invocations)-1]
}

// steady adds a cell with six invocations around ns.
func (m *made) steady(runtime string, workers int, ns int64) int {
	c := m.cell(runtime, workers)
	for i := range int64(6) {
		m.inv(c, OK, "", ns+i%3-1, ns+i%3-1)
	}
	return c
}

func (m *made) summarise(t *testing.T, o Options) *Summary {
	t.Helper()
	s, err := Summarise(m.Record, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *Summary) find(t *testing.T, runtime string, workers int, mode Mode) *CellSummary {
	t.Helper()
	for i := range s.Cells {
		if c := &s.Cells[i]; c.Runtime == runtime && c.Workers == workers && c.Mode == mode {
			return c
		}
	}
	t.Fatalf("no cell %s %d %s", runtime, workers, mode)
	return nil
}

func TestSummariseStatus(t *testing.T) {
	m := newMade()
	for _, tt := range []struct {
		name string
		invs []Measured
	}{
		{"crashed-once", nil}, {"never-ok", nil}, {"limit", nil}, {"check-failed", nil}, {"only-checked", nil}, {"not-run", nil}, {"absent", nil}, {"no-work", nil},
	} {
		m.cell(tt.name, 1)
	}
	m.inv(0, OK, "", 100)
	m.inv(0, Crash, "segmentation fault", 1, 1, 1)
	m.inv(0, OK, "", 102)
	m.inv(1, Timeout, "no end within 20s")
	m.inv(1, WrongAnswer, "answer 3, want 5")
	m.inv(1, Timeout, "no end within 20s")
	m.inv(2, Limit, "pthread_create: EAGAIN at 32754").Reached = 32754
	m.inv(3, WrongUnits, "units 4, want 5").Invocation.Invocation = -1
	m.inv(4, OK, "", 50).Invocation.Invocation = -1
	inv := m.inv(7, OK, "")
	inv.Timed = []Point{{NS: 100, Units: 0}, {NS: -5, Units: 3}}
	m.Unavailable = []Unavailable{{Runtime: "absent", Reason: "no javac"}}
	s := m.summarise(t, Options{})
	for _, tt := range []struct {
		runtime     string
		status      Status
		detail      string
		invocations int
		failures    string
		warnings    string
	}{
		{"crashed-once", OK, "", 2, "[{crash 1 segmentation fault}]", "some-failed few-invocations"},
		{"never-ok", WrongAnswer, "answer 3, want 5", 0, "[{wrong-answer 1 answer 3, want 5} {timeout 2 no end within 20s}]", ""},
		{"limit", Limit, "pthread_create: EAGAIN at 32754", 0, "[{limit 1 pthread_create: EAGAIN at 32754}]", ""},
		{"check-failed", WrongUnits, "units 4, want 5", 0, "[{wrong-units 1 units 4, want 5}]", ""},
		{"only-checked", NotRun, "", 0, "[]", ""},
		{"not-run", NotRun, "", 0, "[]", ""},
		{"absent", Absent, "", 0, "[]", ""},
		{"no-work", OK, "", 0, "[]", "bad-samples no-data"},
	} {
		c := s.find(t, tt.runtime, 1, Parallel)
		if c.Status != tt.status || c.Detail != tt.detail || c.Invocations != tt.invocations || fmt.Sprint(c.Failures) != tt.failures || codes(c.Warnings) != tt.warnings {
			t.Errorf("%s: %s %q, %d invocations, failures %v, warnings %q\n want %+v", tt.runtime, c.Status, c.Detail, c.Invocations, c.Failures, codes(c.Warnings), tt)
		}
		if c.HasResult() != (tt.runtime == "crashed-once") {
			t.Errorf("%s: has a result: %v", tt.runtime, c.HasResult())
		}
	}
	if c := s.find(t, "crashed-once", 1, Parallel); c.NSPerUnit.Median != 101 || !c.Failed() {
		t.Errorf("the crashed invocation counts: %+v", c.NSPerUnit)
	}
	if c := s.find(t, "limit", 1, Parallel); c.Reached != 32754 {
		t.Errorf("limit reached %d", c.Reached)
	}
	if s.Valid() || !s.Measured() {
		t.Errorf("valid %v, measured %v", s.Valid(), s.Measured())
	}
}

func TestSummariseValid(t *testing.T) {
	m := newMade()
	m.steady("mn", 1, 100)
	m.inv(m.cell("pthreads", 1), Limit, "")
	m.inv(m.cell("other", 1), Unsupported, "")
	m.cell("later", 1)
	if s := m.summarise(t, Options{}); !s.Valid() {
		t.Error("limits, declined cells and cells whose turn never came make the record invalid")
	}
	m.inv(0, Crash, "")
	if s := m.summarise(t, Options{}); s.Valid() {
		t.Error("a crash among good invocations leaves the record valid")
	}
	empty := newMade()
	empty.cell("mn", 1)
	if s := empty.summarise(t, Options{}); s.Measured() {
		t.Error("measured without a sample")
	}
}

// TestSummariseFloor: a floor is shown below the others and takes no place.
func TestSummariseFloor(t *testing.T) {
	m := newMade()
	m.Run.Runtimes = []Runtime{{ID: "floor", Floor: true}, {ID: "slow"}, {ID: "fast"}}
	m.steady("floor", 1, 10)
	m.steady("slow", 1, 500)
	m.steady("fast", 1, 100)
	s := m.summarise(t, Options{})
	for _, tt := range []struct {
		runtime, rank, to string
		ratio             float64
	}{{"fast", "1", "fast", 1}, {"slow", "2", "fast", 5}, {"floor", "floor", "fast", 0.1}} {
		c := s.find(t, tt.runtime, 1, Parallel)
		if c.FormatRank() != tt.rank || c.Ratio.To != tt.to || math.Abs(c.Ratio.Median/tt.ratio-1) > 0.05 {
			t.Errorf("%s: rank %s, %v times %s; want %+v", tt.runtime, c.FormatRank(), c.Ratio.Median, c.Ratio.To, tt)
		}
	}
	if have := fmt.Sprint(s.Blocks()[0].Runtimes()); have != "[fast slow floor]" {
		t.Errorf("order %s", have)
	}
	if out := tableText(t, s, TableOptions{}); !strings.Contains(out, "floor: the cheapest thing") {
		t.Errorf("the floor is not explained in\n%s", out)
	}
	if c := m.summarise(t, Options{Baseline: "floor"}).find(t, "fast", 1, Parallel); c.Ratio.To != "floor" || c.Place.Rank != 1 {
		t.Errorf("floor as baseline: %+v", c)
	}

	alone := newMade()
	alone.Run.Runtimes = m.Run.Runtimes
	alone.steady("floor", 1, 10)
	if c := alone.summarise(t, Options{}).find(t, "floor", 1, Parallel); c.Ratio != nil || len(c.Warnings) != 0 {
		t.Errorf("nothing to compare a floor with: %+v", c)
	}

	declined := newMade()
	declined.Run.Runtimes = m.Run.Runtimes
	declined.inv(declined.cell("floor", 1), Unsupported, "it bounds nothing here")
	declined.steady("slow", 1, 500)
	s = declined.summarise(t, Options{})
	if have := fmt.Sprint(s.Blocks()[0].Runtimes()); have != "[slow]" || len(s.Notes()) != 1 {
		t.Errorf("a floor that bounds nothing: rows %s, notes %v; want a note alone", have, s.Notes())
	}
}

func TestSummariseCompares(t *testing.T) {
	m := newMade()
	m.steady("slow", 1, 500)
	m.steady("fast", 1, 100)
	m.steady("twin", 1, 100)
	m.steady("slow", 2, 90)
	m.inv(m.cell("fast", 2), Crash, "")
	s := m.summarise(t, Options{})
	for _, tt := range []struct {
		runtime string
		workers int
		place   stat.Place
		to      string
		ratio   float64
	}{
		{"slow", 1, stat.Place{Rank: 3}, "fast", 5}, {"fast", 1, stat.Place{Rank: 1, Tied: true}, "fast", 1},
		{"twin", 1, stat.Place{Rank: 1, Tied: true}, "fast", 1}, {"slow", 2, stat.Place{Rank: 1}, "slow", 1},
	} {
		c := s.find(t, tt.runtime, tt.workers, Parallel)
		if c.Place != tt.place || c.Ratio == nil || c.Ratio.To != tt.to || math.Abs(c.Ratio.Median-tt.ratio) > 0.02 {
			t.Errorf("%s at %d: %+v %+v, want %+v", tt.runtime, tt.workers, c.Place, c.Ratio, tt)
		}
	}
	if c := s.find(t, "fast", 2, Parallel); c.Ratio != nil || c.Place.Rank != 0 {
		t.Errorf("a crash is ranked: %+v", c)
	}

	s = m.summarise(t, Options{Baseline: "fast"})
	if c := s.find(t, "slow", 1, Parallel); c.Ratio.To != "fast" {
		t.Errorf("ratio to %s", c.Ratio.To)
	}
	if c := s.find(t, "slow", 2, Parallel); c.Ratio != nil || !stat.Has(c.Warnings, NoBaseline) {
		t.Errorf("ratio to a crash: %+v, warnings %v", c.Ratio, c.Warnings)
	}
	_, err := Summarise(m.Record, Options{Baseline: "fats"})
	if err == nil || err.Error() != `x.jsonl: baseline: unknown runtime "fats"; did you mean "fast"?` {
		t.Errorf("error %v", err)
	}
}

func TestSummariseSerial(t *testing.T) {
	m := newMade()
	m.Run.Runtimes = []Runtime{{ID: "loom", Competitor: "loom"}, {ID: "loom-platform", Competitor: "loom"}, {ID: "go", Competitor: "go"}}
	m.steady("loom/serial", 1, 100)
	m.steady("loom", 1, 120)
	m.steady("loom", 2, 80)
	m.steady("loom-platform", 1, 300)
	m.steady("go", 1, 200)
	s := m.summarise(t, Options{})
	near := func(r *Ratio, want float64) bool {
		return r != nil && r.To == "loom" && math.Abs(r.Median-want) < 0.01 && r.Lo <= r.Median && r.Median <= r.Hi && r.Hi-r.Lo < 0.1
	}
	if c := s.find(t, "loom", 1, Parallel); !near(c.Overhead, 1.2) || !near(c.Efficiency, 1/1.2) {
		t.Errorf("1 worker: %+v %+v", c.Overhead, c.Efficiency)
	}
	if c := s.find(t, "loom", 2, Parallel); c.Overhead != nil || !near(c.Efficiency, 100.0/2/80) {
		t.Errorf("2 workers: %+v %+v", c.Overhead, c.Efficiency)
	}
	if c := s.find(t, "loom-platform", 1, Parallel); c.Overhead == nil || math.Abs(c.Overhead.Median-3) > 0.01 || !stat.Has(c.Warnings, OtherSerial) {
		t.Errorf("variant: %+v, %v", c.Overhead, c.Warnings)
	}
	if c := s.find(t, "go", 1, Parallel); c.Overhead != nil || c.Efficiency != nil {
		t.Errorf("without a serial cell: %+v %+v", c.Overhead, c.Efficiency)
	}
	b := s.Blocks()
	if len(b) != 1 || len(b[0].Parallel()) != 2 || b[0].Unit != "thread" || b[0].Title() != "fib n=15" {
		t.Errorf("blocks %+v", b)
	}
	if g, ok := b[0].Serial(); !ok || g.Cell("loom") == nil || g.Cell("go") != nil {
		t.Errorf("serial group %+v", g)
	}
}

func TestSummariseNoise(t *testing.T) {
	m := newMade()
	m.steady("calm", 1, 100)
	m.steady("busy", 1, 100)
	for i := range m.Invocations {
		m.Invocations[i].Noise = Noise{1000 + int64(i), 1010}
	}
	m.Invocations[8].Noise.AfterNS = 1900
	s := m.summarise(t, Options{})
	if c := s.find(t, "calm", 1, Parallel); len(c.Warnings) != 0 {
		t.Errorf("calm: %v", c.Warnings)
	}
	if c := s.find(t, "busy", 1, Parallel); codes(c.Warnings) != "noisy" || !strings.Contains(c.Warnings[0].Text, "around 1 of 6 invocations: a fixed loop took up to 1.9 times") {
		t.Errorf("busy: %v", c.Warnings)
	}
	if len(s.Warnings) != 0 {
		t.Errorf("one of twelve: %v", s.Warnings)
	}
	m.Invocations[9].Noise.BeforeNS = 3000
	if s = m.summarise(t, Options{}); codes(s.Warnings) != "noisy" {
		t.Errorf("two of twelve: %v", s.Warnings)
	}
}

// TestSummariseRepeatedCells: a plan that names a cell twice gives one line
// with both halves in it.
func TestSummariseRepeatedCells(t *testing.T) {
	m := newMade()
	m.cell("mn", 1)
	m.cell("mn", 1)
	m.inv(0, OK, "", 100)
	m.inv(1, OK, "", 110)
	if s := m.summarise(t, Options{}); len(s.Cells) != 1 || s.Cells[0].Invocations != 2 {
		t.Errorf("%+v", s.Cells)
	}
}

func TestSummaryJSON(t *testing.T) {
	m := newMade()
	m.steady("mn", 1, 100)
	m.inv(m.cell("pthreads", 1), Limit, "EAGAIN at 9").Reached = 9
	m.inv(m.cell("once", 1), OK, "", 300)
	m.Unavailable = []Unavailable{{Type: "unavailable", Runtime: "tokio", Reason: "no cargo", Hint: "apt-get install cargo"}}
	data, err := json.Marshal(m.summarise(t, Options{}))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Cells       []map[string]any
		Unavailable []map[string]any
		Warnings    []any
		Record      map[string]any
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	text := func(v any) string { b, _ := json.Marshal(v); return string(b) }
	for i, want := range []string{
		`{"failures":[],"invocations":6,"mode":"parallel","ns_per_unit":{"hi":101,"lo":99,"median":100},"params":{"n":15},"rank":1,"ratio":{"hi":1,"lo":1,"to":"mn","value":1},"runtime":"mn","samples":12,"status":"ok","tied":false,"unit":"thread","warnings":[],"workers":1,"workload":"fib"}`,
		`{"detail":"EAGAIN at 9","failures":[{"count":1,"detail":"EAGAIN at 9","status":"limit"}],"invocations":0,"mode":"parallel","ns_per_unit":null,"params":{"n":15},"rank":null,"ratio":null,"reached":9,"runtime":"pthreads","samples":0,"status":"limit","tied":false,"unit":"thread","warnings":[],"workers":1,"workload":"fib"}`,
	} {
		if have := text(got.Cells[i]); have != want {
			t.Errorf("cell %d:\n have %s\n want %s", i, have, want)
		}
	}
	if have := text(got.Cells[2]["ns_per_unit"]) + text(got.Cells[2]["ratio"]) + text(got.Cells[2]["rank"]); have != `{"hi":null,"lo":null,"median":300}{"hi":null,"lo":null,"to":"mn","value":3}null` {
		t.Errorf("one sample: %s", have)
	}
	if have := text(got.Unavailable); have != `[{"hint":"apt-get install cargo","reason":"no cargo","runtime":"tokio"}]` {
		t.Errorf("unavailable: %s", have)
	}
	if got.Warnings == nil || got.Record["complete"] != true || got.Record["confidence"] != 0.95 {
		t.Errorf("record: %v, warnings %v", got.Record, got.Warnings)
	}
}

func TestRuntimesBySpeed(t *testing.T) {
	m := newMade()
	m.inv(m.cell("crashes", 1), Crash, "")
	m.inv(m.cell("limited", 1), Limit, "")
	m.steady("slow", 1, 500)
	m.cell("only-at-2", 1)
	m.steady("only-at-2", 2, 1)
	m.steady("fast", 1, 100)
	m.Unavailable = []Unavailable{{Runtime: "gone"}}
	m.cell("gone", 1)
	got := strings.Join(m.summarise(t, Options{}).Blocks()[0].Runtimes(), " ")
	if want := "fast slow only-at-2 limited crashes"; got != want {
		t.Errorf("have %s, want %s", got, want)
	}
}
