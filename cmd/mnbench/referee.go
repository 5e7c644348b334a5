package main

import (
	"math"

	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/results/stat"
)

// referee compares cells that ran in the same blocks, two by two, and guides
// the run's time budget to the pairs that are not decided.
//
// Looking while measuring, and stopping once a difference is significant,
// finds differences where none are. So the level is divided: one half is for
// the verdict at the end. The other is for at most maxLooks looks before it,
// in equal parts; a look is taken when there are a quarter more blocks than at
// the one before. A pair that a look decides gets no further invocations.
type referee struct {
	rule     stat.Rule // with its level set
	families [][]pair  // of each the verdicts are corrected together
	samples  []stat.Sample
	counts   []int // blocks seen of each cell
	needs    []float64
	// resolve, a share, keeps the first family going until a slowdown of that size
	// would be seen in all of its pairs; 0: verdicts are enough.
	resolve  float64
	nextLook int
	looks    int
}

// pair is the indices of two cells in the plan.
type pair struct{ base, head int }

const (
	firstLook = 8 // blocks; of fewer the test can hardly be significant
	maxLooks  = 20
	// sameConfidence is of the intervals by which a look calls a pair the same.
	sameConfidence = 0.99
	// leastNeed is of a pair that never varied but needs more blocks all the same.
	leastNeed = 0.001
)

func newReferee(cells []results.Cell, families [][]pair, rule stat.Rule) *referee {
	r := &referee{
		rule: rule, families: families, samples: make([]stat.Sample, len(cells)),
		counts: make([]int, len(cells)), needs: make([]float64, len(cells)), nextLook: firstLook,
	}
	for _, f := range families {
		for _, p := range f {
			r.needs[p.base], r.needs[p.head] = math.Inf(1), math.Inf(1)
		}
	}
	return r
}

// Saw implements engine.Guide. The sample of invocation i stands at i, so that
// blocks can be compared; one without a result stays empty.
func (r *referee) Saw(m results.Measured) {
	i := m.Invocation.Invocation
	if i < 0 {
		return
	}
	s := &r.samples[m.Cell]
	for len(*s) <= i {
		*s = append(*s, nil)
	}
	if m.Status == results.OK {
		(*s)[i] = costsOf(m)
	}
	r.counts[m.Cell]++
}

// Needs implements engine.Guide.
func (r *referee) Needs() []float64 {
	most := 0
	for _, n := range r.counts {
		most = max(most, n)
	}
	if most < r.nextLook || r.looks == maxLooks {
		return r.needs
	}
	r.looks++
	r.nextLook = most + max(1, most/4)
	clear(r.needs)
	rule := r.rule
	rule.Alpha /= 2 * maxLooks
	for n, f := range r.families {
		cs := r.compare(f, sameConfidence)
		for i, d := range stat.Judge(cs, rule) {
			blurred := n == 0 && r.resolve > 0 && d.MDE > r.resolve
			if d.Verdict != stat.Inconclusive && !blurred || r.hopeless(f[i], cs[i]) {
				continue
			}
			need := math.Inf(1)
			if cs[i].Ratio.Bounded() && cs[i].Ratio.Lo > 0 {
				need = max(leastNeed, math.Log(cs[i].Ratio.Hi/cs[i].Ratio.Lo))
			}
			for _, c := range [2]int{f[i].base, f[i].head} {
				r.needs[c] = max(r.needs[c], need)
			}
		}
	}
	return r.needs
}

// hopeless reports whether further invocations cannot help a pair: one side
// is not run any more, or no block so far has a result of both.
func (r *referee) hopeless(p pair, c stat.Comparison) bool {
	apart := r.counts[p.base] - r.counts[p.head]
	return c.Head == 0 || apart > 1 || apart < -1
}

func (r *referee) compare(f []pair, confidence float64) []stat.Comparison {
	o := stat.Options{Confidence: confidence}
	cs := make([]stat.Comparison, len(f))
	for i, p := range f {
		base := stat.Resample(r.samples[p.base], o, uint64(p.base))
		head := stat.Resample(r.samples[p.head], o, uint64(p.head))
		cs[i] = stat.Compare(base, head, true)
	}
	return cs
}
