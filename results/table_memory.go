package results

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// memoryTables writes a table for each workload that measures memory: what a
// thread takes by runtime, a column group for each number of workers.
func (t *tableWriter) memoryTables() {
	rest := t.s.Memory
	for len(rest) > 0 {
		first := rest[0]
		var mine, others []Memory
		for _, m := range rest {
			if m.Workload == first.Workload && m.Params.String() == first.Params.String() {
				mine = append(mine, m)
			} else {
				others = append(others, m)
			}
		}
		rest = others
		t.memoryTable(first, mine)
	}
}

func (t *tableWriter) memoryTable(first Memory, lines []Memory) {
	title := t.plain(Block{Workload: first.Workload, Params: first.Params}.Title())
	about := t.plain(fmt.Sprintf("memory for each of %s: slope of resident memory", first.Param))
	t.b.WriteString(wrap(t.paint(title, bold)+" - "+about, "", "  ", t.o.Width))
	var workers []int
	var runtimes []string
	bytes := map[string]float64{}
	for _, m := range lines {
		if !slices.Contains(workers, m.Workers) {
			workers = append(workers, m.Workers)
		}
		if !slices.Contains(runtimes, m.Runtime) {
			runtimes = append(runtimes, m.Runtime)
			bytes[m.Runtime] = m.Line.Slope.Median
			if math.IsNaN(m.Line.Slope.Median) {
				bytes[m.Runtime] = math.Inf(1)
			}
		}
	}
	slices.Sort(workers)
	slices.SortStableFunc(runtimes, func(a, b string) int { return cmp.Compare(bytes[a], bytes[b]) })
	names := column{head: "runtime"}
	for _, id := range runtimes {
		names.cells = append(names.cells, t.plain(id))
	}
	var sets []columnSet
	for _, w := range workers {
		each, upTo, limit := column{head: "each", right: true}, column{head: "up to", right: true}, column{head: "no more at"}
		for _, id := range runtimes {
			i := slices.IndexFunc(lines, func(m Memory) bool { return m.Workers == w && m.Runtime == id })
			if i < 0 {
				each.cells, upTo.cells, limit.cells = append(each.cells, "-"), append(upTo.cells, ""), append(limit.cells, "")
				continue
			}
			m := lines[i]
			each.cells = append(each.cells, t.plain(FormatBytes(m.Line.Slope.Median)+" "+FormatSpread(m.Line.Slope)))
			upTo.cells = append(upTo.cells, strconv.FormatUint(m.To, 10))
			limit.cells = append(limit.cells, t.plain(m.stop()))
		}
		sets = append(sets, columnSet{FormatWorkers(w), []column{each, upTo, limit}})
	}
	t.rows(names, sets)
	t.b.WriteByte('\n')
}

// stop says where the system had no more, and why, or nothing.
func (m *Memory) stop() string {
	switch {
	case m.Limit == "":
		return ""
	case m.Reached == 0:
		return m.Limit
	}
	return strconv.FormatUint(m.Reached, 10)
}
