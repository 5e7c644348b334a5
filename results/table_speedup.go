package results

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// WriteSpeedup writes one table of all compute workloads in the form in which
// papers on schedulers have it: the speed-up over plain sequential code of the
// same language by workers, and how many steals were tried and succeeded on the
// most workers. It is an error when no cell has sequential code beside it.
func WriteSpeedup(w io.Writer, s *Summary, o TableOptions) error {
	if o.Width <= 0 {
		o.Width = 80
	}
	t := &tableWriter{s: s, o: o}
	blocks := slices.DeleteFunc(s.Blocks(), func(b Block) bool { return !slices.ContainsFunc(b.Parallel(), Group.hasSpeedup) })
	if len(blocks) == 0 {
		return fmt.Errorf("%s: no speed-up: nothing in it was also measured as plain sequential code; run compute workloads of a suite, such as `mnbench run standard heat fib`", s.Name)
	}
	workers := map[int]bool{}
	for _, b := range blocks {
		for _, g := range b.Parallel() {
			workers[g.Workers] = true
		}
	}
	t.heading()
	t.speedups(blocks, sortedKeys(workers))
	t.b.WriteByte('\n')
	for _, term := range []string{
		"speed-up: time of plain sequential code in the same language over the time on so many workers, of medians.",
		"steals: tried in each iteration, and how many of them got a thread, as the runtime counts them (mn counts looks at queues that have something); - where it does not.",
	} {
		t.b.WriteString(wrap(term, " ", "   ", o.Width))
	}
	_, err := io.WriteString(w, t.b.String())
	return err
}

func (g Group) hasSpeedup() bool {
	return slices.ContainsFunc(g.Cells, func(c *CellSummary) bool { return c.Efficiency != nil })
}

// speedups writes the rows of all blocks under one head, each block below its title.
func (t *tableWriter) speedups(blocks []Block, workers []int) {
	most := workers[len(workers)-1]
	names := column{head: "runtime"}
	times := columnSet{head: "speed-up by workers"}
	for _, n := range workers {
		times.columns = append(times.columns, column{head: strconv.Itoa(n), right: true})
	}
	steals := columnSet{head: "steals, " + FormatWorkers(most), columns: []column{{head: "tried", right: true}, {head: "succeeded", right: true}}}
	var order []string // the plan's, alike in all blocks
	for _, c := range t.s.Cells {
		if !slices.Contains(order, c.Runtime) {
			order = append(order, c.Runtime)
		}
	}
	var titles []string // of the block that begins with the row; "": none does
	for _, b := range blocks {
		title := b.Title()
		for _, id := range order {
			cells := make([]*CellSummary, len(workers))
			for i, n := range workers {
				if at := slices.IndexFunc(b.Parallel(), func(g Group) bool { return g.Workers == n }); at >= 0 {
					cells[i] = b.Parallel()[at].Cell(id)
				}
			}
			if !slices.ContainsFunc(cells, func(c *CellSummary) bool {
				return c != nil && !c.Floor && c.Status != Unsupported && c.Status != Absent
			}) {
				continue
			}
			titles, title = append(titles, title), ""
			names.cells = append(names.cells, t.plain(id))
			for i, c := range cells {
				times.columns[i].cells = append(times.columns[i].cells, t.plain(formatSpeedup(c)))
			}
			last := cells[len(cells)-1]
			if last == nil {
				last = &CellSummary{}
			}
			steals.columns[0].cells = append(steals.columns[0].cells, counterRow{name: "steal_attempts"}.text(last))
			steals.columns[1].cells = append(steals.columns[1].cells, counterRow{name: "steal_hits", of: "steal_attempts"}.text(last))
		}
	}
	table := &tableWriter{s: t.s, o: t.o}
	table.render(names, []columnSet{times, steals})
	lines := strings.SplitAfter(table.b.String(), "\n")
	const head = 3
	t.b.WriteString(strings.Join(lines[:head], ""))
	for i, title := range titles {
		if title != "" {
			t.b.WriteString(t.paint(t.plain(title), bold) + "\n")
		}
		t.b.WriteString(lines[head+i])
	}
}

func formatSpeedup(c *CellSummary) string {
	switch {
	case c == nil:
		return "-"
	case !c.HasResult():
		return c.FormatStatus()
	case c.Efficiency == nil:
		return "-"
	}
	return FormatRatio(float64(c.Workers) * c.Efficiency.Median)
}
