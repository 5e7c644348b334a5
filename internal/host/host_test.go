package host

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestOnCPUs(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before, err := Affinity(0)
	if err != nil {
		t.Fatal(err)
	}
	one := before[len(before)-1:]
	var inside, child []int
	problem := errors.New("problem")
	err = OnCPUs(one, func() error {
		if inside, err = Affinity(0); err != nil {
			return err
		}
		out, err := exec.Command("grep", "Cpus_allowed_list", "/proc/self/status").Output()
		if err != nil {
			return err
		}
		_, val, _ := strings.Cut(string(out), ":")
		if child, err = ParseCPUs(val); err != nil {
			return err
		}
		return problem
	})
	if err != problem {
		t.Fatalf("got error %v, want that of the function", err)
	}
	if !slices.Equal(inside, one) || !slices.Equal(child, one) {
		t.Errorf("inside %v, in a child %v, want %v", inside, child, one)
	}
	if after, err := Affinity(0); err != nil || !slices.Equal(after, before) {
		t.Errorf("after: %v, %v, want %v", after, err, before)
	}
	if err := OnCPUs([]int{maxCPU - 1}, func() error { t.Error("ran"); return nil }); err == nil {
		t.Error("a CPU that is not there is no error")
	}
	if err := OnCPUs([]int{maxCPU}, func() error { t.Error("ran"); return nil }); err == nil {
		t.Error("a CPU out of range is no error")
	}
}

func TestSpin(t *testing.T) {
	cpus, err := Affinity(0)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Spin(cpus)
	if err != nil || d <= 0 {
		t.Errorf("got %v, %v, want a time", d, err)
	}
	if _, err := Spin([]int{maxCPU - 1}); err == nil {
		t.Error("a CPU that is not there is no error")
	}
	if spin(1) == spin(2) {
		t.Error("the spin does not depend on where it starts: it may be optimised away")
	}
}

func TestObserve(t *testing.T) {
	o, err := Observe(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	cpus, err := Affinity(0)
	if err != nil {
		t.Fatal(err)
	}
	if o.Threads < 1 || !slices.Equal(o.CPUs, cpus) || o.PeakRSS < 4096 || !o.Complete {
		t.Errorf("got %+v, want threads on %v and memory", o, cpus)
	}
	if _, err := Observe(1 << 30); err == nil {
		t.Error("a process that is not there is no error")
	}
}

func TestParseStatus(t *testing.T) {
	o, err := parseStatus([]byte("Name:\tx\nVmHWM:\t    2048 kB\nThreads:\t12\n"))
	if err != nil || o.Threads != 12 || o.PeakRSS != 2<<20 {
		t.Errorf("got %+v, %v", o, err)
	}
	for _, bad := range []string{"", "Threads:\tmany\n", "Threads:\t1\nVmHWM:\tx kB\n"} {
		if _, err := parseStatus([]byte(bad)); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func TestObservationAdd(t *testing.T) {
	o := Observation{Threads: 3, CPUs: []int{1}, PeakRSS: 10}
	o.Add(Observation{Threads: 2, CPUs: []int{0, 1, 5}, PeakRSS: 20, Complete: true})
	if o.Threads != 3 || !slices.Equal(o.CPUs, []int{0, 1, 5}) || o.PeakRSS != 20 || !o.Complete {
		t.Errorf("got %+v", o)
	}
}

func TestSelf(t *testing.T) {
	if SelfPeakRSS() < 4096 {
		t.Errorf("peak RSS %d", SelfPeakRSS())
	}
	before := SelfCPU()
	spin(1)
	if SelfCPU() < before {
		t.Error("CPU time runs backwards")
	}
}

func TestParseCPUs(t *testing.T) {
	tests := []struct {
		in, out, err string
	}{
		{"0", "0", ""}, {"0-3,6", "0-3,6", ""}, {" 2,0\n", "2,0", ""}, {"1-2,4-4", "1-2,4", ""}, {"7,8,9", "7-9", ""},
		{"", "", "want CPU numbers"}, {"a", "", `have "a"`}, {"3-1", "", "runs backwards"}, {"1,0-1", "", "CPU 1 is in it twice"},
		{"-1", "", "want CPU numbers"}, {"1024", "", "want CPU numbers"}, {"0,", "", "want CPU numbers"},
	}
	for _, tt := range tests {
		cpus, err := ParseCPUs(tt.in)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%q: got %v, %v, want an error with %q", tt.in, cpus, err, tt.err)
			}
			continue
		}
		if got := FormatCPUs(cpus); err != nil || got != tt.out {
			t.Errorf("%q: got %q, %v, want %q", tt.in, got, err, tt.out)
		}
	}
}

func FuzzParseCPUs(f *testing.F) {
	f.Add("0-3,6")
	f.Add("5-")
	f.Fuzz(func(t *testing.T, s string) {
		cpus, err := ParseCPUs(s)
		if err != nil {
			return
		}
		again, err := ParseCPUs(FormatCPUs(cpus))
		if err != nil || !slices.Equal(again, cpus) {
			t.Errorf("%q: %v became %v, %v", s, cpus, again, err)
		}
	})
}
