package host

import (
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"

	"github.com/mnbench/mnbench/results"
)

// lay makes a machine's files.
func lay(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const cpuinfo = `processor	: 0
vendor_id	: GenuineIntel
cpu family	: 6
model		: 158
model name	: Intel(R) Core(TM) i9-9900K CPU @ 3.60GHz
stepping	: 12
cpu MHz		: 3600.000
cache size	: 16384 KB
physical id	: 0
siblings	: 2
core id		: 0
cpu cores	: 2
apicid		: 0
initial apicid	: 0
fpu		: yes
cpuid level	: 22
wp		: yes
flags		: fpu vme de pse FLAG
bugs		: spectre_v1
bogomips	: 7200.00
clflush size	: 64
address sizes	: 39 bits physical, 48 bits virtual

`

func TestFacts(t *testing.T) {
	root := lay(t, map[string]string{
		"etc/os-release":                                       "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n",
		"proc/cpuinfo":                                         cpuinfo + cpuinfo,
		"proc/meminfo":                                         "MemTotal:       16384 kB\nMemFree:        1 kB\n",
		"proc/loadavg":                                         "0.25 0.50 0.75 1/100 4242\n",
		"proc/self/cgroup":                                     "0::/user.slice/a\n",
		"proc/self/mounts":                                     "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n",
		"sys/fs/cgroup/user.slice/cpu.max":                     "50000 100000\n",
		"sys/fs/cgroup/user.slice/memory.max":                  "max\n",
		"sys/fs/cgroup/user.slice/a/cpu.max":                   "max 100000\n",
		"sys/fs/cgroup/user.slice/a/pids.max":                  "100\n",
		"sys/fs/cgroup/user.slice/pids.max":                    "50\n",
		"sys/fs/cgroup/cpuset.cpus.effective":                  "0-7\n",
		"sys/devices/system/cpu/smt/active":                    "1\n",
		"sys/devices/system/cpu/smt/control":                   "on\n",
		"sys/devices/system/cpu/cpufreq/boost":                 "0\n",
		"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "performance\n",
		"sys/devices/system/cpu/cpu1/cpufreq/scaling_governor": "performance\n",
		"sys/devices/system/cpu/vulnerabilities/meltdown":      "Mitigation: PTI\n",
		"sys/devices/system/cpu/vulnerabilities/l1tf":          "Not affected\n",
	})
	got := factsBelow(root)
	want := results.Host{
		OS: "Debian GNU/Linux 12 (bookworm)", Arch: runtime.GOARCH,
		CPUModel: "Intel(R) Core(TM) i9-9900K CPU @ 3.60GHz", CPUs: 2, SMT: "on", Governor: "performance", Turbo: "off",
		MemoryBytes: 16 << 20, Load1: 0.25,
		Cgroup:      map[string]string{"cpu.max": "50000 100000", "pids.max": "50", "cpuset.cpus": "0-7"},
		Mitigations: map[string]string{"meltdown": "Mitigation: PTI"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestFactsOfNothing(t *testing.T) {
	got := factsBelow(t.TempDir())
	want := results.Host{OS: "linux", Arch: runtime.GOARCH, Cgroup: map[string]string{}, Mitigations: map[string]string{}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestFactsOfThisMachine(t *testing.T) {
	h := Facts()
	if h.Kernel == "" || h.CPUs < 1 || h.MemoryBytes == 0 || h.OS == "" {
		t.Errorf("got %+v, want kernel, CPUs, memory and OS", h)
	}
}

func TestCgroupVersion1(t *testing.T) {
	m := machine(lay(t, map[string]string{
		"proc/self/cgroup": "4:memory:/box\n3:cpuset:/\n2:cpu,cpuacct:/box\n1:pids:/\n0::/\n",
		"proc/self/mounts": "cgroup /c/memory cgroup rw,memory 0 0\ncgroup /c/cpu cgroup rw,cpu,cpuacct 0 0\n" +
			"cgroup /c/pids cgroup rw,pids 0 0\ncgroup /c/cpuset cgroup rw,cpuset 0 0\n",
		"c/memory/memory.limit_in_bytes":     "9223372036854771712\n",
		"c/memory/box/memory.limit_in_bytes": "1048576\n",
		"c/cpu/cpu.cfs_quota_us":             "-1\n",
		"c/cpu/box/cpu.cfs_quota_us":         "150000\n",
		"c/cpu/box/cpu.cfs_period_us":        "100000\n",
		"c/pids/pids.max":                    "max\n",
		"c/cpuset/cpuset.cpus":               "0-1\n",
	}))
	want := map[string]string{"memory.max": "1048576", "cpu.max": "150000 100000", "cpuset.cpus": "0-1"}
	if got := m.cgroup(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestMachineReadings(t *testing.T) {
	const cpu = "sys/devices/system/cpu/"
	tests := []struct {
		name  string
		files map[string]string
		read  func(machine) string
		want  string
	}{
		{"SMT off", map[string]string{cpu + "smt/active": "0", cpu + "smt/control": "on"}, machine.smt, "off"},
		{"SMT forced off", map[string]string{cpu + "smt/active": "0", cpu + "smt/control": "forceoff"}, machine.smt, "forceoff"},
		{"turbo of Intel", map[string]string{cpu + "intel_pstate/no_turbo": "0"}, machine.turbo, "on"},
		{"no turbo of Intel", map[string]string{cpu + "intel_pstate/no_turbo": "1"}, machine.turbo, "off"},
		{"governors differ", map[string]string{
			cpu + "cpu0/cpufreq/scaling_governor": "powersave", cpu + "cpu1/cpufreq/scaling_governor": "performance"},
			machine.governor, "performance,powersave"},
		{"Xen", map[string]string{"sys/hypervisor/type": "xen\n"}, machine.hypervisor, "xen"},
		{"QEMU", map[string]string{"sys/class/dmi/id/sys_vendor": "QEMU", "sys/class/dmi/id/product_name": "Standard PC"},
			machine.hypervisor, "QEMU Standard PC"},
		{"bare metal of a cloud", map[string]string{"sys/class/dmi/id/sys_vendor": "Amazon EC2", "sys/class/dmi/id/product_name": "c5.metal"},
			machine.hypervisor, ""},
		{"a laptop", map[string]string{"sys/class/dmi/id/sys_vendor": "LENOVO"}, machine.hypervisor, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.read(machine(lay(t, tt.files))); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
