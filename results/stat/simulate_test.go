package stat

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
)

// Simulations draw from worlds whose truth is known and count how often a
// statement about them holds. As a part of the quick tests they take few
// trials and allow for the chance in those; with MNBENCH_DEEP=1 (make
// test-deep) they take many and hold each figure to two points.

func deep() bool { return os.Getenv("MNBENCH_DEEP") != "" }

// trials is how many to make: n quickly, times twenty deeply.
func trials(n int) int {
	if deep() {
		return 20 * n
	}
	return n
}

// chance is what a share p may be off by in so many trials: three standard
// errors.
func chance(p float64, trials int) float64 {
	return 3 * math.Sqrt(p*(1-p)/float64(trials))
}

// world is where simulated costs come from, around 100.
type world struct {
	name string
	// place is the cost of the i-th of n invocations but for what varies
	// inside it.
	place  func(rng *rand.Rand, i, n int) float64
	within float64 // spread inside an invocation
	modes  float64 // share of iterations that take 1.3 times as long
}

func (w world) sample(rng *rand.Rand, invocations, iterations int) Sample {
	s := make(Sample, invocations)
	for i := range s {
		at := w.place(rng, i, invocations)
		for range iterations {
			v := at * math.Exp(w.within*rng.NormFloat64())
			if w.modes > 0 && rng.Float64() < w.modes {
				v *= 1.3
			}
			s[i] = append(s[i], v)
		}
	}
	return s
}

func logNormal(between, within float64) world {
	return world{fmt.Sprintf("log-normal %v", between), func(rng *rand.Rand, _, _ int) float64 { return 100 * math.Exp(between*rng.NormFloat64()) }, within, 0}
}

func normal(between, within float64) world {
	return world{"normal", func(rng *rand.Rand, _, _ int) float64 { return 100 * (1 + between*rng.NormFloat64()) }, within, 0}
}

// bimodal: so large a share of invocations takes 1.3 times as long.
func bimodal(share float64) world {
	return world{fmt.Sprintf("bimodal %v", share), func(rng *rand.Rand, _, _ int) float64 {
		v := 100 * math.Exp(0.03*rng.NormFloat64())
		if rng.Float64() < share {
			v *= 1.3
		}
		return v
	}, 0.01, 0}
}

// skewed: never faster than 100, at times much slower.
func skewed() world {
	return world{"skewed", func(rng *rand.Rand, _, _ int) float64 { return 100 + 20*rng.ExpFloat64() }, 0.01, 0}
}

// drifting: the machine slows by so much from the first invocation to the
// last, around a spread of 5%.
func drifting(by float64) world {
	return world{fmt.Sprintf("drifting %v", by), func(rng *rand.Rand, i, n int) float64 {
		return 100 * (1 + by*((float64(i)+0.5)/float64(n)-0.5)) * math.Exp(0.05*rng.NormFloat64())
	}, 0.01, 0}
}

// truth is the median over all invocations that there could be of the median
// inside each.
func (w world) truth(iterations int) float64 {
	const many = 200_000
	rng := rand.New(rand.NewPCG(1, 1))
	all := make([]float64, many)
	for i := range all {
		v := w.sample(rng, 1, iterations)[0]
		if n := 100; w.name[:1] == "d" { // where the run has got to matters
			v[0] = w.place(rng, i%n, n)
			v = v[:1]
		}
		slices.Sort(v)
		all[i] = sortedMedian(v)
	}
	slices.Sort(all)
	return sortedMedian(all)
}

// TestCoverage: how often the 95% interval covers the truth, for medians,
// ratios, and ratios within blocks, for the designs that METHOD.md states:
// from 6 invocations on within two points, and with 5 at most three above, for
// there the interval is the wider of two. Drift is as large as one and a half
// times the spread for medians, which cover more the larger it is; to ratios
// within blocks no drift matters, so theirs is ten times the spread.
func TestCoverage(t *testing.T) {
	const iterations = 5
	n := trials(400)
	for _, w := range []world{
		normal(0.05, 0.02), logNormal(0.4, 0.2), logNormal(0.02, 0.2), bimodal(0.3), skewed(),
		{"modes inside", func(rng *rand.Rand, _, _ int) float64 { return 100 * math.Exp(0.03*rng.NormFloat64()) }, 0.01, 0.4},
		drifting(0.075), drifting(0.5),
	} {
		truth := sync.OnceValue(func() float64 { return w.truth(iterations) })
		for _, invocations := range []int{5, 6, 10, 20, 30} {
			if !deep() && (invocations == 6 || invocations == 30) {
				continue
			}
			t.Run(fmt.Sprintf("%s/%d", w.name, invocations), func(t *testing.T) {
				t.Parallel()
				rng := rand.New(rand.NewPCG(11, uint64(invocations)))
				hits := map[string]int{}
				for range n {
					o := Options{Resamples: 400, Seed: rng.Uint64()}
					a := Resample(w.sample(rng, invocations, iterations), o, 1)
					b := Resample(w.sample(rng, invocations, iterations), o, 2)
					for what, hit := range map[string]bool{
						"median": a.Interval().Contains(truth()), "ratio": a.Ratio(b).Contains(1), "paired": a.Paired(b).Contains(1),
					} {
						if hit {
							hits[what]++
						}
					}
				}
				slack := 0.02 + chance(0.95, n)
				for _, what := range []string{"median", "ratio", "paired"} {
					c := float64(hits[what]) / float64(n)
					lo, hi := 0.95-slack, 0.95+slack
					if invocations < fewest(0.95) {
						hi += 0.01
					}
					if w.name[:1] == "d" && (what == "ratio" || w.name == "drifting 0.5" && what == "median") {
						hi = 1 // too much, as is said
					}
					if deep() {
						t.Logf("%-12s %2d invocations: %-6s covers %.1f%%", w.name, invocations, what, 100*c)
					}
					if c < lo || c > hi {
						t.Errorf("%s covers %.1f%%, want %.1f%% to %.1f%%", what, 100*c, 100*lo, 100*hi)
					}
				}
			})
		}
	}
}

// TestCoverageOfFew: with 2 to 4 invocations the interval supposes a shape,
// and covers as it should where that is right, or nearly.
func TestCoverageOfFew(t *testing.T) {
	n := trials(500)
	for _, w := range []world{normal(0.05, 0.02), logNormal(0.2, 0.01), skewed(), bimodal(0.3)} {
		rng := rand.New(rand.NewPCG(3, 4))
		truth := w.truth(3)
		for invocations := 2; invocations <= 4; invocations++ {
			hits := 0
			for range n {
				i := Median(w.sample(rng, invocations, 3), Options{Resamples: 1})
				if i.Contains(truth) {
					hits++
				}
				if !Has(i.Warnings, FewInvocations) {
					t.Fatalf("%d invocations: no warning", invocations)
				}
			}
			c, slack := float64(hits)/float64(n), 0.02+chance(0.95, n)
			if invocations == 2 && w.name == bimodal(0.3).name {
				slack += 0.03 // the t of two values knows nothing of modes
			}
			if deep() {
				t.Logf("%s, %d invocations: covers %.1f%%", w.name, invocations, 100*c)
			}
			if c < 0.95-slack {
				t.Errorf("%s, %d invocations: covers %.1f%%", w.name, invocations, 100*c)
			}
		}
	}
	if i := Median(normal(0.1, 0).sample(rand.New(rand.NewPCG(1, 1)), 6, 3), Options{}); Has(i.Warnings, FewInvocations) {
		t.Errorf("6 invocations: %v", i.Warnings)
	}
}

// TestConfidenceIsKept: other levels than 95% are what they say.
func TestConfidenceIsKept(t *testing.T) {
	n := trials(600)
	w := logNormal(0.1, 0.01)
	rng := rand.New(rand.NewPCG(21, 4))
	for _, confidence := range []float64{0.5, 0.8, 0.9, 0.99} {
		for _, invocations := range []int{9, 10, 31} {
			hits := 0
			for range n {
				if Median(w.sample(rng, invocations, 1), Options{Resamples: 1, Confidence: confidence}).Contains(100) {
					hits++
				}
			}
			if c := float64(hits) / float64(n); math.Abs(c-confidence) > 0.015+chance(confidence, n) {
				t.Errorf("%d invocations at %v%%: covers %.1f%%", invocations, 100*confidence, 100*c)
			}
		}
	}
}

// TestDrawnMedians: drawing the median of a resample from its distribution
// must give what drawing the resample gives.
func TestDrawnMedians(t *testing.T) {
	for _, n := range []int{24, 25, 60, 61} {
		values := make([]float64, n)
		for i := range values {
			values[i] = float64(i + 1)
		}
		fast := newResampler(values, rand.New(rand.NewPCG(1, 2)))
		if fast.ranks != nil {
			t.Fatalf("%d values are drawn one by one", n)
		}
		slow := resampler{values: values, rng: rand.New(rand.NewPCG(3, 4)), ranks: make([]int, n+n%2)}
		const trials = 20000
		a, b := make([]float64, trials), make([]float64, trials)
		for i := range trials {
			a[i], b[i] = fast.median(), slow.median()
		}
		for _, p := range []float64{2.5, 10, 25, 50, 75, 90, 97.5} {
			qa, qb := quantile(a, p), quantile(b, p)
			if math.Abs(qa-qb) > 0.02*float64(n) {
				t.Errorf("%d values, %v%%: %v drawn, %v by resampling", n, p, qa, qb)
			}
		}
		if va, vb := variance(a), variance(b); va < 0.93*vb || va > 1.07*vb {
			t.Errorf("%d values: variance %v drawn, %v by resampling", n, va, vb)
		}
	}
}

// TestRankFindsDifferences: costs that differ by much are told apart, equal
// ones nearly always share a rank.
func TestRankFindsDifferences(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	w := logNormal(0.05, 0.02)
	const trials = 200
	apart, tied := 0, 0
	for range trials {
		o := Options{Resamples: 300, Seed: rng.Uint64()}
		fast, twin, slow := w.sample(rng, 10, 5), w.sample(rng, 10, 5), w.sample(rng, 10, 5)
		for _, inv := range slow {
			for i := range inv {
				inv[i] *= 1.3
			}
		}
		places := Rank([]*Resampled{Resample(slow, o, 1), Resample(fast, o, 2), Resample(twin, o, 3)})
		if places[0] == (Place{Rank: 3}) {
			apart++
		}
		if places[1] == (Place{1, true}) && places[2] == places[1] {
			tied++
		}
	}
	if apart < trials*90/100 || tied < trials*90/100 {
		t.Errorf("of %d: %d times the slow one is third, %d times the equal ones are tied", trials, apart, tied)
	}
}
