package host

import (
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sys/unix"
)

// maxCPU bounds CPU numbers: the size of unix.CPUSet.
const maxCPU = 1024

// Affinity is the CPUs that a thread may run on, ascending; tid 0 is the
// calling thread.
func Affinity(tid int) ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(tid, &set); err != nil {
		return nil, fmt.Errorf("affinity of thread %d: %w", tid, err)
	}
	return list(&set), nil
}

// SetAffinity confines a thread to CPUs; tid 0 is the calling thread.
func SetAffinity(tid int, cpus []int) error {
	var set unix.CPUSet
	for _, cpu := range cpus {
		if cpu < 0 || cpu >= maxCPU {
			return fmt.Errorf("CPU %d: want 0 to %d", cpu, maxCPU-1)
		}
		set.Set(cpu)
	}
	if err := unix.SchedSetaffinity(tid, &set); err != nil {
		return fmt.Errorf("CPUs %v cannot be used: %w (this process may use those that `taskset -p $$` shows)", cpus, err)
	}
	return nil
}

func list(set *unix.CPUSet) []int {
	cpus := make([]int, 0, set.Count())
	for cpu := 0; cpu < maxCPU && len(cpus) < cap(cpus); cpu++ {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus
}

// OnCPUs runs f on a thread that is confined to CPUs: what f starts inherits
// them from its first instruction on. Afterwards the thread gets its old CPUs back;
// if that fails it is not used again.
func OnCPUs(cpus []int, f func() error) error {
	runtime.LockOSThread()
	before, err := Affinity(0)
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	if slices.Equal(before, cpus) {
		defer runtime.UnlockOSThread()
		return f()
	}
	if err := SetAffinity(0, cpus); err != nil {
		runtime.UnlockOSThread()
		return err
	}
	ferr := f()
	if err := SetAffinity(0, before); err != nil {
		// Still locked: the thread ends with the goroutine.
		if ferr == nil {
			ferr = err
		}
		return ferr
	}
	runtime.UnlockOSThread()
	return ferr
}
