package main

import (
	"github.com/spf13/cobra"

	"github.com/mnbench/mnbench/results"
)

type showOptions struct {
	json     bool
	baseline string
	counters bool
	speedup  bool
	history  historyOptions
}

func newShowCmd(u *ui) *cobra.Command {
	var o showOptions
	cmd := &cobra.Command{
		Use:   "show RECORD | --history DIR [WORKLOAD | RUNTIME | NAME=VALUE...]",
		Short: "print the table of a record, or the past of cells",
		Long: `Print the table of a record: medians with their intervals, ranks, and notes about everything that is not a plain
result. RECORD is the file that ` + "`mnbench run`" + ` wrote, or - for stdin. A record that was cut short is shown as far as
it goes.`,
		Args: historyArgs(&o.history, arguments(1, 1, "one RECORD")),
		Example: `  mnbench show mnbench-quick-20250102-150405.jsonl
  mnbench show --baseline pthreads record.jsonl
  mnbench show --counters record.jsonl
  mnbench show --speedup record.jsonl
  mnbench show --json record.jsonl | jq '.cells[] | select(.rank == 1) | .runtime'
  zcat record.jsonl.gz | mnbench show -
  mnbench show --history nightly
  mnbench show --history nightly fib mn`,
		Annotations:       exits(exitOK, exitUsage, exitNothing),
		ValidArgsFunction: historyCompletion(&o.history, oneRecord),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := openCatalogue(nil)
			if err != nil {
				return err
			}
			if o.history.dir != "" {
				return showHistory(u, c, o, args)
			}
			rec, err := openRecord(u, args[0])
			if err != nil {
				return err
			}
			return printRecord(u, rec, o, c)
		},
	}
	jsonFlag(cmd, &o.json)
	baselineFlag(cmd, &o.baseline)
	cmd.Flags().BoolVar(&o.counters, "counters", false, "also print what runtimes count themselves, such as steals and how many succeeded")
	cmd.Flags().BoolVar(&o.speedup, "speedup", false, "only the speed-up of compute workloads by workers, and steals, in one table")
	cmd.MarkFlagsMutuallyExclusive("speedup", "json")
	historyFlags(cmd, &o.history)
	return cmd
}

func baselineFlag(cmd *cobra.Command, baseline *string) {
	cmd.Flags().StringVar(baseline, "baseline", "", "compare with this `RUNTIME` (default: the fastest of each group)")
	register(cmd, "baseline", completeNames((*catalogue).runtimeNames))
}

// openRecord reads a record from a file, or from stdin for "-".
func openRecord(u *ui, name string) (*results.Record, error) {
	if name == "-" {
		return results.Read("stdin", u.in)
	}
	return results.Open(name)
}

// printRecord writes the table of a record, or its JSON, to stdout.
func printRecord(u *ui, rec *results.Record, o showOptions, c *catalogue) error {
	sum, err := results.Summarise(rec, results.Options{Baseline: o.baseline, Units: c.units(), Memory: c.memory()})
	if err != nil {
		return err
	}
	if o.json {
		return u.printJSON(sum)
	}
	table := u.table
	table.Counters = o.counters
	if o.speedup {
		return results.WriteSpeedup(u.out, sum, table)
	}
	return results.WriteTable(u.out, sum, table)
}
