package plots

import (
	"strings"
	"testing"

	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/results/stat"
)

func TestReportTellsMemory(t *testing.T) {
	s := &results.Summary{Memory: []results.Memory{{
		Workload: "idle", Param: "threads", Runtime: "pthreads", Workers: 2, From: 1, To: 10000,
		Line: stat.Line{Slope: stat.Interval{Median: 9210, Lo: 9200, Hi: 9220}}, Limit: "pthread_create: EAGAIN at <32754>",
	}}}
	var b strings.Builder
	if err := WriteReport(&b, s, ReportOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"idle, each of threads", "9.21 KB", "±0.1%", "10000", "EAGAIN at &lt;32754&gt;"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the report does not say %q", want)
		}
	}
}
