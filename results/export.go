package results

import (
	"encoding/json"
	"io"
	"strings"
)

// Export is a format of other tools that a record can be written in.
type Export struct {
	Name    string
	Summary string // one line
	All     bool   // cells without a result are in it too
	Write   func(w io.Writer, rec *Record, s *Summary) error
}

// Exports are all formats: a format is a file, and a line here.
var Exports = []Export{
	{"csv", "a table: one line for each cell", true, writeCSV},
	{"samples", "CSV of the raw data: one line for each sample", true, writeSamples},
	{"json", "the same JSON as show --json", true, writeJSON},
	{"gobench", "Go benchmark format, one line for each invocation, as benchstat reads it", false, writeGoBench},
	{"github-action-benchmark", "its customSmallerIsBetter JSON", false, writeActionBenchmark},
	{"bencher", "Bencher Metric Format, with the measure latency", false, writeBencher},
	{"openmetrics", "OpenMetrics text, for Prometheus and its relatives", false, writeOpenMetrics},
}

func writeJSON(w io.Writer, _ *Record, s *Summary) error { return indented(w, s) }

func indented(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// label names a cell in one line: "fib n=25 cutoff=0, mn, 2 workers". It is
// the same from run to run, since other tools keep histories by it.
func label(c *CellSummary) string {
	how := FormatWorkers(c.Workers)
	if c.Mode == Serial {
		how = "sequential"
	}
	return Printable(strings.Join([]string{Block{Workload: c.Workload, Params: c.Params}.Title(), c.Runtime, how}, ", "))
}

// results returns the cells that have a number to export.
func (s *Summary) results() (cells []*CellSummary) {
	for i := range s.Cells {
		if s.Cells[i].HasResult() {
			cells = append(cells, &s.Cells[i])
		}
	}
	return cells
}
