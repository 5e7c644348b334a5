package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/mnbench/mnbench/competitors"
	"github.com/mnbench/mnbench/internal/engine"
	"github.com/mnbench/mnbench/internal/traces"
	"github.com/mnbench/mnbench/results"
)

type traceOptions struct {
	runtime     string
	workers     int
	params      []string
	events      int
	cpus        string
	seed        uint64
	timeout     time.Duration
	out         string
	competitors []string
	noWait      bool
	json        bool

	given func(flag string) bool
}

func newTraceCmd(u *ui) *cobra.Command {
	var o traceOptions
	cmd := &cobra.Command{
		Use:   "trace WORKLOAD",
		Short: "record what each worker does in one workload, for a trace viewer",
		Long: `Run one workload once, check its answer, and write a trace of it: which thread ran when on which worker, why it
stopped, who woke it, what was stolen. ui.perfetto.dev and chrome://tracing show it; a summary is printed here: how busy
each worker was, how long threads that could run had to wait for it, and what they waited for before.

The runtime keeps the newest events of each worker, as many as --events says, and tells how many were lost. The whole
process is recorded, its start and end included. Tracing costs time: no figure of a trace is one to be compared with
others. A FILE that is there is replaced.`,
		Args: arguments(1, 1, "one WORKLOAD"),
		Example: `  mnbench trace prodcons --workers 2
  mnbench trace spawn --param n=1000 --out spawn.json
  mnbench trace mutex --runtime mn-global --json | jq '.summary.wake_to_run.p99_ns'
  mnbench trace yield --competitor ./my-runtime --runtime my-runtime`,
		Annotations:       exits(exitOK, exitUsage, exitInvalid, exitNothing, exitInterrupted),
		ValidArgsFunction: completeOneWorkload,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.given = cmd.Flags().Changed
			return traceCommand(cmd.Context(), u, o, args[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.runtime, "runtime", "mn", "the `RUNTIME`: one that can trace")
	f.IntVar(&o.workers, "workers", 2, "`NUMBER` of workers")
	f.StringArrayVar(&o.params, "param", nil, "set a parameter of the workload: `NAME=NUMBER` (repeatable)")
	f.IntVar(&o.events, "events", 0, "`NUMBER` of events to keep of each worker (default: the runtime's)")
	f.StringVar(&o.cpus, "cpus", "", "`LIST` of CPUs to use, such as 0-3,6; w workers get the first w (default: all there are)")
	f.Uint64Var(&o.seed, "seed", 0, "`NUMBER` that feeds the runtime's random choices (default: a random one)")
	f.DurationVar(&o.timeout, "timeout", time.Minute, "`TIME` that it may take, such as 20s")
	f.StringVar(&o.out, "out", "", "`FILE` for the trace (default: trace-WORKLOAD-RUNTIME.json here)")
	_ = cmd.MarkFlagFilename("out", "json")
	competitorFlag(cmd, &o.competitors)
	noWaitFlag(cmd, &o.noWait)
	jsonFlag(cmd, &o.json)
	register(cmd, "runtime", completeNames(func(c *catalogue) [][2]string { return c.tracingNames() }))
	register(cmd, "param", completeParams)
	for _, name := range []string{"workers", "events", "cpus", "seed", "timeout"} {
		register(cmd, name, cobra.NoFileCompletions)
	}
	return cmd
}

// completeOneWorkload completes the only argument.
func completeOneWorkload(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return completeNames((*catalogue).workloadNames)(cmd, args, typed)
}

// tracingNames are the variants that can write traces, with what they are.
func (c *catalogue) tracingNames() (names [][2]string) {
	for _, k := range c.competitors {
		for _, v := range k.Variants {
			if k.Trace != nil {
				names = append(names, [2]string{v.ID, v.Summary})
			}
		}
	}
	return names
}

func traceCommand(ctx context.Context, u *ui, o traceOptions, workload string) error {
	c, err := openCatalogue(o.competitors)
	if err != nil {
		return err
	}
	cell, how, err := c.toTrace(o, workload)
	if err != nil {
		return err
	}
	p := engine.Plan{Cells: []results.Cell{cell}, Iterations: 1, Timeout: o.timeout, Seed: rand.Uint64()}
	if o.given("seed") {
		p.Seed = o.seed
	}
	if p.CPUs, err = cpuSet(o.cpus); err != nil {
		return err
	}
	if o.out == "" {
		o.out = fmt.Sprintf("trace-%s-%s.json", workload, cell.Runtime)
	}
	to, err := newTraceFile(o.out)
	if err != nil {
		return err
	}
	defer to.drop()
	if err := traceCell(ctx, u, o, c, p, how, to.temporary); err != nil {
		return err
	}
	trace, err := to.read()
	if err != nil {
		return withCode(exitInvalid, fmt.Errorf("%s: its trace is not one that viewers would show: %w", cell.Runtime, err))
	}
	if err := to.keep(); err != nil {
		return err
	}
	return showTrace(u, o, cell, trace.Summarise())
}

// toTrace is the cell that the command line asks for, and how its driver traces.
func (c *catalogue) toTrace(o traceOptions, workload string) (cell results.Cell, how *competitors.Trace, err error) {
	w, err := c.Workload(workload)
	if err != nil {
		return cell, nil, err
	}
	k, v, err := competitors.Find(c.competitors, o.runtime)
	if err != nil {
		return cell, nil, err
	}
	params, err := parseParams(o.params)
	if err != nil {
		return cell, nil, err
	}
	ps, err := w.Resolve(params)
	switch {
	case err != nil:
		return cell, nil, err
	case k.Trace == nil:
		return cell, nil, fmt.Errorf("%s cannot write traces; these can: %s", v.ID, joinNames(c.tracingNames()))
	case o.workers < 1:
		return cell, nil, fmt.Errorf("--workers %d: want at least 1", o.workers)
	case o.timeout <= 0:
		return cell, nil, fmt.Errorf("--timeout %v: want more than nothing, such as 20s", o.timeout)
	case o.given("events") && o.events < 1:
		return cell, nil, fmt.Errorf("--events %d: want at least 1", o.events)
	case o.given("events") && k.Trace.EventsEnv == "":
		return cell, nil, fmt.Errorf("--events %d: %s cannot be told how many to keep", o.events, v.ID)
	}
	cell = results.Cell{Runtime: v.ID, Workload: w.ID, Params: ps, Workers: o.workers, Mode: results.Parallel}
	if most := v.MaxWorkers; most > 0 && o.workers > most {
		if o.given("workers") {
			return cell, nil, fmt.Errorf("--workers %d: %s has at most %d", o.workers, v.ID, most)
		}
		cell.Workers = most
	}
	return cell, k.Trace, nil
}

func joinNames(names [][2]string) string {
	var out []string
	for _, n := range names {
		out = append(out, n[0])
	}
	return strings.Join(out, ", ")
}

// traceCell builds the driver and runs the one cell once, with tracing on.
func traceCell(ctx context.Context, u *ui, o traceOptions, c *catalogue, p engine.Plan, how *competitors.Trace, file string) error {
	unlock, err := lockMachine(ctx, u, os.Args[1:], !o.noWait)
	defer unlock()
	if err != nil {
		return err
	}
	cell := p.Cells[0]
	f, err := prepare(ctx, u, c, []string{cell.Runtime})
	if err != nil {
		return err
	}
	f.warn(u)
	if len(f.ready) == 0 {
		return f.nobody()
	}
	run, err := f.engine(ctx, u, p)
	if err != nil {
		return err
	}
	launch := run.Launch
	run.Launch = func(c results.Cell) ([]string, []string, error) {
		argv, env, err := launch(c)
		env = append(env, how.Env+"="+file)
		if o.events > 0 {
			env = append(env, how.EventsEnv+"="+strconv.Itoa(o.events))
		}
		return argv, env, err
	}
	var end engine.Event
	run.Recorder = nowhere{}
	run.Events = func(ev engine.Event) {
		switch ev.Kind {
		case engine.Finished:
			end = ev
		case engine.Warning:
			u.Warn("%s", ev.Text)
		}
	}
	u.Say("tracing %s", workName(cell))
	sum, err := run.Run(ctx)
	switch {
	case err != nil:
		return err
	case sum.Interrupted:
		return errInterrupted
	case end.Status == results.OK:
		return nil
	}
	code := exitNothing
	if end.Status.Invalid() {
		code = exitInvalid
	}
	return withCode(code, fmt.Errorf("%s: %s: %s", cell.Runtime, end.Status, end.Detail))
}

// traceFile is where a trace goes: a temporary file until it is known to be good.
type traceFile struct{ path, temporary string }

func newTraceFile(path string) (*traceFile, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("--out %s: it is no ordinary file; choose another name", path)
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(folder, ".trace-*.json")
	if err != nil {
		return nil, fmt.Errorf("--out %s: no file can be made there: %w", path, errors.Unwrap(err))
	}
	// Others may read it as they may read what other commands write.
	if err := cmp.Or(f.Chmod(0o644), f.Close()); err != nil {
		return nil, err
	}
	return &traceFile{path, f.Name()}, nil
}

func (t *traceFile) drop() { _ = os.Remove(t.temporary) }

func (t *traceFile) keep() error {
	if err := os.Rename(t.temporary, t.path); err != nil {
		return fmt.Errorf("--out %s: %w", t.path, err)
	}
	return nil
}

func (t *traceFile) read() (*traces.Trace, error) {
	f, err := os.Open(t.temporary)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size() == 0 {
		return nil, cmp.Or(err, errors.New("the driver has written none"))
	}
	return traces.Read(f)
}

// --- output ---

// tracedRun is what --json prints.
type tracedRun struct {
	Runtime  string            `json:"runtime"`
	Workload string            `json:"workload"`
	Params   map[string]uint64 `json:"params"`
	Workers  int               `json:"workers"`
	File     string            `json:"file"`
	Summary  *traces.Summary   `json:"summary"`
}

func showTrace(u *ui, o traceOptions, cell results.Cell, s *traces.Summary) error {
	if s.Lost != "" && s.Lost != "0" {
		u.Warn("%s earlier events were overwritten: the trace and this summary begin later; more are kept by --events", s.Lost)
	}
	var err error
	if o.json {
		err = u.printJSON(tracedRun{cell.Runtime, cell.Workload, cell.Params.Map(), cell.Workers, o.out, s})
	} else {
		var text strings.Builder
		printTrace(&text, cell, s)
		plain := text.String()
		if !u.table.Unicode {
			plain = strings.ReplaceAll(plain, "µ", "u")
		}
		_, err = io.WriteString(u.out, plain)
	}
	u.Say("trace: %s; open it in https://ui.perfetto.dev or chrome://tracing", quoted(o.out))
	return err
}

func printTrace(to io.Writer, cell results.Cell, s *traces.Summary) {
	fmt.Fprintf(to, "%s on %s: %s\n\n", workName(cell), cell.Runtime, results.FormatNS(s.WallNS))
	tracedTable(to, "worker\tbusy\tsearching\tasleep\tturns\tparks\tyields\tpreempted\tends\tcreates\twakes\tsteals", func(w io.Writer) {
		for _, t := range s.Tracks {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", t.Name, percent(t.Busy), percent(t.Searching), percent(t.Asleep),
				t.Turns, t.Parks, t.Yields, t.Preempted, t.Ends, t.Creates, t.Wakes, t.Steals)
		}
	})
	if s.Wake != nil || s.Create != nil {
		fmt.Fprintln(to)
		tracedTable(to, "from runnable to run, after\ttimes\tp50\tp99\tmax", func(w io.Writer) {
			printDelay(w, "a wake", s.Wake)
			printDelay(w, "its creation", s.Create)
		})
	}
	if len(s.Waits) > 0 {
		fmt.Fprintln(to)
		tracedTable(to, "threads waited for\ttimes\tin all\tp50\tmax", func(w io.Writer) {
			for _, x := range s.Waits {
				fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t\n", x.What, x.Count, results.FormatNS(x.TotalNS), results.FormatNS(x.P50), results.FormatNS(x.Max))
			}
		})
	}
	if len(s.Longest) > 0 {
		fmt.Fprintln(to, "\nlongest from runnable to run:")
	}
	for _, l := range s.Longest {
		fmt.Fprintf(to, "  %s  %s, by a %s on %s at %s, ran on %s\n",
			results.FormatNS(l.NS), l.Thread, l.Why, l.From, results.FormatNS(l.AtNS), l.On)
	}
	if s.About > 0 {
		fmt.Fprintf(to, "\n%s too short to time each: the times of these are filled in evenly.\n", count(s.About, "turn"))
	}
}

// tracedTable prints a table, its columns to the right.
func tracedTable(to io.Writer, head string, rows func(w io.Writer)) {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, head+"\t")
	rows(w)
	w.Flush() // into memory
}

func printDelay(w io.Writer, what string, d *traces.Delay) {
	if d != nil {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t\n", what, d.Count, results.FormatNS(d.P50), results.FormatNS(d.P99), results.FormatNS(d.Max))
	}
}

func percent(share float64) string { return fmt.Sprintf("%.1f%%", 100*share) }
