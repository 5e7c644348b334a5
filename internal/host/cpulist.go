package host

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ParseCPUs reads a list as the kernel and taskset write it, "0-3,6": CPU
// numbers in the order given, without doubles.
func ParseCPUs(s string) ([]int, error) {
	var cpus []int
	for _, part := range strings.Split(strings.TrimSpace(s), ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		a, err := cpuNumber(first)
		if err != nil {
			return nil, fmt.Errorf("CPU list %q: %w", s, err)
		}
		b, err := cpuNumber(last)
		if err != nil {
			return nil, fmt.Errorf("CPU list %q: %w", s, err)
		}
		if b < a {
			return nil, fmt.Errorf("CPU list %q: %s runs backwards", s, part)
		}
		for cpu := a; cpu <= b; cpu++ {
			if slices.Contains(cpus, cpu) {
				return nil, fmt.Errorf("CPU list %q: CPU %d is in it twice", s, cpu)
			}
			cpus = append(cpus, cpu)
		}
	}
	return cpus, nil
}

func cpuNumber(s string) (int, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 16)
	if err != nil || n >= maxCPU {
		return 0, fmt.Errorf("want CPU numbers from 0 to %d such as 0-3,6, have %q", maxCPU-1, s)
	}
	return int(n), nil
}

// FormatCPUs is the short form, "0-3,6".
func FormatCPUs(cpus []int) string {
	var parts []string
	for i := 0; i < len(cpus); {
		j := i
		for j+1 < len(cpus) && cpus[j+1] == cpus[j]+1 {
			j++
		}
		if j == i {
			parts = append(parts, strconv.Itoa(cpus[i]))
		} else {
			parts = append(parts, strconv.Itoa(cpus[i])+"-"+strconv.Itoa(cpus[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ",")
}
