package plots

import (
	"html/template"
	"strconv"

	"github.com/mnbench/mnbench/results"
)

// reportMemory is a line of the page's table of memory.
type reportMemory struct {
	Workload, Of string // what is counted
	Runtime      string
	Colour       template.CSS
	Workers      string
	Each, Spread string
	UpTo         string
	Limit        string // where there could be no more, and why
}

func memoryRows(s *results.Summary) []reportMemory {
	var rows []reportMemory
	for _, m := range s.Memory {
		rows = append(rows, reportMemory{
			Workload: m.Workload, Of: m.Param, Runtime: m.Runtime, Colour: template.CSS(Colour(m.Runtime)),
			Workers: results.FormatWorkers(m.Workers), Each: results.FormatBytes(m.Line.Slope.Median),
			Spread: results.FormatSpread(m.Line.Slope), UpTo: strconv.FormatUint(m.To, 10), Limit: m.Limit,
		})
	}
	return rows
}
