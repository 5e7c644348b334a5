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
	"github.com/mnbench/mnbench/results/stat"
)

// gate is a comparison of two builds of one runtime.
type gate struct {
	*job
	rule       stat.Rule
	base, head side
	json       bool
}

// What a gate runs of suites that are made for trying things out: one
// iteration of a tiny size compares nothing.
const (
	gateInvocations = firstLook
	gateIterations  = 100
	gateWarmup      = 10
)

// planGate turns the command line into a plan and a rule.
func planGate(o gateOptions, args []string) (*job, stat.Rule, error) {
	rule := stat.Rule{Alpha: o.alpha}
	if !(o.alpha > 0 && o.alpha < 1) {
		return nil, rule, fmt.Errorf("--alpha %v: want a probability between 0 and 1, such as 0.05", o.alpha)
	}
	threshold, err := share(o.threshold)
	if err != nil {
		return nil, rule, fmt.Errorf("--threshold %w", err)
	}
	if rule.Threshold = threshold; threshold == 0 {
		rule.Threshold = -1 // anything that can be told apart
	}
	c, err := openCatalogue(nil)
	if err != nil {
		return nil, rule, err
	}
	if len(args) == 0 {
		args = []string{gateSuite}
	}
	o.prefix = "gate-"
	j, err := plan(c, o.runOptions, append(slices.Clone(args), o.only...))
	if err != nil {
		return nil, rule, err
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
	return j, rule, nil
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
	r := newReferee(p.Cells, [][]pair{pairs(p.Cells, f.ready[0].ID(), f.ready[1].ID())}, g.rule)
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
	report := g.report(p, r, sum)
	if err := report.print(u, g.json); err != nil {
		return err
	}
	return g.verdict(u, report, sum)
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
	e.Guide = guide
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

// verdict is how the gate ends.
func (g *gate) verdict(u *ui, r *gateReport, sum *engine.Summary) error {
	u.Say("record: %s", g.out)
	switch {
	case sum.Interrupted:
		return withCode(exitInterrupted, errors.New("interrupted: no verdict; what was finished is in the record"))
	case sum.Invalid():
		return withCode(exitInvalid, fmt.Errorf("results are not valid: %s; mnbench show %s says more", invalidCells(sum), quoted(g.out)))
	case r.compared() == 0:
		return withCode(exitNothing, fmt.Errorf("nothing was measured of both sides: mnbench show %s says why", quoted(g.out)))
	}
	switch n := r.count(stat.Slower); {
	case n > 0:
		return withCode(exitRegression, fmt.Errorf("regression: %s of %d slower", count(n, "cell"), len(r.Cells)))
	case r.Verdict == stat.Inconclusive:
		return withCode(exitInconclusive, fmt.Errorf("inconclusive: %s of %d undecided; give more --time-budget, or a larger --threshold",
			count(r.count(stat.Inconclusive), "cell"), len(r.Cells)))
	}
	return nil
}
