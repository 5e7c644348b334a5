package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mnbench/mnbench/internal/host"
)

// Process runs drivers as processes.
//
// How a driver is kept in its place:
//   - Affinity is set on a thread of mnbench's before that thread forks, and put
//     back afterwards. So the driver has it from its first instruction on and
//     needs no gate or wrapper.
//   - It leads a process group of its own: the group is killed on a time-out,
//     on an interrupt and, for what it may have left behind, when it ends.
//   - The kernel kills it when the thread that forked it dies (Pdeathsig), so
//     that thread is kept until the driver has been reaped, and a driver
//     never outlives mnbench.
//   - Its end is awaited without reaping it (WNOWAIT), so the group's number
//     cannot be taken by somebody else before the group is killed.
//
// While it runs mnbench sleeps and looks up every 75 ms: it reads what is in
// the pipes, and /proc. Not being woken by every line keeps the harness far
// under 1% of a CPU and off the driver's CPUs.
type Process struct {
	Dir string // working folder; "": the root folder
}

const (
	firstLook = 10 * time.Millisecond
	nextLook  = 75 * time.Millisecond
	// killGrace is how long a killed driver may take to disappear; one with
	// tens of thousands of threads needs a second or two.
	killGrace = time.Minute
)

// Execute implements Executor.
func (p Process) Execute(ctx context.Context, t Task) (Outcome, error) {
	if err := ctx.Err(); err != nil {
		return Outcome{}, err
	}
	pipes, err := openPipes()
	if err != nil {
		return Outcome{}, fmt.Errorf("starting a driver: %w", err)
	}
	defer pipes.close()
	r := &running{task: t, pipes: pipes}
	r.out.Start = time.Now()
	release, err := r.start(p.Dir)
	pipes.closeChildEnds()
	if err != nil {
		var affinity *affinityError
		if errors.As(err, &affinity) {
			return Outcome{}, affinity.err
		}
		r.out.StartErr = err
		return r.out, nil
	}
	defer release()
	cpu, peak := host.SelfCPU(), host.SelfPeakRSS()
	r.collector = newCollector(pipes, t.Expect, func() time.Duration { return time.Since(r.out.Start) })
	err = r.watch(ctx)
	r.out.Seen.HarnessCPUNS = int64(host.SelfCPU() - cpu)
	if err != nil {
		return Outcome{}, err
	}
	r.collector.finish(&r.out)
	r.reap(peak)
	if r.stopped {
		return Outcome{}, ctx.Err()
	}
	return r.out, nil
}

// running is a driver that has been started.
type running struct {
	task      Task
	pipes     *pipes
	collector *collector
	proc      *os.Process
	seen      host.Observation
	stopped   bool // killed because the context ended
	out       Outcome
}

// affinityError says that it was not the driver's fault.
type affinityError struct{ err error }

func (e *affinityError) Error() string { return e.err.Error() }

// start forks and execs the driver. release lets go of the thread that did;
// it must be called after the driver has been reaped.
func (r *running) start(dir string) (release func(), err error) {
	path := r.task.Argv[0]
	if !strings.Contains(path, "/") {
		if path, err = exec.LookPath(path); err != nil {
			return nil, err
		}
	}
	if dir == "" {
		dir = "/"
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	attr := &os.ProcAttr{
		Dir:   dir,
		Env:   r.task.Env,
		Files: []*os.File{null, r.pipes.childOut, r.pipes.childErr},
		Sys:   &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL},
	}
	started, done := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		forked := false
		err := host.OnCPUs(r.task.CPUs, func() error {
			forked = true
			var err error
			r.proc, err = os.StartProcess(path, r.task.Argv, attr)
			return err
		})
		if err != nil && !forked {
			err = &affinityError{err}
		}
		if err != nil && r.proc != nil { // the thread could not be put back
			err = nil
		}
		started <- err
		<-done
	}()
	if err := <-started; err != nil {
		close(done)
		return nil, err
	}
	// A crash of the driver is a result; a core file of it is not wanted.
	_ = unix.Prlimit(r.proc.Pid, unix.RLIMIT_CORE, &unix.Rlimit{}, nil)
	return func() { close(done) }, nil
}

// watch looks at the driver now and then until it has ended, and ends it when
// the context or its time is over or its output is rubbish.
func (r *running) watch(ctx context.Context) error {
	exited := make(chan time.Time, 1)
	go func() {
		awaitExit(r.proc.Pid)
		exited <- time.Now()
	}()
	deadline := time.NewTimer(r.task.Timeout - time.Since(r.out.Start))
	defer deadline.Stop()
	look := time.NewTimer(firstLook)
	defer look.Stop()
	var killed <-chan time.Time // nil: never
	kill := func() {
		if killed == nil {
			killed = time.After(killGrace)
		}
		r.killGroup()
	}
	stop := ctx.Done()
	for {
		select {
		case at := <-exited:
			r.out.Wall = at.Sub(r.out.Start)
			r.killGroup()
			if len(r.seen.CPUs) == 0 {
				r.observe()
				r.seen.Threads = 0 // of a dead process: not a reading
			}
			if !r.out.Culled && !r.out.TimedOut && !r.stopped {
				r.collector.drain()
			}
			return nil
		case <-look.C:
			if !r.out.Culled && r.collector.drain() != nil {
				r.out.Culled = true
				kill()
			}
			r.observe()
			look.Reset(nextLook)
		case <-deadline.C:
			r.collector.drain()
			r.out.TimedOut = !r.out.Culled
			kill()
		case <-stop:
			stop, r.stopped = nil, true
			kill()
		case <-killed:
			return fmt.Errorf("driver %d does not die: killed %v ago and still there", r.proc.Pid, killGrace)
		}
	}
}

// awaitExit returns when a child has ended, and leaves it to be reaped.
func awaitExit(pid int) {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return
		}
	}
}

func (r *running) killGroup() { _ = unix.Kill(-r.proc.Pid, unix.SIGKILL) }

// observe reads /proc for the process that does the work: the one that config
// names, if it is in the driver's group.
func (r *running) observe() {
	pid := r.proc.Pid
	if c := r.collector.config; c != nil && c.PID != 0 && c.PID != pid {
		if group, err := unix.Getpgid(c.PID); err == nil && group == pid {
			pid = c.PID
		}
	}
	if o, err := host.Observe(pid); err == nil {
		r.seen.Add(o)
	}
}

// reap collects the exit status and what the kernel counted. harnessPeak is
// mnbench's own peak memory when the driver was started.
func (r *running) reap(harnessPeak int64) {
	seen := &r.out.Seen
	seen.Threads, seen.CPUs = r.seen.Threads, slices.Clone(r.seen.CPUs)
	state, err := r.proc.Wait()
	if err != nil {
		r.out.OutputErr = errors.Join(r.out.OutputErr, err)
		return
	}
	if ws, ok := state.Sys().(syscall.WaitStatus); ok {
		r.out.ExitCode = ws.ExitStatus()
		if ws.Signaled() {
			r.out.Signal = ws.Signal()
		}
	}
	if ru, ok := state.SysUsage().(*syscall.Rusage); ok {
		seen.UserNS, seen.SysNS = ru.Utime.Nano(), ru.Stime.Nano()
		seen.Voluntary, seen.Involuntary = ru.Nvcsw, ru.Nivcsw
		seen.MinorFaults, seen.MajorFaults = ru.Minflt, ru.Majflt
		seen.MaxRSSBytes = ru.Maxrss << 10
		// Between fork and exec a child has its parent's memory, and the kernel
		// counts that in. So the figure says something about the driver only
		// when it is above ours; below, the highest reading while it ran is
		// the best there is (0: it was too short to read).
		if seen.MaxRSSBytes <= harnessPeak {
			seen.MaxRSSBytes = r.seen.PeakRSS
		}
	}
}
