package host

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
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
	buf := make([]byte, 4096)
	status, err := readOnce(dir+"/status", buf)
	if err != nil {
		return Observation{}, err
	}
	o, err := parseStatus(status)
	if err != nil {
		return Observation{}, fmt.Errorf("%s/status: %w", dir, err)
	}
	names, err := entries(dir+"/task", buf)
	if err != nil {
		return Observation{}, err
	}
	o.Complete = len(names) < mostTasks
	names = names[:min(len(names), mostTasks)]
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
	return o, nil
}

func parseStatus(status []byte) (Observation, error) {
	threads, err := field(status, "\nThreads:")
	if err != nil {
		return Observation{}, err
	}
	if threads < 1 {
		return Observation{}, errors.New("no Threads line")
	}
	peak, err := field(status, "\nVmHWM:") // in kB; missing in a process that has ended
	if err != nil {
		return Observation{}, err
	}
	return Observation{Threads: int(threads), PeakRSS: peak << 10}, nil
}

// field is the number after a line's key; 0 when there is no such line.
func field(status []byte, key string) (int64, error) {
	_, rest, found := bytes.Cut(status, []byte(key))
	if !found {
		return 0, nil
	}
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	num, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
	return strconv.ParseInt(string(num), 10, 64)
}

// readOnce reads what one read gives of a file in /proc, without the costs of an
// os.File. The result lies in buf.
func readOnce(name string, buf []byte) ([]byte, error) {
	fd, err := open(name, unix.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	n, err := unix.Read(fd, buf)
	if err != nil {
		return nil, &os.PathError{Op: "read", Path: name, Err: err}
	}
	return buf[:n], nil
}

// entries lists the names in a folder, as many as fit into buf in one call.
func entries(name string, buf []byte) ([]string, error) {
	fd, err := open(name, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	n, err := unix.Getdents(fd, buf)
	if err != nil {
		return nil, &os.PathError{Op: "getdents", Path: name, Err: err}
	}
	_, _, names := unix.ParseDirent(buf[:n], -1, nil)
	return names, nil
}

func open(name string, flags int) (int, error) {
	for {
		fd, err := unix.Open(name, flags|unix.O_CLOEXEC, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return -1, &os.PathError{Op: "open", Path: name, Err: err}
		}
		return fd, nil
	}
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
