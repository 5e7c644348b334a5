package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/mnbench/mnbench/internal/protocol"
	"github.com/mnbench/mnbench/results"
)

func newVersionCmd(u *ui) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "print the version",
		Args:  arguments(0, 0, "no argument"),
		Example: `  mnbench version
  mnbench version --json`,
		Annotations: exits(exitOK, exitUsage),
		RunE: func(*cobra.Command, []string) error {
			t := tool()
			if asJSON {
				return u.printJSON(t)
			}
			fmt.Fprintf(u.out, "mnbench %s\ncommit: %s\nbuilt with: %s\nrecord schema: %d\ndriver protocol: %d\n",
				t.Version, t.Commit, t.Go, results.SchemaVersion, protocol.Version)
			return nil
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// tool is this mnbench, as the Go tool that built it wrote down.
func tool() results.Tool {
	t := results.Tool{Version: "devel", Commit: "unknown", Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return t
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		t.Version = v
	}
	modified := false
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			t.Commit = s.Value
		case "vcs.modified":
			modified = s.Value == "true"
		}
	}
	if modified {
		t.Commit += "+modified"
	}
	return t
}
