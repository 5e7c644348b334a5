package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/results/stat"
	"github.com/mnbench/mnbench/workloads"
)

type compareOptions struct {
	ruleOptions
	acrossHosts bool
}

// ruleOptions are the flags of all commands that give verdicts.
type ruleOptions struct {
	threshold string
	alpha     float64
	only      []string
	format    string
	json      bool
}

func newCompareCmd(u *ui) *cobra.Command {
	var o compareOptions
	cmd := &cobra.Command{
		Use:   "compare BASE HEAD",
		Short: "say what became faster or slower between two records",
		Long: `Compare two records cell by cell: faster, slower, the same, or inconclusive, with the ratio of the times, its interval,
a p-value corrected for the number of cells, and the smallest slowdown that such measurements can see. A cell is slower
only when the whole interval lies beyond the threshold and the difference is significant. What else differs between the
two (machine, kernel, toolchain, parameters, cells) is told; between different machines there is no verdict unless
--across-hosts asks for it. BASE or HEAD may be - for stdin.

Formats:
` + comparisonFormats(),
		Args: arguments(2, 2, "two RECORDS"),
		Example: `  mnbench compare monday.jsonl tuesday.jsonl
  mnbench compare base.jsonl head.jsonl --threshold 5% --only fib,mn
  mnbench compare base.jsonl head.jsonl --format markdown > comment.md
  mnbench compare base.jsonl head.jsonl --format junit > compare.xml
  mnbench compare --json base.jsonl head.jsonl | jq '.cells[] | select(.verdict == "slower")'`,
		Annotations:       exits(exitOK, exitRegression, exitUsage, exitInvalid, exitInconclusive, exitNothing),
		ValidArgsFunction: records,
		RunE: func(_ *cobra.Command, args []string) error {
			return compareRecords(u, o, args[0], args[1])
		},
	}
	ruleFlags(cmd, &o.ruleOptions)
	cmd.Flags().BoolVar(&o.acrossHosts, "across-hosts", false, "give verdicts although the two come from different machines")
	return cmd
}

func ruleFlags(cmd *cobra.Command, o *ruleOptions) {
	f := cmd.Flags()
	f.StringVar(&o.threshold, "threshold", "3%", "smallest change that matters: `SHARE`, as 3% or 0.03; 0: whatever can be told apart")
	f.Float64Var(&o.alpha, "alpha", 0.05, "`PROBABILITY` of any false verdict among all cells together")
	f.StringSliceVar(&o.only, "only", nil, "only these workloads and runtimes: `NAMES` with commas between them (default: all)")
	f.StringVar(&o.format, "format", "text", "of the output: `FORMAT`")
	jsonFlag(cmd, &o.json)
	register(cmd, "threshold", cobra.NoFileCompletions)
	register(cmd, "alpha", cobra.NoFileCompletions)
	register(cmd, "only", completeList(func(c *catalogue) [][2]string { return append(c.workloadNames(), c.runtimeNames()...) }))
	register(cmd, "format", func(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
		for _, f := range comparisonWriters {
			names = append(names, cobra.CompletionWithDesc(f.name, f.summary))
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	})
}

// comparisonWriters are the formats of verdicts.
var comparisonWriters = []struct {
	name, summary string
	write         func(u *ui, c *results.Comparison) error
}{
	{"text", "a table for people", func(u *ui, c *results.Comparison) error { return results.WriteComparison(u.out, c, u.table) }},
	{"markdown", "a comment for a pull request", func(u *ui, c *results.Comparison) error { return results.WriteMarkdown(u.out, c) }},
	{"json", "everything, for programs", func(u *ui, c *results.Comparison) error { return u.printJSON(c) }},
	{"junit", "JUnit XML, for what shows test results", func(u *ui, c *results.Comparison) error { return results.WriteJUnit(u.out, c) }},
}

func comparisonFormats() string {
	lines := make([]string, len(comparisonWriters))
	for i, f := range comparisonWriters {
		lines[i] = fmt.Sprintf("  %-10s %s", f.name, f.summary)
	}
	return strings.Join(lines, "\n")
}

// parse checks the flags and turns them into what decides.
func (o *ruleOptions) parse() (results.CompareOptions, error) {
	out := results.CompareOptions{Only: o.only}
	if o.json {
		o.format = "json"
	}
	var have []string
	for _, f := range comparisonWriters {
		have = append(have, f.name)
	}
	if !slices.Contains(have, o.format) {
		return out, fmt.Errorf("--format: %w", workloads.Unknown("format", o.format, have))
	}
	threshold, err := parseShare(o.threshold)
	if err != nil {
		return out, fmt.Errorf("--threshold %s: %w", o.threshold, err)
	}
	if !(o.alpha > 0 && o.alpha <= 0.5) {
		return out, fmt.Errorf("--alpha %v: want a probability above 0 and at most 0.5, such as 0.05", o.alpha)
	}
	out.Rule = stat.Rule{Threshold: threshold, Alpha: o.alpha}
	if threshold == 0 {
		out.Rule.Threshold = -1 // zero would mean the default
	}
	return out, nil
}

// parseShare reads "3%" or "0.03".
func parseShare(s string) (float64, error) {
	number, percent := strings.CutSuffix(strings.TrimSpace(s), "%")
	v, err := strconv.ParseFloat(number, 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v >= 0 && v < 1) {
		return 0, errors.New("want a share of at least 0 and less than 1, such as 3% or 0.03")
	}
	return v, nil
}

func compareRecords(u *ui, o compareOptions, base, head string) error {
	co, err := o.parse()
	if err != nil {
		return err
	}
	co.AcrossHosts = o.acrossHosts
	if base == "-" && head == "-" {
		return errors.New("base and head cannot both come from stdin: give one of them as a file")
	}
	c, err := openCatalogue(nil)
	if err != nil {
		return err
	}
	co.Units = c.units()
	b, err := openRecord(u, base)
	if err != nil {
		return err
	}
	h, err := openRecord(u, head)
	if err != nil {
		return err
	}
	cmp, err := results.Compare(b, h, co)
	if err != nil {
		var unknown *workloads.UnknownError
		if errors.As(err, &unknown) {
			return fmt.Errorf("--%w", err)
		}
		return err
	}
	return printComparison(u, cmp, o.format)
}

// printComparison writes a comparison to stdout and returns the error that
// carries its exit code.
func printComparison(u *ui, c *results.Comparison, format string) error {
	if err := c.Err(); err != nil {
		return withCode(exitNothing, err)
	}
	for _, f := range comparisonWriters {
		if f.name == format {
			if err := f.write(u, c); err != nil {
				return err
			}
		}
	}
	code := map[results.Outcome]int{
		results.Nothing: exitNothing, results.Invalid: exitInvalid, results.Regression: exitRegression, results.Undecided: exitInconclusive,
	}[c.Outcome()]
	if code == exitOK {
		return nil
	}
	return withCode(code, errors.New(c.Headline()))
}
