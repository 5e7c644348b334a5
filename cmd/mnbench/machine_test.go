package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mnbench/mnbench/competitors"
	"github.com/mnbench/mnbench/results"
)

func TestMachineCheckups(t *testing.T) {
	quiet := machine{
		Host:     results.Host{CPUs: 4, CPUModel: "Model 1", Governor: "performance", Turbo: "off", SMT: "off", Load1: 0.1},
		affinity: []int{0, 1, 2, 3},
	}
	for _, tt := range []struct {
		name, check string
		change      func(*machine)
		status      string
		want        string // in detail or cure
	}{
		{"quiet", "", func(*machine) {}, "", ""},
		{"taskset", "CPUs", func(m *machine) { m.affinity = []int{1, 2} }, statusWarn, "may only use 1-2"},
		{"one CPU", "CPUs", func(m *machine) { m.CPUs, m.affinity = 1, []int{0} }, statusWarn, "cannot be seen on one"},
		{"affinity unknown", "CPUs", func(m *machine) { m.affinity = nil }, statusWarn, "cannot be read"},
		{"quota", "CPU quota", func(m *machine) { m.Cgroup = map[string]string{"cpu.max": "150000 100000"} }, statusWarn, "1.5 CPUs"},
		{"quota that is enough", "CPU quota", func(m *machine) { m.Cgroup = map[string]string{"cpu.max": "400000 100000"} }, statusOK, "4 CPUs"},
		{"no quota", "CPU quota", func(m *machine) { m.Cgroup = map[string]string{"cpu.max": "max 100000"} }, statusOK, "none"},
		{"load", "load", func(m *machine) { m.Load1 = 3 }, statusWarn, "3.00"},
		{"governor", "governor", func(m *machine) { m.Governor = "powersave" }, statusWarn, "cpupower"},
		{"governor not visible", "governor", func(m *machine) { m.Governor = "" }, statusOK, "not visible here"},
		{"turbo", "turbo", func(m *machine) { m.Turbo = "on" }, statusWarn, "no_turbo"},
		{"SMT", "SMT", func(m *machine) { m.SMT = "on" }, statusWarn, "--cpus"},
		{"virtual", "hypervisor", func(m *machine) { m.Hypervisor = "KVM" }, statusWarn, "KVM"},
		{"no hardware events", "perf events", func(m *machine) { m.hardware = unix.ENOENT }, statusWarn, "software only"},
		{"events refused", "perf events", func(m *machine) {
			m.software = fmt.Errorf("perf: %w", unix.EACCES)
			m.hardware = m.software
		}, statusWarn, "perf_event_paranoid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := quiet
			tt.change(&m)
			for _, k := range machineCheckups(m) {
				switch {
				case k.Name == tt.check && (k.Status != tt.status || !strings.Contains(k.Detail+"\n"+k.Cure, tt.want)):
					t.Errorf("%+v; want %s with %q", k, tt.status, tt.want)
				case k.Name != tt.check && k.Status != statusOK:
					t.Errorf("%+v; want ok", k)
				}
			}
		})
	}
}

// TestDoctorWithoutTools: nobody can take part.
func TestDoctorWithoutTools(t *testing.T) {
	c := &catalogue{competitors: []*competitors.Competitor{{
		ID: "cobol", Needs: []competitors.Need{{Tool: "cobc-of-the-moon"}}, Variants: []competitors.Variant{{ID: "cobol"}},
	}}}
	err := doctor(context.Background(), discard(t), doctorOptions{}, c)
	if err == nil || codeOf(err) != exitUsage {
		t.Errorf("error %v with code %d, want code %d", err, codeOf(err), exitUsage)
	}
}

func TestFreeSpace(t *testing.T) {
	dir := t.TempDir()
	free, at, err := freeSpace(dir + "/not/yet/there")
	if err != nil || at != dir || free == 0 {
		t.Errorf("%d bytes in %s, %v; want some in %s", free, at, err, dir)
	}
	if _, _, err := freeSpace("/proc/self"); err == nil && !errors.Is(err, unix.EACCES) {
		t.Logf("/proc can be written to as this user")
	}
}
