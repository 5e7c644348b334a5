package results

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mnbench/mnbench/results/stat"
)

// Note is a remark about one or more cells, for people.
type Note struct {
	About string // "loom, fib n=15, 2 workers"; "": the run as a whole
	Text  string
	Cells []string // keys of the cells whose number it qualifies
}

// Notes gathers what is not a plain result: first what qualifies a number,
// then what has none, then what holds for all. Cells of one runtime and
// workload of which the same is to be said share a note.
func (s *Summary) Notes() []Note {
	n := notes{s: s, blocks: map[string]int{}}
	for _, b := range s.Blocks() {
		n.blocks[b.Workload]++
	}
	marked, shared := n.warnings()
	out := append(marked, n.statuses()...)
	for _, u := range s.Unavailable {
		text := "not measured: " + u.Reason
		if u.Hint != "" {
			text += "; to include it: " + u.Hint
		}
		out = append(out, Note{About: u.Runtime, Text: text})
	}
	out = append(out, shared...)
	for _, w := range s.Warnings {
		out = append(out, Note{Text: w.Text})
	}
	return out
}

type notes struct {
	s      *Summary
	blocks map[string]int // of each workload
}

// remark is something to be said of cells.
type remark struct {
	code  stat.Code
	text  string
	cells []*CellSummary
}

// remarks keeps one remark for each key, in order of appearance.
type remarks struct {
	list  []*remark
	index map[string]*remark
}

func (r *remarks) add(c *CellSummary, code stat.Code, text string, key ...string) {
	k := strings.Join(append(key, string(code), text), "\x00")
	if r.index == nil {
		r.index = map[string]*remark{}
	}
	if r.index[k] == nil {
		r.index[k] = &remark{code: code, text: text}
		r.list = append(r.list, r.index[k])
	}
	r.index[k].cells = append(r.index[k].cells, c)
}

// statuses explains cells that have no result.
func (n notes) statuses() []Note {
	var r remarks
	notRun := 0
	for i := range n.s.Cells {
		c := &n.s.Cells[i]
		switch {
		case c.Status == NotRun:
			notRun++
		case c.Status != OK && c.Status != Absent:
			text := strings.ReplaceAll(string(c.Status), "-", " ")
			if c.Detail != "" {
				text += ": " + firstLine(c.Detail)
			}
			key := n.place(c)
			if c.Status == Unsupported { // a reason may be the same for all that a runtime does
				key = c.Runtime
			}
			r.add(c, "", text, key)
		}
	}
	var out []Note
	for _, r := range r.list {
		out = append(out, Note{About: n.aboutAll(r.cells), Text: r.text})
	}
	if notRun > 0 {
		out = append(out, Note{Text: fmt.Sprintf("%d of %d cells were not run: the run ended before their turn", notRun, len(n.s.Cells))})
	}
	return out
}

// manyCells is from how many cells on a warning is said of all together.
const manyCells = 4

// warnings returns those about single cells and those that many share.
func (n notes) warnings() (marked, shared []Note) {
	var all, single remarks
	results := 0
	for i := range n.s.Cells {
		c := &n.s.Cells[i]
		if c.Status != OK {
			continue
		}
		results++
		for _, w := range c.Warnings {
			all.add(c, w.Code, w.Text)
		}
	}
	said := map[stat.Code]bool{}
	for _, r := range all.list {
		if len(r.cells) < manyCells || r.code == Noisy {
			continue
		}
		said[r.code] = true
		about := fmt.Sprintf("%d of %d cells", len(r.cells), results)
		if len(r.cells) == results {
			about = "every cell"
		}
		shared = append(shared, Note{About: about, Text: r.text})
	}
	var noisy []*CellSummary
	for _, r := range all.list {
		if r.code == Noisy {
			noisy = append(noisy, r.cells...)
			continue
		}
		few := r.code == stat.FewInvocations && said[r.code] // a failed invocation makes fewer still
		if len(r.cells) >= manyCells || r.code == OtherSerial || few {
			continue
		}
		for _, c := range r.cells {
			single.add(c, r.code, r.text, n.place(c))
		}
	}
	for _, r := range single.list {
		var keys []string
		for _, c := range r.cells {
			keys = append(keys, c.Key())
		}
		marked = append(marked, Note{About: n.about(r.cells), Text: r.text, Cells: keys})
	}
	if len(noisy) > 0 {
		marked = append(marked, n.noise(noisy, results))
	}
	return marked, shared
}

// noise is one note about all cells around which the machine was busy, by
// name when they are few; how busy stands in their warnings.
func (n notes) noise(cells []*CellSummary, results int) Note {
	note := Note{Text: "the machine was busy with other things around some invocations"}
	var r remarks
	for _, c := range cells {
		r.add(c, Noisy, "", n.place(c))
		note.Cells = append(note.Cells, c.Key())
	}
	if len(r.list) > manyCells {
		note.About = fmt.Sprintf("%d of %d cells", len(cells), results)
		return note
	}
	var places []string
	for _, r := range r.list {
		places = append(places, n.about(r.cells))
	}
	note.About = strings.Join(places, "; ")
	return note
}

// firstLine is what of a detail is fit for a note; the record has all of it.
func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	const most = 300
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}

// place names what a note is about but for the workers: "loom, fib". The
// parameters are in it where the workload alone would not say which.
func (n notes) place(c *CellSummary) string {
	where := c.Workload
	if n.blocks[where] > 1 {
		where = Block{Workload: c.Workload, Params: c.Params}.Title()
	}
	if c.Mode == Serial {
		where += ", sequential"
	}
	return c.Runtime + ", " + where
}

// aboutAll names cells of one runtime: their place, or the runtime alone where
// they are of several.
func (n notes) aboutAll(cells []*CellSummary) string {
	several := slices.ContainsFunc(cells, func(c *CellSummary) bool { return n.place(c) != n.place(cells[0]) })
	if !several {
		return n.about(cells)
	}
	return cells[0].Runtime + workersOf(cells)
}

// about names cells of one place.
func (n notes) about(cells []*CellSummary) string {
	if cells[0].Mode == Serial {
		return n.place(cells[0])
	}
	return n.place(cells[0]) + workersOf(cells)
}

// workersOf is ", 1 worker" or ", 1, 2 and 4 workers".
func workersOf(cells []*CellSummary) string {
	workers := map[int]bool{}
	for _, c := range cells {
		workers[c.Workers] = true
	}
	list := sortedKeys(workers)
	if len(list) == 1 {
		return ", " + FormatWorkers(list[0])
	}
	text := ", "
	for i, w := range list {
		switch {
		case i == len(list)-1:
			text += " and "
		case i > 0:
			text += ", "
		}
		text += fmt.Sprint(w)
	}
	return text + " workers"
}

func (t *tableWriter) writeNotes() {
	if len(t.notes) == 0 {
		return
	}
	t.b.WriteString(t.paint("Notes", bold) + "\n")
	for _, n := range t.notes {
		lead := " - "
		if len(n.Cells) > 0 {
			lead = " ! "
		}
		text := Printable(n.Text)
		if n.About != "" {
			text = Printable(n.About) + ": " + text
		}
		t.b.WriteString(wrap(t.plain(text), lead, "   ", t.o.Width))
	}
	t.b.WriteByte('\n')
}
