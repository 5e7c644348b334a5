// Package loom_test tests what is particular to the Java driver; what every
// driver must do is tested in competitors/conformance.
package loom_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mnbench/mnbench"
	"github.com/mnbench/mnbench/competitors"
	"github.com/mnbench/mnbench/internal/protocol"
)

// patience ends a driver that hangs. No test looks at how long one takes.
const patience = 2 * time.Minute

// built is the driver; nil without a JDK, and then absent says why.
var (
	built  *competitors.Built
	absent string
)

func TestMain(m *testing.M) {
	status := 1
	cache, err := os.MkdirTemp("", "mnbench-loom-")
	if err == nil {
		err = prepare(cache)
	}
	if err == nil {
		status = m.Run()
	} else {
		fmt.Fprintln(os.Stderr, "loom:", err)
	}
	os.RemoveAll(cache)
	os.Exit(status)
}

func prepare(cache string) error {
	all, err := competitors.Load(mnbench.Sources)
	if err != nil {
		return err
	}
	c, _, err := competitors.Find(all, "loom")
	if err != nil {
		return err
	}
	built, err = (&competitors.Builder{Cache: cache}).Build(context.Background(), c)
	var missing *competitors.Missing
	if errors.As(err, &missing) {
		absent = missing.Error()
		return nil
	}
	return err
}

// needJDK skips a test where there is none: Debian 12 has none to install.
func needJDK(t *testing.T) {
	t.Helper()
	if built == nil {
		t.Skip("no JDK, so the Java driver is not tested: " + absent)
	}
}

// outcome is how the driver ended.
type outcome struct {
	status         int
	stdout, stderr string
}

// driver runs one variant's driver; options are for the virtual machine, before
// is put in front of the command line. A nil stdout is caught.
func driver(t *testing.T, variant string, workers int, options string, before []string, stdout io.Writer, args ...string) outcome {
	t.Helper()
	argv, env, err := built.Command(variant, workers)
	if err != nil {
		t.Fatal(err)
	}
	argv = append(append(slices.Clone(before), argv...), args...)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var out, errs bytes.Buffer
	if stdout == nil {
		stdout = &out
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr = append(env, "JDK_JAVA_OPTIONS="+options), stdout, &errs
	err = cmd.Run()
	if ctx.Err() != nil {
		t.Fatalf("%v: not done within %v\n%s", argv, patience, errs.String())
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v", argv, err)
	}
	return outcome{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// run does `run` with these arguments; it must end well.
func run(t *testing.T, variant string, workers int, options string, before []string, want protocol.Expect, args ...string) []protocol.Line {
	t.Helper()
	args = append([]string{"run"}, args...)
	args = append(args, "--workers", strconv.Itoa(workers),
		"--warmup", strconv.Itoa(want.Warmup), "--iterations", strconv.Itoa(want.Iterations), "--seed", "18446744073709551615")
	o := driver(t, variant, workers, options, before, nil, args...)
	if o.status != protocol.ExitDone {
		t.Fatalf("%v: exit %d\n%s", args, o.status, o.stderr)
	}
	lines, err := protocol.Read(strings.NewReader(o.stdout), want)
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, o.stdout)
	}
	return lines
}

func params(assignments ...string) []string {
	var args []string
	for _, a := range assignments {
		args = append(args, "--param", a)
	}
	return args
}

func TestDescribe(t *testing.T) {
	needJDK(t)
	for variant, model := range map[string]string{"loom": "M:N", "loom-platform": "1:1"} {
		o := driver(t, variant, 1, "", nil, nil, "describe")
		d, err := protocol.ParseDescribe(strings.NewReader(o.stdout))
		if err != nil {
			t.Fatalf("%s: %v", variant, err)
		}
		if d.Runtime != variant || d.Model != model || d.Language != "java" || d.Version == "" {
			t.Errorf("%s: %+v", variant, d)
		}
	}
}

// TestConfigTellsWhatWasApplied: the numbers are read back from the virtual
// machine, so a setting that got lost is seen.
func TestConfigTellsWhatWasApplied(t *testing.T) {
	needJDK(t)
	for _, tc := range []struct {
		variant, options string
		workers          int
		want             map[string]any
	}{
		{"loom", "", 1, map[string]any{"workers": 1.0, "parallelism": 1.0, "max_pool_size": 1.0, "threads_kind": "virtual", "warm_ms": 400.0}},
		{"loom", "", 2, map[string]any{"workers": 2.0, "parallelism": 2.0, "max_pool_size": 2.0, "threads_kind": "virtual"}},
		{"loom-platform", "", 2, map[string]any{"workers": 2.0, "threads_kind": "platform"}},
		{"loom", "-XX:ActiveProcessorCount=1", 1, map[string]any{"cpus": 1.0}},
	} {
		o := driver(t, tc.variant, tc.workers, tc.options, nil, nil,
			append([]string{"run", "spawn", "--workers", strconv.Itoa(tc.workers)}, params("n=1", "window=1")...)...)
		line, _, _ := strings.Cut(o.stdout, "\n")
		have := map[string]any{}
		if err := json.Unmarshal([]byte(line), &have); err != nil {
			t.Fatalf("%s: %v in %q", tc.variant, err, line)
		}
		for k, want := range tc.want {
			if have[k] != want {
				t.Errorf("%s on %d workers: %s is %v, want %v", tc.variant, tc.workers, k, have[k], want)
			}
		}
		// The same collector however many CPUs there are.
		if gc, _ := have["gc"].(string); !strings.HasPrefix(gc, "G1 ") {
			t.Errorf("%s on %d workers: gc is %q, want G1", tc.variant, tc.workers, gc)
		}
	}
}

func TestWarmUp(t *testing.T) {
	needJDK(t)
	count := func(warmup int) (samples int, extra uint64, told bool) {
		for _, line := range run(t, "loom", 1, "", nil, protocol.Expect{Warmup: warmup, Iterations: 2},
			append([]string{"spawn"}, params("n=10", "window=1")...)...) {
			if s, ok := line.(*protocol.Sample); ok {
				samples++
				if n, ok := s.Counters["extra_warmups"]; ok {
					if s.Phase != protocol.Timed || s.Index != 0 {
						t.Errorf("extra_warmups in %s sample %d", s.Phase, s.Index)
					}
					extra, told = n, true
				}
			}
		}
		return samples, extra, told
	}
	if samples, extra, told := count(1); samples != 3 || !told || extra == 0 {
		t.Errorf("1 warm-up iteration: %d samples, extra_warmups %d (%v); want 3, and more than 0 told", samples, extra, told)
	}
	if samples, _, told := count(0); samples != 2 || told {
		t.Errorf("no warm-up iteration: %d samples, extra_warmups told: %v; want 2 cold ones", samples, told)
	}
}

// TestOddSizes tries what makes index arithmetic go wrong, in both modes.
func TestOddSizes(t *testing.T) {
	needJDK(t)
	for _, tc := range []struct {
		workload string
		params   []string
		units    uint64
		answer   uint64
	}{
		{"spawn", params("n=1", "window=1"), 1, 1},
		{"spawn", params("n=7", "window=3"), 7, 28},
		{"spawn", params("n=3", "window=1000000"), 3, 6},
		{"yield", params("threads=1", "rounds=1"), 1, 1},
		{"pingpong", params("pairs=3", "rounds=1"), 6, 6},
		{"fib", params("n=2", "cutoff=0"), 1, 1},
		{"fib", params("n=10", "cutoff=4"), 20, 55},
		{"fib", params("n=10", "cutoff=59"), 0, 55},
		{"fib", params("n=10", "cutoff=4", "leaf=3"), 20, 18124501532411740105},
		{"imbalanced", params("n=1", "heavy_percent=99", "heavy=9", "light=1"), 1, 1442695040888963407},
		{"imbalanced", params("n=2", "heavy_percent=100", "heavy=0", "light=5"), 2, 1},
		{"prodcons", params("producers=3", "consumers=5", "capacity=1", "items=10"), 10, 55},
		{"prodcons", params("producers=4", "consumers=1", "capacity=3", "items=2"), 2, 3},
		{"ring", params("threads=1", "hops=3"), 3, 6},
		{"ring", params("threads=4", "hops=2"), 2, 3},
		{"handoff", params("pairs=3", "items=1"), 3, 3},
		{"skynet", params("depth=1"), 10, 45},
		{"mutex", params("threads=1", "rounds=2", "inside=0", "outside=0"), 2, 2},
		{"rwlock", params("threads=2", "rounds=3", "read_percent=0", "words=1"), 6, 6},
		{"rwlock", params("threads=2", "rounds=3", "read_percent=100", "words=2"), 6, 0},
		{"barrier", params("threads=1", "rounds=3", "work=0"), 3, 6},
		{"channel", params("producers=3", "consumers=5", "capacity=1", "items=2"), 2, 3},
		{"nqueens", params("n=4", "depth=9"), 16, 2},
		{"mergesort", params("n=1", "cutoff=1"), 1, 908834774},
		{"matmul", params("n=1", "cutoff=1"), 1, 225593},
		{"bfs", params("nodes=1", "degree=3", "chunk=2"), 3, 1},
		{"treesearch", params("roots=1", "children=1", "chance=0", "depth=1", "work=0"), 2, 1621742602276429143},
		{"migrate", params("threads=3", "rounds=2", "bytes=191", "wakers=1", "hold_us=1"), 6, 13389067445248573395},
		{"migrate", params("threads=2", "rounds=1", "bytes=64", "wakers=9", "hold_us=0"), 2, 9249526305624719819},
		{"idle", params("threads=7"), 7, 28},
		{"sleepers", params("threads=1", "rounds=2", "period_us=1"), 2, 2},
		{"hog", params("hogs=1", "steps=0", "ticks=1", "period_us=1"), 1, 2},
		{"fairness", params("threads=2", "chunks=1", "steps=0"), 2, 1},
		{"openloop", params("requests=1", "interval_ns=1", "short=0", "long=0"), 1, 0},
		{"openloop", params("requests=3", "interval_ns=1", "short=0", "long=0"), 3, 3},
		{"wakeup", params("rounds=2", "period_us=1", "hogs=0", "steps=0"), 2, 2},
		{"philosophers", params("threads=2", "rounds=3", "eat=0", "think=0"), 6, 13},
		{"pipes", params("rings=2", "threads=3", "hops=2", "words=2"), 4, 12},
	} {
		for _, variant := range []string{"loom", "loom-platform"} {
			for _, mode := range []string{"parallel", "serial"} {
				t.Run(fmt.Sprint(tc.workload, tc.params, variant, mode), func(t *testing.T) {
					args := append([]string{tc.workload, "--mode", mode}, tc.params...)
					for _, line := range run(t, variant, 1, "", nil, protocol.Expect{Iterations: 2}, args...) {
						if s, ok := line.(*protocol.Sample); ok && (s.Units != tc.units || s.Answer != tc.answer) {
							t.Errorf("have %d units, answer %d; want %d, %d", s.Units, s.Answer, tc.units, tc.answer)
						}
					}
				})
			}
		}
	}
}

// TestLimit lets the kernel refuse threads in the middle of each workload: huge
// stacks in little address space. Whoever has started ends, nobody hangs. Every
// workload here keeps its threads until it has asked for too many.
func TestLimit(t *testing.T) {
	needJDK(t)
	// Interpreted, so that no compiler thread needs memory when there is none.
	const options = "-Xss128m -Xmx64m -Xint -XX:ReservedCodeCacheSize=16m -XX:CompressedClassSpaceSize=16m"
	for _, tc := range []struct {
		workload string
		params   []string
	}{
		{"yield", params("threads=500", "rounds=20000")},
		{"pingpong", params("pairs=500", "rounds=20000")},
		{"fib", params("n=25", "cutoff=0")},
		{"imbalanced", params("n=500", "heavy_percent=100", "heavy=3000000", "light=1")},
		{"prodcons", params("producers=500", "consumers=1", "capacity=2", "items=1000000")},
		{"prodcons", params("producers=1", "consumers=500", "capacity=2", "items=1000000")},
		{"ring", params("threads=500", "hops=1000")},
		{"handoff", params("pairs=500", "items=10")},
		{"skynet", params("depth=3")},
		{"barrier", params("threads=500", "rounds=10", "work=0")},
		{"channel", params("producers=1", "consumers=500", "capacity=2", "items=1000000")},
		{"nqueens", params("n=8", "depth=8")},
		{"heat", params("n=500", "steps=2", "strips=500")},
		{"echo", params("connections=250", "words=1", "rounds=1")},
	} {
		t.Run(fmt.Sprint(tc.workload, tc.params), func(t *testing.T) {
			lines := run(t, "loom-platform", 1, options, []string{"prlimit", "--as=6000000000"},
				protocol.Expect{Iterations: 1}, append([]string{tc.workload}, tc.params...)...)
			if len(lines) != 3 {
				t.Fatalf("%d lines, want config, limit and end", len(lines))
			}
			limit, ok := lines[1].(*protocol.Limit)
			if !ok {
				t.Fatalf("the second line is %#v, want a limit", lines[1])
			}
			if !strings.Contains(limit.What, "unable to create native thread") || limit.Reached == 0 {
				t.Errorf("limit: %q, reached %d; want the virtual machine's own words and more than 0", limit.What, limit.Reached)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	needJDK(t)
	good := append([]string{"run", "spawn"}, params("n=1", "window=1")...)
	with := func(more ...string) []string { return append(slices.Clone(good), more...) }
	if o := driver(t, "loom", 1, "", nil, nil, good...); o.status != protocol.ExitDone {
		t.Fatalf("the good command line: exit %d\n%s", o.status, o.stderr)
	}
	for name, tc := range map[string]struct {
		status int
		args   []string
	}{
		"nothing":               {protocol.ExitUsage, nil},
		"unknown verb":          {protocol.ExitUsage, []string{"measure"}},
		"describe and more":     {protocol.ExitUsage, []string{"describe", "spawn"}},
		"no workload":           {protocol.ExitUsage, []string{"run"}},
		"flag for workload":     {protocol.ExitUsage, []string{"run", "--workers", "1"}},
		"unknown workload":      {protocol.ExitUsage, []string{"run", "spwan"}},
		"a class, no workload":  {protocol.ExitUsage, []string{"run", "Spawn"}},
		"a path for a workload": {protocol.ExitUsage, []string{"run", "../spawn"}},
		"unknown flag":          {protocol.ExitUsage, with("--turbo", "1")},
		"flag without value":    {protocol.ExitUsage, with("--workers")},
		"something unexpected":  {protocol.ExitUsage, with("more")},
		"zero workers":          {protocol.ExitUsage, with("--workers", "0")},
		"workers in words":      {protocol.ExitUsage, with("--workers", "two")},
		"no iterations":         {protocol.ExitUsage, with("--iterations", "0")},
		"warmup too large":      {protocol.ExitUsage, with("--warmup", "18446744073709551616")},
		"unknown mode":          {protocol.ExitUsage, with("--mode", "quantum")},
		"serial on two workers": {protocol.ExitUsage, with("--mode", "serial", "--workers", "2")},
		"unknown parameter":     {protocol.ExitUsage, with("--param", "windw=1")},
		"parameter twice":       {protocol.ExitUsage, with("--param", "n=1")},
		"parameter without =":   {protocol.ExitUsage, with("--param", "n")},
		"parameter missing":     {protocol.ExitUsage, append([]string{"run", "spawn"}, params("n=1")...)},
		"parameter too small":   {protocol.ExitUsage, append([]string{"run", "spawn"}, params("n=0", "window=1")...)},
		"parameter negative":    {protocol.ExitUsage, append([]string{"run", "spawn"}, params("n=-1", "window=1")...)},
		"more than an array":    {protocol.ExitUnsupported, append([]string{"run", "spawn"}, params("n=4294967296", "window=1")...)},
		"more than a long":      {protocol.ExitUnsupported, append([]string{"run", "spawn"}, params("n=18446744073709551615", "window=1")...)},
	} {
		t.Run(name, func(t *testing.T) {
			o := driver(t, "loom", 1, "", nil, nil, tc.args...)
			if o.status != tc.status {
				t.Errorf("%v: exit %d, want %d", tc.args, o.status, tc.status)
			}
			if o.stderr == "" || o.stdout != "" {
				t.Errorf("%v: want the reason on stderr and nothing on stdout, have %q and %q", tc.args, o.stderr, o.stdout)
			}
		})
	}
}

// TestFailuresAreNotLimits: what ends a thread other than the system's refusal
// of one fails the driver at once, where the rest would wait for ever.
func TestFailuresAreNotLimits(t *testing.T) {
	needJDK(t)
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	for name, tc := range map[string]struct {
		options string
		stdout  io.Writer
		args    []string
		want    string
	}{
		"full disk": {"", full, append([]string{"run", "spawn"}, params("n=1", "window=1")...), "No space left on device"},
		"full heap": {"-Xmx32m", nil, append([]string{"run", "spawn"}, params("n=100000000", "window=1")...), "OutOfMemoryError"},
	} {
		t.Run(name, func(t *testing.T) {
			o := driver(t, "loom", 1, tc.options, nil, tc.stdout, tc.args...)
			if o.status != protocol.ExitFailed || !strings.Contains(o.stderr, tc.want) {
				t.Errorf("exit %d, %q; want exit %d and %q", o.status, o.stderr, protocol.ExitFailed, tc.want)
			}
			if strings.Contains(o.stdout, `"end"`) {
				t.Errorf("it says that it has ended well: %q", o.stdout)
			}
		})
	}
}
