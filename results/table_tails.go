package results

import (
	"math"
	"strconv"
)

// tailTables writes a table for each distribution that the runtimes of a block
// measured: percentiles by runtime, a column group for each number of workers.
func (t *tableWriter) tailTables(b Block, runtimes []string) {
	for _, name := range b.TailNames() {
		var sets []columnSet
		for _, g := range b.Parallel() {
			sets = append(sets, t.tailColumns(g, name, runtimes))
		}
		rows := column{head: t.plain(name)}
		for _, id := range runtimes {
			rows.cells = append(rows.cells, t.plain(id))
		}
		t.b.WriteByte('\n')
		t.rows(rows, sets)
	}
}

func (t *tableWriter) tailColumns(g Group, name string, runtimes []string) columnSet {
	set := columnSet{head: FormatWorkers(g.Workers)}
	for _, share := range tailShares {
		set.columns = append(set.columns, column{head: Percentile{Share: share}.Name(), right: true})
	}
	set.columns = append(set.columns, column{head: "max", right: true})
	for _, id := range runtimes {
		var tail *Tail
		if c := g.Cell(id); c != nil {
			tail = c.Tail(name)
		}
		for i := range set.columns {
			cell := ""
			switch {
			case tail == nil && i == 0:
				cell = "-"
			case tail == nil:
			case i < len(tail.Percentiles):
				cell = formatAmount(tail.Percentiles[i].Median, tail.Unit)
				if math.IsInf(tail.Percentiles[i].Hi, 1) {
					cell += "?"
				}
			default:
				cell = formatAmount(float64(tail.Max), tail.Unit)
			}
			set.columns[i].cells = append(set.columns[i].cells, t.plain(cell))
		}
	}
	return set
}

// formatAmount writes an amount in the unit of its distribution.
func formatAmount(v float64, unit string) string {
	if unit == "ns" {
		return FormatNS(v)
	}
	return strconv.FormatFloat(v, 'g', 4, 64) + " " + unit
}
