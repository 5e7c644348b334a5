package main

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mnbench/mnbench/plots"
	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/workloads"
)

type plotOptions struct {
	out      string
	formats  []string
	baseline string
	history  historyOptions
}

func newPlotCmd(u *ui) *cobra.Command {
	var o plotOptions
	cmd := &cobra.Command{
		Use:   "plot RECORD... | --history DIR [WORKLOAD | RUNTIME | NAME=VALUE...]",
		Short: "draw the charts of records",
		Long: `Draw charts of what records hold, and print the names of the files. Charts of one record go into the folder itself,
those of several into a folder for each. Charts of the same name are replaced. RECORD may be - for stdin.

Charts:
` + chartKinds(),
		Args: historyArgs(&o.history, arguments(1, math.MaxInt, "one RECORD or more")),
		Example: `  mnbench plot record.jsonl
  mnbench plot record.jsonl --out paper/figures --format pdf
  mnbench plot monday.jsonl tuesday.jsonl --baseline pthreads
  mnbench plot --history nightly fib mn --out charts`,
		Annotations:       exits(exitOK, exitUsage, exitNothing),
		ValidArgsFunction: historyCompletion(&o.history, records),
		RunE: func(_ *cobra.Command, args []string) error {
			if o.history.dir != "" {
				return plotHistory(u, o, args)
			}
			return plotRecords(u, o, args)
		},
	}
	cmd.Flags().StringVar(&o.out, "out", "charts", "`FOLDER` for the charts, made where it is missing")
	cmd.Flags().StringSliceVar(&o.formats, "format", []string{"svg", "png"}, "file `FORMATS`, with commas between them: "+strings.Join(plots.Formats, ", "))
	_ = cmd.MarkFlagDirname("out")
	register(cmd, "format", completeList(func(*catalogue) (names [][2]string) {
		for _, f := range plots.Formats {
			names = append(names, [2]string{f, ""})
		}
		return names
	}))
	baselineFlag(cmd, &o.baseline)
	historyFlags(cmd, &o.history)
	return cmd
}

func chartKinds() string {
	lines := make([]string, len(plots.Kinds))
	for i, k := range plots.Kinds {
		lines[i] = fmt.Sprintf("  %-10s %s", k.ID, k.Summary)
	}
	return strings.Join(lines, "\n")
}

func (o plotOptions) checkFormats() error {
	for _, f := range o.formats {
		if !slices.Contains(plots.Formats, f) {
			return fmt.Errorf("--format: %w", workloads.Unknown("format", f, plots.Formats))
		}
	}
	return nil
}

func plotRecords(u *ui, o plotOptions, names []string) error {
	if err := o.checkFormats(); err != nil {
		return err
	}
	c, err := openCatalogue(nil)
	if err != nil {
		return err
	}
	drawn := 0
	taken := map[string]bool{}
	for _, name := range names {
		sum, err := summarise(u, c, name, o.baseline)
		if err != nil {
			return err
		}
		dir := o.out
		if len(names) > 1 {
			dir = filepath.Join(o.out, freeName(taken, baseName(name)))
		}
		if !sum.Measured() {
			u.Warn("%s: nothing to draw: no cell has a result", name)
			continue
		}
		paths, err := plots.WriteFiles(dir, plots.Charts(sum), o.formats)
		for _, p := range paths {
			fmt.Fprintln(u.out, p)
		}
		if err != nil {
			return err
		}
		drawn += len(paths)
	}
	if drawn == 0 {
		return withCode(exitNothing, errors.New("no chart was drawn: nothing was measured"))
	}
	return nil
}

// summarise reads a record and says what it holds.
func summarise(u *ui, c *catalogue, name, baseline string) (*results.Summary, error) {
	rec, err := openRecord(u, name)
	if err != nil {
		return nil, err
	}
	return results.Summarise(rec, results.Options{Baseline: baseline, Units: c.units(), Memory: c.memory()})
}

// baseName is a record's file name without folder and extension.
func baseName(record string) string {
	if record == "-" {
		return "stdin"
	}
	base := filepath.Base(record)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// freeName returns a name that was not taken, and takes it.
func freeName(taken map[string]bool, base string) string {
	name := base
	for n := 2; taken[name]; n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	taken[name] = true
	return name
}
