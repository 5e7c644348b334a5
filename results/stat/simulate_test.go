package stat

import (
	"math"
	"math/rand/v2"
	"testing"
)

// world is where simulated costs come from: log-normal or normal around 100,
// with a spread between invocations and one inside them, as fractions.
type world struct {
	name            string
	logNormal       bool
	between, within float64
}

func (w world) sample(rng *rand.Rand, invocations, iterations int) Sample {
	s := make(Sample, invocations)
	for i := range s {
		effect := w.between * rng.NormFloat64()
		for range iterations {
			e := effect + w.within*rng.NormFloat64()
			v := 100 * (1 + e)
			if w.logNormal {
				v = 100 * math.Exp(e)
			}
			s[i] = append(s[i], v)
		}
	}
	return s
}

// TestCoverage: how often the interval covers the true value, which is 100
// for medians and 1 for ratios. 600 trials put three standard errors at 2.7
// points around 95%. Nominal is asked where invocations differ most; at least
// nominal where iterations do.
func TestCoverage(t *testing.T) {
	const trials = 600
	for _, tt := range []struct {
		world
		invocations, iterations int
		lo, hi                  float64
	}{
		{world{"normal", false, 0.05, 0.02}, 10, 5, 0.92, 0.98},
		{world{"normal", false, 0.05, 0.02}, 20, 5, 0.92, 0.98},
		{world{"normal", false, 0.05, 0.02}, 20, 31, 0.92, 0.98},
		{world{"log-normal", true, 0.4, 0.2}, 10, 5, 0.92, 0.98},
		{world{"log-normal", true, 0.4, 0.2}, 15, 4, 0.92, 0.98},
		{world{"log-normal", true, 0.4, 0.1}, 20, 30, 0.92, 0.98},
		{world{"one iteration", true, 0.1, 0.1}, 20, 1, 0.92, 0.98},
		{world{"noise inside", true, 0.02, 0.2}, 10, 5, 0.95, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(11, 13))
			medians, ratios := 0, 0
			for range trials {
				o := Options{Resamples: 400, Seed: rng.Uint64()}
				a := Resample(tt.sample(rng, tt.invocations, tt.iterations), o, 1)
				b := Resample(tt.sample(rng, tt.invocations, tt.iterations), o, 2)
				if a.Interval().Contains(100) {
					medians++
				}
				if a.Ratio(b).Contains(1) {
					ratios++
				}
			}
			for what, hits := range map[string]int{"median": medians, "ratio": ratios} {
				hi := tt.hi
				if what == "ratio" { // two discrete intervals in one: a little wider
					hi = min(1, hi+0.01)
				}
				if c := float64(hits) / trials; c < tt.lo || c > hi {
					t.Errorf("%s: %d invocations of %d: covers %.1f%%, want %.0f%% to %.0f%%", what, tt.invocations, tt.iterations, 100*c, 100*tt.lo, 100*hi)
				}
			}
		})
	}
}

// TestFewInvocationsWarnsRightly: the coverage that the warning states is
// about what is had.
func TestFewInvocationsWarnsRightly(t *testing.T) {
	w := world{"", true, 0.2, 0.01}
	rng := rand.New(rand.NewPCG(3, 4))
	const trials = 600
	for n := 2; n <= 5; n++ {
		hits := 0
		for range trials {
			i := Median(w.sample(rng, n, 3), Options{Resamples: 300, Seed: rng.Uint64()})
			if i.Contains(100) {
				hits++
			}
			if !Has(i.Warnings, FewInvocations) {
				t.Fatalf("%d invocations: no warning", n)
			}
		}
		stated, had := 1-math.Pow(2, 1-float64(n)), float64(hits)/trials
		if math.Abs(stated-had) > 0.06 {
			t.Errorf("%d invocations: stated %.1f%%, had %.1f%%", n, 100*stated, 100*had)
		}
	}
	if i := Median(w.sample(rng, 6, 3), Options{}); Has(i.Warnings, FewInvocations) {
		t.Errorf("6 invocations: %v", i.Warnings)
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
		slow := resampler{values: values, rng: rand.New(rand.NewPCG(3, 4)), ranks: make([]int, n)}
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
	w := world{"", true, 0.05, 0.02}
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
