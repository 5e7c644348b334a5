package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/mnbench/mnbench/competitors"
)

type verifyOptions struct {
	json        bool
	competitors []string
	noWait      bool
}

func newVerifyCmd(u *ui) *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{
		Use:   "verify [RUNTIME | DIR]",
		Short: "check that a runtime does the workloads right",
		Long: `Build a driver, ask it what it is, and run every workload on it at a small size whose answer is known, with its threads
and as plain sequential code: answers, units of work, protocol, clock and CPU placement are checked as in a run. What
the driver neither does nor declines in its manifest is missing. Without an argument all runtimes are checked; DIR is
a folder with a competitor.json of your own.`,
		Args: arguments(0, 1, "one RUNTIME or DIR, or none"),
		Example: `  mnbench verify
  mnbench verify goroutines
  mnbench verify ./my-runtime
  mnbench verify --json mn | jq '.[].checks[] | select(.status != "ok")'`,
		Annotations: exits(exitOK, exitUsage, exitInvalid, exitInterrupted),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			names, how := completeNames((*catalogue).runtimeNames)(cmd, args, typed)
			return names, how &^ cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return verifyCommand(cmd.Context(), u, o, strings.Join(args, ""))
		},
	}
	jsonFlag(cmd, &o.json)
	competitorFlag(cmd, &o.competitors)
	noWaitFlag(cmd, &o.noWait)
	return cmd
}

func verifyCommand(ctx context.Context, u *ui, o verifyOptions, what string) error {
	c, names, err := toVerify(o.competitors, what)
	if err != nil {
		return err
	}
	chosen, err := c.variants(names)
	if err != nil {
		return err
	}
	reports, err := verify(ctx, u, c, ids(chosen), !o.noWait)
	if err != nil {
		return err
	}
	if o.json {
		err = u.printJSON(reports)
	} else {
		printVerified(u, reports)
	}
	if err != nil {
		return err
	}
	return verified(reports)
}

// toVerify returns the catalogue, with a folder of one's own in it, and the
// names of what is to be verified; none: everything.
func toVerify(folders []string, what string) (*catalogue, []string, error) {
	c, err := openCatalogue(folders)
	if err != nil || what == "" {
		return c, nil, err
	}
	if _, _, err := competitors.Find(c.competitors, what); err == nil || !isFolder(what) {
		return c, []string{what}, nil
	}
	own, err := competitors.LoadDir(what)
	if err != nil {
		return nil, nil, err
	}
	var names []string
	for _, v := range own.Variants {
		names = append(names, v.ID)
	}
	c.competitors = append(c.competitors, own)
	return c, names, competitors.Unique(c.competitors)
}

// isFolder tells a folder from a misspelt runtime, which has no slash or dot
// in it.
func isFolder(name string) bool {
	if strings.ContainsAny(name, "/.") {
		return true
	}
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// verified is the error that a verification ends with.
func verified(reports []verification) error {
	var bad []string
	able := 0
	for _, r := range reports {
		switch r.Status {
		case verifyBad:
			bad = append(bad, r.Runtime)
		case verifyOK:
			able++
		}
	}
	switch {
	case len(bad) > 0:
		return withCode(exitInvalid, fmt.Errorf("%s: not as it should be; the lines above say what", strings.Join(bad, ", ")))
	case able == 0:
		return errors.New("nothing was verified: tools are missing; mnbench doctor says what to install")
	}
	return nil
}

func printVerified(u *ui, reports []verification) {
	paint := func(status, s string) string {
		colors := map[string]text.Color{verifyOK: text.FgGreen, verifyAbsent: text.FgYellow, "unsupported": text.FgYellow, "limit": text.FgYellow}
		c, known := colors[status]
		if !known {
			c = text.FgRed
		}
		if u.table.Colour {
			return c.Sprint(s)
		}
		return s
	}
	for i, r := range reports {
		if i > 0 {
			fmt.Fprintln(u.out)
		}
		fmt.Fprintf(u.out, "%s: %s\n", r.Runtime, paint(r.Status, r.Status))
		if r.About != "" {
			fmt.Fprintf(u.out, "  %s\n", r.About)
		}
		for _, k := range r.Checks {
			line := k.What
			if k.Detail != "" {
				line += ": " + strings.ReplaceAll(k.Detail, "\n", "\n"+strings.Repeat(" ", 16))
			}
			fmt.Fprintf(u.out, "  %s  %s\n", paint(k.Status, fmt.Sprintf("%-12s", k.Status)), line)
		}
	}
}

// about is what a driver says it is.
func about(e *competitors.Entrant) string {
	d := e.Describe
	return fmt.Sprintf("version %s, language %s, model %s, modes %s, built with %s",
		d.Version, d.Language, d.Model, strings.Join(d.Modes, " and "), orNothing(e.Toolchain()))
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}
