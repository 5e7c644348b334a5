package stat

import (
	"math"
)

// Comparison is what is known of one cell before and after a change.
type Comparison struct {
	Ratio Interval // cost after over cost before: 2 is twice as slow
	P     float64  // that they do not differ, uncorrected; NaN: no test is possible

	// Paired: measured in the same blocks, so that ratios within a block were
	// compared. Base and Head count invocations with a result, which are
	// blocks with both where it is paired.
	Paired     bool
	Base, Head int

	spread float64 // standard deviation of the logarithms that P is about
}

// Compare sets a cell after a change (head) against itself before (base). The
// interval is that of Ratio, and the test that of MannWhitney on the medians
// of the invocations; or Paired and SignedRank when the two were measured in
// the same blocks.
func Compare(base, head *Resampled, paired bool) Comparison {
	if paired {
		ratios := head.ratios(base)
		c := Comparison{Ratio: head.Paired(base), Paired: true, Base: len(ratios), Head: len(ratios)}
		logs := make([]float64, len(ratios))
		for i, r := range ratios {
			logs[i] = math.Log(r)
		}
		c.P = SignedRank(logs)
		_, v := logMoments(ratios)
		c.spread = math.Sqrt(v)
		return c
	}
	b, h := base.medians(), head.medians()
	c := Comparison{Ratio: head.Ratio(base), P: MannWhitney(b, h), Base: len(b), Head: len(h)}
	if base == head {
		c.P = 1
	}
	_, vb := logMoments(b)
	_, vh := logMoments(h)
	if freedom := float64(len(b) + len(h) - 2); freedom > 0 {
		c.spread = math.Sqrt((vb*float64(len(b)-1) + vh*float64(len(h)-1)) / freedom)
	}
	return c
}

// medians of the invocations that have one.
func (r *Resampled) medians() []float64 {
	var out []float64
	for _, m := range r.byIndex {
		if !math.IsNaN(m) {
			out = append(out, m)
		}
	}
	return out
}

// Verdict is what a comparison comes to.
type Verdict string

const (
	Faster       Verdict = "faster"
	Slower       Verdict = "slower"
	Same         Verdict = "same"         // as far as the threshold goes
	Inconclusive Verdict = "inconclusive" // the measurements do not decide
)

// Rule says when a comparison is decided. The zero value is the default.
type Rule struct {
	Threshold float64 // smallest change that matters, a share; default 0.03
	Alpha     float64 // level of significance over all comparisons together; default 0.05
	Power     float64 // that MDE and More are stated for; default 0.8
}

const (
	defaultThreshold = 0.03
	defaultAlpha     = 0.05
	defaultPower     = 0.8
)

// WithDefaults returns the rule with what it leaves open filled in. A
// threshold of 0 is kept when it is asked for as a negative number: anything
// that can be told apart matters.
func (r Rule) WithDefaults() Rule {
	switch {
	case r.Threshold < 0:
		r.Threshold = 0
	case r.Threshold == 0 || math.IsNaN(r.Threshold):
		r.Threshold = defaultThreshold
	}
	if !(r.Alpha > 0 && r.Alpha < 1) {
		r.Alpha = defaultAlpha
	}
	if !(r.Power > 0 && r.Power < 1) {
		r.Power = defaultPower
	}
	return r
}

// Decision is the verdict on a comparison, and what it rests on.
type Decision struct {
	Verdict Verdict
	P       float64 // corrected for all comparisons; NaN: no test is possible

	// MDE is the smallest slowdown, as a share, that the rule's power finds
	// with measurements like these; +Inf: none, there are too few.
	MDE float64

	// More is how many more invocations of each side would likely decide an
	// inconclusive comparison, if what was seen goes on. 0: nothing is
	// missing; -1: more than ManyMore, the difference is too near to the
	// threshold or nothing is known of the spread.
	More int
}

// ManyMore is from how many further invocations on More does not name them.
const ManyMore = 1000

// Judge decides comparisons that belong together. A cell is slower when two
// things hold: the whole interval of its ratio lies above the threshold, and
// the test is significant after Holm's correction over all of them. Likewise
// faster. It is the same when the interval lies within the threshold on both
// sides, and else inconclusive.
//
// Alpha bounds the probability that any of the comparisons is called slower or
// faster while none is. The intervals should have confidence 1-Alpha; they
// are not corrected for the number of comparisons, since the test is.
func Judge(cs []Comparison, rule Rule) []Decision {
	rule = rule.WithDefaults()
	ps := make([]float64, len(cs))
	tested := 0
	for i, c := range cs {
		ps[i] = c.P
		if !math.IsNaN(c.P) {
			tested++
		}
	}
	corrected := Holm(ps)
	out := make([]Decision, len(cs))
	for i, c := range cs {
		d := Decision{Verdict: Inconclusive, P: corrected[i]}
		significant := d.P <= rule.Alpha // false for NaN
		up := 1 + rule.Threshold
		switch {
		case !c.Ratio.Bounded() || math.IsNaN(c.Ratio.Median):
		case c.Ratio.Lo > up && significant:
			d.Verdict = Slower
		case c.Ratio.Hi < 1/up && significant:
			d.Verdict = Faster
		case c.Ratio.Lo >= 1/up && c.Ratio.Hi <= up:
			d.Verdict = Same
		}
		d.MDE = c.detectable(rule, tested)
		if d.Verdict == Inconclusive {
			d.More = c.more(rule, tested)
		}
		out[i] = d
	}
	return out
}
