package results

import (
	"encoding/json"
	"time"

	"github.com/mnbench/mnbench/results/stat"
	"github.com/mnbench/mnbench/workloads"
)

// MarshalJSON writes the comparison for programs:
//
//	{"outcome","base":{...},"head":{...},"threshold","alpha","power","confidence","paired","other_host",
//	 "cells":[{"runtime","workload","params","workers","mode","unit","verdict","why","ratio","lo","hi","p","p_raw",
//	   "mde","more","base":{"status","median","lo","hi","invocations"},"head":{...}}],
//	 "counts":{"slower":1,...},"geometric_mean":{"median","lo","hi"},
//	 "only_base":[cell],"only_head":[cell],"differences":[{"what","base","head","host"}],"warnings":[...]}
//
// where a number that is not known is null. p is corrected, p_raw is not; mde
// is a share (0.05) and null when nothing can be seen; more is how many more
// invocations of each side would decide, -1 when too many.
func (c *Comparison) MarshalJSON() ([]byte, error) {
	type half struct {
		Name    string    `json:"name"`
		ID      string    `json:"id"`
		Time    time.Time `json:"time"`
		Tool    Tool      `json:"tool"`
		Host    Host      `json:"host"`
		Invalid []string  `json:"invalid"`
	}
	type result struct {
		Status      Status   `json:"status"`
		Median      *float64 `json:"median"`
		Lo          *float64 `json:"lo"`
		Hi          *float64 `json:"hi"`
		Invocations int      `json:"invocations"`
	}
	type cell struct {
		Runtime  string           `json:"runtime"`
		Workload string           `json:"workload"`
		Params   workloads.Params `json:"params"`
		Workers  int              `json:"workers"`
		Mode     Mode             `json:"mode"`
		Unit     string           `json:"unit"`
		Verdict  stat.Verdict     `json:"verdict"`
		Why      string           `json:"why,omitempty"`
		Ratio    *float64         `json:"ratio"`
		Lo       *float64         `json:"lo"`
		Hi       *float64         `json:"hi"`
		P        *float64         `json:"p"`
		Raw      *float64         `json:"p_raw"`
		MDE      *float64         `json:"mde"`
		More     int              `json:"more"`
		Base     result           `json:"base"`
		Head     result           `json:"head"`
		Warnings []Warning        `json:"warnings"`
	}
	side := func(s Side) half {
		return half{s.Name, s.Run.ID, s.Run.Time, s.Run.Tool, s.Run.Host, notNil(s.Invalid)}
	}
	of := func(s *CellSummary) result {
		i := s.NSPerUnit
		return result{s.Status, stat.Finite(i.Median), stat.Finite(i.Lo), stat.Finite(i.Hi), s.Invocations}
	}
	out := struct {
		Outcome     Outcome              `json:"outcome"`
		Base        half                 `json:"base"`
		Head        half                 `json:"head"`
		Threshold   float64              `json:"threshold"`
		Alpha       float64              `json:"alpha"`
		Power       float64              `json:"power"`
		Confidence  float64              `json:"confidence"`
		Paired      bool                 `json:"paired"`
		OtherHost   bool                 `json:"other_host"`
		Cells       []cell               `json:"cells"`
		Counts      map[stat.Verdict]int `json:"counts"`
		Mean        stat.Interval        `json:"geometric_mean"`
		OnlyBase    []Cell               `json:"only_base"`
		OnlyHead    []Cell               `json:"only_head"`
		Differences []Difference         `json:"differences"`
		Warnings    []Warning            `json:"warnings"`
	}{
		c.Outcome(), side(c.Base), side(c.Head), c.Rule.Threshold, c.Rule.Alpha, c.Rule.Power, c.Confidence, c.Paired, c.OtherHost,
		[]cell{}, c.Count(), c.Mean, notNil(c.Missing), notNil(c.New), notNil(c.Differences), notNil(c.Warnings),
	}
	for i := range c.Cells {
		p := &c.Cells[i]
		r := p.Test.Ratio
		out.Cells = append(out.Cells, cell{p.Runtime, p.Workload, p.Params, p.Workers, p.Mode, p.Unit, p.Verdict, p.Why,
			stat.Finite(r.Median), stat.Finite(r.Lo), stat.Finite(r.Hi), stat.Finite(p.Decision.P), stat.Finite(p.Test.P),
			stat.Finite(p.MDE), p.More, of(p.Base), of(p.Head), notNil(r.Warnings)})
	}
	return json.Marshal(out)
}
