package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/mnbench/mnbench/competitors"
	"github.com/mnbench/mnbench/workloads"
)

type listOptions struct {
	json        bool
	competitors []string
}

func newListCmd(u *ui) *cobra.Command {
	var o listOptions
	cmd := &cobra.Command{
		Use:   "list [workloads|runtimes|suites]",
		Short: "list workloads, runtimes and suites",
		Long: `List what can be named on the command line: workloads with their parameters and ranges, runtimes, and suites with
their sizes. Whether a runtime can take part on this machine is what ` + "`mnbench doctor`" + ` says.`,
		Args: arguments(0, 1, "one kind or none"),
		ValidArgs: []string{
			cobra.CompletionWithDesc("workloads", "the pieces of work, with parameters"),
			cobra.CompletionWithDesc("runtimes", "who does the work"),
			cobra.CompletionWithDesc("suites", "named lists of workloads with sizes"),
		},
		Example: `  mnbench list
  mnbench list workloads
  mnbench list --json | jq '.runtimes[].id'`,
		Annotations: exits(exitOK, exitUsage),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := openCatalogue(o.competitors)
			if err != nil {
				return err
			}
			return list(u, o, c, strings.Join(args, ""))
		},
	}
	jsonFlag(cmd, &o.json)
	competitorFlag(cmd, &o.competitors)
	return cmd
}

// kinds of things that list knows, in its order.
var kinds = []struct {
	name  string
	print func(w io.Writer, c *catalogue)
	json  func(c *catalogue) any
}{
	{"workloads", printWorkloads, func(c *catalogue) any { return c.Workloads }},
	{"runtimes", printRuntimes, func(c *catalogue) any { return listedRuntimes(c.competitors) }},
	{"suites", printSuites, func(c *catalogue) any { return c.Suites }},
}

func list(u *ui, o listOptions, c *catalogue, only string) error {
	out := map[string]any{}
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
		if only == "" || only == k.name {
			out[k.name] = k.json(c)
		}
	}
	if len(out) == 0 {
		return workloads.Unknown("kind of list", only, names)
	}
	if o.json {
		return u.printJSON(out)
	}
	first := true
	for _, k := range kinds {
		if out[k.name] == nil {
			continue
		}
		if !first {
			fmt.Fprintln(u.out)
		}
		first = false
		w := tabwriter.NewWriter(u.out, 0, 0, 2, ' ', 0)
		k.print(w, c)
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func printWorkloads(w io.Writer, c *catalogue) {
	fmt.Fprintln(w, "WORKLOAD\tUNIT\tWHAT IT IS")
	for _, k := range c.Workloads {
		fmt.Fprintf(w, "%s\t%s\t%s\n", k.ID, k.Unit, k.Summary)
		for _, p := range k.Params {
			limit := fmt.Sprintf("%d to %d", p.Min, p.Max)
			if p.Below != "" {
				limit += ", less than " + p.Below
			}
			fmt.Fprintf(w, "  %s=%d\t\t  %s (%s)\n", p.Name, p.Default, p.Doc, limit)
		}
	}
}

func printRuntimes(w io.Writer, c *catalogue) {
	fmt.Fprintln(w, "RUNTIME\tMODEL\tLANGUAGE\tWHAT IT IS")
	for _, r := range listedRuntimes(c.competitors) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.ID, r.Model, r.Language, r.Summary)
	}
}

func printSuites(w io.Writer, c *catalogue) {
	fmt.Fprintln(w, "SUITE\tSIZE\tWHAT IT IS FOR")
	for _, s := range c.Suites {
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.ID, suiteSize(s), s.Summary)
	}
}

// suiteSize says how much a suite asks of each runtime.
func suiteSize(s *workloads.Suite) string {
	return fmt.Sprintf("%s, workers %s, %s of %s",
		count(len(s.Cells), "size"), joinInts(s.Workers), count(s.Invocations, "invocation"), count(s.Iterations, "iteration"))
}

// listedRuntime is a variant as list shows it.
type listedRuntime struct {
	ID         string                `json:"id"`
	Competitor string                `json:"competitor"`
	Model      string                `json:"model"`
	Language   string                `json:"language"`
	Summary    string                `json:"summary"`
	Declines   []competitors.Decline `json:"declines"`
}

func listedRuntimes(all []*competitors.Competitor) []listedRuntime {
	out := []listedRuntime{}
	for _, c := range all {
		for _, v := range c.Variants {
			r := listedRuntime{v.ID, c.ID, v.Model, c.Language, v.Summary, []competitors.Decline{}}
			for _, d := range c.Declines {
				if d.Variant == "" || d.Variant == v.ID {
					r.Declines = append(r.Declines, d)
				}
			}
			out = append(out, r)
		}
	}
	return out
}
