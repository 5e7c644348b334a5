package plots

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/workloads"
)

// measured makes a summary of a workload whose runtimes "RUNTIME WORKERS" have
// these distributions in each of six invocations; none: a time-out.
func measured(t *testing.T, cells []string, histograms map[string][]results.Histogram) *results.Summary {
	t.Helper()
	rec := &results.Record{Name: "x", End: &results.End{Status: results.Complete}}
	for i, name := range cells {
		runtime, text, _ := strings.Cut(name, " ")
		workers := 0
		fmt.Sscan(text, &workers)
		rec.Run.Plan.Cells = append(rec.Run.Plan.Cells, results.Cell{Runtime: runtime, Workload: "w",
			Params: workloads.Params{{Name: "n", Value: 3}}, Workers: workers, Mode: results.Parallel})
		for inv := range 6 {
			m := results.Measured{Invocation: results.Invocation{Cell: i, Invocation: inv, Status: results.Timeout}}
			if h := histograms[name]; h != nil {
				m.Status, m.Histograms = results.OK, h
				m.Timed = []results.Point{{NS: int64(1000 + inv), Units: 10}}
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

// times is a distribution of n times from a nanosecond up.
func times(name string, n uint64) results.Histogram {
	h := results.Histogram{Name: name, Unit: "ns"}
	for i := range n {
		h.Buckets = append(h.Buckets, [2]uint64{(i + 1) * 100, 1})
	}
	return h
}

func share(name, unit string, value uint64) results.Histogram {
	return results.Histogram{Name: name, Unit: unit, Buckets: [][2]uint64{{value, 1}}}
}

func charted(s *results.Summary, kind string) *Chart {
	for _, c := range Charts(s) {
		if c.Kind == kind {
			return c
		}
	}
	return nil
}

func TestPercentiles(t *testing.T) {
	s := measured(t, []string{"mn 1", "loom 1", "mn 2", "loom 2"}, map[string][]results.Histogram{
		"mn 1": {times("latency", 2000)}, "loom 1": {times("latency", 20)}, "mn 2": {times("latency", 100)}})
	rows, runtimes, names := panels(s.Blocks()[0], s)
	if len(rows) != 1 || len(rows[0]) != 2 || !slices.Equal(runtimes, []string{"mn", "loom"}) || !slices.Equal(names, []string{"latency"}) {
		t.Fatalf("rows %+v, runtimes %q, names %q", rows, runtimes, names)
	}
	// 6 times 20 events bound p90 and not p99, which is the last one drawn; 6
	// times 2000 bound p99.9.
	for i, want := range []string{"p50 p90 p99 p99.9 p99.99", "p50 p90 p99"} {
		var have []string
		for _, p := range rows[0][0].curves[i].points {
			have = append(have, p.Name())
		}
		if strings.Join(have, " ") != want {
			t.Errorf("%s: %q, want %q", rows[0][0].curves[i].runtime, have, want)
		}
	}
	c := charted(s, "tails")
	if c == nil || c.Name != "w-n3-percentiles" || c.Title != "w: latency by percentile" {
		t.Fatalf("chart %+v", c)
	}
	for _, want := range []string{"loom with 2 workers (timeout)", "Dashed"} {
		if !strings.Contains(c.Caption, want) {
			t.Errorf("caption %q: no %q", c.Caption, want)
		}
	}
	checkLayout(t, c)
}

// TestPercentilesOfKinds: distributions of one workload stand below each other,
// by workers, also where there is no event of a kind.
func TestPercentilesOfKinds(t *testing.T) {
	var cells []string
	histograms := map[string][]results.Histogram{}
	for _, workers := range []int{1, 2, 4, 8} {
		name := fmt.Sprint("mn ", workers)
		cells = append(cells, name)
		histograms[name] = []results.Histogram{times("walk, stayed", 500), share("share that moved", "percent", 0)}
		if workers > 1 {
			histograms[name] = append(histograms[name], times("walk, moved", 50))
		}
	}
	s := measured(t, cells, histograms)
	c := charted(s, "tails")
	checkLayout(t, c)
	all := strings.Join(texts(t, mustSVG(t, c)), "\n")
	for _, want := range []string{"w: walk by percentile", "walk, moved, 1 worker", "walk, stayed, 8 workers", "no such event", "walk, logarithmic scale (lower is better)"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in %q", want, all)
		}
	}
	if rows, _, _ := panels(s.Blocks()[0], s); len(folded(rows)) != 4 {
		t.Errorf("two rows of four panels are folded into %d", len(folded(rows)))
	}
}

func TestShares(t *testing.T) {
	s := measured(t, []string{"mn 1", "loom 1"}, map[string][]results.Histogram{
		"mn 1": {share("Jain index", "permille", 875), share("behind the first", "percent", 20), times("latency", 9)}})
	r := shareRows(s.Blocks()[0], "Jain index")
	var have []string
	for _, row := range r.list {
		have = append(have, row.heading+row.label+" "+row.right+row.none)
	}
	if want := "1 worker |mn 87.5%|loom timeout"; strings.Join(have, "|") != want {
		t.Errorf("rows %q, want %q", strings.Join(have, "|"), want)
	}
	var kinds []string
	for _, c := range Charts(s) {
		kinds = append(kinds, c.Kind+" "+c.Title)
		checkLayout(t, c)
	}
	if want := []string{"overview All workloads", "tails w: latency by percentile", "shares w: Jain index", "bars w"}; !slices.Equal(kinds, want) {
		t.Errorf("charts %q, want %q", kinds, want)
	}
	none := measured(t, []string{"mn 1"}, map[string][]results.Histogram{"mn 1": {share("share that moved", "percent", 0)}})
	if row := shareRows(none.Blocks()[0], "share that moved").list[1]; row.right != "0%" || row.marks[0].value != 0 {
		t.Errorf("a share of nothing: %+v", row)
	}
}
