package plots

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/mnbench/mnbench/results"
)

//go:embed report.html
var reportText string

var reportTemplate = template.Must(template.New("report").Parse(reportText))

// ReportOptions of WriteReport. The zero value is the default.
type ReportOptions struct {
	Title string            // default: made of the suite
	About map[string]string // what a workload does and stresses, by id
}

// WriteReport writes a summary as one HTML page that needs no other file and
// no network. Everything that comes from the record is escaped.
func WriteReport(w io.Writer, s *results.Summary, o ReportOptions) error {
	page, err := newReport(s, o)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	var b strings.Builder
	if err := reportTemplate.Execute(&b, page); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	// The template escapes what has a meaning in HTML, this what has none.
	text := strings.Split(b.String(), "\n")
	for i, line := range text {
		text[i] = results.Printable(line)
	}
	if _, err := io.WriteString(w, strings.Join(text, "\n")); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// report is what the page shows, in its order.
type report struct {
	Title, When, Host  string
	Alarms             []string
	Overview           []template.HTML
	Blocks             []reportBlock
	Confidence         string
	Base, Than         string // column heading and what it means
	HasSerial          bool
	Memory             []reportMemory
	MemoryCharts       []template.HTML
	Notes              []results.Note
	Invocations        string
	Warmup, Iterations string
	Facts              []fact
	Runtimes           []reportRuntime
	Command            string
	Record, ID, Tool   string
	Seed               uint64
}

type fact struct{ Name, Value string }

type reportRuntime struct {
	results.Runtime
	Colour template.CSS
}

type reportBlock struct {
	ID, Workload, Params, About string
	Charts                      []template.HTML
	Groups                      []string
	SerialHeads                 []string
	Rows                        []reportRow
}

type reportRow struct {
	Runtime string
	Colour  template.CSS
	Cells   []reportCell
	Serial  []string
}

type reportCell struct {
	None                      string
	Time, Spread, Ratio, Rank string
	Best, Noted               bool
}

func newReport(s *results.Summary, o ReportOptions) (*report, error) {
	s = cleaned(s)
	run := s.Run
	page := &report{
		Title: o.Title, When: run.Time.UTC().Format("2 January 2006, 15:04 UTC"), Host: run.Host.Name,
		Confidence: results.FormatPercent(s.Confidence), Base: cmp.Or(s.Baseline, "best"), Than: cmp.Or(s.Baseline, "the fastest"),
		Notes: s.Notes(), Invocations: processes(run.Plan.Invocations),
		Warmup: results.FormatCount(run.Plan.Warmup, "untimed execution"), Iterations: results.FormatCount(run.Plan.Iterations, "timed one"),
		Facts: facts(run), Command: strings.Join(quoted(run.Args), " "),
		Record: s.Name, ID: run.ID, Seed: run.Seed, Tool: strings.TrimSpace(run.Tool.Version + " " + run.Tool.Commit),
	}
	if page.Title == "" {
		page.Title = strings.TrimSpace("Threading runtimes compared: " + cmp.Or(run.Plan.Suite, "a selection of workloads"))
	}
	page.Alarms = alarms(s)
	page.Memory = memoryRows(s)
	for _, r := range run.Runtimes {
		page.Runtimes = append(page.Runtimes, reportRuntime{r, template.CSS(Colour(r.ID))})
	}
	noted := map[string]bool{}
	for _, n := range page.Notes {
		for _, key := range n.Cells {
			noted[key] = true
		}
	}
	for _, c := range overview.Make(s) {
		svg, err := c.inline()
		if err != nil {
			return nil, err
		}
		page.Overview = append(page.Overview, svg)
	}
	for _, c := range slopes.Make(s) {
		svg, err := c.inline()
		if err != nil {
			return nil, err
		}
		page.MemoryCharts = append(page.MemoryCharts, svg)
	}
	for i, b := range s.Blocks() {
		block, err := newReportBlock(b, s, noted)
		if err != nil {
			return nil, err
		}
		block.ID = "w" + strconv.Itoa(i+1)
		if i == 0 || page.Blocks[i-1].Workload != b.Workload {
			block.About = o.About[b.Workload]
		}
		page.HasSerial = page.HasSerial || len(block.SerialHeads) > 0
		page.Blocks = append(page.Blocks, block)
	}
	return page, nil
}

func (c *Chart) inline() (template.HTML, error) {
	svg, err := c.svg(false)
	return template.HTML(svg), err // texts in it were escaped when it was drawn
}

func newReportBlock(b results.Block, s *results.Summary, noted map[string]bool) (reportBlock, error) {
	out := reportBlock{Workload: b.Workload, Params: b.Params.String()}
	charts := append([]*Chart{percentileChart(b, s)}, shareCharts(b, s.Confidence)...)
	for _, c := range append(charts, barChart(b, s.Confidence), speedupChart(b, s)) {
		if c == nil {
			continue
		}
		svg, err := c.inline()
		if err != nil {
			return out, err
		}
		out.Charts = append(out.Charts, svg)
	}
	groups := b.Parallel()
	serial, hasSerial := b.Serial()
	if len(groups) == 0 && hasSerial {
		groups = []results.Group{serial}
		hasSerial = false
	}
	for _, g := range groups {
		head := results.FormatWorkers(g.Workers)
		if g.Mode == results.Serial {
			head = "plain sequential code"
		}
		out.Groups = append(out.Groups, head)
	}
	if hasSerial {
		out.SerialHeads = []string{"sequential"}
		for _, g := range groups {
			if g.Workers == 1 {
				out.SerialHeads = append(out.SerialHeads, "cost at 1")
			} else {
				out.SerialHeads = append(out.SerialHeads, fmt.Sprintf("efficiency at %d", g.Workers))
			}
		}
	}
	for _, id := range b.Runtimes() {
		row := reportRow{Runtime: id, Colour: template.CSS(Colour(id))}
		for _, g := range groups {
			row.Cells = append(row.Cells, newReportCell(g.Cell(id), noted))
		}
		if hasSerial {
			row.Serial = serialColumns(id, groups, serial)
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

func newReportCell(c *results.CellSummary, noted map[string]bool) reportCell {
	switch {
	case c == nil || c.Status == results.Absent:
		return reportCell{None: "–"}
	case !c.HasResult():
		return reportCell{None: c.FormatStatus()}
	}
	cell := reportCell{
		Time: results.FormatNS(c.NSPerUnit.Median), Spread: results.FormatSpread(c.NSPerUnit),
		Rank: c.FormatRank(), Best: c.Place.Rank == 1, Noted: noted[c.Key()],
	}
	if c.Ratio != nil {
		cell.Ratio = results.FormatRatio(c.Ratio.Median)
	}
	return cell
}

func serialColumns(id string, groups []results.Group, serial results.Group) []string {
	first := ""
	if c := serial.Cell(id); c != nil && c.HasResult() {
		first = results.FormatNS(c.NSPerUnit.Median)
	} else if c != nil {
		first = c.FormatStatus()
	}
	out := []string{first}
	for _, g := range groups {
		c := g.Cell(id)
		switch {
		case c == nil || c.Efficiency == nil:
			out = append(out, "")
		case g.Workers == 1 && c.Overhead != nil:
			out = append(out, results.FormatRatio(c.Overhead.Median))
		default:
			out = append(out, results.FormatPercent(c.Efficiency.Median))
		}
	}
	return out
}

// alarms are what a reader must know before believing anything.
func alarms(s *results.Summary) []string {
	var out []string
	if !s.Valid() {
		out = append(out, "Some invocations crashed, timed out or gave wrong results: see the notes before relying on this run.")
	}
	for _, w := range s.Warnings {
		out = append(out, strings.ToUpper(w.Text[:1])+w.Text[1:]+".")
	}
	return out
}

// facts lists what is known of the machine and the plan.
func facts(run results.Run) []fact {
	h := run.Host
	memory := ""
	if h.MemoryBytes > 0 {
		memory = fmt.Sprintf("%.1f GiB", float64(h.MemoryBytes)/(1<<30))
	}
	cpus := ""
	if h.CPUs > 0 {
		cpus = fmt.Sprintf("%d, of which used: %s", h.CPUs, joinInts(run.Plan.CPUs))
	}
	list := []fact{
		{"CPU", h.CPUModel}, {"CPUs", cpus}, {"memory", memory}, {"system", strings.TrimSpace(h.OS + " " + h.Kernel + " " + h.Arch)},
		{"governor", h.Governor}, {"turbo", h.Turbo}, {"SMT", h.SMT}, {"hypervisor", h.Hypervisor},
		{"load before the run", strconv.FormatFloat(h.Load1, 'f', 2, 64)},
		{"control group", joinMap(h.Cgroup)}, {"mitigations", joinMap(h.Mitigations)},
	}
	return slices.DeleteFunc(list, func(f fact) bool { return f.Value == "" })
}

func joinInts(list []int) string {
	parts := make([]string, len(list))
	for i, n := range list {
		parts[i] = strconv.Itoa(n)
	}
	return strings.Join(parts, ", ")
}

func joinMap(m map[string]string) string {
	var parts []string
	for k, v := range m {
		parts = append(parts, k+": "+v)
	}
	slices.Sort(parts)
	return strings.Join(parts, "; ")
}

func processes(n int) string {
	if n == 1 {
		return "1 process"
	}
	return strconv.Itoa(n) + " processes"
}

// quoted makes arguments fit for a shell.
func quoted(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		safe := a != "" && strings.IndexFunc(a, func(r rune) bool {
			return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=/.,:+%@", r)
		}) < 0
		out[i] = a
		if !safe {
			out[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
	}
	return out
}
