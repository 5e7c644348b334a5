package engine

import (
	"context"
	"strconv"
	"syscall"
	"time"

	"github.com/mnbench/mnbench/internal/protocol"
	"github.com/mnbench/mnbench/results"
)

// Task is one driver process to be run.
type Task struct {
	Argv    []string // complete
	Env     []string // complete
	CPUs    []int    // it may use these and no others
	Workers int
	Timeout time.Duration
	Expect  protocol.Expect
	// Slow is by how many percent the driver was told to slow itself down.
	Slow int
}

// Outcome is what came of a task, before anybody judges it.
type Outcome struct {
	Start    time.Time
	Wall     time.Duration // from just before the start to the end of the process
	StartErr error         // it could not be started: the rest is empty

	Config     *protocol.Config
	ConfigAt   Arrival
	Samples    []Sample
	Histograms []*protocol.Histogram
	Limit      *protocol.Limit
	// OutputErr is what is wrong with the output. A driver that is still
	// running is killed for it, unless it only stopped too early.
	OutputErr error
	// Culled: the process was killed because of OutputErr.
	Culled   bool
	TimedOut bool // the process was killed because its time was over

	ExitCode int
	Signal   syscall.Signal // that ended it; 0: it exited
	Stderr   string         // its beginning and its end, bounded
	Seen     results.Seen
}

// Sample is a sample and when its line arrived.
type Sample struct {
	protocol.Sample
	At Arrival
}

// Arrival bounds the moment at which a line was written, counted from the
// start of the process: at Lo it was not there yet, at Hi it was. The pipe is
// looked at now and then, so the two are apart.
type Arrival struct{ Lo, Hi time.Duration }

// Executor runs drivers: Process for real ones, a fake in tests.
type Executor interface {
	// Execute runs a task to its end. Whatever the driver does is an outcome;
	// the error is for what makes every further task pointless (no pipes, CPUs
	// that cannot be used) and for a context that ended, after the driver has
	// been killed and reaped.
	Execute(ctx context.Context, t Task) (Outcome, error)
}

// runArgs is the driver's command line after the launch command.
func runArgs(c results.Cell, e protocol.Expect, seed uint64) []string {
	args := []string{
		"run", c.Workload,
		"--workers", strconv.Itoa(c.Workers),
		"--warmup", strconv.Itoa(e.Warmup),
		"--iterations", strconv.Itoa(e.Iterations),
		"--seed", strconv.FormatUint(seed, 10),
	}
	if c.Mode == results.Serial {
		args = append(args, "--mode", "serial")
	}
	for _, p := range c.Params {
		args = append(args, "--param", p.Name+"="+strconv.FormatUint(p.Value, 10))
	}
	return args
}
