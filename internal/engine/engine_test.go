package engine

import (
	"context"
	"encoding/json"
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

// TestOrderIsFair: over many blocks each runtime is at each place about as
// often (seed fixed: this does not flicker).
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

func TestHistogramsAreKept(t *testing.T) {
	f, m := &fake{}, &memory{}
	f.behave = func(f *fake, task Task) Outcome {
		o := f.fine(task)
		o.Histograms = []*protocol.Histogram{{Name: "lateness", Unit: "ns", Buckets: [][2]uint64{{7, 3}}}}
		return o
	}
	if _, err := newEngine(plan(cells("hog", 1, "mn")...), f, m).Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, inv := range m.invocations {
		if h := inv.Histograms; len(h) != 1 || h[0].Name != "lateness" || h[0].Unit != "ns" || len(h[0].Buckets) != 1 || h[0].Buckets[0] != [2]uint64{7, 3} {
			t.Errorf("invocation %d: histograms %+v", inv.Invocation, h)
		}
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

// TestSlowedDown: a driver that was told to slow down must say so, as much as
// it was told, and the others must not.
func TestSlowedDown(t *testing.T) {
	f, m := &fake{}, &memory{}
	f.behave = func(f *fake, task Task) Outcome {
		o := f.fine(task)
		if who(task) != "deaf" {
			o.Config.Settings["slow_percent"] = json.Number(fmt.Sprint(task.Slow))
		}
		return o
	}
	e := newEngine(plan(cells("fib", 1, "as-ever", "slow", "deaf")...), f, m)
	e.Slow = func(c results.Cell) int {
		if c.Runtime == "as-ever" {
			return 0
		}
		return 20
	}
	if sum := mustRun(t, e); !slices.Equal(sum.Cells, []results.Status{results.OK, results.OK, results.Unequal}) {
		t.Errorf("cells: %v", sum.Cells)
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
