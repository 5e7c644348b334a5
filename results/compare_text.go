package results

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/mnbench/mnbench/results/stat"
)

const red = "\x1b[31m"

// order of verdicts when they are told in a row: what asks for action first.
var verdicts = []stat.Verdict{stat.Slower, Lost, stat.Inconclusive, stat.Faster, Gained, stat.Same, Void}

// WriteComparison writes a comparison for people: what it comes to, a table
// for each workload, and everything that is to be known of it.
func WriteComparison(w io.Writer, c *Comparison, o TableOptions) error {
	if o.Width <= 0 {
		o.Width = 80
	}
	t := &tableWriter{o: o}
	t.b.WriteString(wrap(t.plain(c.title()), "", "  ", o.Width))
	t.b.WriteString(wrap(t.paint(t.plain(c.Headline()), bold), "", "  ", o.Width) + "\n")
	for _, g := range c.groups() {
		t.b.WriteString(wrap(t.paint(t.plain(g.title), bold), "", "  ", o.Width))
		t.comparisonRows(g.cells)
		t.b.WriteByte('\n')
	}
	t.notes = c.Notes()
	t.writeNotes()
	t.b.WriteString(t.paint("How to read it", bold) + "\n")
	for _, term := range c.legend() {
		t.b.WriteString(wrap(t.plain(term), " ", "   ", o.Width))
	}
	_, err := io.WriteString(w, t.b.String())
	return err
}

func (t *tableWriter) comparisonRows(cells []*CellComparison) {
	const roomy = 90
	cols := []column{{head: "runtime"}, {head: "mode"}, {head: "base", right: true}, {head: "head", right: true}, {head: "ratio", right: true},
		{head: "interval"}, {head: "p", right: true}, {head: "sees", right: true}, {head: "verdict"}}
	for _, p := range cells {
		values := p.columns()
		if t.o.Width < roomy {
			cols[5].head = t.plain("±")
			for k, c := range []*CellSummary{p.Base, p.Head} {
				if !c.HasResult() {
					values[2+k] = "-" // a note says why
				}
			}
			if values[5] != "" {
				values[5] = FormatSpread(p.Test.Ratio)
				if !strings.HasPrefix(values[5], "±") { // it would be from-to
					values[5] = ">99%"
				}
			}
		}
		values[len(values)-1] = t.paint(t.plain(values[len(values)-1]), verdictColour(p.Verdict))
		for i, v := range values {
			if i < len(values)-1 {
				v = t.plain(v)
			}
			cols[i].cells = append(cols[i].cells, v)
		}
	}
	t.rows(cols[0], []columnSet{{columns: cols[1:]}})
}

// columns are what a cell has in a table: runtime, mode, base, head, ratio,
// interval, p, the smallest slowdown it can see, verdict.
func (p *CellComparison) columns() []string {
	mode := fmt.Sprintf("%dw", p.Workers)
	if p.Mode == Serial {
		mode = "seq."
	}
	return []string{p.Runtime, mode, timeOf(p.Base), timeOf(p.Head), ratioText(p.Test.Ratio), rangeText(p.Test.Ratio),
		pText(p.Decision.P), mdeText(p.MDE), string(p.Verdict)}
}

func timeOf(c *CellSummary) string {
	if c.HasResult() {
		return FormatNS(c.NSPerUnit.Median)
	}
	return c.FormatStatus()
}

func ratioText(i stat.Interval) string {
	if math.IsNaN(i.Median) {
		return ""
	}
	return fixedRatio(i.Median)
}

func rangeText(i stat.Interval) string {
	if math.IsNaN(i.Median) || !i.Bounded() {
		return ""
	}
	return fixedRatio(i.Lo) + "-" + fixedRatio(i.Hi)
}

// fixedRatio writes ratios near 1 with three decimals, which is where changes
// are told apart.
func fixedRatio(r float64) string {
	if r >= 0.1 && r < 9.9995 {
		return fmt.Sprintf("%.3f", r)
	}
	return threeDigits(r)
}

func pText(p float64) string {
	switch {
	case math.IsNaN(p):
		return ""
	case p < 0.001:
		return "<0.001"
	}
	return fmt.Sprintf("%.3f", p)
}

func mdeText(mde float64) string {
	switch {
	case math.IsNaN(mde):
		return ""
	case math.IsInf(mde, 0):
		return "none"
	case mde >= 10:
		return ">1000%"
	}
	return FormatPercent(mde)
}

func verdictColour(v stat.Verdict) string {
	switch v {
	case stat.Slower, Lost:
		return red
	case stat.Faster, Gained:
		return green
	case stat.Inconclusive:
		return yellow
	}
	return ""
}

// title says what was compared with what.
func (c *Comparison) title() string {
	if c.Paired {
		return fmt.Sprintf("base: %s, head: %s, measured in turn", c.Base.Name, c.Head.Name)
	}
	return fmt.Sprintf("base: %s; head: %s", c.Base.about(), c.Head.about())
}

func (s Side) about() string {
	parts := []string{s.Name}
	if !s.Run.Time.IsZero() {
		parts = append(parts, s.Run.Time.UTC().Format("2006-01-02 15:04 UTC"))
	}
	if s.Run.Host.Name != "" {
		parts = append(parts, "host "+s.Run.Host.Name)
	}
	return strings.Join(parts, ", ")
}

// Headline is the result in a sentence: "regression: 2 cells slower, 30 the
// same; geometric mean 1.012x (1.001-1.023)".
func (c *Comparison) Headline() string {
	n := c.Count()
	var parts []string
	for _, v := range verdicts {
		if n[v] > 0 {
			parts = append(parts, FormatCount(n[v], "cell")+" "+sentence(v))
		}
	}
	text := string(c.Outcome())
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	if m := c.Mean; !math.IsNaN(m.Median) {
		text += "; geometric mean of the ratios " + ratioText(m)
		if m.Bounded() {
			text += " (" + rangeText(m) + ")"
		}
	}
	return text
}

func sentence(v stat.Verdict) string {
	switch v {
	case stat.Same:
		return "the same"
	case Lost:
		return "without the result it had"
	case Gained:
		return "with a result it had not"
	case Void:
		return "without a result"
	}
	return string(v)
}

// comparedGroup is the cells of one workload and size.
type comparedGroup struct {
	title string
	cells []*CellComparison
}

// groups returns the cells by workload and parameters, in the order of head.
func (c *Comparison) groups() (groups []comparedGroup) {
	index := map[string]int{}
	for i := range c.Cells {
		p := &c.Cells[i]
		key := Block{Workload: p.Workload, Params: p.Params}.Title()
		g, ok := index[key]
		if !ok {
			g = len(groups)
			index[key] = g
			groups = append(groups, comparedGroup{title: key + " - time per " + cmp.Or(p.Unit, "unit of work") + ", less is better"})
		}
		groups[g].cells = append(groups[g].cells, p)
	}
	return groups
}

// Notes are what qualifies the verdicts, for people: why cells are not
// decided, what differs, what is to be doubted.
func (c *Comparison) Notes() []Note {
	var out []Note
	if c.OtherHost {
		out = append(out, Note{Text: "no verdict was given: the two were measured on different machines; --across-hosts compares them all the same"})
	}
	if len(c.Head.Invalid) > 0 {
		out = append(out, Note{Text: "results of head are invalid (wrong answers, crashes or time-outs): " + strings.Join(c.Head.Invalid, ", ") + "; mnbench show tells which"})
	}
	if len(c.Base.Invalid) > 0 {
		out = append(out, Note{Text: "some results of base are invalid: " + strings.Join(c.Base.Invalid, ", ")})
	}
	out = append(out, c.whys()...)
	for _, d := range c.Differences {
		out = append(out, Note{About: "differs", Text: d.What + ": " + d.Base + " in base, " + d.Head + " in head"})
	}
	out = append(out, absent("only in base", c.Missing)...)
	out = append(out, absent("only in head", c.New)...)
	for _, w := range c.Warnings {
		out = append(out, Note{Text: w.Text})
	}
	return append(out, c.shared()...)
}

// whys gathers cells of which the same is to be said.
func (c *Comparison) whys() []Note {
	var r remarks
	of := map[string][]*CellComparison{}
	for i := range c.Cells {
		p := &c.Cells[i]
		if p.Why != "" && !c.OtherHost {
			r.add(&CellSummary{Cell: p.Cell}, stat.Code(p.Verdict), p.Why)
			key := string(p.Verdict) + p.Why
			of[key] = append(of[key], p)
		}
	}
	for _, m := range r.list {
		m.text += c.needs(of[string(m.code)+m.text])
	}
	return c.named(r)
}

// shared are the warnings about intervals.
func (c *Comparison) shared() []Note {
	var r remarks
	for i := range c.Cells {
		p := &c.Cells[i]
		said := map[string]bool{}
		for _, w := range slices.Concat(p.Test.Ratio.Warnings, p.Head.Warnings, p.Base.Warnings) {
			if w.Code == OtherSerial || w.Code == NoBaseline || said[w.Text] || w.Code == Noisy {
				continue
			}
			said[w.Text] = true
			r.add(&CellSummary{Cell: p.Cell}, w.Code, w.Text)
		}
	}
	return c.named(r)
}

func (c *Comparison) named(r remarks) []Note {
	var out []Note
	for _, r := range r.list {
		about := fmt.Sprintf("%d of %d cells", len(r.cells), len(c.Cells))
		switch {
		case len(r.cells) == len(c.Cells) && len(r.cells) > 1:
			about = "every cell"
		case len(r.cells) < manyCells:
			var names []string
			for _, cell := range r.cells {
				names = append(names, cell.Cell.String())
			}
			about = strings.Join(names, "; ")
		}
		out = append(out, Note{About: about, Text: r.text})
	}
	return out
}

// absent names cells that one side does not have.
func absent(where string, cells []Cell) []Note {
	const most = 6
	var out []Note
	for i, cell := range cells {
		if i == most-1 && len(cells) > most {
			return append(out, Note{About: where, Text: fmt.Sprintf("and %d more cells", len(cells)-i)})
		}
		out = append(out, Note{About: where, Text: cell.String()})
	}
	return out
}

func (c *Comparison) legend() []string {
	threshold := FormatPercent(c.Rule.Threshold)
	how := "Mann-Whitney on the medians of invocations"
	if c.Paired {
		how = "signed ranks of the ratios within blocks"
	}
	return []string{
		fmt.Sprintf("ratio: time of head over time of base with its %.4g%% interval; above 1 head is slower.", 100*c.Confidence),
		fmt.Sprintf("p: %s, corrected for %s (Holm).", how, FormatCount(c.Tested, "cell")),
		fmt.Sprintf("slower, faster: the interval is beyond %s and p is at most %.4g. same: the interval is within %s either way.", threshold, c.Rule.Alpha, threshold),
		fmt.Sprintf("sees: the smallest slowdown that such measurements find %.0f%% of the time.", 100*c.Rule.Power),
	}
}
