package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/mnbench/mnbench/competitors"
	"github.com/mnbench/mnbench/internal/host"
	"github.com/mnbench/mnbench/results"
)

type doctorOptions struct {
	json        bool
	competitors []string
}

func newDoctorCmd(u *ui) *cobra.Command {
	var o doctorOptions
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "say what can be measured on this machine, and what is missing",
		Long: `Look for the toolchain of each runtime, and for whatever about this machine makes measurements less steady. Each line
is ok, warn (it works; the line says what to know) or missing (with what to type to get it). Nothing is installed,
built or changed.`,
		Args: arguments(0, 0, "no argument"),
		Example: `  mnbench doctor
  mnbench doctor --json | jq '.checks[] | select(.status != "ok")'`,
		Annotations: exits(exitOK, exitUsage, exitInterrupted),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := openCatalogue(o.competitors)
			if err != nil {
				return err
			}
			return doctor(cmd.Context(), u, o, c)
		},
	}
	jsonFlag(cmd, &o.json)
	competitorFlag(cmd, &o.competitors)
	return cmd
}

// checkup is one line of doctor.
type checkup struct {
	Area   string `json:"area"` // "runtimes" or "machine"
	Name   string `json:"name"`
	Status string `json:"status"` // statusOK, statusWarn or statusMissing
	Detail string `json:"detail"`
	Cure   string `json:"cure,omitempty"` // what to type
}

const (
	statusOK      = "ok"
	statusWarn    = "warn"
	statusMissing = "missing"
)

func doctor(ctx context.Context, u *ui, o doctorOptions, c *catalogue) error {
	cache, err := competitors.DefaultCache()
	if err != nil {
		return err
	}
	usable, checks, err := runtimeCheckups(ctx, c.competitors)
	if err != nil {
		return err
	}
	facts := host.Facts()
	checks = append(checks, machineCheckups(readMachine(facts))...)
	checks = append(checks, folderCheckup("folder for results", "."), folderCheckup("folder for built drivers", cache))
	if o.json {
		err = u.printJSON(struct {
			Checks []checkup    `json:"checks"`
			Host   results.Host `json:"host"`
		}{checks, facts})
	} else {
		printCheckups(u, checks)
	}
	if err == nil && usable == 0 {
		return errors.New("no runtime can take part on this machine: install what the lines marked missing say")
	}
	return err
}

// runtimeCheckups looks for the tools of each competitor and counts those
// that have all of them.
func runtimeCheckups(ctx context.Context, all []*competitors.Competitor) (usable int, checks []checkup, err error) {
	b := &competitors.Builder{}
	for _, c := range all {
		tools, err := b.Check(ctx, c)
		if ctx.Err() != nil {
			return 0, nil, ctx.Err()
		}
		k := checkup{Area: "runtimes", Name: variantNames(c), Status: statusOK, Detail: toolList(tools)}
		var missing *competitors.Missing
		switch {
		case errors.As(err, &missing):
			k.Status, k.Detail, k.Cure = statusMissing, missing.Reason, missing.Hint
		case err != nil:
			k.Status, k.Detail = statusMissing, err.Error()
		default:
			usable++
		}
		checks = append(checks, k)
	}
	return usable, checks, nil
}

func printCheckups(u *ui, checks []checkup) {
	colors := map[string]text.Color{statusOK: text.FgGreen, statusWarn: text.FgYellow, statusMissing: text.FgRed}
	width := 0
	for _, k := range checks {
		width = max(width, len(k.Name))
	}
	for _, k := range checks {
		status := fmt.Sprintf("%-7s", k.Status)
		if u.table.Colour {
			status = colors[k.Status].Sprint(status)
		}
		fmt.Fprintf(u.out, "%s  %-*s  %s\n", status, width, k.Name, k.Detail)
		if k.Cure != "" {
			fmt.Fprintf(u.out, "%*s  to mend it: %s\n", len("missing")+2+width, "", k.Cure)
		}
	}
}

// folderCheckup looks at the folder itself, or where it will be made.
func folderCheckup(name, dir string) checkup {
	k := checkup{Area: "machine", Name: name, Status: statusOK}
	free, at, err := freeSpace(dir)
	switch {
	case errors.Is(err, os.ErrPermission):
		k.Status, k.Detail, k.Cure = statusMissing, at+" cannot be written to", "choose another one with --out, or MNBENCH_CACHE"
	case err != nil:
		k.Status, k.Detail = statusMissing, err.Error()
	default:
		k.Detail = fmt.Sprintf("%s, %s free", at, gigabytes(free))
		if free < leastSpace {
			k.Status, k.Cure = statusWarn, "free some space: a record takes megabytes, built drivers some tens of them"
		}
	}
	return k
}
