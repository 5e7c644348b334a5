// Package workloads is the catalogue: what each workload is, which parameters
// it takes, which answers are known, and which sizes each suite asks for. It
// measures nothing and starts no process.
//
// The catalogue is data. A workload is a folder with a workload.json (and the C
// text that the drivers compile); a suite is a file in suites/. Nothing lists
// them by hand: [Load] takes what it finds.
package workloads

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"
)

// suitesFolder is the one folder that holds no workload.
const suitesFolder = "suites"

// Catalogue is everything that [Load] found, each sorted by id.
type Catalogue struct {
	Workloads []*Workload
	Suites    []*Suite
}

// Load reads the catalogue from a file system that is rooted at the workloads
// folder. It checks every file completely, so that whoever holds a Catalogue
// need not doubt it; an error names the file and the key at fault.
func Load(fsys fs.FS) (*Catalogue, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("workloads: %w", err)
	}
	c := &Catalogue{}
	for _, e := range entries {
		if !e.IsDir() || e.Name() == suitesFolder || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		w, err := loadWorkload(fsys, e.Name())
		if err != nil {
			return nil, fmt.Errorf("workloads/%w", err)
		}
		c.Workloads = append(c.Workloads, w)
	}
	sort.Slice(c.Workloads, func(i, j int) bool { return c.Workloads[i].ID < c.Workloads[j].ID })

	files, err := fs.ReadDir(fsys, suitesFolder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("workloads: %w", err)
	}
	for _, f := range files {
		if f.IsDir() || path.Ext(f.Name()) != ".json" {
			continue
		}
		s, err := c.loadSuite(fsys, path.Join(suitesFolder, f.Name()))
		if err != nil {
			return nil, fmt.Errorf("workloads/%w", err)
		}
		c.Suites = append(c.Suites, s)
	}
	sort.Slice(c.Suites, func(i, j int) bool { return c.Suites[i].ID < c.Suites[j].ID })
	return c, nil
}

// Workload returns the workload with this id; the error names the nearest.
func (c *Catalogue) Workload(id string) (*Workload, error) {
	have := make([]string, len(c.Workloads))
	for i, w := range c.Workloads {
		if w.ID == id {
			return w, nil
		}
		have[i] = w.ID
	}
	return nil, Unknown("workload", id, have)
}

// Suite returns the suite with this id; the error names the nearest.
func (c *Catalogue) Suite(id string) (*Suite, error) {
	have := make([]string, len(c.Suites))
	for i, s := range c.Suites {
		if s.ID == id {
			return s, nil
		}
		have[i] = s.ID
	}
	return nil, Unknown("suite", id, have)
}
