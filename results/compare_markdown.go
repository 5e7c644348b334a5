package results

import (
	"fmt"
	"io"
	"strings"

	"github.com/mnbench/mnbench/results/stat"
)

// mostMarkdown is how long a comment may get, in bytes: code hosts refuse
// longer ones (the strictest known at 65,536 characters).
const mostMarkdown = 60_000

// WriteMarkdown writes a comparison as a comment for a pull request: what it
// comes to, the cells that changed or are not decided, and all others folded
// away.
func WriteMarkdown(w io.Writer, c *Comparison) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### mnbench: %s\n\n", mdText(string(c.Outcome())))
	fmt.Fprintf(&b, "%s.\n\n", mdText(c.Headline()))
	var loud, quiet []*CellComparison
	for _, v := range verdicts {
		for i := range c.Cells {
			p := &c.Cells[i]
			switch {
			case p.Verdict != v:
			case v == stat.Same || v == Void:
				quiet = append(quiet, p)
			default:
				loud = append(loud, p)
			}
		}
	}
	b.WriteString(mdTable(loud, mostMarkdown/2))
	if len(quiet) > 0 {
		fmt.Fprintf(&b, "<details><summary>%s without a change</summary>\n\n%s</details>\n\n",
			FormatCount(len(quiet), "cell"), mdTable(quiet, mostMarkdown/4))
	}
	var notes strings.Builder
	for _, n := range c.Notes() {
		line := mdText(n.Text)
		if n.About != "" {
			line = "**" + mdText(n.About) + "**: " + line
		}
		if notes.Len()+len(line) > mostMarkdown/6 {
			notes.WriteString("- ...\n")
			break
		}
		notes.WriteString("- " + line + "\n")
	}
	if notes.Len() > 0 {
		fmt.Fprintf(&b, "<details><summary>Notes</summary>\n\n%s\n</details>\n\n", notes.String())
	}
	fmt.Fprintf(&b, "<sub>%s</sub>\n", mdText(strings.Join(append([]string{c.title() + "."}, c.legend()...), " ")))
	_, err := io.WriteString(w, b.String())
	return err
}

// mdTable is a table of cells, as many as fit.
func mdTable(cells []*CellComparison, room int) string {
	if len(cells) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| verdict | workload | runtime | workers | base | head | ratio | interval | p | sees |\n")
	b.WriteString("|---|---|---|---:|---:|---:|---:|---|---:|---:|\n")
	for i, p := range cells {
		v := p.columns()
		mark := mdText(string(p.Verdict))
		if p.Verdict == stat.Slower || p.Verdict == Lost {
			mark = "**" + mark + "**"
		}
		line := "| " + mark + " | " + mdText(Block{Workload: p.Workload, Params: p.Params}.Title()) + " | " + mdText(v[0]) + " | " + strings.TrimSuffix(v[1], "w")
		for _, s := range v[2:8] {
			line += " | " + mdText(s)
		}
		line += " |\n"
		if b.Len()+len(line) > room {
			fmt.Fprintf(&b, "\nand %d more, for which there is no room here\n", len(cells)-i)
			break
		}
		b.WriteString(line)
	}
	b.WriteByte('\n')
	return b.String()
}

// mdText makes text safe in Markdown and in tables: nothing in it is markup,
// a mention or a reference.
func mdText(s string) string {
	var b strings.Builder
	for _, r := range Printable(s) {
		switch {
		case strings.ContainsRune("\\`*_{}[]()|!~", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '@' || r == '#': // whoever is named so must not be called
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
