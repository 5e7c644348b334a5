package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/workloads"
)

type exportOptions struct {
	format   string
	out      string
	baseline string
}

func newExportCmd(u *ui) *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export RECORD",
		Short: "write a record in the format of another tool",
		Long: `Write what a record holds in the format of another tool. Cells without a result are left out of formats that cannot
say so. RECORD may be - for stdin.

Formats:
` + exportFormats(),
		Args: arguments(1, 1, "one RECORD"),
		Example: `  mnbench export record.jsonl > cells.csv
  mnbench export record.jsonl --format samples > raw.csv
  mnbench export record.jsonl --format gobench > new.txt    (then benchstat -col /runtime new.txt)
  mnbench export record.jsonl --format github-action-benchmark --out output.json
  mnbench export record.jsonl --format openmetrics > /var/lib/node_exporter/mnbench.prom`,
		Annotations:       exits(exitOK, exitUsage, exitNothing),
		ValidArgsFunction: oneRecord,
		RunE: func(_ *cobra.Command, args []string) error {
			return exportRecord(u, o, args[0])
		},
	}
	cmd.Flags().StringVar(&o.format, "format", "csv", "`FORMAT` to write")
	cmd.Flags().StringVar(&o.out, "out", "", "`FILE` to write, replaced where it is there (default: stdout)")
	_ = cmd.MarkFlagFilename("out")
	register(cmd, "format", func(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
		for _, e := range results.Exports {
			names = append(names, cobra.CompletionWithDesc(e.Name, e.Summary))
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	})
	baselineFlag(cmd, &o.baseline)
	return cmd
}

func exportFormats() string {
	lines := make([]string, len(results.Exports))
	for i, e := range results.Exports {
		lines[i] = fmt.Sprintf("  %-24s %s", e.Name, e.Summary)
	}
	return strings.Join(lines, "\n")
}

func exportRecord(u *ui, o exportOptions, name string) error {
	format, err := exportFormat(o.format)
	if err != nil {
		return err
	}
	c, err := openCatalogue(nil)
	if err != nil {
		return err
	}
	rec, err := openRecord(u, name)
	if err != nil {
		return err
	}
	sum, err := results.Summarise(rec, results.Options{Baseline: o.baseline, Units: c.units(), Memory: c.memory()})
	if err != nil {
		return err
	}
	if err := writeExport(u, format, o.out, rec, sum); err != nil {
		return err
	}
	none := 0
	for i := range sum.Cells {
		if !sum.Cells[i].HasResult() {
			none++
		}
	}
	if !sum.Measured() {
		return withCode(exitNothing, fmt.Errorf("%s: no cell has a result", name))
	}
	if none > 0 && !format.All {
		u.Warn("%s: %s without a result left out; mnbench show tells why", name, count(none, "cell"))
	}
	return nil
}

func exportFormat(name string) (results.Export, error) {
	var have []string
	for _, e := range results.Exports {
		if e.Name == name {
			return e, nil
		}
		have = append(have, e.Name)
	}
	return results.Export{}, fmt.Errorf("--format: %w", workloads.Unknown("format", name, have))
}

func writeExport(u *ui, format results.Export, out string, rec *results.Record, sum *results.Summary) error {
	if out == "" {
		return format.Write(u.out, rec, sum)
	}
	var b bytes.Buffer
	if err := format.Write(&b, rec, sum); err != nil {
		return err
	}
	if err := os.WriteFile(out, b.Bytes(), 0o666); err != nil {
		if info, serr := os.Stat(out); serr == nil && info.Mode().IsRegular() && !errors.Is(err, os.ErrPermission) {
			os.Remove(out) // half a file is worse than none
		}
		return fmt.Errorf("the export cannot be written: %w", err)
	}
	fmt.Fprintln(u.out, out)
	return nil
}
