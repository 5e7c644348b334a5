// Package conformance runs the real drivers: every competitor whose tools are
// on this machine, on every workload, through the driver protocol.
package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/mnbench/mnbench/competitors"
	"github.com/mnbench/mnbench/internal/protocol"
	"github.com/mnbench/mnbench/workloads"
)

// root is the module's folder, seen from this one.
const root = "../.."

// patience ends a driver that hangs. No test looks at how long one takes.
const patience = 2 * time.Minute

var (
	catalogue *workloads.Catalogue
	entrants  []*competitors.Entrant
	absent    []competitors.Absent
)

func TestMain(m *testing.M) {
	status := 1
	if err := prepare(); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
	} else {
		status = m.Run()
	}
	os.RemoveAll(cache)
	os.Exit(status)
}

var cache string

// prepare builds every driver. A competitor whose tools are missing does not
// take part, but those of C and Go must: Go and gcc are what this module needs.
func prepare() (err error) {
	if catalogue, err = workloads.Load(os.DirFS(root + "/workloads")); err != nil {
		return err
	}
	all, err := competitors.Load(os.DirFS(root))
	if err != nil {
		return err
	}
	if cache, err = os.MkdirTemp("", "mnbench-conformance-"); err != nil {
		return err
	}
	b := &competitors.Builder{Cache: cache, Log: os.Stderr}
	entrants, absent, err = b.Prepare(context.Background(), all, nil)
	if err != nil {
		return err
	}
	for _, a := range absent {
		if !a.Missing() || a.Variant.ID == "pthreads" || a.Variant.ID == "goroutines" {
			err = errors.Join(err, a.Err)
		} else {
			fmt.Fprintln(os.Stderr, "conformance: does not take part:", a.Err)
		}
	}
	return err
}

// find returns the driver of one variant.
func find(t *testing.T, id string) *competitors.Entrant {
	t.Helper()
	i := slices.IndexFunc(entrants, func(e *competitors.Entrant) bool { return e.ID() == id })
	if i < 0 {
		t.Fatalf("there is no driver of %s", id)
	}
	return entrants[i]
}

// outcome is how a driver ended.
type outcome struct {
	status         int
	stdout, stderr string
}

// invoke runs a driver to its end; before is put in front of its command line.
func invoke(t *testing.T, e *competitors.Entrant, workers int, before []string, args ...string) outcome {
	t.Helper()
	var stdout bytes.Buffer
	o := invokeTo(t, &stdout, e, workers, before, args...)
	o.stdout = stdout.String()
	return o
}

func invokeTo(t *testing.T, stdout interface{ Write([]byte) (int, error) }, e *competitors.Entrant, workers int, before []string, args ...string) outcome {
	t.Helper()
	argv, env, err := e.Command(workers)
	if err != nil {
		t.Fatal(err)
	}
	argv = append(append(slices.Clone(before), argv...), args...)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr = env, stdout, &stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v", argv, err)
	}
	if ctx.Err() != nil {
		t.Fatalf("%v: not done within %v", argv, patience)
	}
	return outcome{status: cmd.ProcessState.ExitCode(), stderr: stderr.String()}
}

// paramArgs are the --param flags for resolved parameters.
func paramArgs(ps workloads.Params) []string {
	args := []string{}
	for _, p := range ps {
		args = append(args, "--param", p.Name+"="+strconv.FormatUint(p.Value, 10))
	}
	return args
}

// measure runs one cell and returns its lines; it must end well.
func measure(t *testing.T, e *competitors.Entrant, workload string, ps workloads.Params, workers int, mode string, want protocol.Expect, before ...string) []protocol.Line {
	t.Helper()
	args := append([]string{
		"run", workload, "--workers", strconv.Itoa(workers), "--warmup", strconv.Itoa(want.Warmup),
		"--iterations", strconv.Itoa(want.Iterations), "--seed", "42", "--mode", mode,
	}, paramArgs(ps)...)
	o := invoke(t, e, workers, before, args...)
	if o.status != 0 {
		t.Fatalf("%s %v: exit %d\n%s", e.ID(), args, o.status, o.stderr)
	}
	lines, err := protocol.Read(bytes.NewReader([]byte(o.stdout)), want)
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", e.ID(), args, err, o.stdout)
	}
	return lines
}

// compile compiles one C file with all warnings as errors.
func compile(t *testing.T, gcc, file string) {
	t.Helper()
	out, err := exec.Command(gcc, "-std=gnu11", "-D_GNU_SOURCE", "-O2", "-pthread", "-Wall", "-Wextra", "-Werror",
		"-I", root+"/competitors/c", "-c", "-o", os.DevNull, file).CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", file, err, out)
	}
}
