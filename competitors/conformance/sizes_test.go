package conformance

import (
	"fmt"
	"testing"

	"github.com/mnbench/mnbench/internal/protocol"
)

// TestOddSizes tries what makes index arithmetic go wrong, on every driver that
// starts fast; the Java one has its own such test.
func TestOddSizes(t *testing.T) {
	for _, tc := range []struct {
		workload string
		params   string
		units    uint64
		answer   uint64
	}{
		{"spawn", "n=1 window=1", 1, 1},
		{"spawn", "n=7 window=3", 7, 28},
		{"spawn", "n=3 window=1000000", 3, 6},
		{"yield", "threads=1 rounds=1", 1, 1},
		{"pingpong", "pairs=3 rounds=1", 6, 6},
		{"fib", "n=2 cutoff=0", 1, 1},
		{"fib", "n=10 cutoff=4", 20, 55},
		{"fib", "n=5 cutoff=0 leaf=7", 7, 129272165991422529},
		{"fib", "n=10 cutoff=4 leaf=3", 20, 18124501532411740105},
		{"imbalanced", "n=1 heavy_percent=99 heavy=9 light=1", 1, 1442695040888963407},
		{"imbalanced", "n=2 heavy_percent=100 heavy=0 light=5", 2, 1},
		{"prodcons", "producers=3 consumers=5 capacity=1 items=10", 10, 55},
		{"prodcons", "producers=4 consumers=1 capacity=3 items=2", 2, 3},
		{"fanout", "n=1", 1, 1},
		{"idle", "threads=7", 7, 28},
		{"ring", "threads=1 hops=1", 1, 1},
		{"ring", "threads=7 hops=3", 3, 6},
		{"ring", "threads=3 hops=10", 10, 55},
		{"handoff", "pairs=3 items=1", 3, 3},
		{"skynet", "depth=1", 10, 45},
		{"mutex", "threads=1 rounds=1 inside=0 outside=0", 1, 1},
		{"rwlock", "threads=1 rounds=3 read_percent=0 words=1", 3, 3},
		{"rwlock", "threads=2 rounds=3 read_percent=100 words=2", 6, 0},
		{"barrier", "threads=1 rounds=2 work=0", 2, 3},
		{"channel", "producers=3 consumers=5 capacity=1 items=10", 10, 55},
		{"channel", "producers=4 consumers=1 capacity=3 items=2", 2, 3},
		{"philosophers", "threads=2 rounds=1 eat=0 think=0", 2, 5},
		{"balanced", "n=1 steps=0", 1, 0},
		{"nqueens", "n=4 depth=20", 16, 2},
		{"mergesort", "n=1 cutoff=1", 1, 908834774},
		{"mergesort", "n=3 cutoff=1", 3, 7273746668},
		{"matmul", "n=1 cutoff=1", 1, 225593},
		{"matmul", "n=3 cutoff=1", 27, 37450155},
		{"heat", "n=1 steps=1 strips=3", 1, 4648430597516034048},
		{"heat", "n=2 steps=3 strips=3", 12, 142876952120871808},
		{"bfs", "nodes=1 degree=1 chunk=1", 1, 1},
		{"bfs", "nodes=7 degree=3 chunk=2", 18, 49},
		{"sleepers", "threads=1 rounds=1 period_us=1", 1, 1},
		{"hog", "hogs=1 steps=0 ticks=1 period_us=1", 1, 2},
		{"fairness", "threads=1 chunks=1 steps=0", 1, 0},
		{"openloop", "requests=1 interval_ns=1 short=0 long=0", 1, 0},
		{"wakeup", "rounds=1 period_us=1 hogs=0 steps=0", 1, 1},
		{"migrate", "threads=2 rounds=1 bytes=64 wakers=100 hold_us=0", 2, 9249526305624719819},
		{"migrate", "threads=3 rounds=2 bytes=191 wakers=1 hold_us=1", 6, 13389067445248573395},
		{"echo", "connections=1 words=1 rounds=1", 1, 1442695040888963407},
		{"echo", "connections=2 words=20000 rounds=1", 2, 9031350062114042176},
		{"pipes", "rings=1 threads=1 hops=1 words=1", 1, 1},
		{"pipes", "rings=1 threads=1 hops=3 words=512", 3, 392454},
		{"pipes", "rings=2 threads=3 hops=2 words=2", 4, 12},
		{"files", "threads=1 reads=1 blocks=1 words=1", 1, 7806831264735756412},
		{"files", "threads=2 reads=3 blocks=5 words=65", 6, 11717346524633113532},
		{"blocking", "blockers=0 calls=1 call_us=1 threads=1 chunks=1 steps=1", 1, 1442695040888963407},
		{"blocking", "blockers=3 calls=2 call_us=1 threads=2 chunks=1 steps=0", 2, 7},
		{"treesearch", "roots=1 children=1 chance=0 depth=1 work=0", 2, 1621742602276429143},
	} {
		for _, e := range native() {
			if !e.Describe.Has(tc.workload) {
				continue
			}
			for _, mode := range []string{"parallel", "serial"} {
				if !e.Describe.HasMode(mode) {
					continue
				}
				t.Run(fmt.Sprint(e.ID(), "/", tc.workload, "/", tc.params, "/", mode), func(t *testing.T) {
					for _, line := range measure(t, e, tc.workload, parse(t, tc.params), 1, mode, protocol.Expect{Iterations: 2}) {
						if s, ok := line.(*protocol.Sample); ok && (s.Units != tc.units || s.Answer != tc.answer) {
							t.Errorf("have %d units, answer %d; want %d, %d", s.Units, s.Answer, tc.units, tc.answer)
						}
					}
				})
			}
		}
	}
}
