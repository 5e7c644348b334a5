package results

import (
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/mnbench/mnbench/results/stat"
	"github.com/mnbench/mnbench/workloads"
)

// Summary is what a record says: a line per cell, and what qualifies it.
// Tables, charts and reports are made of it. As JSON it is
//
//	{"record":{...},"cells":[{"runtime","workload","params","workers","mode","status","unit",
//	  "ns_per_unit":{"median","lo","hi"},"invocations","samples","rank","tied",
//	  "ratio":{"to","value","lo","hi"},"warnings":[{"code","text"}],...}],
//	 "memory":[{"workload","runtime","workers","bytes_each":{...},"reached",...}],
//	 "unavailable":[...],"warnings":[...]}
//
// where a number that is not known is null.
type Summary struct {
	Name        string // of the record's file
	Run         Run
	Cells       []CellSummary // in the plan's order, each cell once
	Memory      []Memory      // where a workload measures it
	Unavailable []Unavailable
	End         *End
	Warnings    []Warning
	Confidence  float64 // of all intervals
	Baseline    string  // what Ratio compares with; "": the fastest
}

// CellSummary is what is known of a cell.
type CellSummary struct {
	Cell
	Status      Status // OK when there is a result; else the worst that happened
	Detail      string // of the status, in the words of whoever said it
	Reached     uint64 // how far a limit let it come; 0: it did not say
	Unit        string // of work; "" when nobody names it
	NSPerUnit   stat.Interval
	Medians     []float64          // ns per unit of each invocation with a result
	Place       stat.Place         // among the runtimes of the cell's Group; rank 0: no result, or no interval
	Ratio       *Ratio             // to the baseline or the fastest; nil: no result
	Overhead    *Ratio             // time on one worker over serial time; nil: no serial cell, or more workers
	Efficiency  *Ratio             // serial time over workers times time: 1 is a perfect speed-up
	Failures    []Failure          // invocations without a result, by status, worst first
	Floor       bool               // it is the limit of the others, and has no rank
	RSSBytes    uint64             // largest resident set of an invocation, median over them; 0: not read
	Tails       []Tail             // of the distributions that the driver measured
	Counters    map[string]float64 // the runtime's own, such as steals: mean over timed iterations
	Invocations int                // with a result
	Samples     int                // in them
	Warnings    []Warning
}

// Ratio is a comparison with another cell.
type Ratio struct {
	To string // runtime
	stat.Interval
}

// Failure counts the invocations of a cell that ended in one way.
type Failure struct {
	Status Status `json:"status"`
	Count  int    `json:"count"`
	Detail string `json:"detail,omitempty"` // of the first
}

// HasResult reports whether there is a number to show.
func (c *CellSummary) HasResult() bool { return c.Status == OK && !math.IsNaN(c.NSPerUnit.Median) }

// FormatRank writes the rank for people: "1", "2=" for a tie, "?" where the
// data do not say, "floor" for what is not ranked.
func (c *CellSummary) FormatRank() string {
	switch {
	case !c.HasResult():
		return ""
	case c.Floor:
		return "floor"
	case c.Place.Rank == 0:
		return "?"
	case c.Place.Tied:
		return strconv.Itoa(c.Place.Rank) + "="
	}
	return strconv.Itoa(c.Place.Rank)
}

// Failed reports whether something went wrong in a cell that has a result all
// the same.
func (c *CellSummary) Failed() bool { return c.Status == OK && len(c.Failures) > 0 }

// Valid reports whether nothing in the run makes its results doubtful: no
// wrong answer, crash, time-out or other invalid status.
func (s *Summary) Valid() bool {
	for _, c := range s.Cells {
		for _, f := range c.Failures {
			if f.Status.Invalid() {
				return false
			}
		}
	}
	return true
}

// Measured reports whether there is any result.
func (s *Summary) Measured() bool {
	for i := range s.Cells {
		if s.Cells[i].HasResult() {
			return true
		}
	}
	return false
}

type jsonRatio struct {
	To    string   `json:"to"`
	Value *float64 `json:"value"`
	Lo    *float64 `json:"lo"`
	Hi    *float64 `json:"hi"`
}

func (r *Ratio) json() *jsonRatio {
	if r == nil {
		return nil
	}
	return &jsonRatio{r.To, stat.Finite(r.Median), stat.Finite(r.Lo), stat.Finite(r.Hi)}
}

// MarshalJSON writes the flat form.
func (c CellSummary) MarshalJSON() ([]byte, error) {
	out := struct {
		Runtime     string             `json:"runtime"`
		Workload    string             `json:"workload"`
		Params      workloads.Params   `json:"params"`
		Workers     int                `json:"workers"`
		Mode        Mode               `json:"mode"`
		Status      Status             `json:"status"`
		Detail      string             `json:"detail,omitempty"`
		Reached     uint64             `json:"reached,omitempty"`
		Unit        string             `json:"unit"`
		NSPerUnit   *stat.Interval     `json:"ns_per_unit"`
		Invocations int                `json:"invocations"`
		Samples     int                `json:"samples"`
		Rank        *int               `json:"rank"`
		Tied        bool               `json:"tied"`
		Floor       bool               `json:"floor,omitempty"`
		Ratio       *jsonRatio         `json:"ratio"`
		Overhead    *jsonRatio         `json:"overhead,omitempty"`
		Efficiency  *jsonRatio         `json:"efficiency,omitempty"`
		RSSBytes    uint64             `json:"rss_bytes,omitempty"`
		Tails       []Tail             `json:"tails,omitempty"`
		Counters    map[string]float64 `json:"counters,omitempty"`
		Failures    []Failure          `json:"failures"`
		Warnings    []Warning          `json:"warnings"`
	}{
		Runtime: c.Runtime, Workload: c.Workload, Params: c.Params, Workers: c.Workers, Mode: c.Mode,
		Status: c.Status, Detail: c.Detail, Reached: c.Reached, Unit: c.Unit,
		Invocations: c.Invocations, Samples: c.Samples, Tied: c.Place.Tied, Floor: c.Floor,
		Ratio: c.Ratio.json(), Overhead: c.Overhead.json(), Efficiency: c.Efficiency.json(),
		RSSBytes: c.RSSBytes, Tails: c.Tails, Counters: c.Counters, Failures: notNil(c.Failures), Warnings: notNil(c.Warnings),
	}
	if c.HasResult() {
		out.NSPerUnit = &c.NSPerUnit
		if c.Place.Rank > 0 {
			out.Rank = &c.Place.Rank
		}
	}
	return json.Marshal(out)
}

// MarshalJSON writes the form that show --json prints.
func (s *Summary) MarshalJSON() ([]byte, error) {
	type record struct {
		Name       string    `json:"name"`
		ID         string    `json:"id"`
		Time       time.Time `json:"time"`
		Suite      string    `json:"suite,omitempty"`
		Args       []string  `json:"args"`
		Host       Host      `json:"host"`
		Runtimes   []Runtime `json:"runtimes"`
		Confidence float64   `json:"confidence"`
		Complete   bool      `json:"complete"`
	}
	type unavailable struct {
		Runtime string `json:"runtime"`
		Reason  string `json:"reason"`
		Hint    string `json:"hint,omitempty"`
	}
	out := struct {
		Record      record        `json:"record"`
		Cells       []CellSummary `json:"cells"`
		Memory      []Memory      `json:"memory,omitempty"`
		Unavailable []unavailable `json:"unavailable"`
		Warnings    []Warning     `json:"warnings"`
	}{
		Record: record{s.Name, s.Run.ID, s.Run.Time, s.Run.Plan.Suite, notNil(s.Run.Args), s.Run.Host, notNil(s.Run.Runtimes),
			s.Confidence, s.End != nil && s.End.Status == Complete},
		Cells: notNil(s.Cells), Memory: s.Memory, Unavailable: []unavailable{}, Warnings: notNil(s.Warnings),
	}
	for _, u := range s.Unavailable {
		out.Unavailable = append(out.Unavailable, unavailable{u.Runtime, u.Reason, u.Hint})
	}
	return json.Marshal(out)
}

// notNil makes an empty list of none, for readers that expect one.
func notNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
