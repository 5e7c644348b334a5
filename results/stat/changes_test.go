package stat

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// steps is a series of levels, each so many values long, with a spread.
func steps(rng *rand.Rand, spread float64, levels ...float64) []float64 {
	var out []float64
	for i := 0; i+1 < len(levels); i += 2 {
		for range int(levels[i+1]) {
			out = append(out, levels[i]*math.Exp(spread*rng.NormFloat64()))
		}
	}
	return out
}

func places(cs []Change) []int {
	var at []int
	for _, c := range cs {
		at = append(at, c.At)
	}
	return at
}

func TestChanges(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 3))
	for _, tt := range []struct {
		name   string
		series []float64
		want   []int
	}{
		{"nothing", nil, nil},
		{"one value", []float64{5}, nil},
		{"constant", steps(rng, 0, 100, 50), nil},
		{"flat", steps(rng, 0.02, 100, 50), nil},
		{"up", steps(rng, 0.02, 100, 20, 120, 20), []int{20}},
		{"down, late", steps(rng, 0.02, 100, 25, 70, 4), []int{25}},
		{"up and back", steps(rng, 0.01, 100, 20, 130, 15, 100, 20), []int{20, 35}},
		{"too small to matter", steps(rng, 0.001, 100, 20, 101, 20), nil},
		{"an outlier", append(steps(rng, 0.02, 100, 20, 900, 1), steps(rng, 0.02, 100, 20)...), nil},
		{"no costs among them", append([]float64{nan, 0, -1}, steps(rng, 0, 100, 10, 200, 10)...), []int{13}},
		{"few, but clear", []float64{10, 10.1, 10.2, 10.05, 10.15, 10.3, 20, 20.1, 20.3, 20.2, 20.15, 20.05}, []int{6}},
		{"too few to tell", []float64{10, 10, 20, 20}, nil},
		{"long", steps(rng, 0.05, 100, 30_000, 150, 30_000), []int{30_000}},
	} {
		got := places(Changes(tt.series, ChangeOptions{}))
		if tt.name == "long" { // in bins
			if len(got) != 1 || math.Abs(float64(got[0]-30_000)) > 120 {
				t.Errorf("long: %v", got)
			}
			continue
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: changes at %v, want %v", tt.name, got, tt.want)
		}
	}
	c := Changes(steps(rng, 0.01, 100, 20, 150, 20), ChangeOptions{})[0]
	if math.Abs(c.Ratio()-1.5) > 0.02 || math.Abs(c.Before-100) > 1 || c.P > 0.001 {
		t.Errorf("%+v", c)
	}
}

// TestChangesKeepTheirLevel: series without a change have one no more often
// than alpha says, whatever their shape and length; a change of two spreads in
// the middle of thirty values is nearly always found, within two places.
func TestChangesKeepTheirLevel(t *testing.T) {
	n := trials(300)
	rng := rand.New(rand.NewPCG(31, 7))
	for _, w := range []world{normal(0.1, 0), logNormal(0.5, 0), bimodal(0.3), skewed()} {
		for _, length := range []int{8, 15, 30, 100} {
			found := 0
			for range n {
				if len(Changes(w.sample(rng, length, 1).Medians(), ChangeOptions{Alpha: 0.05, Least: 1e-9})) > 0 {
					found++
				}
			}
			// 9999 shuffles know the level to 0.2 points themselves.
			if c := float64(found) / float64(n); c > 0.05+0.004+chance(0.05, n) {
				t.Errorf("%s of %d: %.1f%% have a change at 5%%", w.name, length, 100*c)
			}
		}
	}
	right := 0
	for range n {
		if at := places(Changes(steps(rng, 0.05, 100, 15, 115, 15), ChangeOptions{})); len(at) == 1 && at[0] >= 13 && at[0] <= 17 {
			right++
		}
	}
	if right < n*9/10 {
		t.Errorf("%d of %d changes found in their place", right, n)
	}
}

func TestChangesProperties(t *testing.T) {
	value := rapid.OneOf(rapid.Float64Range(1e-3, 1e12), rapid.SampledFrom([]float64{1, 2, 2, 0, -3, nan, inf, math.MaxFloat64}))
	rapid.Check(t, func(t *rapid.T) {
		series := rapid.SliceOfN(value, 0, 60).Draw(t, "series")
		cs := Changes(series, ChangeOptions{Alpha: rapid.Float64Range(0, 1).Draw(t, "alpha")})
		last := 0
		for _, c := range cs {
			if c.At <= last || c.At >= len(series) || !(c.Before > 0) || !(c.After > 0) {
				t.Fatalf("%+v behind %d in %v", c, last, series)
			}
			last = c.At
		}
		if class, from := Steady(series); from < 0 || from > len(series) || (class == Unsteady) != (from == len(series) && class != Unknown) {
			t.Fatalf("%q from %d of %d", class, from, len(series))
		}
	})
}

func TestSteady(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for _, tt := range []struct {
		name   string
		series []float64
		class  Steadiness
		from   int
	}{
		{"nothing", nil, Unknown, 0},
		{"too few", steps(rng, 0.01, 300, 3, 100, 4), Unknown, 0},
		{"flat", steps(rng, 0.01, 100, 30), Flat, 0},
		{"warming", steps(rng, 0.01, 300, 6, 100, 30), Warming, 6},
		{"warming in steps", steps(rng, 0.01, 900, 6, 300, 8, 100, 30), Warming, 14},
		{"slowing", steps(rng, 0.01, 100, 10, 130, 30), Slowing, 10},
		{"fast for a while", steps(rng, 0.01, 200, 12, 100, 12, 150, 30), Slowing, 24},
		{"never steady", steps(rng, 0.01, 100, 36, 150, 4), Unsteady, 40},
	} {
		class, from := Steady(tt.series)
		if class != tt.class || from != tt.from {
			t.Errorf("%s: %q from %d, want %q from %d", tt.name, class, from, tt.class, tt.from)
		}
	}
	flat := 0
	const n = 300
	for range n {
		if class, _ := Steady(steps(rng, 0.1, 100, 40)); class == Flat {
			flat++
		}
	}
	if flat < n*97/100 {
		t.Errorf("%d of %d flat ones are said to be flat", flat, n)
	}
}

func TestPercentileOfOddData(t *testing.T) {
	hundred := Sample{sequence(100, 1, 1)}
	for _, tt := range []struct {
		name           string
		in             Sample
		p              float64
		median, lo, hi float64
		warnings       string
	}{
		{"nothing", nil, 0.99, nan, -inf, inf, "no-data"},
		{"one", Sample{{5}}, 0.5, 5, -inf, inf, "few-in-tail"},
		{"rubbish", Sample{{nan, -1}}, 0.5, nan, -inf, inf, "bad-samples no-data"},
		{"no share", hundred, 1, nan, -inf, inf, "no-data"},
		// Binomial(100, 0.5): 40 and 61 are the order statistics of 95%.
		{"median of 100", hundred, 0.5, 50, 40, 61, "pooled"},
		{"p90 of 100", hundred, 0.9, 90, 84, 96, "pooled"},
		{"p99 of 100", hundred, 0.99, 99, 97, inf, "pooled few-in-tail"},
		{"equal", Sample{{3, 3, 3, 3, 3, 3, 3, 3}}, 0.5, 3, 3, 3, "pooled"},
	} {
		i := Percentile(tt.in, tt.p, Options{})
		if !near(i.Median, tt.median) || i.Lo != tt.lo || i.Hi != tt.hi || codes(i.Warnings) != tt.warnings {
			t.Errorf("%s: %v [%v, %v] %q, want %+v", tt.name, i.Median, i.Lo, i.Hi, codes(i.Warnings), tt)
		}
	}
}

// TestPercentileCoverage: of independent samples taken together, at least as
// much as asked for and little more; of processes that differ, by processes.
func TestPercentileCoverage(t *testing.T) {
	n := trials(400)
	rng := rand.New(rand.NewPCG(41, 1))
	for _, p := range []float64{0.5, 0.9, 0.99} {
		pooled, apart := 0, 0
		truth := -math.Log(1 - p)
		// Each process has a factor of its own, log-normal around 1, so the
		// median process has the percentile of the exponential.
		for range n {
			one := Sample{make([]float64, 1500)}
			for i := range one[0] {
				one[0][i] = rng.ExpFloat64()
			}
			if Percentile(one, p, Options{}).Contains(truth) {
				pooled++
			}
			many := make(Sample, 10)
			for k := range many {
				factor := math.Exp(0.3 * rng.NormFloat64())
				for range 1500 {
					many[k] = append(many[k], factor*rng.ExpFloat64())
				}
			}
			i := Percentile(many, p, Options{})
			if len(i.Warnings) > 0 {
				t.Fatalf("p%v of ten processes: %v", 100*p, i.Warnings)
			}
			if i.Contains(truth) {
				apart++
			}
		}
		for what, hits := range map[string]int{"one process": pooled, "ten processes": apart} {
			if c, slack := float64(hits)/float64(n), 0.02+chance(0.95, n); c < 0.95-slack || c > 0.95+slack {
				t.Errorf("p%v of %s: covers %.1f%%", 100*p, what, 100*c)
			}
		}
	}
}

func TestSlope(t *testing.T) {
	line := Slope([]float64{1, 2, 3, 4}, []float64{5, 7, 9, 11}, Options{})
	if !near(line.Slope.Median, 2) || !near(line.Intercept, 3) || !near(line.Slope.Lo, 2) || !near(line.Slope.Hi, 2) {
		t.Errorf("%+v", line)
	}
	// Anscombe's first quartet: slope 0.5001, standard error 0.1179, 9 degrees of freedom.
	x := []float64{10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5}
	y := []float64{8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68}
	line = Slope(x, y, Options{})
	if !near(line.Slope.Median, 0.50009) || !near(line.Intercept, 3.00009) || !near(line.Slope.Hi-line.Slope.Median, 2.26216*0.117906) {
		t.Errorf("%+v", line)
	}
	for _, tt := range []struct {
		x, y     []float64
		warnings string
		bounded  bool
	}{
		{nil, nil, "no-data", false}, {[]float64{1}, []float64{1}, "no-data", false}, {[]float64{2, 2, 2}, []float64{1, 2, 3}, "no-data", false},
		{[]float64{1, 2}, []float64{1, 3}, "one-sample", false}, {[]float64{1, 2, nan, 3, 4}, []float64{1, 2, 3, inf, 4}, "bad-samples", true},
	} {
		if l := Slope(tt.x, tt.y, Options{}); codes(l.Slope.Warnings) != tt.warnings || l.Slope.Bounded() != tt.bounded {
			t.Errorf("%v %v: %+v", tt.x, tt.y, l)
		}
	}
	n := trials(1000)
	rng := rand.New(rand.NewPCG(51, 1))
	hits := 0
	threads := []float64{100, 200, 500, 1000, 2000, 5000}
	for range n {
		rss := make([]float64, len(threads))
		for i, k := range threads {
			rss[i] = 3e6 + 8192*k + 2e5*rng.NormFloat64()
		}
		if Slope(threads, rss, Options{}).Slope.Contains(8192) {
			hits++
		}
	}
	if c := float64(hits) / float64(n); math.Abs(c-0.95) > 0.01+chance(0.95, n) {
		t.Errorf("covers %.1f%%", 100*c)
	}
}

func TestMeanRatio(t *testing.T) {
	i := MeanRatio([]Interval{{Median: 2, Lo: 1.9, Hi: 2.1, Confidence: 0.95}, {Median: 0.5, Lo: 0.45, Hi: 0.55, Confidence: 0.9}})
	if !near(i.Median, 1) || !(i.Lo > 0.9 && i.Lo < 1) || !(i.Hi > 1 && i.Hi < 1.1) || i.Confidence != 0.9 {
		t.Errorf("%+v", i)
	}
	for name, in := range map[string][]Interval{
		"nothing": nil, "unknown": {{Median: nan}}, "unbounded": {{Median: 2, Lo: -inf, Hi: inf}}, "from zero": {{Median: 2, Lo: 0, Hi: 3}},
	} {
		if i := MeanRatio(in); i.Bounded() || i.Lo == i.Hi {
			t.Errorf("%s: %+v", name, i)
		}
	}
	n := trials(200)
	rng := rand.New(rand.NewPCG(61, 1))
	hits := 0
	for range n {
		var rs []Interval
		for k, w := range []world{normal(0.05, 0.02), logNormal(0.3, 0.1), skewed()} {
			a, b := w.sample(rng, 8, 2), w.sample(rng, 8, 2)
			o := Options{Resamples: 300, Seed: rng.Uint64()}
			rs = append(rs, Resample(scaled(a, 1.1), o, uint64(2*k)).Ratio(Resample(b, o, uint64(2*k+1))))
		}
		if MeanRatio(rs).Contains(1.1) {
			hits++
		}
	}
	if c := float64(hits) / float64(n); c < 0.93-chance(0.95, n) || c > 0.98+chance(0.95, n) {
		t.Errorf("covers %.1f%%", 100*c)
	}
}
