package results

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/mnbench/mnbench/results/stat"
	"github.com/mnbench/mnbench/workloads"
	"github.com/montanaflynn/stats"
)

// Memory is what a runtime takes of memory for each more of what a parameter
// counts, such as threads: the slope of a line through the resident memory of
// invocations at several values of that parameter, all else being equal.
type Memory struct {
	Workload string
	Param    string           // what is counted
	Params   workloads.Params // all others
	Runtime  string
	Workers  int
	Line     stat.Line // bytes
	From, To uint64    // least and greatest value with a result
	Reached  uint64    // where the system had no more, when a limit was met; else 0
	Limit    string    // in the system's own words
}

// MarshalJSON writes {"workload","param","params","runtime","workers",
// "bytes_each":{"median","lo","hi"},"bytes_besides","from","to","reached","limit"}.
func (m Memory) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Workload string           `json:"workload"`
		Param    string           `json:"param"`
		Params   workloads.Params `json:"params"`
		Runtime  string           `json:"runtime"`
		Workers  int              `json:"workers"`
		Each     stat.Interval    `json:"bytes_each"`
		Besides  *float64         `json:"bytes_besides"`
		From     uint64           `json:"from"`
		To       uint64           `json:"to"`
		Reached  uint64           `json:"reached,omitempty"`
		Limit    string           `json:"limit,omitempty"`
	}{m.Workload, m.Param, m.Params, m.Runtime, m.Workers, m.Line.Slope, stat.Finite(m.Line.Intercept), m.From, m.To, m.Reached, m.Limit})
}

// memoryPoints gathers what belongs to one line.
type memoryPoints struct {
	Memory
	x, y []float64
}

// memory fits a line for each runtime and number of workers where a workload
// says which parameter its memory grows with, and it was measured at several
// values of it. They come by workload in the plan's order, then workers, then
// bytes.
func (m *summariser) memory() {
	var lines []*memoryPoints
	index := map[string]*memoryPoints{}
	for i := range m.Cells {
		c := &m.Cells[i]
		param := cmp.Or(m.Run.Plan.Memory[c.Workload], m.o.Memory[c.Workload])
		at := slices.IndexFunc(c.Params, func(p workloads.Param) bool { return p.Name == param })
		if param == "" || at < 0 || c.Mode != Parallel {
			continue
		}
		others := slices.Delete(slices.Clone(c.Params), at, at+1)
		line := Memory{Workload: c.Workload, Param: param, Params: others, Runtime: c.Runtime, Workers: c.Workers}
		key := line.key()
		p, ok := index[key]
		if !ok {
			p = &memoryPoints{Memory: line}
			index[key] = p
			lines = append(lines, p)
		}
		p.add(c, c.Params[at].Value, m.invocations[c.Key()])
	}
	for _, p := range lines {
		p.Line = stat.Slope(p.x, p.y, m.o.Stat)
		if p.From < p.To || p.Limit != "" {
			m.Memory = append(m.Memory, p.Memory)
		}
	}
}

func (m *Memory) key() string {
	return strings.Join([]string{m.Workload, m.Params.String(), m.Runtime, FormatWorkers(m.Workers)}, "\x00")
}

// add takes in a cell with this value of the parameter.
func (p *memoryPoints) add(c *CellSummary, value uint64, invs []*Measured) {
	if c.Status == Limit && (p.Limit == "" || c.Reached > p.Reached) {
		p.Reached, p.Limit = c.Reached, c.Detail
	}
	for _, inv := range invs {
		if inv.Status != OK || inv.Invocation.Invocation < 0 {
			continue
		}
		var bytes []float64
		for _, t := range inv.Timed {
			if t.RSSBytes > 0 {
				bytes = append(bytes, float64(t.RSSBytes))
			}
		}
		mid, err := stats.Median(bytes)
		if err != nil {
			continue
		}
		if len(p.x) == 0 || value < p.From {
			p.From = value
		}
		p.To = max(p.To, value)
		p.x, p.y = append(p.x, float64(value)), append(p.y, mid)
	}
}

// FormatBytes writes an amount of memory for people with three significant
// digits: "259 B", "4.37 KB", "1.02 GB"; a KB is 1000 bytes.
func FormatBytes(b float64) string {
	if math.IsNaN(b) || math.IsInf(b, 0) {
		return "?"
	}
	unit := "B"
	for _, next := range []string{"KB", "MB", "GB", "TB"} {
		if math.Abs(b) < 999.5 {
			break
		}
		b, unit = b/1000, next
	}
	return threeDigits(b) + " " + unit
}
