package results

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/mnbench/mnbench/results/stat"
)

// mostPlots is up to how many cells each gets a plot; more get a line.
const mostPlots = 4

const plotRows = 9

// WriteHistory draws the past of cells for a terminal: a plot with axes for
// each of a few, a line for each of many.
func WriteHistory(w io.Writer, h *History, o TableOptions) error {
	if o.Width <= 0 {
		o.Width = 80
	}
	t := &tableWriter{o: o}
	n := len(h.Records)
	head := fmt.Sprintf("%s of host %s, %s to %s", FormatCount(n, "record"), orNone(h.Host.Name), day(h.Records[0]), day(h.Records[n-1]))
	t.b.WriteString(wrap(t.plain(head), "", "  ", o.Width) + "\n")
	if len(h.Series) <= mostPlots {
		for i := range h.Series {
			t.historyPlot(h, &h.Series[i])
		}
	} else {
		t.historyLines(h)
	}
	for _, w := range h.Warnings {
		t.notes = append(t.notes, Note{Text: w.Text})
	}
	t.writeNotes()
	_, err := io.WriteString(w, t.b.String())
	return err
}

func day(r RecordHead) string { return r.Time.UTC().Format("2006-01-02") }

// summary is "now 105 ns, 1.05x since 2025-05-01 (1 change)".
func (h *History) summary(s *Series) string {
	last := s.Points[len(s.Points)-1].NSPerUnit
	text := "now " + FormatNS(last.Median)
	if len(s.Changes) > 0 {
		c := s.Changes[len(s.Changes)-1]
		text += fmt.Sprintf(", %s since %s", changeText(c), day(h.Records[s.Points[c.At].Record]))
	}
	return text
}

// changeText says which way a change went: "+8.2%".
func changeText(c stat.Change) string {
	if r := c.Ratio(); r >= 0.1 && r < 10 {
		return fmt.Sprintf("%+.1f%%", 100*(r-1))
	}
	return FormatRatio(c.Ratio())
}

// historyPlot draws one cell: time upwards, records to the right, a line
// where the level changes.
func (t *tableWriter) historyPlot(h *History, s *Series) {
	t.b.WriteString(wrap(t.paint(t.plain(s.String()), bold)+t.plain(": "+h.summary(s)), "", "  ", t.o.Width))
	lo, hi := axisRange(s.medians())
	labels := make([]string, plotRows)
	wide := 0
	for r := range labels {
		if r%4 == 0 {
			labels[r] = t.plain(FormatNS(hi - (hi-lo)*float64(r)/(plotRows-1)))
			wide = max(wide, text.StringWidthWithoutEscSequences(labels[r]))
		}
	}
	columns := t.o.Width - wide - 4
	cols, step := bins(len(s.Points), columns)
	point, bar, axis, floor, corner := "*", "|", "|", "-", "+"
	if t.o.Unicode {
		point, bar, axis, floor, corner = "●", "┊", "┤", "─", "└"
	}
	grid := make([][]string, plotRows)
	for r := range grid {
		grid[r] = make([]string, cols*step)
		for c := range grid[r] {
			grid[r][c] = " "
		}
	}
	at := func(i int) int { return min(i*cols/len(s.Points), cols-1) * step }
	for _, c := range s.Changes {
		for r := range grid {
			grid[r][at(c.At)] = t.paint(bar, yellow)
		}
	}
	for c := range cols {
		from, to := c*len(s.Points)/cols, max((c+1)*len(s.Points)/cols, c*len(s.Points)/cols+1)
		for _, p := range s.Points[from:min(to, len(s.Points))] {
			row := int(math.Round((hi - p.NSPerUnit.Median) / (hi - lo) * (plotRows - 1)))
			grid[max(0, min(row, plotRows-1))][c*step] = t.paint(point, green)
		}
	}
	for r, line := range grid {
		t.b.WriteString(strings.TrimRight(fmt.Sprintf(" %s %s %s", text.AlignRight.Apply(labels[r], wide), axis, strings.Join(line, "")), " ") + "\n")
	}
	t.b.WriteString(strings.Repeat(" ", wide+2) + corner + strings.Repeat(floor, cols*step+1) + "\n")
	first, last := day(h.Records[s.Points[0].Record]), day(h.Records[s.Points[len(s.Points)-1].Record])
	under := first
	if room := cols*step - len(first) - len(last); room > 1 {
		under += strings.Repeat(" ", room) + last
	} else if first != last {
		under += " to " + last
	}
	t.b.WriteString(strings.Repeat(" ", wide+4) + under + "\n")
	for _, c := range s.Changes {
		p := s.Points[c.At]
		line := fmt.Sprintf("%s: %s, from %s to %s, in %s", day(h.Records[p.Record]), changeText(c), FormatNS(c.Before), FormatNS(c.After), h.Records[p.Record].Name)
		if before := s.Points[c.At-1]; before.Build != p.Build || before.Version != p.Version {
			line += fmt.Sprintf("; %s was built anew (%s)", s.Runtime, orNone(p.Version))
		}
		t.b.WriteString(wrap(t.plain(line), " ! ", "   ", t.o.Width))
	}
	t.b.WriteByte('\n')
}

// axisRange leaves a little room, so that a flat series does not fill the plot
// with its noise: the range is at least a tenth of the values.
func axisRange(values []float64) (lo, hi float64) {
	lo, hi = math.Inf(1), 0
	for _, v := range values {
		lo, hi = math.Min(lo, v), math.Max(hi, v)
	}
	if least := 0.1 * hi; hi-lo < least {
		mid := lo/2 + hi/2
		lo, hi = mid-least/2, mid+least/2
	}
	return lo, hi
}

// bins is into how many columns so many points go, and how wide each is.
func bins(points, room int) (cols, step int) {
	room = max(room, 1)
	if points >= room {
		return room, 1
	}
	return points, min(room/points, 4)
}

// historyLines draws a line for each cell.
func (t *tableWriter) historyLines(h *History) {
	for _, g := range h.groups() {
		t.b.WriteString(wrap(t.paint(t.plain(g.title), bold), "", "  ", t.o.Width))
		names, mode, line, now, change := column{head: "runtime"}, column{head: "mode"}, column{head: "past"}, column{head: "now", right: true}, column{head: "last change"}
		for _, s := range g.series {
			names.cells = append(names.cells, t.plain(s.Runtime))
			how := fmt.Sprintf("%dw", s.Workers)
			if s.Mode == Serial {
				how = "seq."
			}
			mode.cells = append(mode.cells, how)
			line.cells = append(line.cells, t.spark(s, min(40, max(8, t.o.Width-55))))
			now.cells = append(now.cells, t.plain(FormatNS(s.Points[len(s.Points)-1].NSPerUnit.Median)))
			last := ""
			if len(s.Changes) > 0 {
				c := s.Changes[len(s.Changes)-1]
				colour := green
				if c.Ratio() > 1 {
					colour = red
				}
				last = t.paint(changeText(c), colour) + " " + day(h.Records[s.Points[c.At].Record])
			}
			change.cells = append(change.cells, last)
		}
		t.rows(names, []columnSet{{columns: []column{mode, line, now, change}}})
		t.b.WriteByte('\n')
	}
	how := "digits: 0 is its fastest, 9 its slowest"
	if t.o.Unicode {
		how = "low is its fastest, high its slowest"
	}
	t.b.WriteString(wrap(fmt.Sprintf("past: one record after the other; %s. Name workloads and runtimes to see fewer cells larger.", how), " ", "   ", t.o.Width))
	t.b.WriteByte('\n')
}

// spark draws a series in one line of at most so many columns; the newest are
// kept. Differences below a tenth are drawn as smaller than they could be.
func (t *tableWriter) spark(s *Series, width int) string {
	levels := []rune("0123456789")
	if t.o.Unicode {
		levels = []rune("▁▂▃▄▅▆▇█")
	}
	values := s.medians()
	values = values[max(0, len(values)-width):]
	lo, hi := axisRange(values)
	var b strings.Builder
	for _, v := range values {
		level := int(math.Round((v - lo) / (hi - lo) * float64(len(levels)-1)))
		b.WriteRune(levels[max(0, min(level, len(levels)-1))])
	}
	return b.String()
}

// seriesGroup is the cells of one workload and size.
type seriesGroup struct {
	title  string
	series []*Series
}

func (h *History) groups() (groups []seriesGroup) {
	index := map[string]int{}
	for i := range h.Series {
		s := &h.Series[i]
		key := Block{Workload: s.Workload, Params: s.Params}.Title()
		g, ok := index[key]
		if !ok {
			g = len(groups)
			index[key] = g
			groups = append(groups, seriesGroup{title: key})
		}
		groups[g].series = append(groups[g].series, s)
	}
	return groups
}
