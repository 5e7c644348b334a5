package engine

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/workloads"
)

// Plan is what a run sets out to do.
type Plan struct {
	Cells       []results.Cell
	Invocations int   // timed ones per cell; 0: only the check before timing
	Iterations  int   // timed, per invocation
	Warmup      int   // untimed, per invocation
	CPUs        []int // w workers get the first w of them (all, when w is more)
	Seed        uint64
	Timeout     time.Duration // of one invocation
	// Budget is the time that the run may take in all; 0: as long as it takes.
	// With one, Invocations is the least (while it lasts), and Engine.Guide
	// decides which cells get more.
	Budget time.Duration
	// Shard limits the run to a part of the cells; order and seeds stay those
	// of the whole. nil: all.
	Shard *results.Shard
}

// Validate says what is wrong with a plan.
func (p *Plan) Validate() error {
	switch {
	case len(p.Cells) == 0:
		return errors.New("plan: nothing to run")
	case p.Invocations < 0:
		return fmt.Errorf("invocations: want at least 0, have %d", p.Invocations)
	case p.Iterations < 1:
		return fmt.Errorf("iterations: want at least 1, have %d", p.Iterations)
	case p.Warmup < 0:
		return fmt.Errorf("warmup: want at least 0, have %d", p.Warmup)
	case len(p.CPUs) == 0:
		return errors.New("cpus: want at least one")
	case p.Timeout <= 0:
		return fmt.Errorf("timeout: want more than 0, have %v", p.Timeout)
	case p.Budget < 0:
		return fmt.Errorf("time budget: want more than 0, have %v", p.Budget)
	}
	seen := map[string]bool{}
	for _, c := range p.Cells {
		if c.Workers < 1 {
			return fmt.Errorf("workers: want at least 1, have %d", c.Workers)
		}
		if c.Mode == results.Serial && c.Workers != 1 {
			return fmt.Errorf("%s: serial mode has 1 worker, not %d", c.Workload, c.Workers)
		}
		if seen[c.Key()] {
			return fmt.Errorf("plan: %s is there twice", describe(c))
		}
		seen[c.Key()] = true
	}
	if p.Shard != nil && p.Size() == 0 {
		return fmt.Errorf("shard %s: nothing is left for it: the plan has %d groups of cells that belong on one machine; use at most that many shards",
			p.Shard, len(group(p.Cells)))
	}
	return nil
}

// Size is the number of cells to be run.
func (p *Plan) Size() int {
	n := 0
	for _, mine := range p.Shard.Takes(p.Cells) {
		if mine {
			n++
		}
	}
	return n
}

// Total is the number of invocations, checks before timing included, when
// nothing goes wrong; with a budget it is the least.
func (p *Plan) Total() int { return p.Size() * (1 + p.Invocations) }

// Record is the plan as it stands in a record.
func (p *Plan) Record(suite string) results.Plan {
	return results.Plan{
		Suite: suite, Cells: p.Cells, Invocations: p.Invocations,
		Iterations: p.Iterations, Warmup: p.Warmup, CPUs: p.CPUs,
		TimeoutNS: int64(p.Timeout), BudgetNS: int64(p.Budget), Shard: p.Shard,
	}
}

// cpus is the CPU set of a cell.
func (p *Plan) cpus(c results.Cell) []int { return p.CPUs[:min(c.Workers, len(p.CPUs))] }

// describe is a cell for people: "fib n=20 cutoff=0, 2 workers, mn".
func describe(c results.Cell) string {
	s := c.Workload
	if ps := c.Params.String(); ps != "" {
		s += " " + ps
	}
	switch {
	case c.Mode == results.Serial:
		s += ", serial"
	case c.Workers == 1:
		s += ", 1 worker"
	default:
		s += fmt.Sprintf(", %d workers", c.Workers)
	}
	return s + ", " + c.Runtime
}

// Work is one workload at one size, before it is spread over runtimes and
// worker counts.
type Work struct {
	Workload string
	Params   workloads.Params // resolved: all of them, in order
	Serial   bool             // also as plain sequential code, at 1 worker
	// Includes says which runtimes do it; nil: all.
	Includes func(runtime string) bool
}

// Expand makes the cells: each piece of work, on each number of workers, by
// each runtime. Cells that come up twice are kept once.
func Expand(work []Work, runtimes []string, workers []int) []results.Cell {
	var cells []results.Cell
	seen := map[string]bool{}
	add := func(c results.Cell) {
		if !seen[c.Key()] {
			seen[c.Key()] = true
			cells = append(cells, c)
		}
	}
	for _, w := range work {
		mine := slices.DeleteFunc(slices.Clone(runtimes), func(r string) bool { return w.Includes != nil && !w.Includes(r) })
		if w.Serial {
			for _, r := range mine {
				add(results.Cell{Runtime: r, Workload: w.Workload, Params: w.Params, Workers: 1, Mode: results.Serial})
			}
		}
		for _, n := range workers {
			for _, r := range mine {
				add(results.Cell{Runtime: r, Workload: w.Workload, Params: w.Params, Workers: n, Mode: results.Parallel})
			}
		}
	}
	return cells
}

// SuiteWork is the work of a suite. competitorOf tells the competitor of a
// variant, because a suite may name either.
func SuiteWork(s *workloads.Suite, cat *workloads.Catalogue, competitorOf func(variant string) string) ([]Work, error) {
	var work []Work
	for _, c := range s.Cells {
		w, err := cat.Workload(c.Workload)
		if err != nil {
			return nil, fmt.Errorf("suite %s: %w", s.ID, err)
		}
		work = append(work, Work{
			Workload: c.Workload, Params: c.Params, Serial: s.Serial && w.Serial,
			Includes: func(variant string) bool { return c.Includes(competitorOf(variant), variant) },
		})
	}
	return work, nil
}
