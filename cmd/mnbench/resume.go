package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mnbench/mnbench/internal/engine"
	"github.com/mnbench/mnbench/internal/host"
	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/workloads"
)

// planFlags are those that decide what is run.
var planFlags = []string{"runtimes", "workers", "param", "invocations", "iterations", "warmup", "cpus", "seed", "timeout", "time-budget", "shard"}

// resume completes a record.
func resume(ctx context.Context, u *ui, c *catalogue, o runOptions, args []string) error {
	if o.given("out") || o.dryRun {
		return errors.New("--resume: leave out --out and --dry-run: the record is continued in its own file")
	}
	rec, err := results.Open(o.resume)
	if err != nil {
		return err
	}
	j, err := resumed(c, rec)
	if err != nil {
		return err
	}
	j.out = o.resume
	if len(args) > 0 || slices.ContainsFunc(planFlags, o.given) {
		if err := j.sameCommand(o, args); err != nil {
			return err
		}
	}
	if rec.Complete() {
		u.Say("%s is complete: nothing is left to be run", j.out)
		_, err := showRecord(u, j, o.json)
		return err
	}
	return measure(ctx, u, o, j)
}

// resumed is the job that a record was made by.
func resumed(c *catalogue, rec *results.Record) (*job, error) {
	run := rec.Run
	if len(run.Parts) > 0 {
		return nil, fmt.Errorf("--resume %s: it is merged from shards: resume those, then merge again", rec.Name)
	}
	j := &job{cat: c, suite: &workloads.Suite{ID: run.Plan.Suite}, resumed: rec, plan: engine.Plan{
		Cells: run.Plan.Cells, Invocations: run.Plan.Invocations, Iterations: run.Plan.Iterations, Warmup: run.Plan.Warmup,
		CPUs: run.Plan.CPUs, Seed: run.Seed, Timeout: time.Duration(run.Plan.TimeoutNS), Shard: run.Plan.Shard,
		Budget: time.Duration(run.Plan.BudgetNS),
	}}
	if err := j.plan.Validate(); err != nil {
		return nil, fmt.Errorf("--resume %s: %w", rec.Name, err)
	}
	var ids []string
	for _, r := range run.Runtimes {
		ids = append(ids, r.ID)
	}
	var err error
	if j.runtimes, err = c.variants(ids); err != nil {
		return nil, fmt.Errorf("--resume %s: %w; give its folder again with --competitor", rec.Name, err)
	}
	usable, err := host.Affinity(0)
	if err != nil {
		return nil, err
	}
	for _, cpu := range j.plan.CPUs {
		if !slices.Contains(usable, cpu) {
			return nil, fmt.Errorf("--resume %s: it ran on CPUs %s, and this process may only use %s",
				rec.Name, host.FormatCPUs(j.plan.CPUs), host.FormatCPUs(usable))
		}
	}
	return j, nil
}

// sameCommand holds a plan on the command line against the record's.
func (j *job) sameCommand(o runOptions, args []string) error {
	asked, err := plan(j.cat, o, args)
	if err != nil {
		return err
	}
	p, err := asked.cells(ids(j.runtimes))
	if err != nil {
		return err
	}
	have := j.resumed.Run
	diff := results.PlanDiff(have.Plan, p.Record(asked.suite.ID))
	if o.given("cpus") && !slices.Equal(p.CPUs, have.Plan.CPUs) {
		diff = append(diff, fmt.Sprintf("CPUs (%s and %s)", host.FormatCPUs(have.Plan.CPUs), host.FormatCPUs(p.CPUs)))
	}
	if o.given("seed") && p.Seed != have.Seed {
		diff = append(diff, fmt.Sprintf("seed (%d and %d)", have.Seed, p.Seed))
	}
	if a, b := have.Plan.Shard, p.Shard; (a == nil) != (b == nil) || a != nil && *a != *b {
		diff = append(diff, fmt.Sprintf("shard (%s and %s)", shardName(a), shardName(b)))
	}
	if len(diff) > 0 {
		return fmt.Errorf("--resume %s: the record and this command differ in %s; --resume alone takes the plan from the record",
			j.resumed.Name, strings.Join(diff, ", "))
	}
	return nil
}

func shardName(s *results.Shard) string {
	if s == nil {
		return "all"
	}
	return s.String()
}

// same says whether what would be measured now is what the record holds: the
// same mnbench, builds and machine.
func (j *job) same(facts results.Host, f *field) error {
	have := j.resumed.Run
	var diff []string
	if now := tool(); now != have.Tool {
		diff = append(diff, fmt.Sprintf("mnbench (%s %s, %s and %s %s, %s)",
			have.Tool.Version, have.Tool.Commit, have.Tool.Go, now.Version, now.Commit, now.Go))
	}
	for _, d := range results.HostDiff(have.Host, facts) {
		diff = append(diff, "host: "+d)
	}
	var now []results.Runtime
	for _, e := range f.ready {
		now = append(now, e.Record())
	}
	diff = append(diff, results.RuntimeDiff(have.Runtimes, now)...)
	if len(diff) > 0 {
		return fmt.Errorf("--resume %s: not the same any more (record and now): %s; measure anew with mnbench run",
			j.resumed.Name, strings.Join(diff, ", "))
	}
	return nil
}
