package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/mnbench/mnbench/workloads"
)

// defaultSuite is what a plain `mnbench run` runs, and where single workloads
// take their numbers of invocations, iterations and workers from.
const defaultSuite = "quick"

// choose makes the suite that the arguments ask for, a copy that may be changed:
//
//	(nothing)            the default suite
//	SUITE                that suite
//	WORKLOAD...          these workloads with their default parameters
//	SUITE WORKLOAD...    of that suite the sizes of these workloads
//
// and params set what they name, wherever a workload has it. The ID is empty
// when it is no longer the suite of that name.
func (c *catalogue) choose(args []string, params map[string]uint64) (*workloads.Suite, error) {
	suite, chosen, err := c.named(args)
	if err != nil {
		return nil, err
	}
	s := *suite
	switch {
	case len(chosen) == 0:
		s.Cells = slices.Clone(s.Cells)
	case slices.Contains(args, s.ID):
		s.Cells = slices.DeleteFunc(slices.Clone(s.Cells), func(cell workloads.SuiteCell) bool {
			return !slices.ContainsFunc(chosen, func(w *workloads.Workload) bool { return w.ID == cell.Workload })
		})
		for _, w := range chosen {
			if !slices.ContainsFunc(s.Cells, func(cell workloads.SuiteCell) bool { return cell.Workload == w.ID }) {
				return nil, fmt.Errorf("suite %s has no size of workload %s; give --param and leave the suite out", s.ID, w.ID)
			}
		}
	default:
		s.Cells = nil
		for _, w := range chosen {
			s.Cells = append(s.Cells, workloads.SuiteCell{Workload: w.ID})
		}
	}
	if len(chosen) > 0 || len(params) > 0 {
		s.ID = ""
	}
	return &s, c.setParams(&s, params)
}

// named sorts the arguments into one suite and workloads.
func (c *catalogue) named(args []string) (*workloads.Suite, []*workloads.Workload, error) {
	var suite *workloads.Suite
	var chosen []*workloads.Workload
	for _, a := range args {
		if w, err := c.Workload(a); err == nil {
			if !slices.Contains(chosen, w) {
				chosen = append(chosen, w)
			}
			continue
		}
		s, err := c.Suite(a)
		if err != nil {
			return nil, nil, c.unknown(a)
		}
		if suite != nil && suite != s {
			return nil, nil, fmt.Errorf("suites %s and %s: choose one; a record holds one suite", suite.ID, s.ID)
		}
		suite = s
	}
	if suite == nil {
		s, err := c.Suite(defaultSuite)
		return s, chosen, err
	}
	return suite, chosen, nil
}

// unknown suggests among suites and workloads alike.
func (c *catalogue) unknown(name string) error {
	var have []string
	for _, n := range append(c.suiteNames(), c.workloadNames()...) {
		have = append(have, n[0])
	}
	return workloads.Unknown("suite or workload", name, have)
}

// setParams resolves the parameters of all cells with params set where a
// workload has them, and drops cells that become the same as one before.
func (c *catalogue) setParams(s *workloads.Suite, params map[string]uint64) error {
	used := map[string]bool{}
	var have []string
	seen := map[string]bool{}
	var cells []workloads.SuiteCell
	for _, cell := range s.Cells {
		w, err := c.Workload(cell.Workload)
		if err != nil {
			return err
		}
		given := cell.Params.Map()
		for _, p := range w.Params {
			have = append(have, p.Name)
			if v, ok := params[p.Name]; ok {
				given[p.Name], used[p.Name] = v, true
			}
		}
		if cell.Params, err = w.Resolve(given); err != nil {
			return err
		}
		key := cell.Workload + " " + cell.Params.String()
		if !seen[key] {
			seen[key] = true
			cells = append(cells, cell)
		}
	}
	s.Cells = cells
	slices.Sort(have)
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if !used[name] {
			return fmt.Errorf("--param %s=%d: no chosen workload has it: %w", name, params[name],
				workloads.Unknown("parameter", name, slices.Compact(have)))
		}
	}
	return nil
}

// parseParams reads k=v pairs.
func parseParams(pairs []string) (map[string]uint64, error) {
	params := map[string]uint64{}
	for _, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		v, err := strconv.ParseUint(value, 10, 64)
		switch _, twice := params[name]; {
		case !ok || name == "" || err != nil:
			return nil, fmt.Errorf("--param %s: want NAME=NUMBER with a whole number of at least 0, such as n=1000", pair)
		case twice:
			return nil, fmt.Errorf("--param %s: %s is given twice", pair, name)
		}
		params[name] = v
	}
	return params, nil
}
