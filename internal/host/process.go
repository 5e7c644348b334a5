package host

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// mostTasks bounds how many threads one Observe looks at one by one: a driver
// of 30,000 threads must not make the reading expensive.
const mostTasks = 64

// Observation is what /proc says about a process at one moment.
type Observation struct {
	Threads  int   // kernel threads
	CPUs     []int // union of the affinities of the threads looked at
	PeakRSS  int64 // bytes, most so far (VmHWM)
	Complete bool  // every thread was looked at
}

// Observe reads a process: one small file and one system call a thread, for at
// most 64 threads. An error says that the process is gone or not readable.
func Observe(pid int) (Observation, error) {
	dir := "/proc/" + strconv.Itoa(pid)
	status, err := readSmall(dir + "/status")
	if err != nil {
		return Observation{}, err
	}
	o, err := parseStatus(status)
	if err != nil {
		return Observation{}, fmt.Errorf("%s/status: %w", dir, err)
	}
	tasks, err := os.Open(dir + "/task")
	if err != nil {
		return Observation{}, err
	}
	defer tasks.Close()
	names, err := tasks.Readdirnames(mostTasks)
	if err != nil && err != io.EOF {
		return Observation{}, err
	}
	var union unix.CPUSet
	for _, name := range names {
		tid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		var set unix.CPUSet
		if unix.SchedGetaffinity(tid, &set) != nil {
			continue // it has ended meanwhile
		}
		for i := range union {
			union[i] |= set[i]
		}
	}
	o.CPUs = list(&union)
	o.Complete = len(names) < mostTasks
	return o, nil
}

func parseStatus(status []byte) (Observation, error) {
	var o Observation
	for line := range bytes.Lines(status) {
		key, val, _ := strings.Cut(string(line), ":")
		fields := strings.Fields(val)
		if len(fields) == 0 {
			continue
		}
		switch key {
		case "Threads":
			n, err := strconv.Atoi(fields[0])
			if err != nil {
				return o, err
			}
			o.Threads = n
		case "VmHWM": // in kB; missing in a process that has ended
			n, err := strconv.ParseInt(fields[0], 10, 64)
			if err != nil {
				return o, err
			}
			o.PeakRSS = n << 10
		}
	}
	if o.Threads == 0 {
		return o, fmt.Errorf("no Threads line")
	}
	return o, nil
}

// readSmall reads a file of at most 16 KiB.
func readSmall(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 16<<10))
}

// Add merges a later observation into o: most threads, all CPUs, highest peak.
func (o *Observation) Add(p Observation) {
	o.Threads = max(o.Threads, p.Threads)
	o.PeakRSS = max(o.PeakRSS, p.PeakRSS)
	o.Complete = o.Complete || p.Complete
	for _, cpu := range p.CPUs {
		if i, found := slices.BinarySearch(o.CPUs, cpu); !found {
			o.CPUs = slices.Insert(o.CPUs, i, cpu)
		}
	}
}

// SelfCPU is the CPU time, user and system, that this process has used.
func SelfCPU() time.Duration {
	var ru unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &ru); err != nil {
		return 0
	}
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}

// SelfPeakRSS is the largest resident size of this process so far, in bytes;
// 0 when it cannot be read.
func SelfPeakRSS() int64 {
	status, err := readSmall("/proc/self/status")
	if err != nil {
		return 0
	}
	o, err := parseStatus(status)
	if err != nil {
		return 0
	}
	return o.PeakRSS
}
