package main

import (
	"fmt"
	"math"
	"text/tabwriter"

	"github.com/mnbench/mnbench/internal/engine"
	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/results/stat"
	"github.com/mnbench/mnbench/workloads"
)

// gateReport is what a gate found. Times are in ns per unit of work.
type gateReport struct {
	Base      string       `json:"base"`
	Head      string       `json:"head"`
	Verdict   stat.Verdict `json:"verdict"`
	Threshold float64      `json:"threshold"`
	Alpha     float64      `json:"alpha"`
	Record    string       `json:"record"`
	Cells     []gateCell   `json:"cells"`
}

// gateCell is one comparison. What is not known is null.
type gateCell struct {
	Workload string           `json:"workload"`
	Params   workloads.Params `json:"params"`
	Workers  int              `json:"workers"`
	Verdict  stat.Verdict     `json:"verdict"`
	Base     *float64         `json:"base_ns"`
	Head     *float64         `json:"head_ns"`
	Ratio    stat.Interval    `json:"ratio"` // head over base
	P        *float64         `json:"p"`     // corrected for all cells
	MDE      *float64         `json:"mde"`   // smallest slowdown that is likely found, a share
	Blocks   int              `json:"blocks"`
	More     int              `json:"more_blocks"` // that would likely decide; 0: none are missing; -1: too many to say
	Status   results.Status   `json:"status"`      // "ok", or why there is nothing to compare
}

func (g *gate) report(p engine.Plan, r *referee, sum *engine.Summary) *gateReport {
	rule := r.rule.WithDefaults()
	out := &gateReport{Base: g.base.String(), Head: g.head.String(), Threshold: rule.Threshold, Alpha: rule.Alpha, Record: g.out}
	out.Cells = r.cells(p.Cells, 0, sum)
	out.Verdict = overall(out.Cells)
	return out
}

// cells are the comparisons of a family.
func (r *referee) cells(plan []results.Cell, family int, sum *engine.Summary) []gateCell {
	cs, ds := r.verdicts(family)
	var out []gateCell
	for i, p := range r.families[family] {
		c := plan[p.head]
		cell := gateCell{
			Workload: c.Workload, Params: c.Params, Workers: c.Workers, Verdict: ds[i].Verdict,
			Base: stat.Finite(r.median(p.base)), Head: stat.Finite(r.median(p.head)), Ratio: cs[i].Ratio,
			P: stat.Finite(ds[i].P), MDE: stat.Finite(ds[i].MDE), Blocks: cs[i].Head, More: ds[i].More, Status: results.OK,
		}
		for _, side := range [2]int{p.base, p.head} {
			if s := sum.Cells[side]; s != results.OK && cell.Status == results.OK {
				cell.Status = s
			}
		}
		out = append(out, cell)
	}
	return out
}

// overall is slower when anything is, else inconclusive when anything that
// could be compared is, or nothing could be; else faster when anything is, else
// same.
func overall(cells []gateCell) stat.Verdict {
	r := gateReport{Cells: cells}
	for _, v := range []stat.Verdict{stat.Slower, stat.Inconclusive, stat.Faster, stat.Same} {
		if r.count(v) > 0 {
			return v
		}
	}
	return stat.Inconclusive
}

// count is the number of cells with that verdict. What one side does not do is
// not undecided.
func (r *gateReport) count(v stat.Verdict) int {
	n := 0
	for _, c := range r.Cells {
		if c.Verdict == v && c.Status != results.Unsupported {
			n++
		}
	}
	return n
}

// compared is the number of cells that have a result on both sides.
func (r *gateReport) compared() int {
	n := 0
	for _, c := range r.Cells {
		if c.Blocks > 0 {
			n++
		}
	}
	return n
}

// print writes the report to stdout.
func (r *gateReport) print(u *ui, asJSON bool) error {
	if asJSON {
		return u.printJSON(r)
	}
	fmt.Fprintf(u.out, "%s\n%s\n\n", r.Base, r.Head)
	w := tabwriter.NewWriter(u.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "WORKLOAD\tWORKERS\tBASE\tHEAD\tCHANGE\tINTERVAL\tP\tBLOCKS\tVERDICT\tVISIBLE")
	for _, c := range r.Cells {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n", results.Block{Workload: c.Workload, Params: c.Params}.Title(), c.Workers,
			nanos(c.Base), nanos(c.Head), change(c.Ratio.Median), changes(c.Ratio), probability(c.P), c.Blocks, c.said(), visible(c.MDE))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(u.out, "\nverdict: %s (changes of %.3g%% and more matter; level %.3g over all)\n", r.Verdict, 100*r.Threshold, r.Alpha)
	_, err := fmt.Fprintln(u.out, "change: time of head over base in the same blocks. visible: the smallest slowdown that 4 of 5 such gates would find.")
	return err
}

// said is the verdict with what it takes to get one.
func (c gateCell) said() string {
	switch {
	case c.Status != results.OK:
		return "none: " + string(c.Status)
	case c.Verdict != stat.Inconclusive:
		return string(c.Verdict)
	case c.More < 0:
		return "inconclusive (a great many more blocks)"
	}
	return fmt.Sprintf("inconclusive (about %d more blocks)", c.More)
}

func nanos(v *float64) string {
	if v == nil {
		return "-"
	}
	return results.FormatNS(*v)
}

// change is a ratio as people say it, "+3.1%".
func change(ratio float64) string {
	if math.IsNaN(ratio) || math.IsInf(ratio, 0) {
		return "?"
	}
	return fmt.Sprintf("%+.1f%%", 100*(ratio-1))
}

func changes(i stat.Interval) string {
	if !i.Bounded() {
		return "?"
	}
	return change(i.Lo) + " to " + change(i.Hi)
}

func probability(p *float64) string {
	switch {
	case p == nil:
		return "-"
	case *p < 0.001:
		return "<0.001"
	}
	return fmt.Sprintf("%.3f", *p)
}

func visible(mde *float64) string {
	if mde == nil {
		return "-"
	}
	return fmt.Sprintf("%+.1f%%", 100**mde)
}
