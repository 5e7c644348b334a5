package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mnbench/mnbench/plots"
	"github.com/mnbench/mnbench/results"
)

// historyOptions are the flags of commands that can look back.
type historyOptions struct {
	dir  string
	host string
}

func historyFlags(cmd *cobra.Command, o *historyOptions) {
	cmd.Flags().StringVar(&o.dir, "history", "", "look back: all records in this `FOLDER` and the folders in it")
	cmd.Flags().StringVar(&o.host, "host", "", "with --history, the machine with this `NAME` (default: that of the newest record)")
	_ = cmd.MarkFlagDirname("history")
	register(cmd, "host", cobra.NoFileCompletions)
}

// historyArgs checks arguments as check does, but with --history they are
// names of cells, of which none is needed.
func historyArgs(o *historyOptions, check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case o.dir != "":
			return nil
		case o.host != "":
			return errors.New("--host chooses among the machines of a --history FOLDER")
		}
		return check(cmd, args)
	}
}

// historyCompletion offers names of cells where a folder is given, else files.
func historyCompletion(o *historyOptions, files completion) completion {
	names := completeNames(func(c *catalogue) [][2]string { return append(c.workloadNames(), c.runtimeNames()...) })
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if o.dir != "" {
			return names(cmd, args, typed)
		}
		return files(cmd, args, typed)
	}
}

// read collects the past of the cells that the words choose.
func (o historyOptions) read(c *catalogue, words []string) (*results.History, error) {
	h, err := results.ReadHistory(o.dir, results.HistoryOptions{Host: o.host, Only: words, Units: c.units()})
	if errors.Is(err, results.ErrNoHistory) {
		return nil, withCode(exitNothing, err)
	}
	return h, err
}

func showHistory(u *ui, c *catalogue, o showOptions, words []string) error {
	h, err := o.history.read(c, words)
	if err != nil {
		return err
	}
	if o.json {
		return u.printJSON(h)
	}
	return results.WriteHistory(u.out, h, u.table)
}

func plotHistory(u *ui, o plotOptions, words []string) error {
	if err := o.checkFormats(); err != nil {
		return err
	}
	c, err := openCatalogue(nil)
	if err != nil {
		return err
	}
	h, err := o.history.read(c, words)
	if err != nil {
		return err
	}
	for _, w := range h.Warnings {
		u.Warn("%s", results.Printable(w.Text))
	}
	paths, err := plots.WriteFiles(o.out, plots.HistoryCharts(h), o.formats)
	for _, p := range paths {
		fmt.Fprintln(u.out, p)
	}
	return err
}
