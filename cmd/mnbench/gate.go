package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/mnbench/mnbench/competitors"
	"github.com/mnbench/mnbench/internal/engine"
	"github.com/mnbench/mnbench/internal/host"
	"github.com/mnbench/mnbench/results"
)

// gate is a comparison of two builds of one runtime.
type gate struct {
	*job
	compare    results.CompareOptions
	format     string
	base, head side
	slow       func(results.Cell) int // a self-test's slowdowns, in percent
}

// What a gate runs of suites that are made for trying things out: one
// iteration of a tiny size compares nothing. More iterations than these would
// make the record large rather than the verdict sharp: invocations do that.
const (
	gateInvocations = firstLook
	gateIterations  = 25
	gateWarmup      = 5
)

// planGate turns the command line into a plan and what decides.
func planGate(o gateOptions, args []string) (*gate, error) {
	compare, err := o.rule.parse()
	if err != nil {
		return nil, err
	}
	c, err := openCatalogue(nil)
	if err != nil {
		return nil, err
	}
	compare.Units = c.units()
	compare.Only = nil // it is not even run
	if len(args) == 0 {
		args = []string{gateSuite}
	}
	o.prefix = "gate-"
	j, err := plan(c, o.runOptions, append(slices.Clone(args), o.rule.only...))
	if err != nil {
		return nil, err
	}
	if !o.given("time-budget") {
		j.plan.Budget = o.budget
	}
	if !o.given("invocations") {
		j.plan.Invocations = max(j.plan.Invocations, gateInvocations)
	}
	if j.suite.Iterations == 1 {
		if !o.given("iterations") {
			j.plan.Iterations = gateIterations
		}
		if !o.given("warmup") {
			j.plan.Warmup = gateWarmup
		}
	}
	return &gate{job: j, compare: compare, format: o.rule.format}, nil
}

// run builds both sides, measures and tells.
func (g *gate) run(ctx context.Context, u *ui, wait bool) error {
	unlock, err := lockMachine(ctx, u, os.Args[1:], wait)
	defer unlock()
	if err != nil {
		return err
	}
	facts := host.Facts()
	f := &field{cat: g.cat, build: &competitors.Builder{Log: u}}
	for _, s := range []side{g.base, g.head} {
		u.Say("%s", s)
		if err := f.enter(ctx, s.c, s.variant, s.variant+"@"+s.name, s.name, nil); err != nil {
			return err
		}
	}
	if f.ready[0].Key == f.ready[1].Key {
		u.Say("base and head are the same sources: no difference can be found")
	}
	p, err := g.contest(f)
	if err != nil {
		return err
	}
	r := newReferee(p.Cells, [][]pair{pairs(p.Cells, f.ready[0].ID(), f.ready[1].ID())}, g.compare.Rule)
	run := g.runLine(p, facts, f)
	for i, s := range []side{g.base, g.head} {
		run.Runtimes[i].Revision = s.commit
		if s.commit == "" {
			run.Runtimes[i].Revision = s.ref
		}
	}
	sum, err := g.measure(ctx, u, f, p, run, r)
	if err != nil {
		return err
	}
	u.Say("record: %s", g.out)
	if sum.Interrupted {
		return withCode(exitInterrupted, errors.New("interrupted: no verdict; what was finished is in the record"))
	}
	rec, err := results.Open(g.out)
	if err != nil {
		return err
	}
	c, err := g.result(rec, f.ready[0].ID(), f.ready[1].ID())
	if err != nil {
		return err
	}
	return printComparison(u, c, g.format)
}

// result compares two entrants by the record. Of the level one half is for the
// end; the looks before it had the other (see referee).
func (g *gate) result(rec *results.Record, base, head string) (*results.Comparison, error) {
	o := g.compare
	o.Rule.Alpha /= 2
	return results.CompareVariants(rec, base, head, o)
}

// enter builds a variant and puts it into the field under another id.
func (f *field) enter(ctx context.Context, c *competitors.Competitor, variant, id, name string, env map[string]string) error {
	e, err := f.build.Alias(ctx, c, variant, id, env)
	var missing *competitors.Missing
	switch {
	case err == nil:
		f.ready = append(f.ready, e)
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &missing), diskFull(err):
		return fmt.Errorf("%s: %w", name, err)
	}
	return withCode(exitInvalid, fmt.Errorf("%s cannot be built or started: %w", name, err))
}

// contest is the plan's work for everybody in the field. Plain sequential code
// is left out: it has no runtime in it that could become slower.
func (g *gate) contest(f *field) (engine.Plan, error) {
	p := g.plan
	competitor := f.ready[0].Competitor.ID
	work, err := engine.SuiteWork(g.suite, g.cat.Catalogue, func(string) string { return competitor })
	if err != nil {
		return p, err
	}
	for i := range work {
		work[i].Serial = false
	}
	p.Cells = engine.Expand(work, f.ids(), g.workers)
	if len(p.Cells) == 0 {
		return p, withCode(exitNothing, fmt.Errorf("nothing to measure: the suite leaves %s out", competitor))
	}
	return p, nil
}

// measure runs the plan into its record.
func (g *gate) measure(ctx context.Context, u *ui, f *field, p engine.Plan, run results.Run, guide engine.Guide) (*engine.Summary, error) {
	e, err := f.engine(ctx, u, p)
	if err != nil {
		return nil, err
	}
	e.Guide, e.Slow = guide, g.slow
	w, err := results.Create(g.out, run)
	if err != nil {
		return nil, err
	}
	u.Say("measuring %s for at most %v; the record is %s", count(len(p.Cells), "cell"), p.Budget, g.out)
	return e.into(ctx, u, w, nil)
}

// pairs are the cells of two runtimes that do the same.
func pairs(cells []results.Cell, base, head string) []pair {
	at := map[string]int{}
	for i, c := range cells {
		if c.Runtime == base {
			at[c.Group()] = i
		}
	}
	var out []pair
	for i, c := range cells {
		if b, ok := at[c.Group()]; ok && c.Runtime == head {
			out = append(out, pair{b, i})
		}
	}
	return out
}
