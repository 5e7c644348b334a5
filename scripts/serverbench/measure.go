package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/mnbench/mnbench/internal/host"
	"github.com/montanaflynn/stats"
)

// A cell is one load of one kind of server.
type cell struct {
	name        string
	kind        string // echo, http
	connections int
	size        int // echo: bytes of a message
}

// A sample is one run of a cell with one server.
type sample struct {
	perSecond  float64
	p50, p99   time.Duration
	cpuMessage time.Duration // of the server
}

func plan(o options) ([]cell, error) {
	var all []cell
	for _, n := range o.connections {
		for _, size := range o.sizes {
			all = append(all, cell{fmt.Sprintf("echo %d connections %d bytes", n, size), "echo", n, size})
		}
	}
	for _, n := range o.connections {
		all = append(all, cell{fmt.Sprintf("http %d connections", n), "http", n, 0})
	}
	all = slices.DeleteFunc(all, func(c cell) bool { return !strings.Contains(c.name, o.only) })
	if len(all) == 0 {
		return nil, fmt.Errorf("-only %s: no cell has that in its name", o.only)
	}
	return all, nil
}

// measure runs a cell in rounds, each server once in every round, and each first as often as the others.
func measure(ctx context.Context, o options, c cell, servers []contestant) (map[string][]sample, error) {
	results := map[string][]sample{}
	for round := range o.rounds {
		for i := range servers {
			s := servers[(i+round)%len(servers)]
			got, err := once(ctx, o, c, s)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			results[s.name] = append(results[s.name], got)
		}
	}
	return results, nil
}

func once(ctx context.Context, o options, c cell, who contestant) (sample, error) {
	s, err := start(ctx, who, c.kind, o.serverCPUs)
	if err != nil {
		return sample{}, err
	}
	defer s.stop()
	if c.kind == "http" {
		return httpSample(ctx, o, c, s)
	}
	return echoSample(ctx, o, c, s)
}

func httpSample(ctx context.Context, o options, c cell, s *server) (sample, error) {
	before, err := cpuTime(s.pid())
	if err != nil {
		return sample{}, err
	}
	r, err := wrk(ctx, o.clientCPUs, "http://"+s.address()+"/", c.connections, o.duration)
	if err != nil {
		return sample{}, err
	}
	after, err := cpuTime(s.pid())
	if err != nil {
		return sample{}, err
	}
	return sample{
		perSecond:  float64(r.requests) / r.elapsed.Seconds(),
		p50:        r.p50,
		p99:        r.p99,
		cpuMessage: (after - before) / time.Duration(max(1, r.requests)),
	}, nil
}

func echoSample(ctx context.Context, o options, c cell, s *server) (sample, error) {
	self, err := os.Executable()
	if err != nil {
		return sample{}, err
	}
	cmd := exec.CommandContext(ctx, self, "load", s.address(), strconv.Itoa(s.pid()), strconv.Itoa(c.connections),
		strconv.Itoa(c.size), o.duration.String())
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	err = host.OnCPUs(o.clientCPUs, cmd.Start)
	if err == nil {
		err = cmd.Wait()
	}
	var got load
	if err == nil {
		err = json.Unmarshal(out.Bytes(), &got)
	}
	if err != nil {
		return sample{}, fmt.Errorf("client: %w", err)
	}
	return sample{
		perSecond:  float64(got.Messages) / got.Elapsed.Seconds(),
		p50:        got.P50,
		p99:        got.P99,
		cpuMessage: got.ServerCPU / time.Duration(max(1, got.Messages)),
	}, nil
}

// report prints a cell: medians, and of the ratios to Go's in the same round.
func report(w io.Writer, c cell, results map[string][]sample) {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleDefault)
	t.Style().Options = table.OptionsNoBordersAndSeparators
	t.SetTitle(c.name)
	t.AppendHeader(table.Row{"server", "messages/s", "to go", "p50", "p99", "to go", "server CPU a message", "to go"})
	names := make([]string, 0, len(results))
	for name := range results {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		rate := func(s sample) float64 { return s.perSecond }
		p99 := func(s sample) float64 { return float64(s.p99) }
		cpu := func(s sample) float64 { return float64(s.cpuMessage) }
		t.AppendRow(table.Row{
			name,
			fmt.Sprintf("%.0f", median(results[name], rate)),
			ratio(results[name], results["go"], rate),
			time.Duration(median(results[name], func(s sample) float64 { return float64(s.p50) })).Round(time.Microsecond),
			time.Duration(median(results[name], p99)).Round(time.Microsecond),
			ratio(results[name], results["go"], p99),
			time.Duration(median(results[name], cpu)).Round(10 * time.Nanosecond),
			ratio(results[name], results["go"], cpu),
		})
	}
	fmt.Fprintln(w)
	t.Render()
}

func median(samples []sample, of func(sample) float64) float64 {
	var all []float64
	for _, s := range samples {
		all = append(all, of(s))
	}
	m, err := stats.Median(all)
	if err != nil {
		return 0 // there are none
	}
	return m
}

// ratio is the median, the lowest and the highest of the ratios in the same round.
func ratio(samples, base []sample, of func(sample) float64) string {
	var all []float64
	for i := range min(len(samples), len(base)) {
		all = append(all, of(samples[i])/of(base[i]))
	}
	m, err := stats.Median(all)
	if err != nil {
		return "-"
	}
	if len(all) == 1 {
		return fmt.Sprintf("%.2fx", m)
	}
	return fmt.Sprintf("%.2fx (%.2f-%.2f)", m, slices.Min(all), slices.Max(all))
}
