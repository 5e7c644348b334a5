package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/mnbench/mnbench/workloads"
)

// exitsKey is the annotation that holds a command's exit codes, formatted.
const exitsKey = "exits"

// exits declares the codes that a command can end with; its help ends with them.
func exits(codes ...int) map[string]string {
	return map[string]string{exitsKey: exitLines(codes...)}
}

// usageTemplate puts flags before examples and exit codes last, unlike cobra's.
const usageTemplate = `Usage:{{if .HasAvailableSubCommands}}
  {{.CommandPath}} COMMAND{{else}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}

Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsagesWrapped 120 | trimTrailingWhitespaces}}{{end}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}{{with index .Annotations "exits"}}

Exit codes:
{{. | trimTrailingWhitespaces}}{{end}}
`

// dressHelp gives every command the same help, and errors that say where it is.
func dressHelp(root *cobra.Command) {
	all := make([]int, len(exitTable))
	for i, row := range exitTable {
		all[i] = row.code
	}
	root.Annotations = exits(all...)
	root.SetUsageTemplate(usageTemplate)
	root.SetHelpCommand(newHelpCmd())
	root.SetFlagErrorFunc(flagError)
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			dressCompletion(c)
		}
		explainArgs(c)
	}
}

func newHelpCmd() *cobra.Command {
	return &cobra.Command{
		Use:         "help [COMMAND]",
		Short:       "tell about a command",
		Example:     `  mnbench help run`,
		Annotations: exits(exitOK, exitUsage),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, c := range cmd.Root().Commands() {
				if len(args) == 0 && c.IsAvailableCommand() {
					names = append(names, cobra.CompletionWithDesc(c.Name(), c.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			at, rest, err := cmd.Root().Find(args)
			if len(args) > 0 && (err != nil || len(rest) > 0) {
				return unknownCommand(cmd.Root(), args[0])
			}
			at.InitDefaultHelpFlag()
			at.InitDefaultVersionFlag()
			return at.Help()
		},
	}
}

// dressCompletion gives cobra's own command, and those for each shell, the
// examples and exit codes that all commands have.
func dressCompletion(c *cobra.Command) {
	c.Short = "print a script that completes commands, flags and names in a shell"
	c.Long = "Print a script that makes a shell complete commands, flags, and the names of workloads, suites and runtimes."
	c.Example = `  mnbench completion bash > ~/.local/share/bash-completion/completions/mnbench
  source <(mnbench completion zsh)
  mnbench completion fish > ~/.config/fish/completions/mnbench.fish`
	c.Annotations = exits(exitOK, exitUsage)
	c.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		var have []string
		for _, s := range cmd.Commands() {
			have = append(have, s.Name())
		}
		return workloads.Unknown("shell", args[0], have)
	}
	c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	for _, s := range c.Commands() {
		s.Example = "  mnbench completion " + s.Name()
		s.Annotations = exits(exitOK, exitUsage)
	}
}

// wanted says for people what a flag of a type takes.
var wanted = map[string]string{
	"int":      "a whole number",
	"intSlice": "whole numbers with commas between them, such as 1,2",
	"uint64":   "a whole number of at least 0",
	"duration": "a length of time, such as 20s or 5m",
	"bool":     "true or false",
}

// flagError says what a flag takes that cannot take its value, and adds the
// nearest flag to the complaint about one that is unknown.
func flagError(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		if want := wanted[invalid.GetFlag().Value.Type()]; want != "" {
			return fmt.Errorf("--%s %s: want %s", invalid.GetFlag().Name, invalid.GetValue(), want)
		}
	}
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && len(unknown.GetSpecifiedName()) > 1 {
		var have []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { have = append(have, f.Name) })
		name := unknown.GetSpecifiedName()
		err = fmt.Errorf("unknown flag --%s", name)
		if near := workloads.Nearest(name, have); near != "" {
			err = fmt.Errorf("%w; did you mean --%s?", err, near)
		}
	}
	return seeHelp(cmd, err)
}

// arguments checks how many there are; what names them: "one RECORD".
func arguments(least, most int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return fmt.Errorf("want %s", what)
		case len(args) > most:
			return fmt.Errorf("want %s, have %s", what, strings.Join(args, " "))
		}
		return nil
	}
}

// explainArgs adds where the help is to errors about a command's arguments.
func explainArgs(c *cobra.Command) {
	check := c.Args
	if check == nil {
		return
	}
	c.Args = func(cmd *cobra.Command, args []string) error {
		err := check(cmd, args)
		var unknown *workloads.UnknownError
		if err == nil || errors.As(err, &unknown) { // which says enough
			return err
		}
		return seeHelp(cmd, err)
	}
}

func seeHelp(cmd *cobra.Command, err error) error {
	return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
}
