package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/workloads"
)

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
