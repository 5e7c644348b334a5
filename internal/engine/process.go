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
	"sync"
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
//   - When memory runs out it is the kernel's first choice, not mnbench; and when
//     it takes all the threads there are, mnbench has enough of its own already
//     (Go's runtime aborts when it needs one and cannot have it).
//   - Its end is awaited without reaping it (pidfd), so the group's number
//     cannot be taken by somebody else before the group is killed.
//
// While it runs mnbench sleeps and looks up ten times a second: it reads what is in
// the pipes, and /proc. Not being woken by every line keeps the harness far
// under 1% of a CPU and off the driver's CPUs.
type Process struct {
	Dir string // working folder; "": an empty one for each driver, removed afterwards

	looked func(host.Observation) // after each look, for tests
}

const (
	firstLook = 10 * time.Millisecond
	nextLook  = 100 * time.Millisecond
	// killGrace is how long a killed driver may take to disappear; one with
	// tens of thousands of threads needs a second or two.
	killGrace = time.Minute
)

// Execute implements Executor.
func (p Process) Execute(ctx context.Context, t Task) (Outcome, error) {
	if err := ctx.Err(); err != nil {
		return Outcome{}, err
	}
	spareThreads()
	pipes, err := openPipes()
	if err != nil {
		return Outcome{}, fmt.Errorf("starting a driver: %w", err)
	}
	defer pipes.close()
	dir := p.Dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "mnbench-"); err == nil {
			defer os.RemoveAll(dir)
		} else {
			dir = "/" // no room for a folder: drivers hardly ever want one
		}
	}
	r := &running{task: t, pipes: pipes, looked: p.looked}
	r.collector = newCollector(pipes, t.Expect, func() time.Duration { return time.Since(r.out.Start) })
	peak := host.SelfPeakRSS()
	r.out.Start = time.Now()
	release, err := r.start(dir)
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
	if err := r.watch(ctx); err != nil {
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
	worker    int // process that does the work: proc, or one that it wraps
	seen      host.Observation
	looked    func(host.Observation)
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
	r.worker = r.proc.Pid
	expendable(r.worker)
	return func() { close(done) }, nil
}

// watch looks at the driver now and then until it has ended, and ends it when
// the context or its time is over or its output is rubbish. Between looks it
// is in one system call that waits for the end of the process, an interrupt or
// the next look: that costs half of what timers and goroutines do.
func (r *running) watch(ctx context.Context) error {
	pidfd, err := unix.PidfdOpen(r.proc.Pid, 0)
	if err != nil {
		return r.abandon(fmt.Errorf("pidfd_open: %w (Linux 5.3 or later is needed)", err))
	}
	defer unix.Close(pidfd)
	interrupt, err := onInterrupt(ctx)
	if err != nil {
		return r.abandon(err)
	}
	defer interrupt.close()
	cpu := host.SelfCPU()
	fds := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}, {Fd: int32(interrupt.fd), Events: unix.POLLIN}}
	look, until := firstLook, r.task.Timeout
	for {
		_, err := unix.Poll(fds, milliseconds(min(look, until)-time.Since(r.out.Start)))
		if err != nil && err != unix.EINTR {
			return r.abandon(fmt.Errorf("poll: %w", err))
		}
		now := time.Since(r.out.Start)
		switch {
		case err != nil: // a signal: nothing has happened
		case fds[0].Revents != 0:
			r.out.Wall = now
			r.out.Seen.HarnessCPUNS = int64(host.SelfCPU() - cpu)
			r.ended()
			return nil
		case fds[1].Revents != 0:
			fds[1].Fd = -1 // not looked at again
			r.stopped = true
			until = now + killGrace
			r.killGroup()
		case now >= until && (r.out.Culled || r.out.TimedOut || r.stopped):
			return fmt.Errorf("driver %d does not die: killed %v ago and still there", r.proc.Pid, killGrace)
		case now >= until:
			r.collector.drain()
			r.out.TimedOut = true
			until = now + killGrace
			r.killGroup()
		case now >= look:
			look = now + nextLook
			if !r.out.Culled && !r.stopped && r.collector.drain() != nil {
				r.out.Culled = true
				until = now + killGrace
				r.killGroup()
			}
			r.observe()
		}
	}
}

// ended does what is left when the driver is dead but not reaped.
func (r *running) ended() {
	r.killGroup() // what it left behind
	if len(r.seen.CPUs) == 0 {
		r.observe()
		r.seen.Threads = 0 // of a dead process: not a reading
	}
	if !r.out.Culled && !r.out.TimedOut && !r.stopped {
		r.collector.drain()
	}
}

// abandon ends a driver that cannot be watched.
func (r *running) abandon(err error) error {
	r.killGroup()
	_, _ = r.proc.Wait()
	return fmt.Errorf("watching a driver: %w", err)
}

// milliseconds rounds up, so that a wait is never too short.
func milliseconds(d time.Duration) int {
	return int(max(0, (d+time.Millisecond-1)/time.Millisecond))
}

// interrupt is a file descriptor that becomes readable when a context ends.
type interrupt struct {
	fd   int
	mu   sync.Mutex
	stop func() bool
}

func onInterrupt(ctx context.Context) (*interrupt, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	i := &interrupt{fd: fd}
	i.stop = context.AfterFunc(ctx, func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.fd >= 0 {
			_, _ = unix.Write(i.fd, []byte{1, 0, 0, 0, 0, 0, 0, 0})
		}
	})
	return i, nil
}

func (i *interrupt) close() {
	i.stop()
	i.mu.Lock() // AfterFunc may be at it
	defer i.mu.Unlock()
	unix.Close(i.fd)
	i.fd = -1
}

func (r *running) killGroup() { _ = unix.Kill(-r.proc.Pid, unix.SIGKILL) }

// observe reads /proc for the process that does the work: the one that config
// names, if it is in the driver's group.
func (r *running) observe() {
	if c := r.collector.config; c != nil && c.PID != 0 && c.PID != r.worker {
		if group, err := unix.Getpgid(c.PID); err == nil && group == r.proc.Pid {
			r.worker = c.PID
			expendable(r.worker)
		}
	}
	if o, err := host.Observe(r.worker); err == nil {
		r.seen.Add(o)
	}
	if r.looked != nil {
		r.looked(r.seen)
	}
}

// expendable makes a process the kernel's first choice when memory runs out.
func expendable(pid int) {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid), []byte("1000"), 0)
}

// reap collects the exit status and what the kernel counted. harnessPeak is
// mnbench's own peak memory before the driver was started.
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
