package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// discard is a ui that nobody sees.
func discard(t *testing.T) *ui {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { null.Close() })
	return newUI(null, null, null)
}

// TestHelp holds every command's help to the same form: what it does, usage,
// then at the end examples and exit codes.
func TestHelp(t *testing.T) {
	root := newRoot(discard(t))
	ending := regexp.MustCompile(`\n\nExamples:\n(  .+\n)+\nExit codes:\n(  \d+ +\S.*\n)+$`)
	var check func(c *cobra.Command)
	check = func(c *cobra.Command) {
		t.Run(strings.ReplaceAll(c.CommandPath(), " ", "_"), func(t *testing.T) {
			var b bytes.Buffer
			c.SetOut(&b)
			if err := c.Help(); err != nil {
				t.Fatal(err)
			}
			if !ending.MatchString(b.String()) {
				t.Errorf("help does not end with examples and exit codes:\n%s", b.String())
			}
			if c.Short == "" || strings.HasSuffix(c.Short, ".") {
				t.Errorf("short description %q: want one line without a full stop", c.Short)
			}
			for _, line := range strings.Split(b.String(), "\n") {
				if len(line) > 120 {
					t.Errorf("longer than 120 columns: %s", line)
				}
			}
			for _, line := range strings.Split(c.Example, "\n") {
				if !strings.HasPrefix(line, "  ") || !strings.Contains(line, c.CommandPath()) {
					t.Errorf("example %q does not show %s", line, c.CommandPath())
				}
			}
		})
		for _, sub := range c.Commands() {
			check(sub)
		}
	}
	check(root)
}

// TestExamples holds the examples to flags that exist.
func TestExamples(t *testing.T) {
	root := newRoot(discard(t))
	for _, c := range root.Commands() {
		for _, line := range strings.Split(c.Example, "\n") {
			_, command, _ := strings.Cut(line, "mnbench ")
			command, _, _ = strings.Cut(command, " | ")
			command, _, _ = strings.Cut(command, " > ")
			words := strings.Fields(command)
			at, rest, err := root.Find(words)
			if err != nil {
				t.Errorf("%s: %v", line, err)
				continue
			}
			if err := at.ParseFlags(rest); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		}
	}
}
