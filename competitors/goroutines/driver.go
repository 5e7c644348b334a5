// Command goroutines is the driver for Go's own threads. It speaks the driver
// protocol, version 1 (../PROTOCOL.md), and uses the standard library only, so
// that it builds from its files alone.
//
// One file per workload registers it; nothing lists them. Its serial mode is
// the reference answer for parameters that have no known one.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// Exit codes of the protocol.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	signal.Ignore(syscall.SIGPIPE) // a reader that is gone is a failed write, told as such
	err := drive(os.Args[1:])
	if err == nil {
		os.Exit(exitDone)
	}
	fmt.Fprintf(os.Stderr, "goroutines driver: %v\n", err)
	if errors.As(err, new(usageError)) {
		os.Exit(exitUsage)
	}
	os.Exit(exitFailed)
}

func drive(argv []string) error {
	if len(argv) == 1 && argv[0] == "describe" {
		return emit(describeLine{
			Protocol: 1, Runtime: "goroutines", Version: runtime.Version(), Language: "go", Model: "M:N",
			Workloads: workloadIDs(), Modes: []string{"parallel", "serial"},
		})
	}
	if len(argv) == 0 || argv[0] != "run" {
		return usageError{"want describe alone, or run WORKLOAD and its flags"}
	}
	a, err := parseRun(argv[1:])
	if err != nil {
		return err
	}
	if a.slow, err = slowPercent(); err != nil {
		return err
	}
	return run(a)
}

func run(a *args) error {
	// As many threads execute Go code as there are workers. The runtime has
	// more (for the collector, signals, blocking calls), all of them on the
	// CPUs that this process was given.
	runtime.GOMAXPROCS(a.workers)
	err := emit(configLine{
		Type: "config", PID: os.Getpid(), Workers: a.workers,
		GOMAXPROCS: runtime.GOMAXPROCS(0), CPUs: runtime.NumCPU(), GOGC: "default",
		Slow: a.slow,
	})
	if err != nil {
		return err
	}
	met := new(limit)
	switch err := repeat(a); {
	case errors.As(err, &met):
		if err := emit(limitLine{Type: "limit", What: met.Error(), Reached: met.reached}); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	if err := emitHistograms(); err != nil {
		return err
	}
	return emit(endLine{Type: "end"})
}

// repeat does all iterations.
func repeat(a *args) error {
	for _, phase := range []struct {
		name  string
		times int
	}{{"warmup", a.warmup}, {"timed", a.iterations}} {
		for i := range phase.times {
			if err := iterate(a, phase.name, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// iterate sets up fresh state, executes the workload once and reports it. The
// clock runs around the execution alone.
func iterate(a *args, phase string, index int) error {
	begin := time.Now()
	state := a.workload.setup(a.params)
	if s, ok := state.(releaser); ok {
		defer s.release()
	}
	cycles := gcCycles()
	work := state.parallel
	if a.serial {
		work = state.serial
	} else if s, ok := state.(acquirer); ok {
		if err := s.acquire(); err != nil {
			return err
		}
	}

	start := time.Now()
	work()
	took := slowDown(start, time.Since(start), a.slow)

	cycles = gcCycles() - cycles
	units, answer := state.result()
	if o, ok := state.(observer); ok && phase == "timed" {
		o.observe(observed)
	}
	bytes := uint64(0)
	if r, ok := state.(residence); ok {
		bytes = r.resident()
	}
	if bytes == 0 {
		bytes = residentBytes()
	}
	return emit(sampleLine{
		Type: "sample", Phase: phase, Index: index,
		NS: max(1, took.Nanoseconds()), SetupNS: (time.Since(begin) - took).Nanoseconds(),
		Units: units, Answer: answer, RSSBytes: bytes,
		Counters: map[string]uint64{"gc_cycles": cycles},
	})
}
