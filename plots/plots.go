// Package plots draws summaries: charts for papers and pages, and the report.
//
// A chart kind is a file that defines a Kind, and a line in Kinds. All kinds
// follow the same rules: a runtime has the same colour and mark everywhere;
// an interval is drawn with every estimate that has one; what has no result
// is named where its mark would be, never left out; the axis says what it
// shows, in which unit, and which way is better.
package plots

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/mnbench/mnbench/results"
)

// Kinds are the chart kinds, in the order in which they are drawn.
var Kinds = []Kind{overview, percentiles, shares, bars, speedup, slopes}

// Kind is a way to draw a summary.
type Kind struct {
	ID      string
	Summary string // one line, for help texts
	// Make returns the charts of this kind that the summary has data for:
	// none, one, or one for each block.
	Make func(*results.Summary) []*Chart
}

// Charts returns the charts of all kinds. Their names differ.
func Charts(s *results.Summary) []*Chart {
	s = cleaned(s)
	var charts []*Chart
	for _, k := range Kinds {
		for _, c := range k.Make(s) {
			c.Kind = k.ID
			charts = append(charts, c)
		}
	}
	return named(charts)
}

// named makes the names of charts fit for files, each of its own.
func named(charts []*Chart) []*Chart {
	taken := map[string]bool{}
	for _, c := range charts {
		base := safeName(c.Name)
		c.Name = base
		for n := 2; taken[strings.ToLower(c.Name)]; n++ {
			c.Name = base + "-" + strconv.Itoa(n)
		}
		taken[strings.ToLower(c.Name)] = true
	}
	return charts
}

// cleaned returns a copy of the summary whose texts can be drawn: records come
// from anywhere.
func cleaned(s *results.Summary) *results.Summary {
	out := *s
	out.Baseline = results.Printable(s.Baseline)
	out.Cells = slices.Clone(s.Cells)
	for i := range out.Cells {
		c := &out.Cells[i]
		c.Runtime, c.Workload, c.Unit = results.Printable(c.Runtime), results.Printable(c.Workload), results.Printable(c.Unit)
		c.Params = slices.Clone(c.Params)
		for k := range c.Params {
			c.Params[k].Name = results.Printable(c.Params[k].Name)
		}
	}
	out.Run.Runtimes = slices.Clone(s.Run.Runtimes)
	for i := range out.Run.Runtimes {
		out.Run.Runtimes[i].ID = results.Printable(out.Run.Runtimes[i].ID)
	}
	return &out
}

// WriteFiles writes every chart in every format into a folder, which is made
// when it is missing, and returns the paths in the order of the charts. Files
// of the same name are replaced.
func WriteFiles(dir string, charts []*Chart, formats []string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("%s: the folder for charts cannot be made: %w", dir, err)
	}
	var paths []string
	for _, c := range charts {
		for _, f := range formats {
			path := filepath.Join(dir, c.Name+"."+f)
			if err := c.writeFile(path, f); err != nil {
				return paths, err
			}
			paths = append(paths, path)
		}
	}
	return paths, nil
}

func (c *Chart) writeFile(path, format string) error {
	var b bytes.Buffer
	if err := c.Write(&b, format); err != nil {
		return err
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		os.Remove(path) // half a chart is worse than none
		return fmt.Errorf("chart %s cannot be written: %w", c.Name, err)
	}
	return nil
}
