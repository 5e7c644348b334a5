package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mnbench/mnbench/competitors"
	"github.com/mnbench/mnbench/internal/host"
	"github.com/mnbench/mnbench/results"
)

// leastSpace is what a run and its drivers should find free, in bytes.
const leastSpace = 200 << 20

// machine is what doctor judges: read by readMachine, made up in tests.
type machine struct {
	results.Host
	affinity           []int // CPUs that this process may use
	software, hardware error // of perf events
}

func readMachine(facts results.Host) machine {
	m := machine{Host: facts}
	m.affinity, _ = host.Affinity(0)
	m.software, m.hardware = host.PerfEvents()
	return m
}

// machineCheckups say what about the machine a reader of its numbers should know.
func machineCheckups(m machine) []checkup {
	checks := []checkup{m.cpus(), m.quota(), m.load(), m.governor(), m.turbo(), m.smt(), m.hypervisor(), m.perf()}
	for i := range checks {
		checks[i].Area = "machine"
	}
	return checks
}

func (m machine) cpus() checkup {
	k := checkup{Name: "CPUs", Status: statusOK}
	k.Detail = fmt.Sprintf("%d, %s", m.CPUs, orUnknown(m.CPUModel))
	switch usable := len(m.affinity); {
	case usable == 0:
		k.Status, k.Detail = statusWarn, k.Detail+"; which of them this process may use cannot be read"
	case usable < m.CPUs:
		k.Status = statusWarn
		k.Detail += fmt.Sprintf("; this process may only use %s", host.FormatCPUs(m.affinity))
		k.Cure = "start mnbench without taskset, or from outside the container or cpuset that sets this"
	}
	if k.Status == statusOK && m.CPUs == 1 {
		k.Status, k.Detail = statusWarn, k.Detail+"; what several workers do for a runtime cannot be seen on one"
	}
	return k
}

// quota judges cpu.max, "QUOTA PERIOD" in microseconds.
func (m machine) quota() checkup {
	k := checkup{Name: "CPU quota", Status: statusOK, Detail: "none"}
	quota, period, ok := strings.Cut(m.Cgroup["cpu.max"], " ")
	q, err1 := strconv.ParseFloat(quota, 64)
	p, err2 := strconv.ParseFloat(period, 64)
	if !ok || err1 != nil || err2 != nil || p <= 0 {
		return k
	}
	k.Detail = fmt.Sprintf("the control group allows the time of %.2g CPUs", q/p)
	if q/p < float64(max(1, len(m.affinity))) {
		k.Status = statusWarn
		k.Detail += ": drivers that use more are stopped now and then"
		k.Cure = "give the container as many CPUs as it sees, or measure with --workers and --cpus within the quota"
	}
	return k
}

func (m machine) load() checkup {
	k := checkup{Name: "load", Status: statusOK, Detail: fmt.Sprintf("%.2f over the last minute", m.Load1)}
	if m.Load1 >= 0.5 {
		k.Status, k.Detail = statusWarn, k.Detail+": something else is running"
		k.Cure = "close it, or measure with more --invocations"
	}
	return k
}

func (m machine) governor() checkup {
	k := checkup{Name: "governor", Status: statusOK, Detail: orUnseen(m.Governor)}
	if m.Governor != "" && m.Governor != "performance" {
		k.Status, k.Detail = statusWarn, k.Detail+": the clock follows the load"
		k.Cure = "cpupower frequency-set --governor performance"
	}
	return k
}

func (m machine) turbo() checkup {
	k := checkup{Name: "turbo", Status: statusOK, Detail: orUnseen(m.Turbo)}
	if m.Turbo == "on" {
		k.Status, k.Detail = statusWarn, "on: the clock depends on heat and on how many CPUs are busy"
		k.Cure = "echo 0 > /sys/devices/system/cpu/cpufreq/boost, or with intel_pstate echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo"
	}
	return k
}

func (m machine) smt() checkup {
	k := checkup{Name: "SMT", Status: statusOK, Detail: orUnseen(m.SMT)}
	switch m.SMT {
	case "notsupported", "notimplemented":
		k.Detail = "none: a CPU is a core"
	case "on":
		k.Status, k.Detail = statusWarn, "on: two CPUs share a core, and workers on them each other's time"
		k.Cure = "choose one CPU of each core with --cpus (lscpu --extended shows them)"
	}
	return k
}

func (m machine) hypervisor() checkup {
	k := checkup{Name: "hypervisor", Status: statusOK, Detail: "none"}
	if m.Hypervisor != "" {
		k.Status = statusWarn
		k.Detail = m.Hypervisor + ": a virtual machine; its neighbours can take time from it"
		if m.Hypervisor == "yes" {
			k.Detail = "a virtual machine; its neighbours can take time from it"
		}
	}
	return k
}

// perf needs no cure for hardware events that a machine does not have.
func (m machine) perf() checkup {
	k := checkup{Name: "perf events", Status: statusOK, Detail: "hardware and software"}
	refused := errors.Is(m.hardware, unix.EACCES) || errors.Is(m.hardware, unix.EPERM)
	switch {
	case m.software != nil:
		k.Status, k.Detail = statusWarn, "none: "+m.software.Error()
	case m.hardware != nil:
		k.Status, k.Detail = statusWarn, "software only: "+m.hardware.Error()
	}
	if refused {
		k.Cure = "sysctl kernel.perf_event_paranoid=1"
	}
	return k
}

func orUnknown(s string) string {
	if s == "" {
		return "model unknown"
	}
	return s
}

func orUnseen(s string) string {
	if s == "" {
		return "not visible here"
	}
	return s
}

// freeSpace is the room in a folder, or where it will be made, and that place.
func freeSpace(dir string) (bytes uint64, at string, err error) {
	if at, err = filepath.Abs(dir); err != nil {
		return 0, dir, err
	}
	for at != filepath.Dir(at) {
		if _, err := os.Stat(at); err == nil {
			break
		}
		at = filepath.Dir(at)
	}
	if err := unix.Access(at, unix.W_OK); err != nil {
		return 0, at, fmt.Errorf("%s: %w", at, err)
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(at, &fs); err != nil {
		return 0, at, fmt.Errorf("%s: %w", at, err)
	}
	return fs.Bavail * uint64(fs.Bsize), at, nil
}

func gigabytes(n uint64) string { return fmt.Sprintf("%.1f GB", float64(n)/1e9) }

func variantNames(c *competitors.Competitor) string {
	names := make([]string, len(c.Variants))
	for i, v := range c.Variants {
		names[i] = v.ID
	}
	return strings.Join(names, ", ")
}

func toolList(tools []competitors.Tool) string {
	if len(tools) == 0 {
		return "needs nothing"
	}
	names := make([]string, len(tools))
	for i, t := range tools {
		names[i] = t.String()
	}
	return strings.Join(slices.Compact(names), ", ")
}
