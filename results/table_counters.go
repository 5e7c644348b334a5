package results

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// counterTable writes what the runtimes of a block counted themselves, such as
// steals: the mean over all timed iterations, a column for each runtime that
// counts. What nobody counted more of than 0 is left out.
func (t *tableWriter) counterTable(b Block, runtimes []string) {
	names := counterNames(b)
	if len(names) == 0 {
		return
	}
	rows := column{head: "per iteration"}
	for _, n := range names {
		rows.cells = append(rows.cells, t.plain(n.label))
	}
	var sets []columnSet
	for _, g := range b.Parallel() {
		set := columnSet{head: FormatWorkers(g.Workers)}
		for _, id := range runtimes {
			c := g.Cell(id)
			if c == nil || len(c.Counters) == 0 {
				continue
			}
			col := column{head: t.plain(id), right: true}
			for _, n := range names {
				col.cells = append(col.cells, n.text(c))
			}
			set.columns = append(set.columns, col)
		}
		if len(set.columns) > 0 {
			sets = append(sets, set)
		}
	}
	t.b.WriteByte('\n')
	t.rows(rows, sets)
}

// counterRow is a counter, or the share of one in another.
type counterRow struct {
	label string
	name  string
	of    string
}

// counterNames are the rows of the table, sorted; after "x_hits" comes its share
// in "x_attempts", where that is counted.
func counterNames(b Block) []counterRow {
	var names []string
	for _, g := range b.Parallel() {
		for _, c := range g.Cells {
			for name, v := range c.Counters {
				if v > 0 && !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	slices.Sort(names)
	var rows []counterRow
	for _, name := range names {
		rows = append(rows, counterRow{label: name, name: name})
		if what, ok := strings.CutSuffix(name, "_hits"); ok && slices.Contains(names, what+"_attempts") {
			rows = append(rows, counterRow{label: what + " success", name: name, of: what + "_attempts"})
		}
	}
	return rows
}

func (r counterRow) text(c *CellSummary) string {
	v, ok := c.Counters[r.name]
	if !ok {
		return "-"
	}
	if r.of == "" {
		return formatMean(v)
	}
	if c.Counters[r.of] == 0 {
		return "-"
	}
	return FormatPercent(v / c.Counters[r.of])
}

// formatMean writes a mean of counts: "0", "0.25", "14378".
func formatMean(v float64) string {
	if v == math.Trunc(v) || v >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 2, 64)
}
