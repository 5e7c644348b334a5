package stat

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// sequence is n values from from, step apart.
func sequence(n int, from, step float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = from + step*float64(i)
	}
	return out
}

func TestMannWhitney(t *testing.T) {
	for _, tt := range []struct {
		name string
		a, b []float64
		p    float64
	}{
		// Two of all ways to choose are as far apart: 2 over the binomial.
		{"3 and 3 apart", []float64{1, 2, 3}, []float64{4, 5, 6}, 2.0 / 20},
		{"5 and 5 apart", sequence(5, 0, 1), sequence(5, 10, 1), 2.0 / 252},
		{"8 and 8 apart", sequence(8, 0, 1), sequence(8, 10, 1), 2.0 / 12870},
		// Table of the null distribution (Mann and Whitney 1947): for 5 and
		// 5, P(U <= 2) = 4/252 and P(U <= 3) = 7/252; for 4 and 6, P(U <= 2) = 4/210.
		{"5 and 5, U=2", []float64{1, 2, 3, 4, 7}, []float64{5, 6, 8, 9, 10}, 2 * 4.0 / 252},
		{"5 and 5, U=3", []float64{1, 2, 3, 4, 8}, []float64{5, 6, 7, 9, 10}, 2 * 7.0 / 252},
		{"4 and 6, U=2", []float64{1, 2, 3, 7}, []float64{4, 5.5, 8, 9, 10, 11}, 2 * 4.0 / 210},
		// With ties, by counting all 20 ways to deal {1,1,2,2,3,3}: U of the
		// first hand {1,1,2} is 0.5 and only as far out for it and its mirror.
		{"3 and 3, ties", []float64{1, 1, 2}, []float64{2, 3, 3}, 4.0 / 20},
		{"all equal", []float64{5, 5, 5}, []float64{5, 5}, 1},
		{"one each", []float64{1}, []float64{2}, 1},
		{"nothing", nil, []float64{1}, nan},
		{"NaN", []float64{nan}, []float64{1}, nan},
	} {
		if p := MannWhitney(tt.a, tt.b); !near(p, tt.p) {
			t.Errorf("%s: p = %v, want %v", tt.name, p, tt.p)
		}
		if p := MannWhitney(tt.b, tt.a); !near(p, tt.p) {
			t.Errorf("%s, the other way: p = %v, want %v", tt.name, p, tt.p)
		}
	}
	// Above the exact sizes the approximation goes on where the exact p ends.
	rng := rand.New(rand.NewPCG(1, 2))
	a, b := make([]float64, 50), make([]float64, 50)
	for i := range a {
		a[i], b[i] = rng.NormFloat64(), rng.NormFloat64()+0.5
	}
	exact := MannWhitney(a, b)
	approximate := MannWhitney(append(slices.Clone(a), -0.1), append(slices.Clone(b), 0.55))
	if math.Abs(math.Log(exact/approximate)) > 0.3 {
		t.Errorf("50 values: %v, 51 values: %v", exact, approximate)
	}
}

func TestSignedRank(t *testing.T) {
	for _, tt := range []struct {
		name string
		d    []float64
		p    float64
	}{
		{"5 of one sign", []float64{1, 2, 3, 4, 5}, 2.0 / 32},
		{"6 of one sign", []float64{-1, -2, -3, -4, -5, -6}, 2.0 / 64},
		// Wilcoxon's table: n=6, T=2: P = 3/64 a side; n=8, T=3: 5/256; n=10, T=8: 25/1024.
		{"n=6, T=2", []float64{1, -2, 3, 4, 5, 6}, 2 * 3.0 / 64},
		{"n=8, T=3", []float64{1, 2, -3, 4, 5, 6, 7, 8}, 2 * 5.0 / 256},
		{"n=10, T=8", []float64{1, 2, 3, 4, 5, 6, 7, -8, 9, 10}, 2 * 25.0 / 1024},
		{"zeros do not count", []float64{0, 0, 1, 2, 3, 4, 5}, 2.0 / 32},
		{"all zero", []float64{0, 0}, 1},
		{"nothing", nil, nan},
		{"NaN", []float64{1, nan}, nan},
	} {
		if p := SignedRank(tt.d); !near(p, tt.p) {
			t.Errorf("%s: p = %v, want %v", tt.name, p, tt.p)
		}
	}
	// The approximation (ties make it) beside the exact value.
	d := sequence(20, 1, 1)
	for i := range 6 {
		d[i*3] *= -1
	}
	exact := SignedRank(d)
	d[19] = 19 // ties with the one before
	if p := SignedRank(d); math.Abs(p-exact) > 0.01 {
		t.Errorf("exact %v, with one tie %v", exact, p)
	}
}

func TestHolm(t *testing.T) {
	for _, tt := range []struct{ in, want []float64 }{
		{nil, []float64{}},
		{[]float64{0.03}, []float64{0.03}},
		// Holm's own rule: smallest times 4, next times 3, ... never falling.
		{[]float64{0.01, 0.04, 0.03, 0.005}, []float64{0.03, 0.06, 0.06, 0.02}},
		{[]float64{0.5, 0.6}, []float64{1, 1}},
		{[]float64{nan, 0.02, nan, 0.01}, []float64{nan, 0.02, nan, 0.02}},
	} {
		got := Holm(tt.in)
		if !slices.EqualFunc(got, tt.want, near) {
			t.Errorf("Holm(%v) = %v, want %v", tt.in, got, tt.want)
		}
	}
}

// TestRankTestsKeepTheirLevel: equal samples are called different no more
// often than the level says, whatever their shape and the number of values.
func TestRankTestsKeepTheirLevel(t *testing.T) {
	n := trials(1000)
	rng := rand.New(rand.NewPCG(8, 1))
	for _, w := range []world{normal(0.05, 0.01), logNormal(0.5, 0.01), bimodal(0.3)} {
		for _, invocations := range []int{6, 10, 20} {
			var apart, signs int
			for range n {
				a, b := w.sample(rng, invocations, 1).Medians(), w.sample(rng, invocations, 1).Medians()
				if MannWhitney(a, b) <= 0.05 {
					apart++
				}
				d := make([]float64, invocations)
				for i := range d {
					d[i] = math.Log(a[i] / b[i])
				}
				if SignedRank(d) <= 0.05 {
					signs++
				}
			}
			for what, found := range map[string]int{"Mann-Whitney": apart, "signed rank": signs} {
				if c := float64(found) / float64(n); c > 0.05+chance(0.05, n) {
					t.Errorf("%s: %s with %d invocations: %.1f%% of equal ones differ at 5%%", what, w.name, invocations, 100*c)
				}
			}
		}
	}
}
