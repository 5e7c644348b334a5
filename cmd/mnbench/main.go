// Mnbench measures threading runtimes side by side, and says which of them
// should run which kind of work.
//
// A command is one file, cmd_VERB.go, and one line in newRoot. What goes to
// stdout and what to stderr is ruled in ui.go, exit codes in exits.go, the
// shape of the help in help.go.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/mnbench/mnbench/workloads"
)

func main() {
	ctx := interruptible(os.Stderr, os.Exit)
	os.Exit(run(ctx, os.Args[1:], newUI(os.Stdin, os.Stdout, os.Stderr)))
}

// run is the whole program; it returns the exit code.
func run(ctx context.Context, args []string, u *ui) int {
	root := newRoot(u)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	switch {
	case u.out.err != nil:
		err = u.out.err
	case err == nil:
		return exitOK
	case errors.Is(err, context.Canceled): // nothing else ends contexts
		err = errInterrupted
	}
	u.Error(err)
	return codeOf(err)
}

func newRoot(u *ui) *cobra.Command {
	root := &cobra.Command{
		Use:   "mnbench",
		Short: "measure threading runtimes side by side",
		Long: `mnbench runs the same checked workloads on several threading runtimes, each in a process of its own, and says
which of them should run which kind of work. ` + "`mnbench run`" + ` measures, ` + "`mnbench show`" + `, plot and report redo tables
and charts from the record that a run leaves.`,
		Example: `  mnbench doctor                     what can be measured on this machine, and what is missing
  mnbench run                        suite quick, about a minute: the table, and a record of everything
  mnbench run fib --param n=20       one workload
  mnbench plot RECORD --out charts   charts of it`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return unknownCommand(cmd, args[0])
		},
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       tool().Version,
	}
	root.SetOut(u.out)
	root.SetErr(u.err)
	root.SetVersionTemplate("mnbench {{.Version}}\n")
	root.AddCommand(
		newListCmd(u), newDoctorCmd(u), newRunCmd(u), newShowCmd(u), newPlotCmd(u), newReportCmd(u), newCompareCmd(u), newExportCmd(u), newVerifyCmd(u), newVersionCmd(u),
		newMergeCmd(u), newGateCmd(u), newTraceCmd(u),
	)
	dressHelp(root)
	return root
}

func unknownCommand(parent *cobra.Command, name string) error {
	var have []string
	for _, c := range parent.Commands() {
		if c.IsAvailableCommand() {
			have = append(have, c.Name())
		}
	}
	return workloads.Unknown("command", name, have)
}

// interruptible returns a context that the first interrupt (Ctrl-C, a
// termination request, a terminal or pipe that went away) ends with
// errInterrupted as its cause, so that what runs can be closed properly. A
// second one exits at once. Signals that were ignored from the start (nohup,
// background jobs) stay so.
func interruptible(stderr io.Writer, exit func(int)) context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 8)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE} {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	go func() {
		for s := range signals {
			switch {
			case ctx.Err() == nil:
				cancel(errInterrupted)
			case s != syscall.SIGPIPE: // of those, every further write brings one
				fmt.Fprintln(stderr, "\nmnbench: interrupted again: exiting at once")
				exit(exitInterrupted)
			}
		}
	}()
	return ctx
}
