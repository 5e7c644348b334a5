package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mnbench/mnbench/internal/protocol"
	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/workloads"
)

func TestRunRecordsEverything(t *testing.T) {
	f, m := &fake{}, &memory{}
	e := newEngine(plan(cells("fib", 2, "a")...), f, m)
	e.Plan.Invocations = 1
	sum := mustRun(t, e)

	seed := fmt.Sprint(driverSeed(7, 0))
	want := []string{"/bin/a", "-w2", "run", "fib", "--workers", "2", "--warmup", "1", "--iterations", "4", "--seed", seed, "--param", "n=5"}
	if got := f.tasks[1]; !slices.Equal(got.Argv, want) || !slices.Equal(got.CPUs, []int{4, 6}) || got.Timeout != 10*time.Second || !slices.Equal(got.Env, []string{"A=a"}) {
		t.Errorf("task: got %+v\nwant arguments %q", got, want)
	}
	if got := f.tasks[0]; arg(got, "--warmup") != "0" || arg(got, "--iterations") != "1" {
		t.Errorf("check: got %q, want no warm-up and one iteration", got.Argv)
	}
	wantInv := results.Invocation{
		Type: "invocation", Cell: 0, Invocation: 0, Order: 1, Status: results.OK,
		Start:  epoch.Add(2*time.Millisecond + startup + iteration + time.Millisecond),
		WallNS: int64(startup + 5*iteration), Config: map[string]any{"workers": 2},
		Seen:  results.Seen{Threads: 2, CPUs: []int{4, 6}},
		Noise: results.Noise{BeforeNS: int64(time.Millisecond) + 3, AfterNS: int64(time.Millisecond) + 4},
	}
	if len(m.invocations) != 2 || !reflect.DeepEqual(m.invocations[1], wantInv) {
		t.Errorf("got  %+v\nwant %+v", m.invocations, wantInv)
	}
	if len(m.samples) != 6 {
		t.Fatalf("%d samples, want 1 of the check and 5", len(m.samples))
	}
	wantSample := results.Sample{Type: "sample", Phase: results.Timed, Index: 3, NS: int64(iteration), Units: 10, Answer: 42}
	if got := m.samples[5]; !reflect.DeepEqual(got, wantSample) {
		t.Errorf("last sample: got %+v, want %+v", got, wantSample)
	}
	if !slices.Equal(m.ended, []bool{true}) {
		t.Errorf("ended %v, want once and complete", m.ended)
	}
	if sum.Measured != 1 || sum.Checked != 1 || sum.Invalid() || sum.Interrupted || sum.Cells[0] != results.OK || len(sum.Warnings) != 0 {
		t.Errorf("summary: %+v", sum)
	}
}

func TestOrder(t *testing.T) {
	work := []Work{{Workload: "fib", Params: ps(5), Serial: true}, {Workload: "spawn", Params: ps(5)}, {Workload: "spawn", Params: ps(6)}}
	all := Expand(work, []string{"a", "b", "c", "d"}, []int{1, 2})
	p := plan(all...)
	p.Invocations = 5
	sequence := func(seed uint64) []step {
		f, m := &fake{}, &memory{}
		p.Seed = seed
		mustRun(t, newEngine(p, f, m))
		var steps []step
		for i, inv := range m.invocations {
			if inv.Order != i {
				t.Fatalf("invocation %d has order %d", i, inv.Order)
			}
			steps = append(steps, step{inv.Cell, inv.Invocation})
		}
		return steps
	}
	first := sequence(1)
	if len(first) != p.Total() {
		t.Fatalf("%d invocations, want %d", len(first), p.Total())
	}
	n := len(all)
	orders := map[string]bool{}
	for b := 0; b < p.Total(); b += n {
		seen := map[int]bool{}
		var groups []string
		for _, s := range first[b : b+n] {
			if s.invocation != b/n-1 {
				t.Fatalf("invocation %d in block %d", s.invocation, b/n-1)
			}
			seen[s.cell] = true
			if g := all[s.cell].Group(); len(groups) == 0 || groups[len(groups)-1] != g {
				groups = append(groups, g)
			}
		}
		if len(seen) != n {
			t.Errorf("block %d has %d of %d cells", b/n-1, len(seen), n)
		}
		if len(groups) != 7 {
			t.Errorf("block %d: runtimes of a group are not side by side: %q", b/n-1, groups)
		}
		if b > 0 {
			orders[fmt.Sprint(first[b:b+n])] = true
		}
	}
	if len(orders) != p.Invocations {
		t.Errorf("%d different orders in %d blocks", len(orders), p.Invocations)
	}
	if !slices.Equal(sequence(1), first) {
		t.Error("the same seed gives another order")
	}
	if slices.Equal(sequence(2), first) {
		t.Error("another seed gives the same order")
	}
}

// TestOrderIsFair: over many blocks each runtime is at each place about as
// often (seed fixed: this does not flicker).
func TestOrderIsFair(t *testing.T) {
	all := cells("fib", 1, "a", "b", "c")
	var at [3][3]int
	for inv := range 3000 {
		for place, s := range block(all, inv, 99) {
			at[s.cell][place]++
		}
	}
	for cell, places := range at {
		for place, n := range places {
			if n < 900 || n > 1100 {
				t.Errorf("cell %d is at place %d in %d of 3000 blocks", cell, place, n)
			}
		}
	}
}

func TestDriverSeeds(t *testing.T) {
	seen := map[uint64]bool{}
	for inv := check; inv < 100; inv++ {
		seen[driverSeed(7, inv)] = true
	}
	if len(seen) != 101 || driverSeed(7, 3) != driverSeed(7, 3) {
		t.Errorf("%d different seeds in 101 invocations", len(seen))
	}
}

// TestWhatIsRepeated: how often a cell is run when it ends this way in its check
// or in its first timed invocation.
func TestWhatIsRepeated(t *testing.T) {
	tests := []struct {
		status         results.Status
		inCheck, later int // invocations in all, of 4
		edit           func(*Outcome)
	}{
		{results.OK, 4, 4, func(o *Outcome) {}},
		{results.Limit, 1, 2, func(o *Outcome) { o.Limit = &protocol.Limit{What: "EAGAIN at 5"} }},
		{results.Unsupported, 1, 2, func(o *Outcome) { o.ExitCode = 77 }},
		{results.Timeout, 1, 2, func(o *Outcome) { o.Wall = time.Hour }},
		{results.WrongAnswer, 1, 4, func(o *Outcome) { o.Samples[0].Answer++ }},
		{results.WrongUnits, 1, 4, func(o *Outcome) { o.Samples[0].Units++ }},
		{results.Crash, 1, 4, func(o *Outcome) { o.Signal = 11 }},
		{results.Failed, 1, 4, func(o *Outcome) { o.ExitCode = 1 }},
		{results.Protocol, 1, 4, func(o *Outcome) { o.OutputErr = protocol.ErrNoEnd }},
		{results.BadClock, 1, 4, func(o *Outcome) { o.Samples[0].NS = 0 }},
		{results.Unequal, 1, 4, func(o *Outcome) { o.Config.Workers++ }},
	}
	for _, tt := range tests {
		for _, inCheck := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/check=%v", tt.status, inCheck), func(t *testing.T) {
				f, m := &fake{}, &memory{}
				done := false
				f.behave = func(f *fake, task Task) Outcome {
					o := f.fine(task)
					if !done && isCheck(task) == inCheck {
						tt.edit(&o)
						done = true
					}
					return o
				}
				e := newEngine(plan(cells("fib", 1, "a")...), f, m)
				var last Event
				e.Events = func(ev Event) { last = ev }
				sum := mustRun(t, e)
				want := tt.later
				if inCheck {
					want = tt.inCheck
				}
				if len(m.invocations) != want {
					t.Errorf("%d invocations, want %d: %q", len(m.invocations), want, m.lines(e.Plan))
				}
				if sum.Statuses[tt.status] == 0 || sum.Cells[0] != tt.status || sum.Invalid() != tt.status.Invalid() {
					t.Errorf("summary %+v, want %s", sum, tt.status)
				}
				if last.Done != 4 || last.Total != 4 {
					t.Errorf("at the end %d of %d done, want 4 of 4", last.Done, last.Total)
				}
			})
		}
	}
}

func TestOneBadRuntimeDoesNotStopTheOthers(t *testing.T) {
	f, m := &fake{}, &memory{}
	f.behave = func(f *fake, task Task) Outcome {
		o := f.fine(task)
		if who(task) == "bad" {
			o.Signal = 11
		}
		return o
	}
	e := newEngine(plan(cells("fib", 1, "bad", "good")...), f, m)
	sum := mustRun(t, e)
	want := map[results.Status]int{results.Crash: 1, results.OK: 4}
	if !maps.Equal(sum.Statuses, want) || sum.Measured != 3 {
		t.Errorf("got %v, want %v", sum.Statuses, want)
	}
	if !slices.Equal(sum.Cells, []results.Status{results.Crash, results.OK}) {
		t.Errorf("cells: %v", sum.Cells)
	}
}

func TestTimeoutTakesExactlyItsTime(t *testing.T) {
	f, m := &fake{}, &memory{}
	f.behave = func(f *fake, task Task) Outcome {
		o := f.fine(task)
		o.Wall = time.Hour
		return o
	}
	e := newEngine(plan(cells("fib", 1, "a")...), f, m)
	mustRun(t, e)
	if got, want := f.now.Sub(epoch), e.Plan.Timeout+2*time.Millisecond; got != want {
		t.Errorf("the run took %v, want %v", got, want)
	}
	if got := m.invocations[0].Detail; got != "not done after 10s, with 1 of 1 samples" {
		t.Errorf("detail %q", got)
	}
}

func TestDeclinedCellsAreRecordedWithoutRunning(t *testing.T) {
	f, m := &fake{}, &memory{}
	e := newEngine(plan(cells("fib", 1, "a", "b")...), f, m)
	e.Declines = func(c results.Cell) (string, bool) { return "no recursion", c.Runtime == "b" }
	sum := mustRun(t, e)
	if len(f.tasks) != 4 || sum.Cells[1] != results.Unsupported || sum.Invalid() {
		t.Errorf("%d tasks, summary %+v", len(f.tasks), sum)
	}
	if inv := m.invocations[1]; inv.Detail != "no recursion" || inv.Status != results.Unsupported {
		t.Errorf("got %+v", inv)
	}
}

func TestOnlyChecks(t *testing.T) {
	f, m := &fake{}, &memory{}
	e := newEngine(plan(cells("fib", 1, "a", "b")...), f, m)
	e.Plan.Invocations = 0
	sum := mustRun(t, e)
	if sum.Checked != 2 || sum.Measured != 0 || len(m.invocations) != 2 {
		t.Errorf("summary %+v after %d invocations", sum, len(m.invocations))
	}
}

func TestInterrupt(t *testing.T) {
	f, m := &fake{}, &memory{}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	f.behave = func(f *fake, task Task) Outcome {
		if len(f.tasks) == 3 {
			cancel()
		}
		return f.fine(task)
	}
	e := newEngine(plan(cells("fib", 1, "a")...), f, m)
	sum, err := e.Run(ctx)
	if err != nil {
		t.Fatalf("an interrupt is an error: %v", err)
	}
	if !sum.Interrupted || len(m.invocations) != 2 || len(f.tasks) != 3 || !slices.Equal(m.ended, []bool{false}) {
		t.Errorf("summary %+v, %d tasks, %d invocations kept, ended %v; want 2 of 3 kept", sum, len(f.tasks), len(m.invocations), m.ended)
	}
	if len(m.samples) != 1+5 {
		t.Errorf("%d samples recorded, want none of the one in flight", len(m.samples))
	}
}

func TestFullDiskStopsTheRun(t *testing.T) {
	f, m := &fake{}, &memory{failAfter: 2}
	sum, err := newEngine(plan(cells("fib", 1, "a")...), f, m).Run(context.Background())
	if !errors.Is(err, errDisk) {
		t.Errorf("got error %v, want %v", err, errDisk)
	}
	if len(f.tasks) != 3 || sum.Interrupted || sum.Measured != 1 || !slices.Equal(m.ended, []bool{false}) {
		t.Errorf("%d tasks, summary %+v, ended %v", len(f.tasks), sum, m.ended)
	}
}

func TestEventsAndTimeLeft(t *testing.T) {
	f, m := &fake{}, &memory{}
	p := plan(cells("fib", 1, "a", "b")...)
	p.Invocations = 2
	e := newEngine(p, f, m)
	var got []string
	e.Events = func(ev Event) {
		kind := "start"
		if ev.Kind == Finished {
			kind = "end " + string(ev.Status)
		}
		got = append(got, fmt.Sprintf("%s #%d %s %d/%d %v", ev.Cell.Runtime, ev.Invocation, kind, ev.Done, ev.Total, ev.Left))
	}
	mustRun(t, e)
	// A check takes 152 ms with its two spins, a timed invocation 352 ms.
	want := []string{
		"a #-1 start 0/6 0s",
		"a #-1 end ok 1/6 1.56s", // 2 timed + 1 check + 2 timed
		"b #-1 start 1/6 1.56s",
		"b #-1 end ok 2/6 1.408s",
	}
	if !slices.Equal(got[:4], want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if last := got[len(got)-1]; !strings.HasSuffix(last, "6/6 0s") || len(got) != 12 {
		t.Errorf("%d events, last %q", len(got), last)
	}
}

func TestTooManyWorkersIsWarnedOnce(t *testing.T) {
	f, m := &fake{}, &memory{}
	p := plan(append(cells("fib", 3, "a"), cells("fib", 8, "a")...)...)
	sum := mustRun(t, newEngine(p, f, m))
	if len(sum.Warnings) != 1 || !strings.Contains(sum.Warnings[0], "8 workers share 2 CPUs (4,6)") {
		t.Errorf("warnings: %q", sum.Warnings)
	}
	if got := f.tasks[0].CPUs; !slices.Equal(got, []int{4, 6}) {
		t.Errorf("3 workers got CPUs %v", got)
	}
}

// oracle is a fake one that counts.
type oracle struct {
	asked []string
	err   error
}

func (o *oracle) Name() string { return "the oracle" }

func (o *oracle) Answer(_ context.Context, workload string, ps workloads.Params) (workloads.Answer, error) {
	o.asked = append(o.asked, workload+" "+ps.String())
	return workloads.Answer{Units: 10, Answer: 42}, o.err
}

func unknown(string, workloads.Params) (workloads.Answer, bool) { return workloads.Answer{}, false }

func TestOracleIsAskedOncePerPieceOfWork(t *testing.T) {
	f, m := &fake{}, &memory{}
	e := newEngine(plan(append(cells("fib", 1, "a", "b"), cells("fib", 2, "a", "b")...)...), f, m)
	o := &oracle{}
	e.Known, e.Oracle = unknown, o
	f.behave = func(f *fake, task Task) Outcome {
		out := f.fine(task)
		if who(task) == "b" {
			out.Samples[0].Answer = 41
		}
		return out
	}
	sum := mustRun(t, e)
	if !slices.Equal(o.asked, []string{"fib n=5"}) {
		t.Errorf("asked %q", o.asked)
	}
	if len(sum.Warnings) != 0 || sum.Cells[0] != results.OK || sum.Cells[1] != results.WrongAnswer {
		t.Errorf("summary %+v", sum)
	}
	if got := m.invocations[1].Detail; got != "timed sample 0: answer 41, want 42 (the oracle)" {
		t.Errorf("detail %q", got)
	}
	if got := m.invocations[0].Detail; got != "" {
		t.Errorf("detail of a verified invocation: %q", got)
	}
}

func TestWithoutReferenceAgreementIsAllThereIs(t *testing.T) {
	for _, o := range []Oracle{nil, &oracle{err: errors.New("no go here")}} {
		f, m := &fake{}, &memory{}
		e := newEngine(plan(cells("fib", 1, "a", "b", "c")...), f, m)
		e.Known, e.Oracle = unknown, o
		f.behave = func(f *fake, task Task) Outcome {
			out := f.fine(task)
			if who(task) == "c" {
				out.Samples[0].Answer = 41
			}
			return out
		}
		sum := mustRun(t, e)
		if len(sum.Warnings) != 1 || !strings.Contains(sum.Warnings[0], "fib n=5: no") {
			t.Errorf("warnings %q, want one", sum.Warnings)
		}
		if !slices.Equal(sum.Cells, []results.Status{results.OK, results.OK, results.WrongAnswer}) {
			t.Errorf("cells %v", sum.Cells)
		}
		if !strings.HasPrefix(m.invocations[1].Detail, "answer not verified") {
			t.Errorf("detail %q", m.invocations[1].Detail)
		}
		if got := m.invocations[2].Detail; got != "timed sample 0: answer 41, but a said 42 and nobody knows who is right" {
			t.Errorf("detail %q", got)
		}
	}
}

func TestSerialOracle(t *testing.T) {
	f := &fake{now: epoch}
	o := &SerialOracle{Executor: f, Runtime: "go", Argv: []string{"/bin/go"}, CPUs: []int{3, 4}, Timeout: time.Minute}
	got, err := o.Answer(context.Background(), "fib", ps(9))
	if err != nil || got != (workloads.Answer{Units: 10, Answer: 42}) {
		t.Errorf("got %+v, %v", got, err)
	}
	want := []string{"/bin/go", "run", "fib", "--workers", "1", "--warmup", "0", "--iterations", "1", "--seed", "0", "--mode", "serial", "--param", "n=9"}
	if task := f.tasks[0]; !slices.Equal(task.Argv, want) || !slices.Equal(task.CPUs, []int{3}) {
		t.Errorf("task %+v\nwant %q", task, want)
	}
	f.behave = func(f *fake, task Task) Outcome { return Outcome{ExitCode: 77, Stderr: "no serial mode"} }
	if _, err := o.Answer(context.Background(), "fib", ps(9)); err == nil || !strings.Contains(err.Error(), "unsupported: no serial mode") {
		t.Errorf("got error %v", err)
	}
}

func TestBadPlans(t *testing.T) {
	good := plan(cells("fib", 1, "a")...)
	tests := []struct {
		want string
		edit func(*Plan)
	}{
		{"nothing to run", func(p *Plan) { p.Cells = nil }},
		{"invocations: want at least 0", func(p *Plan) { p.Invocations = -1 }},
		{"iterations: want at least 1", func(p *Plan) { p.Iterations = 0 }},
		{"warmup: want at least 0", func(p *Plan) { p.Warmup = -1 }},
		{"cpus: want at least one", func(p *Plan) { p.CPUs = nil }},
		{"timeout: want more than 0", func(p *Plan) { p.Timeout = 0 }},
		{"workers: want at least 1, have 0", func(p *Plan) { p.Cells = cells("fib", 0, "a") }},
		{"fib n=5, 1 worker, a is there twice", func(p *Plan) { p.Cells = append(p.Cells, p.Cells...) }},
		{"serial mode has 1 worker", func(p *Plan) { p.Cells = []results.Cell{{Workload: "fib", Workers: 2, Mode: results.Serial}} }},
	}
	for _, tt := range tests {
		p := good
		tt.edit(&p)
		f, m := &fake{}, &memory{}
		if _, err := newEngine(p, f, m).Run(context.Background()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got error %v, want one with %q", err, tt.want)
		}
		if len(f.tasks)+len(m.ended) != 0 {
			t.Errorf("%s: something was run", tt.want)
		}
	}
}

func TestSuiteWork(t *testing.T) {
	s := &workloads.Suite{ID: "s", Serial: true, Cells: []workloads.SuiteCell{
		{Workload: "fib", Params: ps(5), Except: []string{"loom"}},
		{Workload: "spawn", Params: ps(6), Runtimes: []string{"b"}},
	}}
	cat := &workloads.Catalogue{Workloads: []*workloads.Workload{{ID: "fib", Serial: true}, {ID: "spawn"}}}
	work, err := SuiteWork(s, cat, func(v string) string { return strings.TrimSuffix(v, "-platform") })
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range Expand(work, []string{"a", "b", "loom-platform"}, []int{1, 2, 1}) {
		got = append(got, describe(c))
	}
	want := []string{
		"fib n=5, serial, a", "fib n=5, serial, b",
		"fib n=5, 1 worker, a", "fib n=5, 1 worker, b", "fib n=5, 2 workers, a", "fib n=5, 2 workers, b",
		"spawn n=6, 1 worker, b", "spawn n=6, 2 workers, b",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	s.Cells[0].Workload = "fob"
	if _, err := SuiteWork(s, cat, nil); err == nil {
		t.Error("an unknown workload is no error")
	}
}
