package conformance

import (
	"testing"

	"github.com/mnbench/mnbench/internal/engine"
	"github.com/mnbench/mnbench/internal/protocol"
)

// TestSlowdown: every driver takes the slowdown of a self-test in both modes,
// says so in config, and still gives the right answer; without it nothing is
// said, and what is no percentage is refused.
func TestSlowdown(t *testing.T) {
	work, err := catalogue.Workload("fib")
	if err != nil {
		t.Fatal(err)
	}
	ps := work.Answers[0].Params
	for _, e := range entrants {
		if !e.Describe.Has("fib") {
			continue
		}
		t.Run(e.ID(), func(t *testing.T) {
			for _, mode := range e.Describe.Modes {
				for percent, said := range map[string]string{"": "", "0": "", "20": "20"} {
					var before []string
					if percent != "" {
						before = []string{"env", engine.SlowVariable + "=" + percent}
					}
					lines := measure(t, e, "fib", ps, 1, mode, protocol.Expect{Warmup: 1, Iterations: 2}, before...)
					if have, _ := lines[0].(*protocol.Config).Settings["slow_percent"].(interface{ String() string }); have == nil && said != "" || have != nil && have.String() != said {
						t.Errorf("%s: told %q, config says %v", mode, percent, have)
					}
					for _, l := range lines {
						if s, ok := l.(*protocol.Sample); ok && s.Answer != work.Answers[0].Answer.Answer {
							t.Errorf("%s: told %q, answer %d", mode, percent, s.Answer)
						}
					}
				}
			}
			for _, bad := range []string{"x", "-1", "1e3", "1001", ""} {
				args := append([]string{"run", "fib", "--workers", "1"}, paramArgs(ps)...)
				if o := invoke(t, e, 1, []string{"env", engine.SlowVariable + "=" + bad}, args...); o.status != 2 || o.stderr == "" || o.stdout != "" {
					t.Errorf("%q: exit %d, stdout %q, stderr %q; want a refusal", bad, o.status, o.stdout, o.stderr)
				}
			}
		})
	}
}
