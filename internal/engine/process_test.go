package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mnbench/mnbench/internal/host"
	"github.com/mnbench/mnbench/internal/protocol"
	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/workloads"
)

// The tests of Process run this test program again as the driver; see
// driver_test.go for what it can do.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv("TEST_DRIVER") != "":
		os.Exit(driver(os.Getenv("TEST_DRIVER")))
	case os.Getenv("TEST_HARNESS") != "":
		harness()
	}
	os.Exit(m.Run())
}

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func ownCPUs(t *testing.T) []int {
	t.Helper()
	cpus, err := host.Affinity(0)
	if err != nil {
		t.Fatal(err)
	}
	return cpus
}

// driverTask is a task for the test driver on the last of our CPUs.
func driverTask(t *testing.T, does string, env ...string) Task {
	cpus := ownCPUs(t)
	return Task{
		Argv: []string{self(t), "run"}, Env: append([]string{"TEST_DRIVER=" + does}, env...),
		CPUs: cpus[len(cpus)-1:], Workers: 1, Timeout: time.Minute,
		Expect: protocol.Expect{Warmup: 1, Iterations: 2},
	}
}

var answer = &reference{Answer: workloads.Answer{Units: 10, Answer: 42}, source: "known answer"}

func TestProcess(t *testing.T) {
	tests := []struct {
		does   string
		status results.Status
		detail string // a part of it
	}{
		{"fine", results.OK, ""},
		{"wrapped", results.OK, ""},
		{"floods stderr", results.OK, ""},
		{"limit", results.Limit, "pthread_create: EAGAIN at 5"},
		{"unsupported", results.Unsupported, "not for me"},
		{"fails", results.Failed, "exit code 1: cannot allocate"},
		{"usage", results.Failed, "exit code 2"},
		{"crashes", results.Crash, "ended by signal: segmentation fault"},
		{"panics", results.Failed, "exit code 2: panic: oh no"},
		{"silent", results.Protocol, "no output at all"},
		{"rubbish", results.Protocol, `line 2 of the driver's output: not a JSON object: "hello"`},
		{"rubbish and hangs", results.Protocol, "not a JSON object"},
		{"floods", results.Protocol, "too much output: more than"},
		{"floods one line", results.Protocol, "a line of more than"},
		{"no end", results.Protocol, `the output stops without an "end" line (after line 4; 2 of 2 timed samples)`},
		{"half a line", results.Protocol, "stops inside a line"},
		{"too many samples", results.Protocol, "more than 2 timed samples"},
		{"wrong answer", results.WrongAnswer, "answer 41, want 42"},
		{"wrong units", results.WrongUnits, "11 units of work, want 10"},
		{"clock too fast", results.BadClock, "claims 1h0m0s, but at most"},
		{"clock stands still", results.BadClock, "took 0 ns"},
		{"other workers", results.Unequal, "told to use 1 workers and says it uses 2"},
	}
	for _, tt := range tests {
		t.Run(tt.does, func(t *testing.T) {
			t.Parallel()
			task := driverTask(t, tt.does)
			o, err := Process{}.Execute(context.Background(), task)
			if err != nil {
				t.Fatal(err)
			}
			status, detail := judge(task, &o, answer)
			if status != tt.status || !strings.Contains(detail, tt.detail) {
				t.Errorf("got %s %q, want %s %q; outcome %+v", status, detail, tt.status, tt.detail, o)
			}
			if len(detail) > 6<<10 {
				t.Errorf("a detail of %d bytes", len(detail))
			}
			if o.Wall <= 0 || o.Start.IsZero() {
				t.Errorf("start %v, wall %v", o.Start, o.Wall)
			}
		})
	}
}

func TestProcessIsConfinedFromItsFirstInstruction(t *testing.T) {
	task := driverTask(t, "fine")
	o, err := Process{}.Execute(context.Background(), task)
	if err != nil {
		t.Fatal(err)
	}
	want := host.FormatCPUs(task.CPUs)
	if got := o.Config.Settings["cpus"]; got != want {
		t.Errorf("the driver found itself on CPUs %v, want %s", got, want)
	}
	if !slices.Equal(o.Seen.CPUs, task.CPUs) {
		t.Errorf("seen from outside: %v, want %v", o.Seen.CPUs, task.CPUs)
	}
	if got := o.Config.Settings["env"]; got != "TEST_DRIVER=fine" {
		t.Errorf("environment %q", got)
	}
	dir, _ := o.Config.Settings["dir"].(string)
	if _, err := os.Stat(dir); !filepath.IsAbs(dir) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("working folder %q, now: %v; want one that is gone", dir, err)
	}
	if o.Seen.UserNS+o.Seen.SysNS <= 0 || o.Seen.MinorFaults <= 0 {
		t.Errorf("resource usage not read: %+v", o.Seen)
	}
	if own := ownCPUs(t); slices.Equal(own, task.CPUs) && len(own) > 1 {
		t.Errorf("we are confined to %v ourselves now", own)
	}
}

func TestSpareThreads(t *testing.T) {
	spareThreads()
	if o, err := host.Observe(os.Getpid()); err != nil || o.Threads < spare {
		t.Errorf("%d threads, %v, want at least %d", o.Threads, err, spare)
	}
}

// releaseWhen lets a driver that waits go on when it has been seen as it should be.
// If that never happens its time runs out.
func releaseWhen(t *testing.T, path string, seen func(host.Observation) bool) Process {
	released := false
	return Process{looked: func(o host.Observation) {
		if released || !seen(o) {
			return
		}
		w, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if errors.Is(err, syscall.ENXIO) {
			return // it does not wait yet
		}
		if err != nil {
			t.Error(err)
		}
		w.Close()
		released = true
	}}
}

func newFifo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestProcessIsSeenWhileItRuns(t *testing.T) {
	for _, does := range []string{"waits", "wrapped waits"} {
		t.Run(does, func(t *testing.T) {
			path := newFifo(t)
			task := driverTask(t, does, "FIFO="+path)
			p := releaseWhen(t, path, func(o host.Observation) bool {
				return o.Threads >= 9 && o.PeakRSS >= 64<<20 // 8 of its own and main
			})
			o, err := p.Execute(context.Background(), task)
			if err != nil {
				t.Fatal(err)
			}
			if status, detail := judge(task, &o, answer); status != results.OK {
				t.Fatalf("got %s %q, seen %+v", status, detail, o.Seen)
			}
			if o.Seen.Threads < 9 || o.Seen.MaxRSSBytes < 64<<20 {
				t.Errorf("seen %+v, want 9 threads and 64 MiB", o.Seen)
			}
			if got := o.Samples[0].Counters["oom_score_adj"]; got != 1000 {
				t.Errorf("oom_score_adj %d, want 1000", got)
			}
		})
	}
}

func TestProcessThatWidensItsAffinity(t *testing.T) {
	if len(ownCPUs(t)) < 2 {
		t.Log("one CPU: there is nothing to widen to; TestJudge has the rule")
		return
	}
	path := newFifo(t)
	task := driverTask(t, "widens its affinity", "FIFO="+path)
	p := releaseWhen(t, path, func(o host.Observation) bool { return len(o.CPUs) > 1 })
	o, err := p.Execute(context.Background(), task)
	if err != nil {
		t.Fatal(err)
	}
	if status, detail := judge(task, &o, answer); status != results.Unequal || !strings.Contains(detail, "beyond its") {
		t.Errorf("got %s %q, seen %v", status, detail, o.Seen.CPUs)
	}
}

// whileOpen waits until a driver has opened a named pipe, runs f, and waits
// until everyone who had it open is gone.
func whileOpen(t *testing.T, path string, f func()) {
	t.Helper()
	r, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadFull(r, make([]byte, len("here"))); err != nil {
		t.Fatal(err)
	}
	f()
	if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
		t.Errorf("read %q, %v", rest, err)
	}
}

func TestNothingIsLeftOfTheGroup(t *testing.T) {
	for does, want := range map[string]results.Status{"hangs with a child": results.Timeout, "leaves a child": results.OK} {
		t.Run(does, func(t *testing.T) {
			path := newFifo(t)
			task := driverTask(t, does, "FIFO="+path)
			if want == results.Timeout {
				task.Timeout = 100 * time.Millisecond
			}
			// A reader that does not block, because the time may be over before
			// the driver has opened the pipe.
			fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer syscall.Close(fd)
			o, err := Process{}.Execute(context.Background(), task)
			if err != nil {
				t.Fatal(err)
			}
			if status, detail := judge(task, &o, answer); status != want {
				t.Errorf("got %s %q, want %s: %+v", status, detail, want, o)
			}
			if err := syscall.SetNonblock(fd, false); err != nil {
				t.Fatal(err)
			}
			for { // to the end of file: driver and child are gone
				n, err := syscall.Read(fd, make([]byte, 16))
				if err == syscall.EINTR {
					continue
				}
				if n == 0 && err == nil {
					return
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestInterruptKillsTheWholeGroup(t *testing.T) {
	path := newFifo(t)
	task := driverTask(t, "hangs with a child", "FIFO="+path)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		_, err := Process{}.Execute(ctx, task)
		done <- err
	}()
	whileOpen(t, path, cancel)
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want canceled", err)
	}
	if _, err := (Process{}).Execute(ctx, task); !errors.Is(err, context.Canceled) {
		t.Errorf("a task after the end: got error %v, want canceled", err)
	}
}

// TestDriverDiesWithMnbench kills a harness that has a driver running.
func TestDriverDiesWithMnbench(t *testing.T) {
	path := newFifo(t)
	cmd := exec.Command(self(t))
	cmd.Env = []string{"TEST_HARNESS=" + path, "TMPDIR=" + t.TempDir()} // it cannot tidy up
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	whileOpen(t, path, func() {
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		cmd.Wait()
	})
}

// harness runs a driver that hangs, for TestDriverDiesWithMnbench.
func harness() {
	path, err := os.Executable()
	if err == nil {
		var cpus []int
		if cpus, err = host.Affinity(0); err == nil {
			_, err = Process{}.Execute(context.Background(), Task{
				Argv: []string{path}, Env: []string{"TEST_DRIVER=hangs", "FIFO=" + os.Getenv("TEST_HARNESS")},
				CPUs: cpus, Workers: 1, Timeout: time.Hour,
			})
		}
	}
	fmt.Fprintln(os.Stderr, "the harness ended by itself:", err)
	os.Exit(1)
}

func TestProcessThatCannotBeStarted(t *testing.T) {
	task := driverTask(t, "fine")
	for _, name := range []string{"/nowhere/driver", "no-such-driver-anywhere", os.DevNull} {
		task.Argv = []string{name}
		o, err := Process{}.Execute(context.Background(), task)
		if err != nil {
			t.Fatal(err)
		}
		if status, detail := judge(task, &o, answer); status != results.Failed || !strings.Contains(detail, name) {
			t.Errorf("%s: got %s %q", name, status, detail)
		}
	}
	task = driverTask(t, "fine")
	task.CPUs = []int{1023}
	if _, err := (Process{}).Execute(context.Background(), task); err == nil || !strings.Contains(err.Error(), "CPUs [1023] cannot be used") {
		t.Errorf("a CPU that is not there: got error %v", err)
	}
}

// TestShellDriver: a driver needs nothing of ours.
func TestShellDriver(t *testing.T) {
	task := driverTask(t, "")
	task.Argv, task.Env = []string{"sh", "testdata/driver.sh"}, nil
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	o, err := Process{Dir: dir}.Execute(context.Background(), task)
	if err != nil {
		t.Fatal(err)
	}
	if status, detail := judge(task, &o, answer); status != results.OK {
		t.Errorf("got %s %q", status, detail)
	}
}

// TestRealRun is the whole engine with real processes.
func TestRealRun(t *testing.T) {
	m := &memory{}
	all := Expand([]Work{{Workload: "fib", Params: ps(5)}}, []string{"fine", "crashes", "limit", "wrong answer"}, []int{1})
	e := &Engine{
		Plan: Plan{Cells: all, Invocations: 2, Iterations: 2, Warmup: 1, CPUs: ownCPUs(t), Timeout: time.Minute},
		Launch: func(c results.Cell) ([]string, []string, error) {
			return []string{self(t)}, []string{"TEST_DRIVER=" + c.Runtime}, nil
		},
		Known:    known,
		Executor: Process{}, Recorder: m,
	}
	sum := mustRun(t, e)
	want := []results.Status{results.OK, results.Crash, results.Limit, results.WrongAnswer}
	if !slices.Equal(sum.Cells, want) || sum.Measured != 2 || !sum.Invalid() {
		t.Errorf("got %+v, want %v\n%s", sum, want, strings.Join(m.lines(e.Plan), "\n"))
	}
	for _, inv := range m.invocations {
		if inv.Noise.BeforeNS <= 0 || inv.Noise.AfterNS <= 0 {
			t.Errorf("no noise reading: %+v", inv)
		}
	}
}
