package results

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/mnbench/mnbench/results/stat"
	"github.com/mnbench/mnbench/workloads"
)

// measured is a record of a day with a machine and a seed.
func measured(name string, day int, seed uint64) *made {
	m := newMade()
	m.Name = name
	m.Run = Run{
		ID: name, Time: time.Date(2025, 6, day, 12, 0, 0, 0, time.UTC), Seed: seed,
		Host: Host{Name: "example", OS: "linux", Arch: "amd64", CPUModel: "Example CPU", CPUs: 2, Kernel: "6.1"},
		Plan: Plan{Units: map[string]string{"fib": "thread"}, Invocations: 10, Iterations: 3},
	}
	return m
}

// around adds a cell with so many invocations around ns, spread by a share.
func (m *made) around(runtime string, workers, invocations int, ns, spread float64) int {
	c := m.cell(runtime, workers)
	rng := rand.New(rand.NewPCG(m.Run.Seed, uint64(c)))
	for range invocations {
		at := ns * math.Exp(spread*rng.NormFloat64())
		m.inv(c, OK, "", int64(1000*at), int64(1000*at*1.001), int64(1000*at*0.999))
	}
	return c
}

// enough invocations for tests to be significant.
const enough = 10

func compared(t *testing.T, base, head *made, o CompareOptions) *Comparison {
	t.Helper()
	c, err := Compare(base.Record, head.Record, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// change is a pair of records with one cell of each kind of change.
func change() (base, head *made) {
	base, head = measured("base.jsonl", 1, 1), measured("head.jsonl", 2, 2)
	for i, m := range []*made{base, head} {
		after := float64(i)
		m.around("slower", 1, enough, 100+20*after, 0.01)
		m.around("faster", 1, enough, 100-20*after, 0.01)
		m.around("same", 1, enough, 100, 0.005)
		m.around("wild", 1, enough, 100, 0.2)
		m.around("few", 1, 3, 100+20*after, 0.01)
		m.around("once", 1, 1, 100+20*after, 0.01)
		m.around("slower", 2, enough, 500+100*after, 0.01)
	}
	base.around("lost", 1, enough, 100, 0.01)
	head.inv(head.cell("lost", 1), Limit, "EAGAIN at 41").Reached = 41
	base.inv(base.cell("gained", 1), Limit, "EAGAIN at 41").Reached = 41
	head.around("gained", 1, enough, 100, 0.01)
	base.inv(base.cell("void", 1), Unsupported, "not on Saturdays")
	head.inv(head.cell("void", 1), Unsupported, "not on Saturdays")
	base.around("gone", 1, enough, 100, 0.01)
	head.around("new", 1, enough, 100, 0.01)
	return base, head
}

func TestCompareVerdicts(t *testing.T) {
	base, head := change()
	c := compared(t, base, head, CompareOptions{})
	want := map[string]struct {
		verdict stat.Verdict
		why     string
	}{
		"slower 1": {stat.Slower, ""}, "slower 2": {stat.Slower, ""}, "faster 1": {stat.Faster, ""}, "same 1": {stat.Same, ""},
		"wild 1": {stat.Inconclusive, "the interval reaches over the threshold"},
		"few 1":  {stat.Inconclusive, "3 invocations: too few to be sure of significance among 7 cells, which takes 6"},
		"once 1": {stat.Inconclusive, "1 invocation: too few to be sure of significance among 7 cells, which takes 6"},
		"lost 1": {Lost, "head: limit at 41"}, "gained 1": {Gained, "base: limit at 41"}, "void 1": {Void, "unsupported"},
	}
	if len(c.Cells) != len(want) {
		t.Errorf("%d cells, want %d", len(c.Cells), len(want))
	}
	for _, p := range c.Cells {
		w := want[fmt.Sprintf("%s %d", p.Runtime, p.Workers)]
		if p.Verdict != w.verdict || p.Why != w.why {
			t.Errorf("%s: %s (%s), want %s (%s): ratio %v [%v, %v], p %v", p.Cell, p.Verdict, p.Why, w.verdict, w.why,
				p.Test.Ratio.Median, p.Test.Ratio.Lo, p.Test.Ratio.Hi, p.Decision.P)
		}
	}
	if len(c.Missing) != 1 || c.Missing[0].Runtime != "gone" || len(c.New) != 1 || c.New[0].Runtime != "new" {
		t.Errorf("missing %v, new %v", c.Missing, c.New)
	}
	if c.Outcome() != Regression || !strings.HasPrefix(c.Headline(), "regression: 2 cells slower, 1 cell without the result it had, 3 cells inconclusive, 1 cell faster, ") {
		t.Errorf("outcome %s: %s", c.Outcome(), c.Headline())
	}
}

func TestCompareOutcome(t *testing.T) {
	pair := func(before, after float64, invocations int) func() (*made, *made) {
		return func() (*made, *made) {
			base, head := measured("b", 1, 1), measured("h", 2, 2)
			base.around("mn", 1, invocations, before, 0.005)
			head.around("mn", 1, invocations, after, 0.005)
			return base, head
		}
	}
	for _, tt := range []struct {
		name string
		make func() (*made, *made)
		o    CompareOptions
		want Outcome
	}{
		{"same", pair(100, 100, enough), CompareOptions{}, Passed},
		{"faster", pair(100, 80, enough), CompareOptions{}, Passed},
		{"slower", pair(100, 120, enough), CompareOptions{}, Regression},
		{"slower by what does not matter", pair(100, 120, enough), CompareOptions{Rule: stat.Rule{Threshold: 0.5}}, Passed},
		{"too few", pair(100, 120, 3), CompareOptions{}, Undecided},
		{"one", pair(100, 120, 1), CompareOptions{}, Undecided},
		{"none", pair(100, 120, 0), CompareOptions{}, Nothing},
		{"slower on another machine", func() (*made, *made) {
			b, h := pair(100, 120, enough)()
			h.Run.Host.CPUModel = "Better CPU"
			return b, h
		}, CompareOptions{}, Undecided},
		{"slower on another machine, as asked", func() (*made, *made) {
			b, h := pair(100, 120, enough)()
			h.Run.Host.Name = "another"
			return b, h
		}, CompareOptions{AcrossHosts: true}, Regression},
		{"another kernel is the same machine", func() (*made, *made) {
			b, h := pair(100, 120, enough)()
			h.Run.Host.Kernel = "6.2"
			return b, h
		}, CompareOptions{}, Regression},
		{"slower and a crash", func() (*made, *made) {
			b, h := pair(100, 120, enough)()
			h.inv(0, Crash, "segmentation fault")
			return b, h
		}, CompareOptions{}, Invalid},
		{"a crash where nobody looks", func() (*made, *made) {
			b, h := pair(100, 120, enough)()
			b.around("other", 1, enough, 100, 0.01)
			h.inv(h.cell("other", 1), Crash, "segmentation fault")
			return b, h
		}, CompareOptions{Only: []string{"mn"}}, Regression},
		{"a crash that is mended", func() (*made, *made) {
			b, h := pair(100, 100, enough)()
			b.inv(0, Crash, "segmentation fault")
			return b, h
		}, CompareOptions{}, Passed},
		{"a limit that is new", func() (*made, *made) {
			b, h := pair(100, 100, enough)()
			b.around("other", 1, enough, 100, 0.01)
			h.inv(h.cell("other", 1), Limit, "")
			return b, h
		}, CompareOptions{}, Undecided},
		{"with itself", func() (*made, *made) { b, _ := pair(100, 120, enough)(); return b, b }, CompareOptions{}, Passed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, h := tt.make()
			c := compared(t, b, h, tt.o)
			if c.Outcome() != tt.want {
				t.Errorf("%s, want %s", c.Headline(), tt.want)
			}
			if c.Err() != nil {
				t.Errorf("error %v", c.Err())
			}
		})
	}
}

func TestCompareNothingInCommon(t *testing.T) {
	base, head := measured("b.jsonl", 1, 1), measured("h.jsonl", 2, 2)
	base.around("mn", 1, 3, 100, 0)
	head.around("mn", 2, 3, 100, 0)
	head.around("loom", 2, 3, 100, 0)
	c := compared(t, base, head, CompareOptions{})
	if c.Outcome() != Nothing || !errors.Is(c.Err(), errNoCells) ||
		c.Err().Error() != "no cell is in both records: b.jsonl has mn: fib n=15, 1 worker, h.jsonl has mn: fib n=15, 2 workers and 1 other" {
		t.Errorf("%s: %v", c.Outcome(), c.Err())
	}
	empty := compared(t, newMade(), newMade(), CompareOptions{})
	if empty.Outcome() != Nothing || empty.Err() == nil {
		t.Errorf("%s: %v", empty.Outcome(), empty.Err())
	}
}

func TestCompareOnly(t *testing.T) {
	base, head := change()
	for _, tt := range []struct {
		only  []string
		cells int
	}{{[]string{"slower"}, 2}, {[]string{"slower", "same"}, 3}, {[]string{"fib"}, 10}, {[]string{"fib", "same"}, 1}} {
		if c := compared(t, base, head, CompareOptions{Only: tt.only}); len(c.Cells) != tt.cells {
			t.Errorf("%v: %d cells, want %d", tt.only, len(c.Cells), tt.cells)
		}
	}
	_, err := Compare(base.Record, head.Record, CompareOptions{Only: []string{"slover"}})
	if err == nil || err.Error() != `only: unknown workload or runtime "slover"; did you mean "slower"?` {
		t.Errorf("error %v", err)
	}
}

func TestDifferences(t *testing.T) {
	base, head := measured("b", 1, 1), measured("h", 2, 2)
	base.cell("mn", 1)
	head.cell("mn", 1)
	if d := differences(base.Record, head.Record); len(d) != 0 {
		t.Errorf("of likes: %v", d)
	}
	base.Run.Plan.Cells[0].Params = params("n", 15)
	head.Run.Plan.Cells[0].Params = params("n", 20)
	h := &head.Run
	h.Host = Host{Name: "b", OS: "linux", Arch: "arm64", CPUModel: "Other CPU", CPUs: 4, Kernel: "6.2", Governor: "powersave", MemoryBytes: 3 << 29,
		Cgroup: map[string]string{"cpu.max": "100000"}, Mitigations: map[string]string{"spectre_v2": "off"}}
	h.Tool = Tool{Version: "2"}
	h.Plan.Invocations, h.Plan.CPUs = 3, []int{1}
	base.Run.Runtimes = []Runtime{{ID: "mn", Version: "1", Toolchain: "gcc 12", Build: "aa"}, {ID: "other", Version: "9"}}
	h.Runtimes = []Runtime{{ID: "mn", Version: "1", Toolchain: "gcc 13", Build: "bb"}}
	var got []string
	for _, d := range differences(base.Record, head.Record) {
		got = append(got, fmt.Sprintf("%s: %s/%s %v", d.What, d.Base, d.Head, d.Host))
	}
	want := []string{"host: example/b true", "CPU: Example CPU/Other CPU true", "CPUs: 2/4 true", "architecture: amd64/arm64 true", "kernel: 6.1/6.2 false",
		"memory: unknown/1.5 GiB false", "governor: unknown/powersave false", "cgroup cpu.max: unknown/100000 false", "mitigation spectre_v2: unknown/off false",
		"mnbench: unknown/2 false", "invocations: 10/3 false", "CPUs used: []/[1] false", "mn toolchain: gcc 12/gcc 13 false", "mn build: aa/bb false",
		"fib parameters: n=15/n=20 false"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("have\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestCompareDoubts(t *testing.T) {
	base, head := change()
	if got := codes(compared(t, base, head, CompareOptions{}).Warnings); got != "apart" {
		t.Errorf("plainly: %s", got)
	}
	head.Run.Time = base.Run.Time.Add(-time.Hour)
	head.End = nil
	head.Warnings = []Warning{stat.Warn(NoEnd, "it was killed")}
	if c := compared(t, base, head, CompareOptions{}); codes(c.Warnings) != "backwards no-end" || c.Warnings[1].Text != "head: it was killed" {
		t.Errorf("%v", c.Warnings)
	}
	head.Run.ID = base.Run.ID
	head.Warnings = nil
	for i := range base.Invocations {
		base.Invocations[i].Noise = Noise{1000, 1000}
	}
	for i := range head.Invocations {
		head.Invocations[i].Noise = Noise{1300, 1300}
	}
	if c := compared(t, base, head, CompareOptions{}); codes(c.Warnings) != "same-run other-pace" || !strings.Contains(c.Warnings[1].Text, "took 1.30x the time") {
		t.Errorf("%v", c.Warnings)
	}
}

// TestCompareVariants: two variants measured in the same blocks while the
// machine slows to a third are told apart to a few percent.
func TestCompareVariants(t *testing.T) {
	m := measured("gate.jsonl", 1, 1)
	cells := map[string]int{}
	for _, v := range []string{"base", "head", "twin"} {
		cells[v] = m.cell(v, 1)
	}
	m.cell("base", 2) // which head does not have
	rng := rand.New(rand.NewPCG(4, 4))
	for block := range 12 {
		pace := 1 + 2*float64(block)/12
		for v, factor := range map[string]float64{"base": 1, "twin": 1, "head": 1.08} {
			inv := m.inv(cells[v], OK, "", int64(1e6*pace*factor*math.Exp(0.005*rng.NormFloat64())))
			inv.Invocation.Invocation = block
			if v == "head" && block == 5 {
				inv.Status = Crash
			}
		}
	}
	c, err := CompareVariants(m.Record, "base", "twin", CompareOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if p := c.Cells[0]; len(c.Cells) != 1 || p.Verdict != stat.Same || !p.Test.Paired || p.Test.Head != 12 || c.Outcome() != Passed {
		t.Errorf("twin: %+v, %s", c.Cells, c.Headline())
	}
	if len(c.Missing) != 1 || c.Missing[0].Workers != 2 {
		t.Errorf("missing %v", c.Missing)
	}
	c, err = CompareVariants(m.Record, "base", "head", CompareOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if p := c.Cells[0]; p.Verdict != stat.Slower || p.Test.Head != 11 || math.Abs(p.Test.Ratio.Median-1.08) > 0.01 || c.Outcome() != Invalid {
		t.Errorf("head: %+v, %s", p.Test, c.Headline())
	}
	if _, err := CompareVariants(m.Record, "base", "haed", CompareOptions{}); err == nil || err.Error() != `gate.jsonl: unknown runtime "haed"; did you mean "head"?` {
		t.Errorf("error %v", err)
	}
}

func TestWriteComparison(t *testing.T) {
	base, head := change()
	head.Run.Host.Kernel = "6.2"
	c := compared(t, base, head, CompareOptions{})
	for file, o := range map[string]TableOptions{"compare-plain.txt": {}, "compare-colour.txt": {Width: 120, Colour: true, Unicode: true}} {
		var b bytes.Buffer
		if err := WriteComparison(&b, c, o); err != nil {
			t.Fatal(err)
		}
		golden(t, "testdata/"+file, b.Bytes())
		width := max(o.Width, 80)
		for _, line := range strings.Split(b.String(), "\n") {
			if w := text.StringWidthWithoutEscSequences(line); w > width {
				t.Errorf("%s: %d columns: %q", file, w, line)
			}
		}
	}
	var b bytes.Buffer
	if err := WriteMarkdown(&b, c); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/compare.md", b.Bytes())
	b.Reset()
	if err := WriteJUnit(&b, c); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/compare.xml", b.Bytes())
	data, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/compare.json", append(data, '\n'))
}

func TestComparisonOfOtherHosts(t *testing.T) {
	base, head := change()
	head.Run.Host.Name = "elsewhere"
	c := compared(t, base, head, CompareOptions{})
	var b bytes.Buffer
	if err := WriteComparison(&b, c, TableOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"no verdict was given: the two were measured on different machines", "differs: host: example in base, elsewhere in head", "inconclusive: "} {
		if !strings.Contains(strings.Join(strings.Fields(b.String()), " "), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if n := c.Count(); n[stat.Slower]+n[stat.Faster]+n[stat.Same] != 0 {
		t.Errorf("verdicts %v", n)
	}
}

// TestJUnitCounts: what a reader of the XML finds adds up, whatever is in the
// names.
func TestJUnitCounts(t *testing.T) {
	base, head := change()
	for _, m := range []*made{base, head} {
		m.around("evil\x00<&\"]]>\x1b[31m", 1, enough, 100, 0.01)
	}
	head.inv(2, Crash, "segmentation fault")
	var b bytes.Buffer
	if err := WriteJUnit(&b, compared(t, base, head, CompareOptions{})); err != nil {
		t.Fatal(err)
	}
	var got junitSuites
	if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	if got.Tests != 11 || got.Failures != 2 || got.Errors != 2 || got.Skipped != 4 || len(got.Suites) != 1 || len(got.Suites[0].Cases) != 11 {
		t.Errorf("%d tests, %d failures, %d errors, %d skipped", got.Tests, got.Failures, got.Errors, got.Skipped)
	}
}

// TestMarkdownFits: a comment is never too long to be posted, and text from a
// record is never markup.
func TestMarkdownFits(t *testing.T) {
	base, head := measured("b", 1, 1), measured("h", 2, 2)
	for i := range 700 {
		name := fmt.Sprintf("@someone|`<img src=x>`[a](http://x) #12 %d", i)
		base.around(name, 1, 2, 100, 0.01)
		head.around(name, 1, 2, 100+float64(i%2)*50, 0.01)
		base.around(fmt.Sprint("gone ", i), 1, 2, 100, 0.01)
	}
	var b bytes.Buffer
	if err := WriteMarkdown(&b, compared(t, base, head, CompareOptions{Stat: stat.Options{Resamples: 50}})); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 65_000 {
		t.Errorf("%d bytes", b.Len())
	}
	out := b.String()
	for _, bad := range []string{"@someone", "<img", " #12", "[a](", "`<"} {
		if strings.Contains(out, bad) {
			t.Errorf("%q is in the comment", bad)
		}
	}
	if !strings.Contains(out, "for which there is no room here") {
		t.Error("nothing says that cells were left out")
	}
}

func TestCellString(t *testing.T) {
	c := Cell{Runtime: "mn", Workload: "fib", Params: workloads.Params{{Name: "n", Value: 3}}, Workers: 2, Mode: Parallel}
	if c.String() != "mn: fib n=3, 2 workers" {
		t.Error(c.String())
	}
	c.Mode = Serial
	if c.String() != "mn: fib n=3, sequential" {
		t.Error(c.String())
	}
}
