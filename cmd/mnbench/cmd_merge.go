package main

import (
	"errors"
	"math"

	"github.com/spf13/cobra"

	"github.com/mnbench/mnbench/results"
)

func newMergeCmd(u *ui) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "merge RECORD...",
		Short: "put the shards of a run together",
		Long: `Put the records of ` + "`mnbench run --shard I/N`" + ` together: the new record is what one run of the whole plan would
have left, with the machine of each shard in it. All N shards must be there, once each, from the same mnbench, builds,
plan and seed. Shards that were cut short are taken as far as they go.`,
		Args: arguments(1, math.MaxInt, "the RECORD of every shard"),
		Example: `  mnbench merge shard-*.jsonl --out all.jsonl
  mnbench merge shard-1.jsonl shard-2.jsonl --out all.jsonl`,
		Annotations:       exits(exitOK, exitUsage),
		ValidArgsFunction: records,
		RunE: func(_ *cobra.Command, args []string) error {
			if out == "" {
				return errors.New("--out: name the file for the merged record")
			}
			rec, err := results.MergeFiles(out, args)
			if err != nil {
				return err
			}
			if !rec.Complete() {
				u.Warn("not every shard carried out its plan: mnbench run --resume completes one on its machine; then merge again")
			}
			u.Say("record: %s (%s, %s)", out, count(len(rec.Run.Parts), "shard"), count(len(rec.Invocations), "invocation"))
			u.Say("to see it: mnbench show %s", quoted(out))
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "`FILE` for the merged record; never overwritten")
	return cmd
}
