// Package host knows the machine: what it is, which CPUs threads may use, what
// a process does there, and how busy it is right now. Linux only.
package host

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"github.com/mnbench/mnbench/results"
)

// Facts describes the machine. What cannot be read is left empty.
func Facts() results.Host {
	h := factsBelow("/")
	h.Name, _ = os.Hostname()
	h.Kernel = kernel()
	return h
}

// factsBelow reads the files of a machine below root.
func factsBelow(root string) results.Host {
	m := machine(root)
	h := results.Host{
		OS:          m.os(),
		Arch:        runtime.GOARCH,
		SMT:         m.smt(),
		Governor:    m.governor(),
		Turbo:       m.turbo(),
		Hypervisor:  m.hypervisor(),
		Cgroup:      m.cgroup(),
		Mitigations: m.mitigations(),
	}
	fs, err := procfs.NewFS(m.path("proc"))
	if err != nil {
		return h
	}
	if infos, err := fs.CPUInfo(); err == nil && len(infos) > 0 {
		h.CPUs = len(infos)
		h.CPUModel = infos[0].ModelName
		if h.Hypervisor == "" && slices.Contains(infos[0].Flags, "hypervisor") {
			h.Hypervisor = "yes"
		}
	}
	if h.CPUModel == "" { // a board without model names
		h.CPUModel = strings.TrimRight(m.read("proc/device-tree/model"), "\x00")
	}
	if mem, err := fs.Meminfo(); err == nil && mem.MemTotalBytes != nil {
		h.MemoryBytes = *mem.MemTotalBytes
	}
	if load, err := fs.LoadAvg(); err == nil {
		h.Load1 = load.Load1
	}
	return h
}

func kernel() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}

// machine is the root folder of a machine's files.
type machine string

func (m machine) path(name string) string { return filepath.Join(string(m), name) }

// read returns a small file without the space around it, or "".
func (m machine) read(name string) string {
	data, err := readSmall(m.path(name))
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(data))
}

func (m machine) os() string {
	sc := bufio.NewScanner(strings.NewReader(m.read("etc/os-release")))
	for sc.Scan() {
		if v, ok := strings.CutPrefix(sc.Text(), "PRETTY_NAME="); ok {
			return strings.Trim(v, `"'`)
		}
	}
	return runtime.GOOS
}

// smt is "on", "off", or why it is neither ("notsupported").
func (m machine) smt() string {
	switch m.read("sys/devices/system/cpu/smt/active") {
	case "1":
		return "on"
	case "0":
		if c := m.read("sys/devices/system/cpu/smt/control"); c != "" && c != "on" {
			return c
		}
		return "off"
	}
	return ""
}

// governor is the frequency governor; several where CPUs differ.
func (m machine) governor() string {
	files, _ := filepath.Glob(m.path("sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor"))
	var all []string
	for _, f := range files {
		if data, err := readSmall(f); err == nil {
			all = append(all, string(bytes.TrimSpace(data)))
		}
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), ",")
}

func (m machine) turbo() string {
	switch m.read("sys/devices/system/cpu/intel_pstate/no_turbo") {
	case "0":
		return "on"
	case "1":
		return "off"
	}
	switch m.read("sys/devices/system/cpu/cpufreq/boost") {
	case "1":
		return "on"
	case "0":
		return "off"
	}
	return ""
}

// hypervisor names the virtual machine's maker where it says so; "" on bare
// metal (Facts asks the CPU's flags too).
func (m machine) hypervisor() string {
	if t := m.read("sys/hypervisor/type"); t != "" {
		return t
	}
	vendor, product := m.read("sys/class/dmi/id/sys_vendor"), m.read("sys/class/dmi/id/product_name")
	both := strings.TrimSpace(vendor + " " + product)
	for _, known := range []string{
		"QEMU", "KVM", "VMware", "VirtualBox", "innotek", "Xen", "Virtual Machine", "Amazon EC2", "Google Compute Engine",
		"OpenStack", "Bochs", "Parallels", "BHYVE", "Hetzner", "DigitalOcean", "Alibaba Cloud", "OVMF",
	} {
		if strings.Contains(both, known) && !strings.Contains(product, ".metal") {
			return both
		}
	}
	return ""
}

// mitigations are the kernel's words on each CPU vulnerability that the CPU
// has.
func (m machine) mitigations() map[string]string {
	files, _ := filepath.Glob(m.path("sys/devices/system/cpu/vulnerabilities/*"))
	out := map[string]string{}
	for _, f := range files {
		data, err := readSmall(f)
		if text := string(bytes.TrimSpace(data)); err == nil && text != "" && text != "Not affected" {
			out[filepath.Base(f)] = text
		}
	}
	return out
}
