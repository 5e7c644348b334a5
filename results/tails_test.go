package results

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/mnbench/mnbench/results/stat"
	"github.com/mnbench/mnbench/workloads"
)

// counts makes a histogram of the numbers 1..n, once each.
func counts(n uint64) Histogram {
	h := Histogram{Name: "lateness", Unit: "ns"}
	for i := uint64(1); i <= n; i++ {
		h.Buckets = append(h.Buckets, [2]uint64{1000 * i, 1})
	}
	return h
}

func TestTails(t *testing.T) {
	var ts tails
	for range 7 {
		ts.add([]Histogram{counts(1000), {Name: "empty", Unit: "ns"}})
	}
	out := ts.summarise(stat.Options{})
	if len(out) != 1 {
		t.Fatalf("%d tails, want that of lateness alone: %+v", len(out), out)
	}
	tail := out[0]
	if tail.Events != 7000 || tail.Max != 1000000 {
		t.Errorf("events %d, max %d; want 7000, 1000000", tail.Events, tail.Max)
	}
	for i, want := range []float64{500000, 900000, 990000, 999000, 1000000} {
		p := tail.Percentiles[i]
		if math.Abs(p.Median-want) > 1000 {
			t.Errorf("%s = %v, want %v", p.Name(), p.Median, want)
		}
	}
	if name := tail.Percentiles[4].Name(); name != "p99.99" {
		t.Errorf("name %q, want p99.99", name)
	}
	if hi := tail.Percentiles[4].Hi; !math.IsInf(hi, 1) {
		t.Errorf("7000 events bound the 99.99%% percentile by %v", hi)
	}
}

// TestTailsOfNothing: a share of 0 percent is one, although estimators want
// positive numbers.
func TestTailsOfNothing(t *testing.T) {
	var ts tails
	for range 7 {
		ts.add([]Histogram{{Name: "share", Unit: "percent", Buckets: [][2]uint64{{0, 2}, {100, 1}}}})
	}
	tail := ts.summarise(stat.Options{})[0]
	if tail.Events != 21 || tail.Percentiles[0].Median != 0 || tail.Percentiles[1].Median != 100 || tail.Max != 100 {
		t.Errorf("%+v, want a median of 0 of 21 events, and p90 of 100", tail)
	}
}

// TestTailsOfTooMany: a count of a bad driver must not take all memory.
func TestTailsOfTooMany(t *testing.T) {
	for _, buckets := range [][][2]uint64{{{5, math.MaxUint64}}, {{5, mostEvents}, {6, mostEvents}}, {{5, math.MaxUint64}, {6, math.MaxUint64}, {7, 9}}} {
		var ts tails
		ts.add([]Histogram{{Name: "x", Unit: "ns", Buckets: buckets}})
		ts.add([]Histogram{counts(10)})
		if out := ts.summarise(stat.Options{}); len(out) != 1 || out[0].Name != "lateness" {
			t.Errorf("%v: %+v; want x left out", buckets, out)
		}
	}
}

// TestTailTable goes from the record's lines to the table and to JSON.
func TestTailTable(t *testing.T) {
	cell := Cell{Runtime: "mn", Workload: "sleepers", Params: workloads.Params{{Name: "n", Value: 1}}, Workers: 2, Mode: Parallel}
	rec := &Record{Name: "r", Run: Run{Plan: Plan{Cells: []Cell{cell}, Invocations: 2, Iterations: 1}}}
	for i := range 2 {
		line, err := json.Marshal(Invocation{Type: "invocation", Invocation: i, Status: OK, Histograms: []Histogram{counts(100)}})
		if err != nil {
			t.Fatal(err)
		}
		m := Measured{Timed: []Point{{NS: 1000, Units: 10}}}
		if err := json.Unmarshal(line, &m.Invocation); err != nil {
			t.Fatal(err)
		}
		rec.Invocations = append(rec.Invocations, m)
	}
	s, err := Summarise(rec, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := WriteTable(&text, s, TableOptions{Width: 100}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"lateness", "p99.99", "50.0 us", "100 us?", "too few of them"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the table has no %q:\n%s", want, text.String())
		}
	}
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"tails":[{"name":"lateness","unit":"ns","events":200`, `"p50":{"median":50000`, `"max":100000`} {
		if !strings.Contains(string(data), want) {
			t.Errorf("the JSON has no %s:\n%s", want, data)
		}
	}
}
