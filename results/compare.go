package results

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/mnbench/mnbench/results/stat"
	"github.com/mnbench/mnbench/workloads"
)

// CompareOptions say how two records are compared. The zero value is the
// default.
type CompareOptions struct {
	Rule        stat.Rule         // threshold, level of significance, power
	Only        []string          // workloads and runtimes to compare; none: all
	AcrossHosts bool              // give verdicts although the two come from different machines
	Units       map[string]string // unit of work by workload, for records that do not name it
	Stat        stat.Options      // its Confidence is set to 1 - Rule.Alpha
}

// Comparison is what a record says of a change since another.
type Comparison struct {
	Base, Head  Side
	Rule        stat.Rule // as it was applied
	Confidence  float64   // of all intervals
	Cells       []CellComparison
	Missing     []Cell        // measured in base, not in the plan of head
	New         []Cell        // the other way round
	Differences []Difference  // between the two, beside their times
	OtherHost   bool          // no verdict was given: they come from different machines
	Paired      bool          // base and head were measured in the same blocks of one run
	Tested      int           // cells with a test, which p-values are corrected for
	Mean        stat.Interval // geometric, of the ratios
	Warnings    []Warning
}

// Side is one of the two things compared.
type Side struct {
	Name    string // of the record's file, or of the variant
	Run     Run
	Invalid []string // runtimes with wrong answers, crashes or time-outs
}

// CellComparison is what is known of one cell before and after.
type CellComparison struct {
	Cell       // as head has it
	Unit       string
	Base, Head *CellSummary
	Test       stat.Comparison // ratio and p-value; both unknown without two results
	stat.Decision
	Why string // the verdict is what it is; "" where the numbers say it
}

// Verdicts beside those of package stat, for cells without two results.
const (
	Lost   stat.Verdict = "lost"      // base has a result, head does not
	Gained stat.Verdict = "gained"    // head has a result, base does not
	Void   stat.Verdict = "no result" // neither has
)

// Outcome is what a comparison comes to as a whole.
type Outcome string

// Outcomes, in the order in which they take precedence.
const (
	Nothing    Outcome = "nothing compared"
	Invalid    Outcome = "invalid" // results of head are: wrong answers, crashes, time-outs
	Regression Outcome = "regression"
	Undecided  Outcome = "inconclusive" // a cell is, or has lost its result
	Passed     Outcome = "no regression"
)

// Outcome judges the comparison as a whole.
func (c *Comparison) Outcome() Outcome {
	n := c.Count()
	switch {
	case len(c.Cells) == n[Void]:
		return Nothing
	case len(c.Head.Invalid) > 0:
		return Invalid
	case n[stat.Slower] > 0:
		return Regression
	case n[stat.Inconclusive]+n[Lost] > 0:
		return Undecided
	}
	return Passed
}

// Count returns how many cells have each verdict.
func (c *Comparison) Count() map[stat.Verdict]int {
	n := map[stat.Verdict]int{}
	for i := range c.Cells {
		n[c.Cells[i].Verdict]++
	}
	return n
}

// Compare sets head against base, cell by cell. Cells that only one of them
// has are told apart from those compared. Between records of different
// machines it gives no verdict unless told to: the ratios stand, but every
// cell is inconclusive.
func Compare(base, head *Record, o CompareOptions) (*Comparison, error) {
	b, err := o.side(base, 0)
	if err != nil {
		return nil, err
	}
	h, err := o.side(head, 1)
	if err != nil {
		return nil, err
	}
	c := &Comparison{Base: b.Side, Head: h.Side, Differences: differences(base, head), Warnings: doubts(b, h)}
	c.OtherHost = !o.AcrossHosts && slices.ContainsFunc(c.Differences, func(d Difference) bool { return d.Host })
	keep, err := o.filter(append(slices.Clone(base.Run.Plan.Cells), head.Run.Plan.Cells...))
	if err != nil {
		return nil, err
	}
	pairs := o.match(c, b, h, keep)
	for i := range pairs {
		p := &pairs[i]
		if p.Base.HasResult() && p.Head.HasResult() {
			p.Test = stat.Compare(b.costs[p.Base.Key()], h.costs[p.Head.Key()], false)
		}
	}
	c.judge(pairs, o)
	return c, nil
}

// side is one record as it is needed for comparing.
type side struct {
	Side
	*summariser
}

func (o CompareOptions) statOptions() stat.Options {
	so := o.Stat
	so.Confidence = 1 - o.Rule.WithDefaults().Alpha
	return so
}

// side summarises a record. The luck drawn for the two must not be the same,
// hence the number.
func (o CompareOptions) side(rec *Record, number uint64) (*side, error) {
	so := o.statOptions()
	so.Seed += number
	m, err := summarise(rec, Options{Units: o.Units, Stat: so})
	if err != nil {
		return nil, err
	}
	return &side{Side{Name: rec.Name, Run: rec.Run}, m}, nil
}

// note remembers the runtime of a cell with invalid results.
func (s *Side) note(c *CellSummary) {
	bad := slices.ContainsFunc(c.Failures, func(f Failure) bool { return f.Status.Invalid() })
	if bad && !slices.Contains(s.Invalid, c.Runtime) {
		s.Invalid = append(s.Invalid, c.Runtime)
	}
}

func (s *side) find(key string) *CellSummary {
	for i := range s.Cells {
		if s.Cells[i].Key() == key {
			return &s.Cells[i]
		}
	}
	return nil
}

// filter says which cells Only chooses: of the workloads and the runtimes it
// names.
func (o CompareOptions) filter(cells []Cell) (func(Cell) bool, error) {
	works, rts := map[string]bool{}, map[string]bool{}
	var have []string
	for _, c := range cells {
		works[c.Workload], rts[c.Runtime] = true, true
	}
	have = append(sortedKeys(works), sortedKeys(rts)...)
	var w, r []string
	for _, name := range o.Only {
		switch {
		case works[name]:
			w = append(w, name)
		case rts[name]:
			r = append(r, name)
		default:
			return nil, fmt.Errorf("only: %w", workloads.Unknown("workload or runtime", name, have))
		}
	}
	return func(c Cell) bool {
		return (len(w) == 0 || slices.Contains(w, c.Workload)) && (len(r) == 0 || slices.Contains(r, c.Runtime))
	}, nil
}

// match pairs the cells of two records, in the order of head.
func (o CompareOptions) match(c *Comparison, base, head *side, keep func(Cell) bool) (pairs []CellComparison) {
	byKey := map[string]*CellSummary{}
	for i := range base.Cells {
		byKey[base.Cells[i].Key()] = &base.Cells[i]
	}
	for i := range head.Cells {
		after := &head.Cells[i]
		if !keep(after.Cell) {
			continue
		}
		before := byKey[after.Key()]
		if before == nil {
			c.New = append(c.New, after.Cell)
			continue
		}
		delete(byKey, after.Key())
		pairs = append(pairs, CellComparison{Cell: after.Cell, Unit: after.Unit, Base: before, Head: after})
	}
	for i := range base.Cells {
		if cell := base.Cells[i].Cell; byKey[cell.Key()] != nil && keep(cell) {
			c.Missing = append(c.Missing, cell)
		}
	}
	return pairs
}

// judge gives the verdicts.
func (c *Comparison) judge(pairs []CellComparison, o CompareOptions) {
	c.Rule, c.Confidence = o.Rule.WithDefaults(), o.statOptions().Confidence
	var of []int
	var cs []stat.Comparison
	var ratios []stat.Interval
	for i := range pairs {
		p := &pairs[i]
		c.Base.note(p.Base)
		c.Head.note(p.Head)
		b, h := p.Base.HasResult(), p.Head.HasResult()
		switch {
		case b && h:
			of, cs = append(of, i), append(cs, p.Test)
			ratios = append(ratios, p.Test.Ratio)
			continue
		case b:
			p.Verdict, p.Why = Lost, "head: "+p.Head.FormatStatus()
		case h:
			p.Verdict, p.Why = Gained, "base: "+p.Base.FormatStatus()
		default:
			p.Verdict, p.Why = Void, p.Head.FormatStatus()
		}
		p.P, p.MDE = math.NaN(), math.NaN()
		p.Test.Ratio = stat.Interval{Median: math.NaN(), Lo: math.Inf(-1), Hi: math.Inf(1)}
		p.Test.P = math.NaN()
	}
	for _, t := range cs {
		if !math.IsNaN(t.P) {
			c.Tested++
		}
	}
	for k, d := range stat.Judge(cs, o.Rule) {
		p := &pairs[of[k]]
		p.Decision = d
		switch {
		case c.OtherHost:
			p.Verdict, p.More, p.Why = stat.Inconclusive, 0, "different machines"
		case d.Verdict == stat.Inconclusive:
			p.Why = c.doubt(p)
		}
	}
	c.Cells = pairs
	c.Mean = stat.MeanRatio(ratios)
}

// doubt says why a cell is inconclusive; Decision.More says what would help.
func (c *Comparison) doubt(p *CellComparison) string {
	r := p.Test.Ratio
	up := 1 + c.Rule.Threshold
	switch n := min(p.Test.Base, p.Test.Head); {
	case !r.Bounded():
		return "too few samples to say anything"
	case math.IsInf(p.MDE, 1):
		return fmt.Sprintf("%s: too few to be sure of significance among %s, which takes %d", FormatCount(n, c.each()),
			FormatCount(c.Tested, "cell"), stat.FewestToTell(c.Rule, c.Tested, c.Paired))
	case r.Lo > up || r.Hi < 1/up:
		return "the difference is not significant"
	}
	return "the interval reaches over the threshold"
}

// each is what is counted: "invocation", or "block".
func (c *Comparison) each() string {
	if c.Paired {
		return "block"
	}
	return "invocation"
}

// needs says how many more invocations would decide cells: "about 3 to 12 more
// invocations on each side would decide".
func (c *Comparison) needs(cells []*CellComparison) string {
	least, most, hopeless := 0, 0, 0
	for _, p := range cells {
		switch {
		case p.Verdict != stat.Inconclusive || p.More == 0:
		case p.More < 0:
			hopeless++
		default:
			if least == 0 {
				least = p.More
			}
			least, most = min(least, p.More), max(most, p.More)
		}
	}
	what := "invocations on each side"
	if c.Paired {
		what = "blocks"
	}
	switch {
	case most > 0 && least == most:
		return fmt.Sprintf("; about %d more %s would decide", most, what)
	case most > 0:
		return fmt.Sprintf("; about %d to %d more %s would decide", least, most, what)
	case hopeless > 0:
		return fmt.Sprintf("; even %d more %s would hardly decide", stat.ManyMore, what)
	}
	return ""
}

// errNoCells is for commands that need something to compare.
var errNoCells = errors.New("no cell is in both records")

// Err is the error of a comparison that has no cell to compare, which says
// what the records have instead.
func (c *Comparison) Err() error {
	if len(c.Cells) > 0 {
		return nil
	}
	return fmt.Errorf("%w: %s has %s, %s has %s", errNoCells, c.Base.Name, some(c.Missing), c.Head.Name, some(c.New))
}

// some names the first of many cells.
func some(cells []Cell) string {
	switch len(cells) {
	case 0:
		return "none that was chosen"
	case 1:
		return cells[0].String()
	}
	return fmt.Sprintf("%s and %s", cells[0], FormatCount(len(cells)-1, "other"))
}
