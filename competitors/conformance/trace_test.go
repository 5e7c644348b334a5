package conformance

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/mnbench/mnbench/internal/protocol"
	"github.com/mnbench/mnbench/internal/traces"
)

// tracedByAll are traced on every variant, the others on the first of each
// competitor: they create, steal, wait, compute for long, and do I/O.
var tracedByAll = []string{"spawn", "imbalanced", "prodcons", "hog", "pipes"}

// TestTraces: of every driver whose manifest says that it traces, the trace of
// the workloads of suite smoke is one that viewers show, its spans cover what
// workers do without overlap (traces.Read), and it tells of the threads that
// the driver's own counters count.
func TestTraces(t *testing.T) {
	smoke, err := catalogue.Suite("smoke")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entrants {
		if e.Competitor.Trace == nil {
			continue
		}
		for _, cell := range smoke.Cells {
			const workers = 2
			if _, declined := e.Declines(cell.Workload, "parallel", workers); declined {
				continue
			}
			if e.ID() != e.Competitor.Variants[0].ID && !slices.Contains(tracedByAll, cell.Workload) {
				continue
			}
			t.Run(e.ID()+"/"+cell.Workload, func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "trace.json")
				how := e.Competitor.Trace
				lines := measure(t, e, cell.Workload, cell.Params, workers, "parallel", protocol.Expect{Iterations: 1},
					"env", how.Env+"="+file, how.EventsEnv+"=1048576")
				f, err := os.Open(file)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				trace, err := traces.Read(f)
				if err != nil {
					t.Fatal(err)
				}
				s := trace.Summarise()
				if s.Lost != "0" {
					t.Fatalf("%s events are lost, of a small workload", s.Lost)
				}
				creates, ends, steals := 0, 0, 0
				for _, k := range s.Tracks {
					if k.Busy < 0 || k.Busy+k.Searching+k.Asleep > 1.001 {
						t.Errorf("%s: shares of %.3f, %.3f and %.3f", k.Name, k.Busy, k.Searching, k.Asleep)
					}
					creates, ends, steals = creates+k.Creates, ends+k.Ends, steals+k.Steals
				}
				if creates != ends || creates == 0 {
					t.Errorf("%d threads were created and %d ended", creates, ends)
				}
				counters := lines[1].(*protocol.Sample).Counters
				if want := counters["spawns"]; uint64(creates) < want {
					t.Errorf("%d threads were created, counters say %s", creates, strconv.FormatUint(want, 10))
				}
				if want := counters["steal_hits"]; uint64(steals) < want {
					t.Errorf("%d were stolen, counters say %d", steals, want)
				}
			})
		}
	}
}
