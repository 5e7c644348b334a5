package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// completion offers names to the shell.
type completion = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)

// completeNames offers what names returns, described, without those that the
// command line has already.
func completeNames(names func(c *catalogue) [][2]string) completion {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		c, err := openCatalogue(completedFolders(cmd))
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		var out []string
		for _, n := range names(c) {
			if !slices.Contains(args, n[0]) {
				out = append(out, cobra.CompletionWithDesc(n[0], n[1]))
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeList is completeNames for a flag whose value is a list with commas:
// what stands before the last comma is kept, and not offered again.
func completeList(names func(c *catalogue) [][2]string) completion {
	one := completeNames(names)
	return func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndex(typed, ",")+1]
		out, how := one(cmd, strings.Split(before, ","), typed)
		for i := range out {
			out[i] = before + out[i]
		}
		return out, how | cobra.ShellCompDirectiveNoSpace
	}
}

// completedFolders are the --competitor folders typed so far, each once: cobra
// reads the flags more than once here.
func completedFolders(cmd *cobra.Command) []string {
	folders, err := cmd.Flags().GetStringArray("competitor")
	if err != nil {
		return nil
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}

func (c *catalogue) suiteNames() (names [][2]string) {
	for _, s := range c.Suites {
		names = append(names, [2]string{s.ID, s.Summary})
	}
	return names
}

func (c *catalogue) workloadNames() (names [][2]string) {
	for _, w := range c.Workloads {
		names = append(names, [2]string{w.ID, w.Summary})
	}
	return names
}

func (c *catalogue) runtimeNames() (names [][2]string) {
	for _, k := range c.competitors {
		for _, v := range k.Variants {
			names = append(names, [2]string{v.ID, v.Summary})
		}
	}
	return names
}

// records completes records: names that end as run ends them.
func records(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"jsonl"}, cobra.ShellCompDirectiveFilterFileExt
}

// oneRecord completes the only argument.
func oneRecord(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return records(cmd, args, typed)
}

// completeParams offers the parameters of the workloads on the command line,
// or of all.
func completeParams(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	c, err := openCatalogue(nil)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var out []string
	for _, w := range c.Workloads {
		if chosen := slices.ContainsFunc(args, func(a string) bool { _, err := c.Workload(a); return err == nil }); chosen && !slices.Contains(args, w.ID) {
			continue
		}
		for _, p := range w.Params {
			out = append(out, cobra.CompletionWithDesc(p.Name+"=", w.ID+": "+p.Doc))
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// register adds a flag's completion; it only fails for a flag that is not there.
func register(cmd *cobra.Command, flag string, complete completion) {
	if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err)
	}
}
