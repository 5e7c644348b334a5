package results

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// heading says what was measured, on what.
func (t *tableWriter) heading() {
	r := t.s.Run
	var parts []string
	if r.Plan.Suite != "" {
		parts = append(parts, "suite "+r.Plan.Suite)
	}
	if !r.Time.IsZero() {
		parts = append(parts, r.Time.UTC().Format("2006-01-02 15:04 UTC"))
	}
	invocations := FormatCount(r.Plan.Invocations, "invocation")
	if r.Plan.BudgetNS > 0 {
		invocations += " or more"
	}
	parts = append(parts, invocations+" of "+FormatCount(r.Plan.Iterations, "iteration"))
	machine := r.Host.CPUModel
	if r.Host.CPUs > 0 {
		machine = strings.TrimSpace(machine + fmt.Sprintf(" (%d CPUs)", r.Host.CPUs))
	}
	if machine != "" {
		parts = append(parts, machine)
	}
	if r.Host.Name != "" {
		parts = append(parts, "host "+r.Host.Name)
	}
	t.b.WriteString(wrap(t.plain(strings.Join(parts, ", ")), "", "  ", t.o.Width) + "\n")
}

// ascii replaces what a plain terminal may not show.
func ascii(s string) string {
	s = strings.NewReplacer("µ", "u", "±", "+-").Replace(s)
	return strings.Map(func(r rune) rune {
		if r > 0x7e {
			return '?'
		}
		return r
	}, s)
}

func (t *tableWriter) plainLine(s string) string {
	if t.o.Unicode {
		return s
	}
	return strings.NewReplacer("│", "|", "─", "-").Replace(s)
}

// legend explains the columns, once.
func (t *tableWriter) legend() {
	base := t.plain(cmp.Or(t.s.Baseline, "best"))
	than := "the fastest"
	if t.s.Baseline != "" {
		than = base
	}
	terms := []string{
		t.plain(fmt.Sprintf("time: median over invocations with its %.0f%% interval, ±%% or from-to.", 100*t.s.Confidence)),
		fmt.Sprintf("vs %s: how many times the time of %s.", base, than),
		"rank: 1 is best; = are ties, they cannot be told apart; ? too few samples.",
	}
	if slices.ContainsFunc(t.s.Cells, func(c CellSummary) bool { return c.Floor && c.HasResult() }) {
		terms = append(terms, "floor: the cheapest thing that this machine can do for one unit: a limit, and no runtime.")
	}
	if slices.ContainsFunc(t.s.Cells, func(c CellSummary) bool { return len(c.Tails) > 0 }) {
		terms = append(terms, "p99: 99% of all events took no longer; with ?, there are too few of them to bound it from above.")
	}
	if len(t.s.Memory) > 0 {
		terms = append(terms, "each: bytes that one more takes, by the slope of a line through the memory of all sizes (a KB is 1000 bytes).")
	}
	if slices.ContainsFunc(t.notes, func(n Note) bool { return len(n.Cells) > 0 }) {
		terms = append(terms, "!: see the notes.")
	}
	if slices.ContainsFunc(t.s.Cells, func(c CellSummary) bool { return c.Efficiency != nil }) {
		terms = append(terms, "cost at 1: time on 1 worker over that of plain sequential code in the same language.",
			"efficiency at N: sequential time over N times the time on N workers; 100% is a perfect speed-up.")
	}
	t.b.WriteString(t.paint("How to read it", bold) + "\n")
	for _, term := range terms {
		t.b.WriteString(wrap(term, " ", "   ", t.o.Width))
	}
}

// wrap breaks a text into lines of the width, the first one indented by
// first, the others by rest.
func wrap(s, first, rest string, width int) string {
	var b strings.Builder
	line := first
	empty := true
	for _, word := range strings.Fields(s) {
		if !empty && text.StringWidthWithoutEscSequences(line)+1+text.StringWidthWithoutEscSequences(word) > width {
			b.WriteString(line + "\n")
			line, empty = rest, true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	b.WriteString(line + "\n")
	return b.String()
}

// plain replaces what the output may not show.
func (t *tableWriter) plain(s string) string {
	s = Printable(s)
	if t.o.Unicode {
		return s
	}
	return ascii(s)
}
