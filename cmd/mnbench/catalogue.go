package main

import (
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/mnbench/mnbench"
	"github.com/mnbench/mnbench/competitors"
	"github.com/mnbench/mnbench/workloads"
)

// catalogue is everything that can be named on the command line.
type catalogue struct {
	*workloads.Catalogue
	competitors []*competitors.Competitor
}

// openCatalogue reads what is embedded, and the competitors in the given
// folders.
func openCatalogue(folders []string) (*catalogue, error) {
	tree, err := fs.Sub(mnbench.Sources, "workloads")
	if err != nil {
		return nil, err
	}
	work, err := workloads.Load(tree)
	if err != nil {
		return nil, err
	}
	all, err := competitors.Load(mnbench.Sources)
	if err != nil {
		return nil, err
	}
	for _, dir := range folders {
		c, err := competitors.LoadDir(dir)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return &catalogue{work, all}, competitors.Unique(all)
}

// units names the unit of work of each workload.
func (c *catalogue) units() map[string]string {
	m := make(map[string]string, len(c.Workloads))
	for _, w := range c.Workloads {
		m[w.ID] = w.Unit
	}
	return m
}

// memory is the parameter that the memory of a workload grows with, by
// workload, where that is what it measures.
func (c *catalogue) memory() map[string]string {
	m := map[string]string{}
	for _, w := range c.Workloads {
		if w.Memory != "" {
			m[w.ID] = w.Memory
		}
	}
	return m
}

// competitorFlag adds --competitor.
func competitorFlag(cmd *cobra.Command, folders *[]string) {
	cmd.Flags().StringArrayVar(folders, "competitor", nil, "folder `DIR` of a runtime of your own: a competitor.json and a driver (repeatable)")
	_ = cmd.MarkFlagDirname("competitor")
}

// known is the answer of a workload where the catalogue has it.
func (c *catalogue) known(workload string, ps workloads.Params) (workloads.Answer, bool) {
	w, err := c.Workload(workload)
	if err != nil {
		return workloads.Answer{}, false
	}
	return w.Known(ps)
}
