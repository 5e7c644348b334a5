package conformance

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mnbench/mnbench/competitors"
	"github.com/mnbench/mnbench/internal/protocol"
	"github.com/mnbench/mnbench/workloads"
)

// tokios are the drivers on tokio; none on a machine without its tools.
func tokios() []*competitors.Entrant {
	return slices.DeleteFunc(slices.Clone(entrants), func(e *competitors.Entrant) bool { return e.Competitor.ID != "tokio" })
}

// TestTokioSchedulers: each variant is on its own scheduler, with as many
// workers as asked, and says so; the one with a single thread refuses more.
func TestTokioSchedulers(t *testing.T) {
	one := workloads.Params{{Name: "n", Value: 1}, {Name: "window", Value: 1}}
	scheduler := map[string]string{"tokio": "multi_thread", "tokio-current": "current_thread"}
	for _, e := range tokios() {
		for _, workers := range []int{1, 2, 3} {
			if most := e.Variant.MaxWorkers; most > 0 && workers > most {
				o := invoke(t, e, workers, nil, append([]string{"run", "spawn", "--workers", fmt.Sprint(workers)}, paramArgs(one)...)...)
				if o.status != protocol.ExitUnsupported || o.stdout != "" || !strings.Contains(o.stderr, "one thread") {
					t.Errorf("%s on %d workers: exit %d, %q, %q; want it refused", e.ID(), workers, o.status, o.stdout, o.stderr)
				}
				continue
			}
			config := measure(t, e, "spawn", one, workers, "parallel", protocol.Expect{Iterations: 1})[0].(*protocol.Config)
			if have := config.Settings["scheduler"]; have != scheduler[e.ID()] || config.Workers != workers {
				t.Errorf("%s on %d workers: scheduler %v, %d workers", e.ID(), workers, have, config.Workers)
			}
		}
	}
}
