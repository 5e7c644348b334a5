package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/mnbench/mnbench/plots"
)

type reportOptions struct {
	out      string
	title    string
	baseline string
}

func newReportCmd(u *ui) *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use:   "report RECORD",
		Short: "write a page with tables, charts and the method",
		Long: `Write one HTML page with tables, charts, everything that is to be known of the numbers, and the machine they come
from. It needs no other file and no network. A page of the same name is replaced. RECORD may be - for stdin.`,
		Args: arguments(1, 1, "one RECORD"),
		Example: `  mnbench report record.jsonl
  mnbench report record.jsonl --out out/report.html --baseline pthreads`,
		Annotations:       exits(exitOK, exitUsage),
		ValidArgsFunction: oneRecord,
		RunE: func(_ *cobra.Command, args []string) error {
			return report(u, o, args[0])
		},
	}
	cmd.Flags().StringVar(&o.out, "out", "", "`FILE` for the page (default: the record's name with .html, here)")
	cmd.Flags().StringVar(&o.title, "title", "", "of the page (default: made of the suite)")
	_ = cmd.MarkFlagFilename("out", "html")
	register(cmd, "title", cobra.NoFileCompletions)
	baselineFlag(cmd, &o.baseline)
	return cmd
}

func report(u *ui, o reportOptions, record string) error {
	c, err := openCatalogue(nil)
	if err != nil {
		return err
	}
	sum, err := summarise(u, c, record, o.baseline)
	if err != nil {
		return err
	}
	about := map[string]string{}
	for _, w := range c.Workloads {
		about[w.ID] = w.Summary + ". " + w.Stresses
	}
	var page bytes.Buffer
	if err := plots.WriteReport(&page, sum, plots.ReportOptions{Title: o.title, About: about}); err != nil {
		return err
	}
	if o.out == "" {
		o.out = baseName(record) + ".html"
	}
	if err := os.WriteFile(o.out, page.Bytes(), 0o666); err != nil {
		if info, serr := os.Stat(o.out); serr == nil && info.Mode().IsRegular() {
			os.Remove(o.out) // half a page is worse than none
		}
		return fmt.Errorf("the page cannot be written: %w", err)
	}
	fmt.Fprintln(u.out, o.out)
	return nil
}
