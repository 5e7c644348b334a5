package plots

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/results/stat"
	"github.com/mnbench/mnbench/workloads"
)

// history has so many records of two runtimes; that of the second changes in
// the middle by a factor.
func history(n int, name string, factor float64) *results.History {
	h := &results.History{Host: results.Host{Name: "example"}, Confidence: 0.95}
	for i := range n {
		h.Records = append(h.Records, results.RecordHead{Name: fmt.Sprint(i), Time: time.Date(2025, 1, 1+i, 0, 0, 0, 0, time.UTC)})
	}
	for k, runtime := range []string{"mn", name} {
		s := results.Series{Unit: "thread"}
		s.Cell = results.Cell{Runtime: runtime, Workload: "fib", Params: workloads.Params{{Name: "n", Value: 20}}, Workers: 1, Mode: results.Parallel}
		for i := range n {
			v := 100 + float64(i%3)
			if k == 1 && i >= n/2 {
				v *= factor
			}
			s.Points = append(s.Points, results.HistoryPoint{Record: i, NSPerUnit: stat.Interval{Median: v, Lo: v * 0.99, Hi: v * 1.02, Confidence: 0.95}})
		}
		if k == 1 && n > 1 {
			s.Changes = []stat.Change{{At: n / 2, Before: 101, After: 101 * factor, P: 0.001}}
		}
		h.Series = append(h.Series, s)
	}
	return h
}

func TestHistoryCharts(t *testing.T) {
	h := history(20, "pthreads", 1.2)
	serial := h.Series[0]
	serial.Mode = results.Serial
	h.Series = append(h.Series, serial)
	charts := HistoryCharts(h)
	if got := names(charts); !slices.Equal(got, []string{"history:fib-n20-1-worker-history", "history:fib-n20-plain-sequential-code-history"}) {
		t.Errorf("charts %q", got)
	}
	if !slices.Equal(charts[0].Legend, []string{"mn", "pthreads"}) {
		t.Errorf("legend %q", charts[0].Legend)
	}
	all := strings.Join(texts(t, mustSVG(t, charts[0])), "\n")
	for _, want := range []string{"fib n=20, 1 worker", "time per thread on host example, record by record, less is better", "2025-01-01", "records, oldest to newest",
		"pthreads: 2025-01-11, 101 ns to 121 ns"} {
		if !strings.Contains(strings.ReplaceAll(all, "\n", " "), want) {
			t.Errorf("no %q in %q", want, all)
		}
	}
	if strings.Count(string(mustSVG(t, charts[0])), "stroke-dasharray") != 1 || strings.Count(string(mustSVG(t, charts[1])), "stroke-dasharray") != 0 {
		t.Error("not one mark of a change in the first chart and none in the second")
	}
}

func TestHistoryLayout(t *testing.T) {
	for name, h := range map[string]*results.History{
		"one": history(1, "pthreads", 1), "two": history(2, "pthreads", 1), "twenty": history(20, "pthreads", 1.2), "many": history(400, "pthreads", 0.5),
		"wide": history(20, "pthreads", 5000), "strange": history(20, "<b>\x1b\x00"+strings.Repeat("long", 60), 1.2),
	} {
		t.Run(name, func(t *testing.T) {
			for _, c := range HistoryCharts(h) {
				checkLayout(t, c)
				texts(t, mustSVG(t, c))
			}
		})
	}
}
