package conformance

import (
	"maps"
	"strings"
	"testing"

	"github.com/mnbench/mnbench/internal/protocol"
)

// events are the distributions that definitions name, and how many events an
// iteration has at the size of suite smoke. How many are of which part of one,
// "walk time, moved" and "walk time, stayed", is not known beforehand.
var events = map[string]map[string]uint64{
	"sleepers": {"lateness": 30},
	"hog":      {"lateness": 3},
	"wakeup":   {"latency": 5},
	"openloop": {"latency": 20},
	"echo":     {"latency": 15},
	"blocking": {"lateness": 4},
	"fairness": {"behind the first": 3, "Jain index": 1},
	"migrate":  {"walk time": 12, "share that moved": 1},
}

// TestHistograms: drivers print these distributions, of timed iterations alone,
// and none in serial mode.
func TestHistograms(t *testing.T) {
	smoke, err := catalogue.Suite("smoke")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entrants {
		for _, cell := range smoke.Cells {
			if events[cell.Workload] == nil || !e.Describe.Has(cell.Workload) {
				continue
			}
			t.Run(e.ID()+"/"+cell.Workload, func(t *testing.T) {
				const iterations = 2
				for mode, times := range map[string]uint64{"parallel": iterations, "serial": 0} {
					if !e.Describe.HasMode(mode) {
						continue
					}
					have, want := map[string]uint64{}, map[string]uint64{}
					for _, line := range measure(t, e, cell.Workload, cell.Params, 1, mode, protocol.Expect{Warmup: 1, Iterations: iterations}) {
						if h, ok := line.(*protocol.Histogram); ok {
							name, _, _ := strings.Cut(h.Name, ", ")
							for _, b := range h.Buckets {
								have[name] += b[1]
							}
						}
					}
					for name, n := range events[cell.Workload] {
						if times > 0 {
							want[name] = n * times
						}
					}
					if !maps.Equal(have, want) {
						t.Errorf("%s: events %v, want %v", mode, have, want)
					}
				}
			})
		}
	}
}
