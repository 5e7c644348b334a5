// Needs tells which tools this machine lacks to build and run every driver. It
// reads that from the competitors' manifests, so that nobody keeps a second list.
//
//	needs            one line per missing Debian package: package (or alternatives, "a|b"), tab, what needs it
//	needs -explain   one line per competitor that cannot take part: why, and the cure
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/mnbench/mnbench"
	"github.com/mnbench/mnbench/competitors"
)

func main() {
	explain := flag.Bool("explain", false, "say in words which competitors cannot take part")
	flag.Parse()
	if err := run(*explain); err != nil {
		fmt.Fprintln(os.Stderr, "needs:", err)
		os.Exit(1)
	}
}

func run(explain bool) error {
	all, err := competitors.Load(mnbench.Sources)
	if err != nil {
		return err
	}
	var packages []string
	neededBy := map[string][]string{}
	for _, c := range all {
		tools, err := (&competitors.Builder{}).Check(context.Background(), c)
		var missing *competitors.Missing
		switch {
		case err == nil:
			continue
		case !errors.As(err, &missing):
			return err
		case explain:
			fmt.Println(missing)
			continue
		}
		for _, need := range c.Needs {
			if slices.ContainsFunc(tools, func(t competitors.Tool) bool { return t.Name == need.Tool }) {
				continue
			}
			for _, p := range strings.Fields(need.Apt) {
				if !slices.Contains(packages, p) {
					packages = append(packages, p)
				}
				if !slices.Contains(neededBy[p], c.ID) {
					neededBy[p] = append(neededBy[p], c.ID)
				}
			}
		}
	}
	for _, p := range packages {
		fmt.Printf("%s\t%s\n", p, strings.Join(neededBy[p], ", "))
	}
	return nil
}
