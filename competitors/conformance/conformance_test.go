package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mnbench/mnbench/competitors"
	"github.com/mnbench/mnbench/internal/protocol"
	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/workloads"
)

// TestEveryCellIsImplementedOrDeclined holds what each driver lists against the
// catalogue: each workload is either listed, or declined in the manifest with a
// reason, and not both.
func TestEveryCellIsImplementedOrDeclined(t *testing.T) {
	for _, e := range entrants {
		for _, w := range catalogue.Workloads {
			_, declined := e.Competitor.Declined(e.ID(), w.ID)
			switch implemented := e.Describe.Has(w.ID); {
			case !implemented && !declined:
				t.Errorf("%s x %s is neither implemented nor declined: write it, or say in competitors/%s/competitor.json why not",
					e.ID(), w.ID, e.Competitor.ID)
			case implemented && declined:
				t.Errorf("%s x %s is both implemented and declined", e.ID(), w.ID)
			}
		}
		for _, id := range e.Describe.Workloads {
			if _, err := catalogue.Workload(id); err != nil {
				t.Errorf("%s lists a workload that the catalogue does not have: %v", e.ID(), err)
			}
		}
		for _, d := range e.Competitor.Declines {
			if _, err := catalogue.Workload(d.Workload); err != nil {
				t.Errorf("%s declines a workload that the catalogue does not have: %v", e.Competitor.ID, err)
			}
		}
		if !slices.IsSorted(e.Describe.Workloads) {
			t.Errorf("%s: describe: workloads are not sorted: %v", e.ID(), e.Describe.Workloads)
		}
		if e.Describe.Model != e.Variant.Model {
			t.Errorf("%s: describe: model is %q, in the manifest %q", e.ID(), e.Describe.Model, e.Variant.Model)
		}
		if !e.Describe.HasMode(string(results.Parallel)) {
			t.Errorf("%s has no parallel mode", e.ID())
		}
	}
	if e := find(t, "goroutines"); !e.Describe.HasMode(string(results.Serial)) {
		t.Error("goroutines has no serial mode: it gives the reference answers")
	}
}

// TestWhatIsMissingHasACure: a competitor whose tools are not here says how to
// get them.
func TestWhatIsMissingHasACure(t *testing.T) {
	for _, a := range absent {
		if a.Record().Hint == "" {
			t.Errorf("%s: tools are missing and nothing says how to get them: %v", a.Variant.ID, a.Err)
		}
	}
}

// TestAnswers runs the sizes of suite smoke on every driver.
func TestAnswers(t *testing.T) {
	smoke, err := catalogue.Suite("smoke")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entrants {
		for _, cell := range smoke.Cells {
			for _, how := range []struct {
				workers int
				mode    results.Mode
			}{{1, results.Parallel}, {2, results.Parallel}, {1, results.Serial}} {
				if _, declined := e.Declines(cell.Workload, how.mode, how.workers); declined {
					continue
				}
				t.Run(fmt.Sprintf("%s/%s/%s/%d", e.ID(), cell.Workload, how.mode, how.workers), func(t *testing.T) {
					lines := measure(t, e, cell.Workload, cell.Params, how.workers, string(how.mode), protocol.Expect{Warmup: 1, Iterations: 2})
					checkSamples(t, cell, lines, how.workers)
				})
			}
		}
	}
}

func checkSamples(t *testing.T, cell workloads.SuiteCell, lines []protocol.Line, workers int) {
	t.Helper()
	w, err := catalogue.Workload(cell.Workload)
	if err != nil {
		t.Fatal(err)
	}
	known, ok := w.Known(cell.Params)
	if !ok {
		t.Fatalf("no known answer for %s", cell.Params)
	}
	for _, line := range lines {
		switch l := line.(type) {
		case *protocol.Config:
			if l.Workers != workers || l.PID == 0 {
				t.Errorf("config: workers %d, pid %d; want %d workers and a pid", l.Workers, l.PID, workers)
			}
		case *protocol.Sample:
			if have := (workloads.Answer{Units: l.Units, Answer: l.Answer}); have != known {
				t.Errorf("%s %d: have %+v, want %+v", l.Phase, l.Index, have, known)
			}
			if l.RSSBytes == 0 {
				t.Errorf("%s %d: no rss_bytes", l.Phase, l.Index)
			}
		case *protocol.Limit:
			t.Errorf("a limit: %s", l.What)
		}
	}
}

// dear are known answers that plain sequential code takes ten seconds for. They
// are tried with MNBENCH_DEEP=1; else their closed form has to do.
var dear = []string{"fib n=40 cutoff=20 leaf=500000"}

// TestReference holds every known answer against the serial mode of the Go
// driver, which is the reference where none is known.
func TestReference(t *testing.T) {
	goroutines := find(t, "goroutines")
	for _, w := range catalogue.Workloads {
		for _, known := range w.Answers {
			if slices.Contains(dear, w.ID+" "+known.Params.String()) && os.Getenv("MNBENCH_DEEP") == "" {
				continue
			}
			cell := workloads.SuiteCell{Workload: w.ID, Params: known.Params}
			t.Run(w.ID+"/"+known.Params.String(), func(t *testing.T) {
				checkSamples(t, cell, measure(t, goroutines, w.ID, known.Params, 1, "serial", protocol.Expect{Iterations: 1}), 1)
			})
		}
	}
}

// native are the drivers that start fast enough to be tried with many bad
// command lines.
func native() []*competitors.Entrant {
	return slices.DeleteFunc(slices.Clone(entrants), func(e *competitors.Entrant) bool { return e.Competitor.Language == "java" })
}

// TestUsage gives bad command lines: exit 2, the reason on stderr, nothing on stdout.
func TestUsage(t *testing.T) {
	good := []string{"run", "spawn", "--workers", "1", "--warmup", "0", "--iterations", "1", "--seed", "1", "--param", "n=1", "--param", "window=1"}
	with := func(more ...string) []string { return append(slices.Clone(good), more...) }
	cases := map[string][]string{
		"nothing":                {},
		"unknown verb":           {"measure"},
		"describe and more":      {"describe", "spawn"},
		"no workload":            {"run"},
		"flag for workload":      {"run", "--workers", "1"},
		"unknown workload":       {"run", "spwan", "--workers", "1"},
		"unknown flag":           with("--turbo", "1"),
		"flag without value":     with("--workers"),
		"something unexpected":   with("more"),
		"zero workers":           with("--workers", "0"),
		"negative workers":       with("--workers", "-1"),
		"workers in words":       with("--workers", "two"),
		"workers with blank":     with("--workers", " 1"),
		"warmup too large":       with("--warmup", "18446744073709551616"),
		"no iterations":          with("--iterations", "0"),
		"empty seed":             with("--seed", ""),
		"unknown mode":           with("--mode", "quantum"),
		"serial on two workers":  with("--mode", "serial", "--workers", "2"),
		"unknown parameter":      with("--param", "windw=1"),
		"parameter without =":    with("--param", "n"),
		"parameter without name": with("--param", "=1"),
		"parameter twice":        with("--param", "n=1"),
		"negative parameter":     {"run", "spawn", "--param", "n=-1", "--param", "window=1"},
		"parameter in hex":       {"run", "spawn", "--param", "n=0x1", "--param", "window=1"},
		"parameter with rest":    {"run", "spawn", "--param", "n=1k", "--param", "window=1"},
		"parameter too large":    {"run", "spawn", "--param", "n=18446744073709551616", "--param", "window=1"},
	}
	for _, w := range catalogue.Workloads {
		ps, err := w.Resolve(nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, spec := range w.Params {
			if spec.Optional {
				continue // left out it is fine, and there is no smaller one than 0
			}
			without := slices.Delete(slices.Clone(ps), i, i+1)
			cases[w.ID+" without "+spec.Name] = append([]string{"run", w.ID}, paramArgs(without)...)
			if spec.Min > 0 {
				small := slices.Clone(ps)
				small[i].Value = spec.Min - 1
				cases[w.ID+" with too small "+spec.Name] = append([]string{"run", w.ID}, paramArgs(small)...)
			}
		}
	}
	for _, e := range native() {
		if o := invoke(t, e, 1, nil, good...); o.status != 0 {
			t.Fatalf("%s: the good command line: exit %d\n%s", e.ID(), o.status, o.stderr)
		}
		for name, args := range cases {
			t.Run(e.ID()+"/"+name, func(t *testing.T) {
				o := invoke(t, e, 1, nil, args...)
				if o.status != protocol.ExitUsage {
					t.Errorf("%v: exit %d, want %d", args, o.status, protocol.ExitUsage)
				}
				if o.stderr == "" || o.stdout != "" {
					t.Errorf("%v: want the reason on stderr and nothing on stdout, have %q and %q", args, o.stderr, o.stdout)
				}
			})
		}
	}
}

// TestStdoutThatCannotBeWritten: exit 1 and the reason.
func TestStdoutThatCannotBeWritten(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	read, gone, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer gone.Close()
	read.Close()
	for _, e := range native() {
		for name, stdout := range map[string]*os.File{"no space": full, "broken pipe": gone} {
			t.Run(e.ID()+"/"+name, func(t *testing.T) {
				o := invokeTo(t, stdout, e, 1, nil, "run", "spawn", "--param", "n=1", "--param", "window=1")
				if o.status != protocol.ExitFailed || !strings.Contains(strings.ToLower(o.stderr), name) {
					t.Errorf("exit %d, %q; want exit %d and %q", o.status, o.stderr, protocol.ExitFailed, name)
				}
			})
		}
	}
}

// TestLimit lets pthread_create fail in the middle of each workload, by little
// address space: 300 MB hold the stacks of some thirty threads. That ends in a
// limit line, with every thread joined, and not in a hang.
func TestLimit(t *testing.T) {
	pthreads := find(t, "pthreads")
	tried := map[string]bool{}
	for _, tc := range []struct{ workload, params string }{
		{"spawn", "n=1000 window=1000"},
		{"spawn", "n=1000 window=100"},
		{"yield", "threads=500 rounds=50"},
		{"pingpong", "pairs=500 rounds=50"},
		{"fib", "n=25 cutoff=0"},
		{"imbalanced", "n=500 heavy_percent=10 heavy=1000 light=1"},
		{"prodcons", "producers=500 consumers=1 capacity=2 items=1000000"},
		{"prodcons", "producers=1 consumers=500 capacity=2 items=1000000"},
		{"fanout", "n=500"},
		{"idle", "threads=500"},
		{"ring", "threads=500 hops=100000"},
		{"handoff", "pairs=500 items=100"},
		{"skynet", "depth=3"},
		{"mutex", "threads=500 rounds=100 inside=0 outside=0"},
		{"rwlock", "threads=500 rounds=100 read_percent=50 words=1"},
		{"barrier", "threads=500 rounds=100 work=0"},
		{"channel", "producers=500 consumers=1 capacity=2 items=1000000"},
		{"channel", "producers=1 consumers=500 capacity=2 items=1000000"},
		{"philosophers", "threads=500 rounds=100 eat=0 think=0"},
		{"balanced", "n=500 steps=10"},
		{"nqueens", "n=8 depth=8"},
		{"mergesort", "n=1000 cutoff=1"},
		{"matmul", "n=64 cutoff=2"},
		{"heat", "n=500 steps=2 strips=500"},
		{"bfs", "nodes=50000 degree=16 chunk=10"},
		{"sleepers", "threads=500 rounds=1 period_us=1"},
		{"hog", "hogs=500 steps=1 ticks=1 period_us=1"},
		{"openloop", "requests=500 interval_ns=1 short=1000000 long=1000000"},
		{"fairness", "threads=500 chunks=1 steps=1"},
		{"wakeup", "rounds=1 period_us=1 hogs=500 steps=1"},
		{"migrate", "threads=500 rounds=1 bytes=64 wakers=2 hold_us=0"},
		{"migrate", "threads=2 rounds=1 bytes=64 wakers=100 hold_us=0"},
		{"treesearch", "roots=500 children=4 chance=247000 depth=5 work=0"},
		{"echo", "connections=200 words=1 rounds=5"},
		{"pipes", "rings=200 threads=3 hops=5 words=1"},
		{"files", "threads=500 reads=1 blocks=1 words=1"},
		{"blocking", "blockers=100 calls=1 call_us=1 threads=100 chunks=1 steps=1"},
	} {
		tried[tc.workload] = true
		t.Run(tc.workload+"/"+tc.params, func(t *testing.T) {
			lines := measure(t, pthreads, tc.workload, parse(t, tc.params), 2, "parallel", protocol.Expect{Warmup: 1, Iterations: 3}, "prlimit", "--as=300000000")
			limit, ok := lines[len(lines)-2].(*protocol.Limit)
			if !ok {
				t.Fatalf("the line before the last is %#v, want a limit", lines[len(lines)-2])
			}
			if want := "pthread_create: EAGAIN at " + strconv.FormatUint(limit.Reached, 10); limit.What != want || limit.Reached == 0 {
				t.Errorf("limit: %q, reached %d; want %q and more than 0", limit.What, limit.Reached, want)
			}
			if len(lines) != 3 {
				t.Errorf("%d lines, want config, limit and end", len(lines))
			}
		})
	}
	for _, w := range catalogue.Workloads {
		if !tried[w.ID] {
			t.Errorf("%s: it is not tried what happens when threads cannot be created", w.ID)
		}
	}
}

// parse reads parameters as Params prints them.
func parse(t *testing.T, text string) workloads.Params {
	t.Helper()
	var ps workloads.Params
	for _, assignment := range strings.Fields(text) {
		name, value, _ := strings.Cut(assignment, "=")
		v, err := strconv.ParseUint(value, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, workloads.Param{Name: name, Value: v})
	}
	return ps
}

// TestCompilesWithoutWarnings holds the C texts and the frame to a stricter
// compiler than users are held to.
func TestCompilesWithoutWarnings(t *testing.T) {
	pthreads := find(t, "pthreads")
	gcc := pthreads.Tools[slices.IndexFunc(pthreads.Tools, func(tool competitors.Tool) bool { return tool.Name == "gcc" })].Path
	for _, pattern := range []string{"competitors/c/*.c", "competitors/pthreads/*.c", "competitors/floor/*.c", "workloads/*/*.c"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", pattern, files, err)
		}
		for _, file := range files {
			compile(t, gcc, file)
		}
	}
}
