package conformance

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/mnbench/mnbench/internal/protocol"
)

// Few open files are allowed at first, and not many at most.
var fewFiles = []string{"prlimit", "--nofile=40:100"}

// TestOpenFiles: a driver that cannot open more says so, as a limit with the
// system's own error and how many there were; it has raised its soft limit
// before. Every iteration gives back all that it has opened: after some that
// nearly reach the limit there is room for one more.
func TestOpenFiles(t *testing.T) {
	for _, tc := range []struct{ workload, many, some string }{
		{"echo", "connections=200 words=1 rounds=5", "connections=32 words=1 rounds=2"},
		{"pipes", "rings=100 threads=2 hops=5 words=1", "rings=4 threads=8 hops=20 words=1"},
	} {
		for _, e := range entrants {
			if !e.Describe.Has(tc.workload) || e.ID() == "loom-platform" { // loom is the same program
				continue
			}
			t.Run(e.ID()+"/"+tc.workload, func(t *testing.T) {
				lines := measure(t, e, tc.workload, parse(t, tc.many), 1, "parallel", protocol.Expect{Warmup: 1, Iterations: 1}, fewFiles...)
				limit, ok := lines[len(lines)-2].(*protocol.Limit)
				if len(lines) != 3 || !ok {
					t.Fatalf("%d lines, before the last %#v; want config, limit and end", len(lines), lines[len(lines)-2])
				}
				told := strings.Contains(limit.What, ": EMFILE at ") || strings.Contains(limit.What, ": Too many open files, at ")
				if !told || !strings.HasSuffix(limit.What, fmt.Sprint(" ", limit.Reached)) {
					t.Errorf("limit: %q, reached %d; want the call, the system's own error, and how many there were", limit.What, limit.Reached)
				}
				if limit.Reached <= 32 {
					t.Errorf("it ended at %d of what takes two files each: the soft limit of 40 was not raised to 100", limit.Reached)
				}
				noLimit(t, measure(t, e, tc.workload, parse(t, tc.some), 1, "parallel", protocol.Expect{Warmup: 2, Iterations: 3}, fewFiles...))
			})
		}
	}
}

func noLimit(t *testing.T, lines []protocol.Line) {
	t.Helper()
	for _, line := range lines {
		if l, ok := line.(*protocol.Limit); ok {
			t.Errorf("a limit, where there is room for what an iteration needs: %s", l.What)
		}
	}
}

// TestFilesLeavesNothing: the file that is read is made where TMPDIR says, and
// neither name nor descriptor of it outlives the iteration.
func TestFilesLeavesNothing(t *testing.T) {
	for _, e := range entrants {
		if !e.Describe.Has("files") {
			continue
		}
		t.Run(e.ID(), func(t *testing.T) {
			folder, ps := t.TempDir(), parse(t, "threads=2 reads=1 blocks=2 words=8")
			before := append([]string{"env", "TMPDIR=" + folder}, fewFiles...)
			noLimit(t, measure(t, e, "files", ps, 1, "parallel", protocol.Expect{Iterations: 110}, before...))
			noLimit(t, measure(t, e, "files", ps, 1, "serial", protocol.Expect{Iterations: 110}, before...))
			if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
			args := append([]string{"run", "files"}, paramArgs(ps)...)
			if o := invoke(t, e, 1, []string{"env", "TMPDIR=" + folder + "/none"}, args...); o.status != protocol.ExitFailed || o.stderr == "" {
				t.Errorf("where there is no such folder: exit %d, %q; want a failure that says so", o.status, o.stderr)
			}
		})
	}
}
