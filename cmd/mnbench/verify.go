package main

import (
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
		f := &field{cat: c, build: &competitors.Builder{Log: u}}
		var err error
		if f.ready, f.absent, err = f.build.Prepare(ctx, c.competitors, []string{id}); err != nil {
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
		u := a.Record()
		r.Status, k.Status, k.Detail = verifyAbsent, statusMissing, u.Reason
		if u.Hint != "" {
			k.Detail += "; to mend it: " + u.Hint
		}
	}
	r.Checks = []finding{k}
	return r
}

// verify runs all workloads on an entrant.
func (f *field) verify(ctx context.Context, u *ui, e *competitors.Entrant) (verification, error) {
	r := verification{Runtime: e.ID(), Status: verifyOK, About: about(e)}
	cpus, err := host.Affinity(0)
	if err != nil {
		return r, err
	}
	p := engine.Plan{
		Invocations: 1, Iterations: verifyIterations, Warmup: verifyWarmup, Timeout: verifyTimeout, CPUs: cpus,
	}
	for _, w := range f.cat.Workloads {
		_, declined := e.Competitor.Declined(e.ID(), w.ID)
		if !e.Describe.Has(w.ID) && !declined {
			r.add(w.ID, statusMissing, "the driver does not list it, and the manifest does not decline it with a reason")
			continue
		}
		size, err := smallest(w)
		if err != nil {
			return r, err
		}
		cell := results.Cell{Runtime: e.ID(), Workload: w.ID, Params: size, Workers: min(verifyWorkers, len(cpus)), Mode: results.Parallel}
		p.Cells = append(p.Cells, cell)
		if e.Describe.HasMode(string(results.Serial)) {
			cell.Workers, cell.Mode = 1, results.Serial
			p.Cells = append(p.Cells, cell)
		}
	}
	for _, id := range e.Describe.Workloads {
		if _, err := f.cat.Workload(id); err != nil {
			r.add(id, statusMissing, "the driver lists it, and the catalogue does not have it: "+err.Error())
		}
	}
	if len(p.Cells) == 0 {
		return r, nil
	}
	run, err := f.engine(ctx, u, p)
	if err != nil {
		return r, err
	}
	seen := map[string]finding{}
	run.Recorder = nowhere{}
	run.Events = func(ev engine.Event) {
		if key := ev.Cell.Key(); ev.Kind == engine.Finished && seen[key].Status != string(results.OK) && seen[key].Status != "" {
			return // the first trouble is the one to tell
		} else if ev.Kind == engine.Finished {
			seen[key] = finding{workName(ev.Cell), string(ev.Status), ev.Detail}
		}
	}
	sum, err := run.Run(ctx)
	if err == nil && sum.Interrupted {
		err = errInterrupted
	}
	for _, c := range p.Cells {
		k := seen[c.Key()]
		r.add(k.What, k.Status, k.Detail)
	}
	return r, err
}

func (r *verification) add(what, status, detail string) {
	r.Checks = append(r.Checks, finding{what, status, detail})
	if status == statusMissing || results.Status(status).Invalid() {
		r.Status = verifyBad
	}
}

// smallest is the least work of a workload with a known answer.
func smallest(w *workloads.Workload) (workloads.Params, error) {
	if len(w.Answers) == 0 {
		return nil, fmt.Errorf("workload %s: no answer is known", w.ID)
	}
	least := slices.MinFunc(w.Answers, func(a, b workloads.Known) int { return int(a.Units) - int(b.Units) })
	return least.Params, nil
}

// nowhere is a recorder for runs that leave no record.
type nowhere struct{}

func (nowhere) Sample(results.Sample) error         { return nil }
func (nowhere) Invocation(results.Invocation) error { return nil }
func (nowhere) End(bool) error                      { return nil }
