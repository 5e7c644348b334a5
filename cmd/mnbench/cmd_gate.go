package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/mnbench/mnbench/competitors"
)

type gateOptions struct {
	runOptions
	rule       ruleOptions
	base, head string
	repo       string
	runtime    string
	selfTest   bool
}

// gateSuite is what a gate runs unless told otherwise, and gateBudget for how
// long: with two builds, three minutes in all.
const (
	gateSuite  = "smoke"
	gateBudget = 2 * time.Minute
)

func newGateCmd(u *ui) *cobra.Command {
	var o gateOptions
	cmd := &cobra.Command{
		Use:   "gate {--base REF --head REF | --self-test} [SUITE | WORKLOAD...]",
		Short: "say whether a change makes a runtime slower",
		Long: `Build a runtime from two git revisions, or from two folders, run both in turn in the same blocks, so that whatever the
machine does meanwhile hits both, and say for every workload whether the second is slower, faster, the same, or that
the measurements do not decide. Slower means both: the interval of the ratio lies beyond --threshold, and the
difference is significant at --alpha after correction for all workloads together.

  REF       a revision (main, v1.2, HEAD~1, 4f0c1d2) of the repository here or in --repo; or a folder, such as . for
            the working tree: a source tree of mnbench, or a competitor with its competitor.json

Without SUITE: smoke, with enough iterations to compare by. --time-budget is spent where intervals are widest; the gate
ends early when all is decided. A checkout need not be deep: a revision's own commit is enough.

--self-test runs one build (that of --head, or the one inside mnbench) against itself, and against itself with 5, 10 and
20% of extra work in every iteration: the first must pass, and from 10% on a slowdown must be found. It prints the
smallest slowdown that a gate with this --time-budget sees on this machine, and takes up to 2.5 times as long as one.

Formats:
` + comparisonFormats(),
		Example: `  mnbench gate --base HEAD --head .
  mnbench gate --base origin/main --head HEAD quick --time-budget 10m
  mnbench gate --base v1.0 --head v1.1 --only fib,spawn --threshold 5%
  mnbench gate --base origin/main --head HEAD --format markdown > comment.md
  mnbench gate --self-test
  mnbench gate --base ../before --head ../after --runtime my-runtime`,
		Annotations: exits(exitOK, exitRegression, exitUsage, exitInvalid, exitInconclusive, exitNothing, exitInterrupted),
		ValidArgsFunction: completeNames(func(c *catalogue) [][2]string {
			return append(c.suiteNames(), c.workloadNames()...)
		}),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.given = cmd.Flags().Changed
			return gateCommand(cmd.Context(), u, o, args)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.base, "base", "", "`REF` before the change")
	f.StringVar(&o.head, "head", "", "`REF` after it")
	f.BoolVar(&o.selfTest, "self-test", false, "prove on this machine that a gate finds slowdowns and nothing else")
	f.StringVar(&o.repo, "repo", ".", "`DIR` of the git repository that has the revisions")
	f.StringVar(&o.runtime, "runtime", "mn", "`RUNTIME` that is built from both")
	ruleFlags(cmd, &o.rule)
	f.DurationVar(&o.budget, "time-budget", gateBudget, "measure for at most this `TIME`")
	f.IntSliceVar(&o.workers, "workers", nil, "`NUMBERS` of workers (default: the suite's)")
	f.StringArrayVar(&o.params, "param", nil, "set a parameter of the workloads that have it: `NAME=NUMBER` (repeatable)")
	f.IntVar(&o.invocations, "invocations", 0, "at least `N` driver processes per cell (default: 8)")
	f.IntVar(&o.iterations, "iterations", 0, "`N` timed iterations in each of them (default: the suite's; of smoke: 25)")
	f.IntVar(&o.warmup, "warmup", 0, "`N` untimed iterations before those (default: the suite's; of smoke: 5)")
	f.StringVar(&o.cpus, "cpus", "", "`LIST` of CPUs to use, such as 0-3,6 (default: all there are)")
	f.Uint64Var(&o.seed, "seed", 0, "`NUMBER` that decides the order (default: a random one)")
	f.DurationVar(&o.timeout, "timeout", 0, "`TIME` that one invocation may take, such as 20s (default: the suite's)")
	f.StringVar(&o.out, "out", "", "record `FILE`, or a folder for it; never overwritten (default: mnbench-gate-NAME-TIME.jsonl here)")
	noWaitFlag(cmd, &o.noWait)
	register(cmd, "runtime", completeList((*catalogue).runtimeNames))
	register(cmd, "param", completeParams)
	for _, name := range []string{"base", "head", "time-budget", "workers", "invocations", "iterations", "warmup", "cpus", "seed", "timeout"} {
		register(cmd, name, cobra.NoFileCompletions)
	}
	return cmd
}

func gateCommand(ctx context.Context, u *ui, o gateOptions, args []string) error {
	if o.selfTest {
		return selfTestCommand(ctx, u, o, args)
	}
	if o.base == "" || o.head == "" {
		return errors.New("--base and --head: want two git revisions or folders, such as --base HEAD --head .")
	}
	g, err := planGate(o, args)
	if err != nil {
		return err
	}
	for _, s := range []struct {
		name, ref string
		to        *side
	}{{"base", o.base, &g.base}, {"head", o.head, &g.head}} {
		if *s.to, err = findSide(ctx, s.name, s.ref, o.repo, o.runtime); err != nil {
			return err
		}
	}
	return g.run(ctx, u, !o.noWait)
}

func selfTestCommand(ctx context.Context, u *ui, o gateOptions, args []string) error {
	switch {
	case o.base != "":
		return errors.New("--self-test: leave out --base: one build, that of --head, is compared with itself")
	case o.rule.format != "text" && o.rule.format != "json":
		return fmt.Errorf("--format %s: a self-test is printed as text or json", o.rule.format)
	}
	g, err := planGate(o, args)
	if err != nil {
		return err
	}
	if o.head != "" {
		if g.head, err = findSide(ctx, "head", o.head, o.repo, o.runtime); err != nil {
			return err
		}
		return g.selfTest(ctx, u, g.head.c, g.head.variant, !o.noWait)
	}
	c, v, err := competitors.Find(g.cat.competitors, o.runtime)
	if err != nil {
		return fmt.Errorf("--%w", err)
	}
	return g.selfTest(ctx, u, c, v.ID, !o.noWait)
}
