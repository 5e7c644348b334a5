package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
)

type runOptions struct {
	runtimes    []string
	workers     []int
	params      []string
	invocations int
	iterations  int
	warmup      int
	cpus        string
	seed        uint64
	timeout     time.Duration
	budget      time.Duration
	out         string
	resume      string
	shard       string
	competitors []string
	dryRun      bool
	json        bool
	noWait      bool

	prefix string                 // of the record's name, where it is made up
	given  func(flag string) bool // on the command line
}

func newRunCmd(u *ui) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run [SUITE | WORKLOAD...]",
		Short: "measure, print the table and write the record",
		Long: `Build the drivers, run every workload on every runtime in turn, check each answer, print the table on stdout and
write a record of everything. Without arguments: suite quick.

  SUITE             its workload sizes, invocations, iterations and worker counts; ` + "`mnbench list suites`" + ` shows them
  WORKLOAD...       these workloads with their default parameters, everything else as in suite quick
  SUITE WORKLOAD... of that suite only these workloads

With --time-budget the plan is the least that is run; invocations are then added where intervals are widest, until the
time is over, or earlier when ranks are clear and all times are known well.

--resume completes the record of a run that was killed, with the same plan, seed and order. It refuses when host,
mnbench or builds are not the same, and says what differs. The plan is the record's; the command of the first run may
be repeated with it, and must then ask for the same. --shard runs a part of the plan, so that several machines share
it; ` + "`mnbench merge`" + ` puts their records together.

A runtime whose toolchain is missing is named with what to type to get it, and the others run. The first Ctrl-C ends the
driver, closes the record and prints what there is; a second one exits at once.`,
		Example: `  mnbench run
  mnbench run smoke
  mnbench run fib spawn --runtimes mn,goroutines --workers 1,2,4
  mnbench run spawn --param n=100000 --param window=1000 --invocations 10
  mnbench run standard --out standard.jsonl
  mnbench run smoke --competitor ./my-runtime
  mnbench run standard --time-budget 10m
  mnbench run --resume standard.jsonl
  mnbench run standard --seed 1 --shard 2/5 --out shard-2.jsonl
  mnbench run full --dry-run`,
		Annotations: exits(exitOK, exitUsage, exitInvalid, exitNothing, exitInterrupted),
		ValidArgsFunction: completeNames(func(c *catalogue) [][2]string {
			return append(c.suiteNames(), c.workloadNames()...)
		}),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.given = cmd.Flags().Changed
			return runCommand(cmd.Context(), u, o, args)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.runtimes, "runtimes", nil, "only these `RUNTIMES`: ids with commas between them (default: all)")
	f.IntSliceVar(&o.workers, "workers", nil, "`NUMBERS` of workers, each measured on its own: 1,2 (default: the suite's)")
	f.StringArrayVar(&o.params, "param", nil, "set a parameter of the workloads that have it: `NAME=NUMBER` (repeatable)")
	f.IntVar(&o.invocations, "invocations", 0, "`N` driver processes per cell (default: the suite's)")
	f.IntVar(&o.iterations, "iterations", 0, "`N` timed iterations in each of them (default: the suite's)")
	f.IntVar(&o.warmup, "warmup", 0, "`N` untimed iterations before those (default: the suite's)")
	f.StringVar(&o.cpus, "cpus", "", "`LIST` of CPUs to use, such as 0-3,6; w workers get the first w (default: all there are)")
	f.Uint64Var(&o.seed, "seed", 0, "`NUMBER` that decides the order and the runtimes' own random choices (default: a random one)")
	f.DurationVar(&o.timeout, "timeout", 0, "`TIME` that one invocation may take, such as 20s (default: the suite's)")
	f.DurationVar(&o.budget, "time-budget", 0, "measure for at most this `TIME`, such as 5m, where intervals are widest (default: the plan, once)")
	f.StringVar(&o.out, "out", "", "record `FILE`, or a folder for it; never overwritten (default: mnbench-NAME-TIME.jsonl here)")
	f.StringVar(&o.resume, "resume", "", "complete the record in `FILE`, of a run that was killed or interrupted")
	f.StringVar(&o.shard, "shard", "", "run part `I/N` of the plan, 2/5 say; all parts need the same --seed")
	competitorFlag(cmd, &o.competitors)
	f.BoolVar(&o.dryRun, "dry-run", false, "print what would be run, and run nothing")
	noWaitFlag(cmd, &o.noWait)
	jsonFlag(cmd, &o.json)
	register(cmd, "runtimes", completeList((*catalogue).runtimeNames))
	register(cmd, "param", completeParams)
	for _, name := range []string{"workers", "invocations", "iterations", "warmup", "cpus", "seed", "timeout", "time-budget", "shard"} {
		register(cmd, name, cobra.NoFileCompletions)
	}
	return cmd
}

func runCommand(ctx context.Context, u *ui, o runOptions, args []string) error {
	c, err := openCatalogue(o.competitors)
	if err != nil {
		return err
	}
	if o.resume != "" {
		return resume(ctx, u, c, o, args)
	}
	job, err := plan(c, o, args)
	if err != nil {
		return err
	}
	if o.dryRun {
		return dryRun(ctx, u, o, job)
	}
	return measure(ctx, u, o, job)
}
