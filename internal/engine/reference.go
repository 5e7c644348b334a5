package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mnbench/mnbench/internal/protocol"
	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/workloads"
)

// Oracle works out the answer of a workload for parameters whose answer is
// not known beforehand.
type Oracle interface {
	Answer(ctx context.Context, workload string, ps workloads.Params) (workloads.Answer, error)
	// Name says who answers, "serial goroutines".
	Name() string
}

// SerialOracle asks a driver's serial mode: one execution of plain sequential
// code.
type SerialOracle struct {
	Executor  Executor
	Runtime   string
	Argv, Env []string // of the driver, up to the verb
	CPUs      []int    // the first is used
	Timeout   time.Duration
}

// Name implements Oracle.
func (s *SerialOracle) Name() string { return "serial mode of " + s.Runtime }

// Answer implements Oracle.
func (s *SerialOracle) Answer(ctx context.Context, workload string, ps workloads.Params) (workloads.Answer, error) {
	cell := results.Cell{Runtime: s.Runtime, Workload: workload, Params: ps, Workers: 1, Mode: results.Serial}
	want := protocol.Expect{Iterations: 1}
	t := Task{
		Argv: append(append([]string{}, s.Argv...), runArgs(cell, want, 0)...), Env: s.Env,
		CPUs: s.CPUs[:1], Workers: 1, Timeout: s.Timeout, Expect: want,
	}
	o, err := s.Executor.Execute(ctx, t)
	if err != nil {
		return workloads.Answer{}, err
	}
	if status, detail := judge(t, &o, nil); status != results.OK {
		return workloads.Answer{}, fmt.Errorf("%s: %s: %s", describe(cell), status, detail)
	}
	return workloads.Answer{Units: o.Samples[0].Units, Answer: o.Samples[0].Answer}, nil
}

// references finds and keeps the answers to hold samples against.
type references struct {
	known  func(workload string, ps workloads.Params) (workloads.Answer, bool)
	oracle Oracle
	warn   func(string)
	kept   map[string]*reference // by workload and parameters; nil: none
}

// get returns the reference for a cell: the known answer, else the oracle's,
// else that of the first runtime which answered (see learn), else nil.
// The error is the context's.
func (rs *references) get(ctx context.Context, c results.Cell) (*reference, error) {
	key := workKey(c)
	if ref, ok := rs.kept[key]; ok {
		return ref, nil
	}
	var ref *reference
	if rs.known != nil {
		if a, ok := rs.known(c.Workload, c.Params); ok {
			ref = &reference{Answer: a, source: "known answer"}
		}
	}
	if ref == nil && rs.oracle != nil {
		a, err := rs.oracle.Answer(ctx, c.Workload, c.Params)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err == nil:
			ref = &reference{Answer: a, source: rs.oracle.Name()}
		default:
			rs.warn(fmt.Sprintf("%s %s: no reference answer: %v; answers are only compared with each other", c.Workload, c.Params, err))
		}
	} else if ref == nil {
		rs.warn(fmt.Sprintf("%s %s: %v; answers are only compared with each other", c.Workload, c.Params, errNoReference))
	}
	rs.kept[key] = ref
	return ref, nil
}

var errNoReference = errors.New("no answer is known and no driver can give a reference")

// learn makes the answer of a cell that passed its check the one to agree
// with, where nothing better is known.
func (rs *references) learn(c results.Cell, s protocol.Sample) {
	if key := workKey(c); rs.kept[key] == nil {
		rs.kept[key] = &reference{Answer: workloads.Answer{Units: s.Units, Answer: s.Answer}, from: c.Runtime}
	}
}

// unverified is the detail of an invocation whose answers nobody could check.
func (r *reference) unverified() string {
	if r == nil || r.source == "" {
		return "answer not verified: no reference, only agreement with the other runtimes"
	}
	return ""
}

func workKey(c results.Cell) string { return c.Workload + "\x00" + c.Params.String() }
