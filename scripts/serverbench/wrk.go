package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/mnbench/mnbench/internal/host"
)

// A wrkReport is what wrk printed.
type wrkReport struct {
	requests int
	elapsed  time.Duration
	p50, p99 time.Duration
}

// wrk loads an HTTP server from these CPUs, a thread on each.
func wrk(ctx context.Context, cpus []int, url string, connections int, d time.Duration) (wrkReport, error) {
	cmd := exec.CommandContext(ctx, "wrk", "--latency", "-t", strconv.Itoa(min(len(cpus), connections)),
		"-c", strconv.Itoa(connections), "-d", fmt.Sprintf("%ds", max(1, int(d.Seconds()+0.5))), url)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := host.OnCPUs(cpus, cmd.Start)
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		return wrkReport{}, fmt.Errorf("wrk: %w: %s (scripts/install-tools wrk installs it)", err, strings.TrimSpace(errs.String()))
	}
	return parseWrk(out.String())
}

var (
	wrkTotal      = regexp.MustCompile(`(?m)^\s*(\d+) requests in ([\d.]+\w+),`)
	wrkPercentile = regexp.MustCompile(`(?m)^\s*(50|99)%\s+([\d.]+\w+)$`)
	wrkFailures   = regexp.MustCompile(`(?m)^\s*(Socket errors: .*|Non-2xx or 3xx responses: .*)$`)
)

func parseWrk(text string) (wrkReport, error) {
	if m := wrkFailures.FindStringSubmatch(text); m != nil {
		return wrkReport{}, fmt.Errorf("wrk: %s", m[1])
	}
	var r wrkReport
	m := wrkTotal.FindStringSubmatch(text)
	if m == nil {
		return r, fmt.Errorf("wrk: no requests in %q", text)
	}
	var err error
	if r.requests, err = strconv.Atoi(m[1]); err != nil {
		return r, fmt.Errorf("wrk: %w", err)
	}
	if r.elapsed, err = time.ParseDuration(m[2]); err != nil {
		return r, fmt.Errorf("wrk: %w", err)
	}
	for _, m := range wrkPercentile.FindAllStringSubmatch(text, -1) {
		d, err := time.ParseDuration(m[2])
		if err != nil {
			return r, fmt.Errorf("wrk: %w", err)
		}
		if m[1] == "50" {
			r.p50 = d
		} else {
			r.p99 = d
		}
	}
	return r, nil
}
