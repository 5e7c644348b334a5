package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/mnbench/mnbench/competitors"
	"github.com/mnbench/mnbench/internal/engine"
	"github.com/mnbench/mnbench/internal/host"
	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/workloads"
)

// verification is what was found about one runtime.
type verification struct {
	Runtime string    `json:"runtime"`
	Status  string    `json:"status"` // verifyOK, verifyBad or verifyAbsent
	About   string    `json:"about,omitempty"`
	Checks  []finding `json:"checks"`
}

// finding is one check: Status is that of a cell, or statusMissing.
type finding struct {
	What   string `json:"what"`
	Status string `json:"status"`
	Detail string `json:"detail,omitempty"`
}

const (
	verifyOK     = "ok"
	verifyBad    = "bad"
	verifyAbsent = "tools missing" // it cannot be said
)

// How a verification runs: enough to see more than one sample and process.
const (
	verifyWorkers    = 2
	verifyIterations = 2
	verifyWarmup     = 1
	verifyTimeout    = 30 * time.Second
)

// verify checks the variants one after the other.
func verify(ctx context.Context, u *ui, c *catalogue, variants []string, wait bool) ([]verification, error) {
	unlock, err := lockMachine(ctx, u, os.Args[1:], wait)
	defer unlock()
	if err != nil {
		return nil, err
	}
	reports := []verification{}
	for _, id := range variants {
		f, err := prepare(ctx, u, c, []string{id})
		if err != nil {
			return nil, err
		}
		for _, a := range f.absent {
			reports = append(reports, cannotVerify(a))
		}
		for _, e := range f.ready {
			u.Say("verifying %s", e.ID())
			r, err := f.verify(ctx, u, e)
			if err != nil {
				return nil, err
			}
			reports = append(reports, r)
		}
	}
	return reports, nil
}

func cannotVerify(a competitors.Absent) verification {
	r := verification{Runtime: a.Variant.ID, Status: verifyBad}
	k := finding{What: "build and describe", Status: string(results.Failed), Detail: a.Err.Error()}
	if a.Missing() {
		r.Status, k.Status, k.Detail = verifyAbsent, statusMissing, withCure(a.Record())
	}
	r.Checks = []finding{k}
	return r
}

// verify runs on an entrant what it says it does.
func (f *field) verify(ctx context.Context, u *ui, e *competitors.Entrant) (verification, error) {
	r := verification{Runtime: e.ID(), Status: verifyOK, About: about(e)}
	cpus, err := host.Affinity(0)
	if err != nil {
		return r, err
	}
	r.hold(e, f.cat)
	p := engine.Plan{
		Invocations: 1, Iterations: verifyIterations, Warmup: verifyWarmup, Timeout: verifyTimeout, CPUs: cpus,
	}
	if p.Cells, err = verifyCells(e, f.cat, min(verifyWorkers, len(cpus))); err != nil || len(p.Cells) == 0 {
		return r, err
	}
	run, err := f.engine(ctx, u, p)
	if err != nil {
		return r, err
	}
	worst := map[string]finding{} // of each cell: the first trouble, else that it is ok
	run.Recorder = nowhere{}
	run.Events = func(ev engine.Event) {
		key := ev.Cell.Key()
		if before, seen := worst[key]; ev.Kind == engine.Finished && (!seen || before.Status == string(results.OK)) {
			worst[key] = finding{workName(ev.Cell), string(ev.Status), ev.Detail}
		}
	}
	sum, err := run.Run(ctx)
	if err == nil && sum.Interrupted {
		err = errInterrupted
	}
	for _, c := range p.Cells {
		k := worst[c.Key()]
		if _, declined := e.Declines(c.Workload, c.Mode, c.Workers); k.Status == string(results.Unsupported) && !declined && c.Mode == results.Parallel {
			k.Status, k.Detail = statusMissing, "the driver lists it, and does not do it: "+k.Detail
		}
		r.add(k)
	}
	return r, err
}

// hold holds what the driver lists against the catalogue and the manifest.
func (r *verification) hold(e *competitors.Entrant, c *catalogue) {
	for _, w := range c.Workloads {
		if e.Lacks(w.ID) {
			r.add(finding{w.ID, statusMissing, "the driver does not list it, and the manifest does not decline it with a reason"})
		}
	}
	for _, id := range e.Describe.Workloads {
		if _, err := c.Workload(id); err != nil {
			r.add(finding{id, statusMissing, "the driver lists it, and the catalogue does not have it: " + err.Error()})
		}
	}
}

// verifyCells are the workloads that the driver lists or the manifest
// declines, each at its smallest known size.
func verifyCells(e *competitors.Entrant, c *catalogue, workers int) ([]results.Cell, error) {
	if most := e.Variant.MaxWorkers; most > 0 {
		workers = min(workers, most)
	}
	var cells []results.Cell
	for _, w := range c.Workloads {
		if e.Lacks(w.ID) {
			continue
		}
		size, err := smallest(w)
		if err != nil {
			return nil, err
		}
		cell := results.Cell{Runtime: e.ID(), Workload: w.ID, Params: size, Workers: workers, Mode: results.Parallel}
		cells = append(cells, cell)
		if e.Describe.HasMode(string(results.Serial)) {
			cell.Workers, cell.Mode = 1, results.Serial
			cells = append(cells, cell)
		}
	}
	return cells, nil
}

func (r *verification) add(k finding) {
	r.Checks = append(r.Checks, k)
	if k.Status == statusMissing || results.Status(k.Status).Invalid() {
		r.Status = verifyBad
	}
}

// smallest is the least work of a workload with a known answer.
func smallest(w *workloads.Workload) (workloads.Params, error) {
	if len(w.Answers) == 0 {
		return nil, fmt.Errorf("workload %s: no answer is known", w.ID)
	}
	least := slices.MinFunc(w.Answers, func(a, b workloads.Known) int { return cmp.Compare(a.Units, b.Units) })
	return least.Params, nil
}

// nowhere is a recorder for runs that leave no record.
type nowhere struct{}

func (nowhere) Sample(results.Sample) error         { return nil }
func (nowhere) Invocation(results.Invocation) error { return nil }
func (nowhere) End(bool) error                      { return nil }
