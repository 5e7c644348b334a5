package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mnbench/mnbench/competitors"
	"github.com/mnbench/mnbench/internal/engine"
	"github.com/mnbench/mnbench/results"
)

// field is who takes part, and who cannot.
type field struct {
	cat    *catalogue
	build  *competitors.Builder
	ready  []*competitors.Entrant
	absent []competitors.Absent
}

// prepare builds the drivers of the variants.
func prepare(ctx context.Context, u *ui, c *catalogue, variants []string) (*field, error) {
	f := &field{cat: c, build: &competitors.Builder{Log: u}}
	var err error
	f.ready, f.absent, err = f.build.Prepare(ctx, c.competitors, variants)
	for _, a := range f.absent {
		if diskFull(a.Err) {
			return nil, fmt.Errorf("%w; free some space, or set MNBENCH_CACHE to another folder", a.Err)
		}
	}
	return f, err
}

// warn names those that cannot take part.
func (f *field) warn(u *ui) {
	for _, a := range f.absent {
		u.Warn("%s cannot take part: %s", a.Variant.ID, withCure(a.Record()))
	}
}

// withCure is why somebody cannot take part, and what to type.
func withCure(u results.Unavailable) string {
	if u.Hint == "" {
		return u.Reason
	}
	return u.Reason + "; to mend it: " + u.Hint
}

// diskFull also knows the words of compilers, whose errors come as text.
func diskFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) || strings.Contains(err.Error(), "No space left on device")
}

func ids(variants []*competitors.Variant) []string {
	out := make([]string, len(variants))
	for i, v := range variants {
		out[i] = v.ID
	}
	return out
}

func (f *field) ids() []string {
	out := make([]string, len(f.ready))
	for i, e := range f.ready {
		out[i] = e.ID()
	}
	return out
}

func (f *field) entrant(id string) *competitors.Entrant {
	for _, e := range f.ready {
		if e.ID() == id {
			return e
		}
	}
	return nil
}

// broken are those that cannot take part although their tools are there: they
// do not build, or their driver does not say what it is.
func (f *field) broken() []string {
	var out []string
	for _, a := range f.absent {
		if !a.Missing() {
			out = append(out, a.Variant.ID)
		}
	}
	return out
}

// nobody is the error for a field without anyone ready.
func (f *field) nobody() error {
	if broken := f.broken(); len(broken) > 0 {
		return withCode(exitInvalid, fmt.Errorf("nothing was measured: %s cannot be built or started", strings.Join(broken, ", ")))
	}
	return errors.New("nothing was measured: none of the chosen runtimes has its tools on this machine; mnbench doctor says what to install")
}

// referenceRuntime gives the answers that nobody knows beforehand, in serial mode.
const referenceRuntime = "goroutines"

// runner is an engine that is set up but for its recorder and its listener.
type runner struct{ engine.Engine }

func (f *field) engine(ctx context.Context, u *ui, p engine.Plan) (*runner, error) {
	e := &runner{engine.Engine{
		Plan:     p,
		Executor: engine.Process{},
		Launch: func(c results.Cell) ([]string, []string, error) {
			return f.entrant(c.Runtime).Command(c.Workers)
		},
		Declines: func(c results.Cell) (string, bool) {
			return f.entrant(c.Runtime).Declines(c.Workload, c.Mode, c.Workers)
		},
		Known: f.cat.known,
	}}
	if !slices.ContainsFunc(p.Cells, func(c results.Cell) bool { _, known := f.cat.known(c.Workload, c.Params); return !known }) {
		return e, nil
	}
	oracle, err := f.oracle(ctx, u, p)
	if oracle != nil {
		e.Oracle = oracle
	}
	return e, err
}

// oracle is the serial mode of the reference runtime, which is built for it if
// it does not take part. nil: it cannot be had, and the engine warns.
func (f *field) oracle(ctx context.Context, u *ui, p engine.Plan) (*engine.SerialOracle, error) {
	ref := f.entrant(referenceRuntime)
	if ref == nil {
		ready, absent, err := f.build.Prepare(ctx, f.cat.competitors, []string{referenceRuntime})
		if err != nil {
			return nil, err
		}
		for _, a := range absent {
			u.Warn("%s cannot give reference answers: %s", a.Variant.ID, a.Record().Reason)
		}
		if len(ready) == 0 {
			return nil, nil
		}
		ref = ready[0]
	}
	argv, env, err := ref.Command(1)
	if err != nil {
		return nil, err
	}
	return &engine.SerialOracle{
		Executor: engine.Process{}, Runtime: ref.ID(), Argv: argv, Env: env, CPUs: p.CPUs, Timeout: p.Timeout,
	}, nil
}
