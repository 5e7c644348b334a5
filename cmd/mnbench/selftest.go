package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/mnbench/mnbench/competitors"
	"github.com/mnbench/mnbench/internal/engine"
	"github.com/mnbench/mnbench/internal/host"
	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/results/stat"
)

// A self-test is several gates in one run: one build against itself, and
// against itself slowed down by each of these percentages. The slowdown is
// real work, done by the driver inside what is timed.
var injected = []int{0, 5, 10, 20}

// mustFind is from which injected slowdown on a gate has to find it. (The
// threshold is 3%: 5% is near to it, and takes a quiet machine.)
const mustFind = 10

// selfTest is what came of it.
type selfTest struct {
	Runtime   string       `json:"runtime"`
	Budget    string       `json:"budget"` // of a gate; the self-test has more, for it has more entrants
	Threshold float64      `json:"threshold"`
	Gates     []trial      `json:"gates"`
	Visible   []visibility `json:"visible"`
	Record    string       `json:"record"`
}

// trial is one of the gates.
type trial struct {
	Percent int             `json:"injected_percent"`
	Outcome results.Outcome `json:"outcome"`
	Slower  int             `json:"slower"`
	Faster  int             `json:"faster"`
	Cells   int             `json:"cells"`
	Right   bool            `json:"right"`
}

// visibility is the smallest slowdown of a cell, as a share, that 4 of 5 gates
// like this one would find; null: none.
type visibility struct {
	Cell     results.Cell `json:"cell"`
	Smallest *float64     `json:"smallest"`
}

// selfTest measures and judges; c is the competitor of the variant.
func (g *gate) selfTest(ctx context.Context, u *ui, c *competitors.Competitor, variant string, wait bool) error {
	unlock, err := lockMachine(ctx, u, os.Args[1:], wait)
	defer unlock()
	if err != nil {
		return err
	}
	facts := host.Facts()
	f := &field{cat: g.cat, build: &competitors.Builder{Log: u}}
	if err := f.enter(ctx, c, variant, variant+"@base", variant, nil); err != nil {
		return err
	}
	slow := map[string]int{}
	for _, percent := range injected {
		id, env := slowID(variant, percent), map[string]string(nil)
		if percent > 0 {
			env = map[string]string{engine.SlowVariable: strconv.Itoa(percent)}
		}
		slow[id] = percent
		if err := f.enter(ctx, c, variant, id, variant, env); err != nil {
			return err
		}
	}
	p, err := g.contest(f)
	if err != nil {
		return err
	}
	out := &selfTest{Runtime: variant, Budget: p.Budget.String(), Threshold: g.compare.Rule.WithDefaults().Threshold, Record: g.out}
	p.Budget = p.Budget * time.Duration(len(f.ready)) / 2 // a gate has two entrants
	var families [][]pair
	for _, percent := range injected {
		families = append(families, pairs(p.Cells, variant+"@base", slowID(variant, percent)))
	}
	g.slow = func(cell results.Cell) int { return slow[cell.Runtime] }
	r := newReferee(p.Cells, families, g.compare.Rule)
	r.resolve = max(float64(injected[1])/100, 1.5*out.Threshold) // of what is within the threshold nothing is ever seen
	sum, err := g.measure(ctx, u, f, p, g.runLine(p, facts, f), r)
	if err != nil {
		return err
	}
	u.Say("record: %s", g.out)
	switch {
	case sum.Interrupted:
		return withCode(exitInterrupted, errors.New("interrupted: no verdict; what was finished is in the record"))
	case sum.Invalid():
		return withCode(exitInvalid, fmt.Errorf("results are not valid: %s; mnbench show %s says more (a driver has to know %s for this)",
			invalidCells(sum), quoted(g.out), engine.SlowVariable))
	}
	rec, err := results.Open(g.out)
	if err != nil {
		return err
	}
	for _, percent := range injected {
		c, err := g.result(rec, variant+"@base", slowID(variant, percent))
		if err != nil {
			return err
		}
		if err := c.Err(); err != nil {
			return withCode(exitNothing, err)
		}
		out.add(percent, c)
	}
	if err := out.print(u, g.format); err != nil {
		return err
	}
	return out.verdict()
}

func slowID(variant string, percent int) string {
	if percent == 0 {
		return variant + "@same"
	}
	return fmt.Sprintf("%s@slow-%d", variant, percent)
}

// add judges one of the gates. Without a slowdown it must find nothing; with
// one it must find no cell faster, and from mustFind on at least one slower.
func (s *selfTest) add(percent int, c *results.Comparison) {
	n := c.Count()
	t := trial{Percent: percent, Outcome: c.Outcome(), Slower: n[stat.Slower], Faster: n[stat.Faster], Cells: len(c.Cells)}
	t.Right = t.Faster == 0
	switch {
	case percent == 0:
		t.Right = t.Right && t.Slower == 0
		for i := range c.Cells {
			s.Visible = append(s.Visible, visibility{c.Cells[i].Cell, stat.Finite(c.Cells[i].MDE)})
		}
	case percent >= mustFind:
		t.Right = t.Right && t.Slower > 0
	}
	s.Gates = append(s.Gates, t)
}

// smallest is the smallest slowdown that is seen in some cell, and in every
// one; +Inf: none.
func (s *selfTest) smallest() (some, every float64) {
	some = math.Inf(1)
	for _, v := range s.Visible {
		mde := math.Inf(1)
		if v.Smallest != nil {
			mde = *v.Smallest
		}
		some, every = math.Min(some, mde), math.Max(every, mde)
	}
	return some, every
}

// print writes the result to stdout.
func (s *selfTest) print(u *ui, format string) error {
	if format == "json" {
		return u.printJSON(s)
	}
	w := tabwriter.NewWriter(u.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "INJECTED\tSLOWER\tFASTER\tA GATE SAYS\tTHAT IS")
	for _, t := range s.Gates {
		is := "right"
		switch {
		case !t.Right:
			is = "wrong"
		case t.Percent > 0 && t.Slower == 0:
			is = "too little to be seen here"
		}
		fmt.Fprintf(w, "%d%%\t%d of %d\t%d of %d\t%s\t%s\n", t.Percent, t.Slower, t.Cells, t.Faster, t.Cells, t.Outcome, is)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nWORKLOAD\tWORKERS\tSMALLEST SLOWDOWN SEEN")
	for _, v := range s.Visible {
		fmt.Fprintf(w, "%s\t%d\t%s\n", results.Block{Workload: v.Cell.Workload, Params: v.Cell.Params}.Title(), v.Cell.Workers, seenShare(v.Smallest))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	some, every := s.smallest()
	_, err := fmt.Fprintf(u.out, "\nOn this machine a gate of %s with a time budget of %s finds 4 of 5 slowdowns of %s in some workload, and of %s in every one.\n",
		s.Runtime, s.Budget, shareText(some), shareText(every))
	return err
}

func seenShare(v *float64) string {
	if v == nil {
		return "none"
	}
	return shareText(*v)
}

func shareText(v float64) string {
	if math.IsInf(v, 0) {
		return "no size"
	}
	return fmt.Sprintf("%.1f%%", 100*v)
}

// verdict is how the self-test ends: finding what is not there is worse than
// not finding what is.
func (s *selfTest) verdict() error {
	for _, t := range s.Gates {
		switch {
		case t.Percent == 0 && !t.Right:
			return withCode(exitInvalid, fmt.Errorf("self-test failed: the same build against itself was called slower in %s, faster in %d", count(t.Slower, "cell"), t.Faster))
		case t.Faster > 0:
			return withCode(exitInvalid, fmt.Errorf("self-test failed: a slowdown of %d%% was called faster in %s", t.Percent, count(t.Faster, "cell")))
		}
	}
	for _, t := range s.Gates {
		if !t.Right {
			return withCode(exitInconclusive, fmt.Errorf("a slowdown of %d%% was not found: this machine is too noisy for this budget; give more --time-budget", t.Percent))
		}
	}
	return nil
}
