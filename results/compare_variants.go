package results

import (
	"fmt"
	"slices"

	"github.com/mnbench/mnbench/results/stat"
	"github.com/mnbench/mnbench/workloads"
)

// CompareVariants sets two variants of one record against each other, cell by
// cell: two builds that were measured in the same blocks. So ratios are taken
// within each block, and what the machine did to both cancels.
func CompareVariants(rec *Record, base, head string, o CompareOptions) (*Comparison, error) {
	s, err := o.side(rec, 0)
	if err != nil {
		return nil, err
	}
	var have []string
	for _, c := range rec.Run.Plan.Cells {
		if !slices.Contains(have, c.Runtime) {
			have = append(have, c.Runtime)
		}
	}
	for _, name := range []string{base, head} {
		if !slices.Contains(have, name) {
			return nil, fmt.Errorf("%s: %w", rec.Name, workloads.Unknown("runtime", name, have))
		}
	}
	c := &Comparison{Base: Side{Name: base, Run: rec.Run}, Head: Side{Name: head, Run: rec.Run}, Paired: true, Warnings: s.Warnings}
	keep, err := o.filter(rec.Run.Plan.Cells)
	if err != nil {
		return nil, err
	}
	var pairs []CellComparison
	for i := range s.Cells {
		before := &s.Cells[i]
		if before.Runtime != base || !keep(before.Cell) {
			continue
		}
		cell := before.Cell
		cell.Runtime = head
		after := s.find(cell.Key())
		if after == nil {
			c.Missing = append(c.Missing, before.Cell)
			continue
		}
		p := CellComparison{Cell: after.Cell, Unit: after.Unit, Base: before, Head: after}
		if before.HasResult() && after.HasResult() {
			x, y := blocks(s.invocations[before.Key()], s.invocations[after.Key()])
			so := o.statOptions()
			p.Test = stat.Compare(stat.Resample(x, so, stream(before.Key())), stat.Resample(y, so, stream(after.Key())), true)
		}
		pairs = append(pairs, p)
	}
	c.judge(pairs, o)
	return c, nil
}

// blocks aligns the invocations of two cells by their number, which is that of
// the block.
func blocks(base, head []*Measured) (b, h stat.Sample) {
	byBlock := map[int]*Measured{}
	for _, inv := range base {
		if inv.Status == OK && inv.Invocation.Invocation >= 0 {
			byBlock[inv.Invocation.Invocation] = inv
		}
	}
	for _, inv := range head {
		before := byBlock[inv.Invocation.Invocation]
		if inv.Status != OK || inv.Invocation.Invocation < 0 || before == nil {
			continue
		}
		b, h = append(b, perUnit(before.Timed)), append(h, perUnit(inv.Timed))
	}
	return b, h
}
