package results

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mnbench/mnbench/workloads"
)

// Block is everything measured of one workload with one set of parameters:
// what a table or a chart shows.
type Block struct {
	Workload string
	Params   workloads.Params
	Unit     string
	Groups   []Group // parallel by workers, then serial
}

// Group is the cells that are compared with each other, in the plan's order.
type Group struct {
	Mode    Mode
	Workers int
	Cells   []*CellSummary
}

// Cell returns the group's cell of a runtime, or nil.
func (g Group) Cell(runtime string) *CellSummary {
	for _, c := range g.Cells {
		if c.Runtime == runtime {
			return c
		}
	}
	return nil
}

// Parallel returns the block's groups with workers, fewest first.
func (b Block) Parallel() []Group {
	n := slices.IndexFunc(b.Groups, func(g Group) bool { return g.Mode != Parallel })
	if n < 0 {
		return b.Groups
	}
	return b.Groups[:n]
}

// Serial returns the block's group of plain sequential code, if it has one.
func (b Block) Serial() (Group, bool) {
	for _, g := range b.Groups {
		if g.Mode == Serial {
			return g, true
		}
	}
	return Group{}, false
}

// Runtimes returns the runtimes of the block, fastest first by the first
// parallel group in which they have a result; those without any come last.
// Runtimes that could not take part at all are left out. A floor comes after
// all others, and only where it does the workload.
func (b Block) Runtimes() []string {
	type row struct {
		id    string
		group int // in which it has a result
		cost  float64
		worst int
		floor int // 1: it is one
	}
	var rows []row
	for gi, g := range b.Groups {
		for _, c := range g.Cells {
			if c.Status == Absent {
				continue
			}
			i := slices.IndexFunc(rows, func(r row) bool { return r.id == c.Runtime })
			if i < 0 {
				i = len(rows)
				rows = append(rows, row{id: c.Runtime, group: len(b.Groups)})
				if c.Floor {
					rows[i].floor = 1
				}
			}
			r := &rows[i]
			if c.HasResult() && r.group == len(b.Groups) {
				r.group, r.cost = gi, c.NSPerUnit.Median
			}
			r.worst = max(r.worst, c.Status.severity())
		}
	}
	rows = slices.DeleteFunc(rows, func(r row) bool { return r.floor > 0 && r.worst == Unsupported.severity() })
	slices.SortStableFunc(rows, func(x, y row) int {
		return cmp.Or(cmp.Compare(x.floor, y.floor), cmp.Compare(x.group, y.group), cmp.Compare(x.cost, y.cost), cmp.Compare(x.worst, y.worst))
	})
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.id
	}
	return ids
}

// TailNames returns the names of the distributions that the block's runtimes
// measured.
func (b Block) TailNames() []string {
	var names []string
	for _, g := range b.Parallel() {
		for _, c := range g.Cells {
			for _, tail := range c.Tails {
				if !slices.Contains(names, tail.Name) {
					names = append(names, tail.Name)
				}
			}
		}
	}
	return names
}

// Title is the workload with its parameters, "fib n=25 cutoff=0".
func (b Block) Title() string { return strings.TrimSpace(b.Workload + " " + b.Params.String()) }

// Blocks returns the summary's cells by workload and parameters, in the order
// of the plan.
func (s *Summary) Blocks() []Block {
	var blocks []Block
	index := map[string]int{}
	for _, cells := range groupsOf(s.Cells) {
		c := cells[0]
		key := c.Workload + "\x00" + c.Params.String()
		i, ok := index[key]
		if !ok {
			i = len(blocks)
			index[key] = i
			blocks = append(blocks, Block{Workload: c.Workload, Params: c.Params, Unit: c.Unit})
		}
		blocks[i].Groups = append(blocks[i].Groups, Group{c.Mode, c.Workers, cells})
	}
	for i := range blocks {
		slices.SortStableFunc(blocks[i].Groups, func(a, b Group) int {
			return cmp.Or(cmp.Compare(modeOrder(a.Mode), modeOrder(b.Mode)), cmp.Compare(a.Workers, b.Workers))
		})
	}
	return blocks
}

func modeOrder(m Mode) int {
	if m == Parallel {
		return 0
	}
	return 1
}

// groupsOf returns the cells by Group, in order of appearance.
func groupsOf(cells []CellSummary) [][]*CellSummary {
	var groups [][]*CellSummary
	index := map[string]int{}
	for i := range cells {
		key := cells[i].Group()
		g, ok := index[key]
		if !ok {
			g = len(groups)
			index[key] = g
			groups = append(groups, nil)
		}
		groups[g] = append(groups[g], &cells[i])
	}
	return groups
}
