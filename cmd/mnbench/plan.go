package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mnbench/mnbench/competitors"
	"github.com/mnbench/mnbench/internal/engine"
	"github.com/mnbench/mnbench/internal/host"
	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/workloads"
)

// job is a run that has been thought through as far as the command line goes:
// everything but who can take part.
type job struct {
	cat      *catalogue
	suite    *workloads.Suite
	runtimes []*competitors.Variant // chosen, in order
	workers  []int
	plan     engine.Plan // without its cells
	out      string      // the record's file

	resumed *results.Record // the record to be completed; nil: a new one
}

// plan turns the command line into a job. All errors are about the command
// line: nothing has been built, run or written yet.
func plan(c *catalogue, o runOptions, args []string) (*job, error) {
	params, err := parseParams(o.params)
	if err != nil {
		return nil, err
	}
	suite, err := c.choose(args, params)
	if err != nil {
		return nil, err
	}
	j := &job{cat: c, suite: suite, workers: suite.Workers, plan: engine.Plan{
		Invocations: suite.Invocations, Iterations: suite.Iterations, Warmup: suite.Warmup,
		Timeout: time.Duration(suite.Timeout), Seed: rand.Uint64(),
	}}
	if o.given("runtimes") && len(o.runtimes) == 0 {
		return nil, errors.New("--runtimes: want ids such as mn,pthreads; leave it out for all")
	}
	if j.runtimes, err = c.entrants(o.runtimes, suite); err != nil {
		return nil, err
	}
	for _, n := range []struct {
		flag           string
		to             *int
		have, smallest int
	}{
		{"invocations", &j.plan.Invocations, o.invocations, 1},
		{"iterations", &j.plan.Iterations, o.iterations, 1},
		{"warmup", &j.plan.Warmup, o.warmup, 0},
	} {
		switch {
		case !o.given(n.flag):
		case n.have < n.smallest:
			return nil, fmt.Errorf("--%s %d: want at least %d", n.flag, n.have, n.smallest)
		default:
			*n.to = n.have
		}
	}
	if o.given("timeout") {
		if j.plan.Timeout = o.timeout; o.timeout <= 0 {
			return nil, fmt.Errorf("--timeout %v: want more than nothing, such as 20s", o.timeout)
		}
	}
	if o.given("time-budget") {
		if j.plan.Budget = o.budget; o.budget <= 0 {
			return nil, fmt.Errorf("--time-budget %v: want more than nothing, such as 5m", o.budget)
		}
	}
	if o.given("seed") {
		j.plan.Seed = o.seed
	}
	if o.given("workers") {
		if j.workers, err = workerCounts(o.workers); err != nil {
			return nil, err
		}
	}
	if j.plan.CPUs, err = cpuSet(o.cpus); err != nil {
		return nil, err
	}
	if o.given("shard") {
		shard, err := results.ParseShard(o.shard)
		if err != nil {
			return nil, fmt.Errorf("--shard %w", err)
		}
		if !o.given("seed") && o.resume == "" {
			return nil, fmt.Errorf("--shard %s: give --seed too, the same for all shards: it decides the order that they share", o.shard)
		}
		j.plan.Shard = &shard
	}
	if o.resume != "" {
		return j, nil
	}
	if j.out, err = recordPath(o.out, o.prefix+recordName(suite), time.Now()); err != nil {
		return nil, err
	}
	if _, at, err := freeSpace(filepath.Dir(j.out)); err != nil {
		return nil, fmt.Errorf("%s: no record can be written in %s: %w; choose another place with --out", j.out, at, errors.Unwrap(err))
	}
	return j, nil
}

// entrants are the variants that take part: those named on the command line,
// else those that the suite names, else all that are not optional.
func (c *catalogue) entrants(names []string, suite *workloads.Suite) ([]*competitors.Variant, error) {
	if len(names) == 0 {
		names = suite.Runtimes
	}
	all, err := c.variants(names)
	if err != nil || len(names) > 0 {
		return all, err
	}
	return slices.DeleteFunc(all, func(v *competitors.Variant) bool { return v.Optional }), nil
}

// variants returns those that the names stand for, each once; all for none.
func (c *catalogue) variants(names []string) ([]*competitors.Variant, error) {
	var out []*competitors.Variant
	if len(names) == 0 {
		for _, k := range c.competitors {
			for i := range k.Variants {
				out = append(out, &k.Variants[i])
			}
		}
		return out, nil
	}
	for _, name := range names {
		_, v, err := competitors.Find(c.competitors, strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out, nil
}

// isFloor reports whether a variant is a limit and no runtime.
func (c *catalogue) isFloor(variant string) bool {
	id := c.competitorOf(variant)
	return slices.ContainsFunc(c.competitors, func(k *competitors.Competitor) bool { return k.ID == id && k.Floor })
}

// competitorOf is the competitor of a variant.
func (c *catalogue) competitorOf(variant string) string {
	for _, k := range c.competitors {
		if k.Variant(variant) != nil {
			return k.ID
		}
	}
	return ""
}

// cells are those of the job on the given runtimes.
func (j *job) cells(runtimes []string) (engine.Plan, error) {
	p := j.plan
	if j.resumed != nil {
		return p, nil // its cells are the record's
	}
	work, err := engine.SuiteWork(j.suite, j.cat.Catalogue, j.cat.competitorOf)
	if err != nil {
		return p, err
	}
	p.Cells = slices.DeleteFunc(engine.Expand(work, runtimes, j.workers), func(c results.Cell) bool {
		return c.Mode == results.Serial && j.cat.isFloor(c.Runtime) // it has nothing to be compared with
	})
	if p.Shard != nil && len(p.Cells) > 0 {
		if err := p.Validate(); err != nil {
			return p, fmt.Errorf("--%w", err)
		}
	}
	return p, nil
}

func workerCounts(given []int) ([]int, error) {
	var out []int
	for _, n := range given {
		if n < 1 {
			return nil, fmt.Errorf("--workers %d: want at least 1", n)
		}
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("--workers: want numbers such as 1,2")
	}
	return out, nil
}

// cpuSet is the CPUs of the list, or all that this process may use.
func cpuSet(list string) ([]int, error) {
	usable, err := host.Affinity(0)
	if err != nil {
		return nil, err
	}
	if list == "" {
		return usable, nil
	}
	cpus, err := host.ParseCPUs(list)
	if err != nil {
		return nil, fmt.Errorf("--cpus: %w", err)
	}
	for _, cpu := range cpus {
		if !slices.Contains(usable, cpu) {
			return nil, fmt.Errorf("--cpus %s: this process may not use CPU %d; choose from %s", list, cpu, host.FormatCPUs(usable))
		}
	}
	return cpus, nil
}

// recordName is what a run is called in its file's name: the suite, or the
// workloads where they are few.
func recordName(s *workloads.Suite) string {
	if s.ID != "" {
		return s.ID
	}
	var names []string
	for _, c := range s.Cells {
		if !slices.Contains(names, c.Workload) {
			names = append(names, c.Workload)
		}
	}
	if len(names) > 3 {
		return "custom"
	}
	return strings.Join(names, "-")
}

// recordPath is the file of a new record: out itself, or a name made from name
// and time in the folder out, or here. An out that is there already is an error now
// rather than after the drivers are built.
func recordPath(out, name string, now time.Time) (string, error) {
	info, err := os.Stat(out)
	folder := out == "" || strings.HasSuffix(out, "/") || err == nil && info.IsDir()
	switch {
	case err == nil && !folder:
		return "", fmt.Errorf("--out %s: %w: a record is never overwritten; choose another name or move it away", out, fs.ErrExist)
	case !folder:
		return out, nil
	}
	base := filepath.Join(cmp.Or(out, "."), fmt.Sprintf("mnbench-%s-%s", name, now.Format("20060102-150405")))
	for n := 1; ; n++ {
		path := base + ".jsonl"
		if n > 1 {
			path = fmt.Sprintf("%s-%d.jsonl", base, n)
		}
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return path, nil
		} else if err != nil {
			return "", fmt.Errorf("--out %s: %w", out, err)
		}
	}
}
