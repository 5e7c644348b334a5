// Package engine carries out a plan: it decides the order, runs the drivers,
// checks what they say and keeps the time. It knows no statistics and no
// colours, and nothing of how drivers are built.
//
//   - First every cell is run once, untimed by intent: one iteration, no
//     warm-up, invocation -1. A cell that fails this check has its result and
//     is not timed; so has one that meets a limit of the system.
//   - Then blocks: one invocation of every cell that is left, the runtimes of
//     one piece of work side by side (see block).
//   - Every sample of every invocation is held against the reference answer.
//   - What was done Before, by a run that was cut short, is not done again: it
//     counts as if it had just been seen, and the rest follows in the order that
//     the whole has.
//   - The recorder gets an invocation when it is over. One that an interrupt
//     cut short is dropped; everything before it is kept.
package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mnbench/mnbench/internal/host"
	"github.com/mnbench/mnbench/internal/protocol"
	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/workloads"
)

// Recorder keeps what is measured; *results.Writer is one. An error stops the
// run.
type Recorder interface {
	Sample(results.Sample) error
	Invocation(results.Invocation) error
	End(complete bool) error
}

// Engine carries out one plan. Plan, Launch, Executor and Recorder must be set.
type Engine struct {
	Plan Plan
	// Launch gives a cell's driver: its argument list up to the verb, and its
	// whole environment.
	Launch func(results.Cell) (argv, env []string, err error)
	// Declines reports cells that a runtime does not do, and why: they are
	// recorded as unsupported without running anything. nil: none.
	Declines func(results.Cell) (reason string, yes bool)
	// Slow is by how many percent a cell's driver was told, by its environment,
	// to slow itself down. nil: nobody is.
	Slow func(results.Cell) int
	// Known gives answers that are known beforehand. nil: none.
	Known func(workload string, ps workloads.Params) (workloads.Answer, bool)
	// Oracle gives the others. nil: they can only be compared.
	Oracle   Oracle
	Executor Executor
	Recorder Recorder
	// Guide says where invocations help; only for a plan with a budget.
	Guide Guide
	// Before are the invocations that the record already holds.
	Before []results.Measured
	Events func(Event) // called in order, from Run's goroutine; nil: nobody listens

	// Spin reads how busy CPUs are; nil: host.Spin. Now is the time; nil: time.Now.
	Spin func(cpus []int) (time.Duration, error)
	Now  func() time.Time
}

// Run carries out the plan. When the context ends the driver in flight is
// killed and the summary says Interrupted: that is no error. Errors are a bad
// plan, a recorder that cannot go on, and a machine that cannot run drivers; the
// summary holds what was done until then.
func (e *Engine) Run(ctx context.Context) (*Summary, error) {
	if err := e.Plan.Validate(); err != nil {
		return newSummary(len(e.Plan.Cells)), err
	}
	if (e.Plan.Budget > 0) != (e.Guide != nil) {
		return newSummary(len(e.Plan.Cells)), errors.New("plan: a time budget and a guide go together")
	}
	r := &run{
		Engine: e, sum: newSummary(len(e.Plan.Cells)), est: newEstimate(&e.Plan),
		out: make([]bool, len(e.Plan.Cells)), total: e.Plan.Total(), before: map[step]*results.Measured{},
	}
	for i := range e.Before {
		m := &e.Before[i]
		r.before[step{m.Cell, m.Invocation.Invocation}] = m
	}
	if r.Now == nil {
		r.Now = time.Now
	}
	r.began = r.Now()
	r.leaveOut(e.Plan.Shard.Takes(e.Plan.Cells))
	r.refs = references{known: e.Known, oracle: e.Oracle, warn: r.warn, kept: map[string]*reference{}}
	if r.Spin == nil {
		r.Spin = host.Spin
	}
	err := r.all(ctx)
	if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		r.sum.Interrupted, err = true, nil
	}
	if end := e.Recorder.End(err == nil && !r.sum.Interrupted); err == nil {
		err = end
	}
	return r.sum, err
}

// run is a plan being carried out.
type run struct {
	*Engine
	refs  references
	sum   *Summary
	est   *estimate
	out   []bool // cells that are not run any more
	done  int
	total int
	order int // of the next step, counting those that are left out

	before map[step]*results.Measured
	began  time.Time
	past   time.Duration // what was done before took so long
}

// leaveOut drops the cells of other shards.
func (r *run) leaveOut(mine []bool) {
	for cell := range mine {
		if !mine[cell] {
			r.out[cell] = true
			r.est.leaveOut(cell)
		}
	}
}

func (r *run) all(ctx context.Context) error {
	r.warnWorkers()
	for _, g := range group(r.Plan.Cells) {
		for _, cell := range g {
			if err := r.turn(ctx, step{cell, check}); err != nil {
				return err
			}
		}
	}
	if r.Plan.Budget > 0 {
		return r.spend(ctx)
	}
	for inv := range r.Plan.Invocations {
		for _, s := range block(r.Plan.Cells, inv, r.Plan.Seed) {
			if err := r.turn(ctx, s); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) warnWorkers() {
	most := 0
	for i, c := range r.Plan.Cells {
		if !r.out[i] {
			most = max(most, c.Workers)
		}
	}
	if n := len(r.Plan.CPUs); most > n {
		r.warn(fmt.Sprintf("%d workers share %d CPUs (%s): times say more about the kernel's scheduler than about the runtime", most, n, host.FormatCPUs(r.Plan.CPUs)))
	}
}

// turn does a step, unless its cell is out or it was done before.
func (r *run) turn(ctx context.Context, s step) error {
	var err error
	switch past := r.before[s]; {
	case r.out[s.cell]:
	case past != nil:
		err = r.recall(ctx, s, past)
	default:
		err = r.step(ctx, s)
	}
	r.order++
	return err
}

// recall takes a step that the record already holds.
func (r *run) recall(ctx context.Context, s step, past *results.Measured) error {
	cell := r.Plan.Cells[s.cell]
	first := append(slices.Clone(past.Warmup), past.Timed...)
	var once time.Duration
	if len(first) > 0 {
		once = time.Duration(first[0].NS)
	}
	if past.Status == results.OK && len(first) > 0 {
		if _, err := r.refs.get(ctx, cell); err != nil {
			return err
		}
		r.refs.learn(cell, protocol.Sample{Units: first[0].Units, Answer: first[0].Answer})
	}
	r.past += time.Duration(past.WallNS)
	r.finished(s, past.Status, time.Duration(past.WallNS), once)
	r.show(*past)
	return nil
}

// finished books a step that is over.
func (r *run) finished(s step, status results.Status, took, once time.Duration) {
	r.done++
	r.est.finished(s, took, once)
	if isFinal(s, status) && !r.out[s.cell] {
		r.out[s.cell] = true
		r.done += r.est.drop(s.cell)
	}
	r.sum.add(s, status)
}

// step does one invocation: run, judge, record, tell.
func (r *run) step(ctx context.Context, s step) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	cell := r.Plan.Cells[s.cell]
	r.tell(Event{Kind: Started, Cell: cell, Invocation: s.invocation})
	began := r.Now()
	inv := results.Invocation{Type: "invocation", Cell: s.cell, Invocation: s.invocation, Order: r.order, Start: began}
	var o Outcome
	if reason, yes := r.declines(cell); yes {
		inv.Status, inv.Detail = results.Unsupported, reason
	} else if err := r.execute(ctx, s, cell, &inv, &o); err != nil {
		return err
	}
	if err := r.record(s, inv, &o); err != nil {
		return err
	}
	var once time.Duration
	if len(o.Samples) > 0 {
		once = time.Duration(max(0, o.Samples[0].NS))
	}
	r.finished(s, inv.Status, r.Now().Sub(began), once)
	r.show(seen(inv, &o))
	r.tell(Event{Kind: Finished, Cell: cell, Invocation: s.invocation, Status: inv.Status, Detail: inv.Detail})
	return nil
}

// isFinal reports whether a cell is not run again after this status. A check must
// be OK. Later a crash or a wrong answer now and then is worth knowing
// the frequency of; a time-out is not worth its time.
func isFinal(s step, status results.Status) bool {
	switch status {
	case results.OK:
		return false
	case results.Limit, results.Unsupported, results.Timeout:
		return true
	}
	return s.invocation == check
}

func (r *run) declines(c results.Cell) (string, bool) {
	if r.Declines == nil {
		return "", false
	}
	return r.Declines(c)
}

// execute runs the driver between two noise readings and judges what came of it.
func (r *run) execute(ctx context.Context, s step, cell results.Cell, inv *results.Invocation, o *Outcome) error {
	ref, err := r.refs.get(ctx, cell)
	if err != nil {
		return err
	}
	t, err := r.task(s, cell)
	if err != nil {
		return err
	}
	before, err := r.Spin(t.CPUs)
	if err != nil {
		return err
	}
	if *o, err = r.Executor.Execute(ctx, t); err != nil {
		return err
	}
	after, err := r.Spin(t.CPUs)
	if err != nil {
		return err
	}
	inv.Status, inv.Detail = judge(t, o, ref)
	if inv.Status == results.OK {
		inv.Detail = ref.unverified()
		r.refs.learn(cell, o.Samples[0].Sample)
	}
	inv.Start, inv.WallNS, inv.Seen = o.Start, int64(o.Wall), o.Seen
	inv.Noise = results.Noise{BeforeNS: int64(before), AfterNS: int64(after)}
	if o.Config != nil {
		inv.Config = o.Config.Settings
	}
	for _, h := range o.Histograms {
		inv.Histograms = append(inv.Histograms, results.Histogram{Name: h.Name, Unit: h.Unit, Buckets: h.Buckets})
	}
	return nil
}

func (r *run) task(s step, cell results.Cell) (Task, error) {
	argv, env, err := r.Launch(cell)
	if err != nil {
		return Task{}, fmt.Errorf("%s: %w", describe(cell), err)
	}
	want := protocol.Expect{Warmup: r.Plan.Warmup, Iterations: r.Plan.Iterations}
	if s.invocation == check {
		want = protocol.Expect{Iterations: 1}
	}
	slow := 0
	if r.Slow != nil {
		slow = r.Slow(cell)
	}
	return Task{
		Slow: slow,
		Argv: append(append([]string{}, argv...), runArgs(cell, want, driverSeed(r.Plan.Seed, s.invocation))...),
		Env:  env, CPUs: r.Plan.cpus(cell), Workers: cell.Workers, Timeout: r.Plan.Timeout, Expect: want,
	}, nil
}

// record hands an invocation and its samples to the recorder.
func (r *run) record(s step, inv results.Invocation, o *Outcome) error {
	for i := range o.Samples {
		p := &o.Samples[i]
		err := r.Recorder.Sample(results.Sample{
			Type: "sample", Cell: s.cell, Invocation: s.invocation, Phase: results.Phase(p.Phase), Index: p.Index,
			NS: p.NS, Units: p.Units, Answer: p.Answer, RSSBytes: p.RSSBytes, Counters: p.Counters,
		})
		if err != nil {
			return err
		}
	}
	return r.Recorder.Invocation(inv)
}

func (r *run) warn(text string) {
	r.sum.Warnings = append(r.sum.Warnings, text)
	r.tell(Event{Kind: Warning, Text: text})
}

func (r *run) tell(ev Event) {
	if r.Events == nil {
		return
	}
	ev.Done, ev.Total, ev.Left = r.done, r.total, r.est.left()
	if r.Plan.Budget > 0 {
		ev.Total, ev.Left = r.outlook()
	}
	r.Events(ev)
}
