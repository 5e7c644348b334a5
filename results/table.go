package results

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// TableOptions say what the table is written to. The zero value is a file or
// pipe: 80 columns of plain ASCII.
type TableOptions struct {
	Width   int  // columns; default 80
	Colour  bool // ANSI colours
	Unicode bool // µ, ± and lines; else us, +- and |

	Counters bool // what runtimes counted themselves, such as steals
}

// WriteTable writes a summary for people: for each workload with its
// parameters the runtimes by speed, a column group for each number of
// workers, then notes about everything that is not a plain result. Groups
// that do not fit into the width stand below each other.
func WriteTable(w io.Writer, s *Summary, o TableOptions) error {
	if o.Width <= 0 {
		o.Width = 80
	}
	t := &tableWriter{s: s, o: o, marked: map[string]bool{}}
	t.notes = s.Notes()
	for _, n := range t.notes {
		for _, key := range n.Cells {
			t.marked[key] = true
		}
	}
	t.heading()
	for _, b := range s.Blocks() {
		t.block(b)
	}
	t.memoryTables()
	t.writeNotes()
	t.legend()
	_, err := io.WriteString(w, t.b.String())
	return err
}

type tableWriter struct {
	s      *Summary
	o      TableOptions
	b      strings.Builder
	notes  []Note
	marked map[string]bool // keys of cells with a note of their own
}

// Colours: what is best, what is no result, what is secondary.
const (
	bold   = "\x1b[1m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	faint  = "\x1b[2m"
)

func (t *tableWriter) paint(s, colour string) string {
	if !t.o.Colour || s == "" {
		return s
	}
	return text.Escape(s, colour)
}

func (t *tableWriter) block(b Block) {
	heading := t.plain(b.Title())
	about := t.plain("time per "+cmp.Or(b.Unit, "unit of work")) + ", less is better"
	if len(heading)+len(about)+3 > t.o.Width {
		fmt.Fprintf(&t.b, "%s\n%s\n", t.paint(heading, bold), about)
	} else {
		fmt.Fprintf(&t.b, "%s - %s\n", t.paint(heading, bold), about)
	}
	runtimes := b.Runtimes()
	groups := b.Parallel()
	serial, hasSerial := b.Serial()
	if len(groups) == 0 && hasSerial {
		groups = []Group{serial}
	}
	names := column{head: "runtime"}
	for _, id := range runtimes {
		names.cells = append(names.cells, t.plain(id))
	}
	var sets []columnSet
	for _, g := range groups {
		sets = append(sets, t.groupColumns(g, runtimes))
	}
	t.rows(names, sets)
	if hasSerial && len(b.Parallel()) > 0 {
		t.serialTable(b, serial, runtimes)
	}
	t.tailTables(b, runtimes)
	if t.o.Counters {
		t.counterTable(b, runtimes)
	}
	t.b.WriteByte('\n')
}

// column is a column of text; columnSet some of them under one heading.
type column struct {
	head  string
	right bool
	cells []string
}

type columnSet struct {
	head    string
	columns []column
}

func (c column) width() int {
	w := text.StringWidthWithoutEscSequences(c.head)
	for _, s := range c.cells {
		w = max(w, text.StringWidthWithoutEscSequences(s))
	}
	return w
}

func (s columnSet) width() int {
	w := 0
	for _, c := range s.columns {
		w += c.width() + 2
	}
	return max(w-2, len(s.head)) + 4 // with the line between sets
}

func (t *tableWriter) groupColumns(g Group, runtimes []string) columnSet {
	against := t.plain("vs " + cmp.Or(t.s.Baseline, "best"))
	head := FormatWorkers(g.Workers)
	if g.Mode == Serial {
		head = "sequential"
	}
	times, ratio, rank := column{head: "   time"}, column{head: against, right: true}, column{head: "rank"}
	for _, id := range runtimes {
		c := g.Cell(id)
		switch {
		case c == nil:
			times.cells, ratio.cells, rank.cells = append(times.cells, "      -"), append(ratio.cells, ""), append(rank.cells, "")
		case !c.HasResult():
			times.cells, ratio.cells, rank.cells = append(times.cells, t.paint(t.plain(c.FormatStatus()), yellow)), append(ratio.cells, ""), append(rank.cells, "")
		default:
			times.cells = append(times.cells, t.time(c))
			r, colour := "", ""
			if c.Ratio != nil {
				r = FormatRatio(c.Ratio.Median)
			}
			if c.Place.Rank == 1 {
				colour = green
			}
			ratio.cells, rank.cells = append(ratio.cells, t.paint(r, colour)), append(rank.cells, t.paint(c.FormatRank(), colour))
		}
	}
	return columnSet{head, []column{times, ratio, rank}}
}

// time is "98.1 ns ±3%", the number in a field of its own so that those of a
// column stand below each other, with a mark when a note speaks of it.
func (t *tableWriter) time(c *CellSummary) string {
	colour := ""
	if c.Place.Rank == 1 {
		colour = green
	}
	s := t.paint(t.plain(text.AlignRight.Apply(FormatNS(c.NSPerUnit.Median), 7)), colour) + " " + t.paint(t.plain(FormatSpread(c.NSPerUnit)), faint)
	if t.marked[c.Key()] {
		s += t.paint("!", yellow)
	}
	return s
}

// rows writes as many sets side by side as fit, the rest below.
func (t *tableWriter) rows(names column, sets []columnSet) {
	for len(sets) > 0 {
		n, width := 1, 1+names.width()+sets[0].width()
		for n < len(sets) && width+sets[n].width() <= t.o.Width {
			width += sets[n].width()
			n++
		}
		t.render(names, sets[:n])
		sets = sets[n:]
		if len(sets) > 0 {
			t.b.WriteByte('\n')
		}
	}
}

func (t *tableWriter) render(names column, sets []columnSet) {
	tw := table.NewWriter()
	bar := t.plainLine("│")
	style := table.StyleLight
	style.Options = table.Options{SeparateColumns: true, SeparateHeader: true}
	style.Format.Header = text.FormatDefault
	// Merged headings are only as wide as their columns when the line between
	// columns is one character.
	style.Box.PaddingLeft, style.Box.PaddingRight, style.Box.MiddleVertical = "", " ", " "
	style.Box.MiddleSeparator = t.plainLine("─")
	style.Box.MiddleHorizontal = t.plainLine("─")
	tw.SetStyle(style)
	head, sub := table.Row{""}, table.Row{names.head}
	configs := []table.ColumnConfig{{Number: 1}}
	add := func(c column) {
		align := text.AlignLeft
		if c.right {
			align = text.AlignRight
		}
		configs = append(configs, table.ColumnConfig{Number: len(configs) + 1, Align: align, AlignHeader: align, WidthMin: c.width()})
	}
	for i, s := range sets {
		if i > 0 {
			head, sub = append(head, bar), append(sub, bar)
			add(column{})
		}
		for _, c := range s.columns {
			head, sub = append(head, t.paint(s.head, bold)), append(sub, c.head)
			add(c)
		}
	}
	if sets[0].head != "" {
		tw.AppendHeader(head, table.RowConfig{AutoMerge: true, AutoMergeAlign: text.AlignLeft})
	}
	tw.AppendHeader(sub)
	for r, name := range names.cells {
		row := table.Row{name}
		for i, s := range sets {
			if i > 0 {
				row = append(row, bar)
			}
			for _, c := range s.columns {
				row = append(row, c.cells[r])
			}
		}
		tw.AppendRow(row)
	}
	tw.SetColumnConfigs(configs)
	for _, line := range strings.Split(tw.Render(), "\n") {
		t.b.WriteString(strings.TrimRight(" "+line, " ") + "\n")
	}
}

// serialTable sets the runtimes beside plain sequential code.
func (t *tableWriter) serialTable(b Block, serial Group, runtimes []string) {
	var rows []string
	for _, id := range runtimes {
		if c := serial.Cell(id); c != nil {
			rows = append(rows, id)
		}
	}
	plain := column{head: "   time"}
	for _, id := range rows {
		c := serial.Cell(id)
		if c.HasResult() {
			plain.cells = append(plain.cells, t.time(c))
		} else {
			plain.cells = append(plain.cells, t.paint(t.plain(c.FormatStatus()), yellow))
		}
	}
	sets := []columnSet{{"plain sequential code", []column{plain}}}
	against := columnSet{head: "threaded, against it"}
	for _, g := range b.Parallel() {
		efficiency := column{head: "efficiency at " + strconv.Itoa(g.Workers), right: true}
		overhead := column{head: "cost at 1", right: true}
		for _, id := range rows {
			e, o := "", ""
			if c := g.Cell(id); c != nil && c.Efficiency != nil {
				e = FormatPercent(c.Efficiency.Median)
				if c.Overhead != nil {
					o = FormatRatio(c.Overhead.Median)
				}
			}
			efficiency.cells, overhead.cells = append(efficiency.cells, e), append(overhead.cells, o)
		}
		if g.Workers == 1 {
			against.columns = append(against.columns, overhead)
		} else {
			against.columns = append(against.columns, efficiency)
		}
	}
	if len(against.columns) > 0 {
		sets = append(sets, against)
	}
	names := column{head: "runtime"}
	for _, id := range rows {
		names.cells = append(names.cells, t.plain(id))
	}
	t.b.WriteByte('\n')
	t.rows(names, sets)
}
