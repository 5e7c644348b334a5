package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mnbench/mnbench/internal/protocol"
	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/workloads"
)

// fake executes tasks in simulated time: an invocation that should take 3 s
// takes exactly 3 s of its clock and none of ours.
type fake struct {
	now   time.Time
	tasks []Task
	// behave says what comes of a task; nil: fine.
	behave func(f *fake, t Task) Outcome
	spins  int
}

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func (f *fake) Execute(ctx context.Context, t Task) (Outcome, error) {
	if err := ctx.Err(); err != nil {
		return Outcome{}, err
	}
	f.tasks = append(f.tasks, t)
	behave := f.behave
	if behave == nil {
		behave = (*fake).fine
	}
	o := behave(f, t)
	o.Start = f.now
	if o.Wall > t.Timeout {
		o.Wall, o.TimedOut, o.Signal = t.Timeout, true, 9
	}
	f.now = f.now.Add(o.Wall)
	if err := ctx.Err(); err != nil {
		return Outcome{}, err
	}
	return o, nil
}

func (f *fake) spin([]int) (time.Duration, error) {
	f.spins++
	f.now = f.now.Add(time.Millisecond)
	return time.Millisecond + time.Duration(f.spins), nil
}

// Simulated durations of a driver that does well.
const (
	startup   = 100 * time.Millisecond
	iteration = 50 * time.Millisecond
)

// fine is what an honest driver does: units 10, answer 42.
func (f *fake) fine(t Task) Outcome {
	at := startup
	o := Outcome{
		Config:   &protocol.Config{Workers: t.Workers, Settings: map[string]any{"workers": t.Workers}},
		ConfigAt: Arrival{at, at},
		Seen:     results.Seen{Threads: t.Workers, CPUs: t.CPUs},
	}
	for i := range t.Expect.Warmup + t.Expect.Iterations {
		at += iteration
		phase := protocol.Warmup
		if i >= t.Expect.Warmup {
			phase, i = protocol.Timed, i-t.Expect.Warmup
		}
		o.Samples = append(o.Samples, Sample{
			protocol.Sample{Phase: phase, Index: i, NS: int64(iteration), Units: 10, Answer: 42}, Arrival{at, at}})
	}
	o.Wall = at
	return o
}

// arg is the value of an option of a task.
func arg(t Task, option string) string {
	if i := slices.Index(t.Argv, option); i >= 0 {
		return t.Argv[i+1]
	}
	return ""
}

// who is the runtime of a task: the fake launch command is "/bin/RUNTIME".
func who(t Task) string { return strings.TrimPrefix(t.Argv[0], "/bin/") }

// isCheck reports whether a task is one before timing (plans here have a
// warm-up otherwise).
func isCheck(t Task) bool { return t.Expect.Warmup == 0 }

// memory is a recorder.
type memory struct {
	samples     []results.Sample
	invocations []results.Invocation
	ended       []bool
	failAfter   int // invocations; 0: never
}

var errDisk = errors.New("disk full")

func (m *memory) Sample(s results.Sample) error { m.samples = append(m.samples, s); return nil }

func (m *memory) Invocation(inv results.Invocation) error {
	if m.failAfter > 0 && len(m.invocations) == m.failAfter {
		return errDisk
	}
	m.invocations = append(m.invocations, inv)
	return nil
}

func (m *memory) End(complete bool) error { m.ended = append(m.ended, complete); return nil }

// lines describes the invocations: "mn@2#0 ok".
func (m *memory) lines(p Plan) []string {
	var out []string
	for _, inv := range m.invocations {
		c := p.Cells[inv.Cell]
		out = append(out, fmt.Sprintf("%s %s@%d#%d %s", c.Workload, c.Runtime, c.Workers, inv.Invocation, inv.Status))
	}
	return out
}

func ps(n uint64) workloads.Params { return workloads.Params{{Name: "n", Value: n}} }

func known(string, workloads.Params) (workloads.Answer, bool) {
	return workloads.Answer{Units: 10, Answer: 42}, true
}

func plan(cells ...results.Cell) Plan {
	return Plan{Cells: cells, Invocations: 3, Iterations: 4, Warmup: 1, CPUs: []int{4, 6}, Seed: 7, Timeout: 10 * time.Second}
}

func cells(work string, workers int, runtimes ...string) []results.Cell {
	return Expand([]Work{{Workload: work, Params: ps(5)}}, runtimes, []int{workers})
}

func newEngine(p Plan, f *fake, m *memory) *Engine {
	f.now = epoch
	return &Engine{
		Plan: p, Executor: f, Recorder: m, Known: known,
		Launch: func(c results.Cell) ([]string, []string, error) {
			return []string{"/bin/" + c.Runtime, "-w" + strconv.Itoa(c.Workers)}, []string{"A=" + c.Runtime}, nil
		},
		Spin: f.spin,
		Now:  func() time.Time { return f.now },
	}
}

func mustRun(t *testing.T, e *Engine) *Summary {
	t.Helper()
	sum, err := e.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return sum
}
