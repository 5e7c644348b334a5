package plots

import (
	"math"
	"strings"
	"testing"

	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/results/stat"
)

func TestSlopes(t *testing.T) {
	line := func(runtime string, workers int, each, lo, hi float64, limit string) results.Memory {
		return results.Memory{Workload: "idle", Param: "threads", Runtime: runtime, Workers: workers, From: 1, To: 10000,
			Line: stat.Line{Slope: stat.Interval{Median: each, Lo: lo, Hi: hi}}, Limit: limit}
	}
	s := &results.Summary{Confidence: 0.95, Memory: []results.Memory{
		line("pthreads", 1, 8500, 8400, 8600, "pthread_create: EAGAIN at 32754"), line("mn", 1, 4400, 4300, 4500, ""),
		line("loom", 1, 840, -5000, 7000, ""), line("mn", 2, math.NaN(), math.Inf(-1), math.Inf(1), "no memory at 7"),
	}}
	charts := slopes.Make(s)
	if len(charts) != 1 || charts[0].Name != "idle memory" {
		t.Fatalf("charts %+v", charts)
	}
	var have []string
	for _, row := range slopeRows(s.Memory).list {
		have = append(have, row.heading+row.label+" "+row.none+row.right)
	}
	want := []string{"1 worker ", "loom not to be told from nothing", "mn 4.40 KB, up to 10000", "pthreads 8.50 KB, pthread_create: EAGAIN at 32754",
		"2 workers ", "mn not to be told from nothingno memory at 7"}
	if strings.Join(have, "\n") != strings.Join(want, "\n") {
		t.Errorf("rows\n%s\nwant\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
	}
	checkLayout(t, charts[0])
	other := line("mn", 1, 100, 90, 110, "")
	other.Workload = "pile"
	s.Memory = append(s.Memory, other)
	if n := len(slopes.Make(s)); n != 2 {
		t.Errorf("%d charts of two workloads", n)
	}
}
