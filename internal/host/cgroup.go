package host

import (
	"path"
	"strconv"
	"strings"
)

// cgroup returns the limits that control groups set, under the names of
// version 2 whatever the version: cpu.max ("QUOTA PERIOD" in µs), memory.max
// (bytes), pids.max, cpuset.cpus. Of a group and its ancestors the strictest
// counts; what is not limited is left out.
func (m machine) cgroup() map[string]string {
	limits := map[string]string{}
	mounts := m.cgroupMounts()
	for _, line := range strings.Split(m.read("proc/self/cgroup"), "\n") {
		parts := strings.SplitN(line, ":", 3)
		if len(parts) != 3 {
			continue
		}
		if parts[1] == "" {
			if mount, ok := mounts[""]; ok {
				m.limits(limits, mount, parts[2], "cpu.max", "memory.max", "pids.max", "cpuset.cpus.effective")
			}
			continue
		}
		for _, controller := range strings.Split(parts[1], ",") {
			if mount, ok := mounts[controller]; ok {
				m.limits(limits, mount, parts[2], version1[controller]...)
			}
		}
	}
	return limits
}

// version1 are the files of version 1 by controller.
var version1 = map[string][]string{
	"cpu":    {"cpu.cfs_quota_us"},
	"memory": {"memory.limit_in_bytes"},
	"pids":   {"pids.max"},
	"cpuset": {"cpuset.cpus"},
}

// cgroupMounts maps controllers to mount points; "" is version 2.
func (m machine) cgroupMounts() map[string]string {
	mounts := map[string]string{}
	for _, line := range strings.Split(m.read("proc/self/mounts"), "\n") {
		f := strings.Fields(line)
		if len(f) < 4 {
			continue
		}
		switch f[2] {
		case "cgroup2":
			mounts[""] = f[1]
		case "cgroup":
			for _, opt := range strings.Split(f[3], ",") {
				if _, ok := version1[opt]; ok {
					mounts[opt] = f[1]
				}
			}
		}
	}
	return mounts
}

// limits reads files of a group and of its ancestors into out.
func (m machine) limits(out map[string]string, mount, group string, files ...string) {
	for _, file := range files {
		for dir := path.Clean("/" + group); ; dir = path.Dir(dir) {
			val := m.read(path.Join(mount, dir, file))
			name := file
			switch file {
			case "cpu.cfs_quota_us":
				if strings.HasPrefix(val, "-") {
					val = ""
				}
				if val != "" {
					val += " " + m.read(path.Join(mount, dir, "cpu.cfs_period_us"))
				}
				name = "cpu.max"
			case "memory.limit_in_bytes":
				if n, err := strconv.ParseUint(val, 10, 64); err == nil && n >= 1<<62 {
					val = "" // how version 1 says "no limit"
				}
				name = "memory.max"
			case "cpuset.cpus.effective":
				name = "cpuset.cpus"
			}
			if val != "" && val != "max" && !strings.HasPrefix(val, "max ") {
				if old, ok := out[name]; !ok || stricter(name, val, old) {
					out[name] = val
				}
			}
			if dir == "/" || name == "cpuset.cpus" && val != "" {
				break
			}
		}
	}
}

func stricter(name, val, old string) bool {
	if name == "cpuset.cpus" {
		return false // the group's own is the effective one
	}
	return amount(val) < amount(old)
}

// amount is a limit as a number: "50000 100000" is half a CPU.
func amount(val string) float64 {
	num, den, _ := strings.Cut(val, " ")
	n, err := strconv.ParseFloat(num, 64)
	if err != nil {
		return 0
	}
	if d, err := strconv.ParseFloat(den, 64); err == nil && d > 0 {
		return n / d
	}
	return n
}
