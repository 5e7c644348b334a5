package stat

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/montanaflynn/stats"
	"pgregory.net/rapid"
)

func quantile(v []float64, p float64) float64 { q, _ := stats.Percentile(v, p); return q }
func variance(v []float64) float64            { q, _ := stats.SampleVariance(v); return q }

func codes(ws []Warning) string {
	var out []string
	for _, w := range ws {
		out = append(out, string(w.Code))
	}
	return strings.Join(out, " ")
}

// near allows for figures that are given with four digits, and for rounding.
func near(a, b float64) bool {
	return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-3*math.Abs(b)
}

var inf, nan = math.Inf(1), math.NaN()

func TestMedianOfOddData(t *testing.T) {
	for _, tt := range []struct {
		name           string
		in             Sample
		median, lo, hi float64
		warnings       string
	}{
		{"nothing", nil, nan, -inf, inf, "no-data"},
		{"invocations without samples", Sample{{}, {}}, nan, -inf, inf, "no-data"},
		{"one", Sample{{7}}, 7, -inf, inf, "one-sample"},
		{"two in one invocation", Sample{{7, 9}}, 8, 1.608, 39.18, "one-invocation"},
		{"two in two invocations", Sample{{7}, {9}}, 8, 1.608, 39.18, "few-invocations"},
		{"identical", Sample{{7, 7}, {7, 7}, {7, 7}, {7}, {7}, {7}}, 7, 7, 7, "identical"},
		{"identical and few", Sample{{7}, {7}}, 7, 7, 7, "few-invocations identical"},
		{"NaN, zero, negative and infinite", Sample{{nan, 7, 0, -1}, {9, inf}, {nan}}, 8, 1.608, 39.18, "bad-samples few-invocations"},
		{"only rubbish", Sample{{nan}, {-1}}, nan, -inf, inf, "bad-samples no-data"},
		{"near the largest number", Sample{{math.MaxFloat64}, {math.MaxFloat64 / 2}}, math.MaxFloat64 * 0.75, 1.555e306, math.MaxFloat64, "few-invocations"},
		{"an invocation counts once", Sample{{1, 1, 1, 1, 1, 1, 1, 1, 1}, {5}, {6}}, 5, 0.2683, 35.99, "few-invocations"},
		{"six: from the smallest to the largest, nearly", Sample{{1}, {2}, {3}, {4}, {5}, {6}}, 3.5, 1.3571, 5.6429, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i := Median(tt.in, Options{})
			for _, v := range []struct {
				what       string
				have, want float64
			}{{"median", i.Median, tt.median}, {"lo", i.Lo, tt.lo}, {"hi", i.Hi, tt.hi}} {
				if !near(v.have, v.want) {
					t.Errorf("%s %v, want %v", v.what, v.have, v.want)
				}
			}
			if got := codes(i.Warnings); got != tt.warnings {
				t.Errorf("warnings %q, want %q", got, tt.warnings)
			}
			if i.Bounded() != !math.IsInf(tt.hi, 1) {
				t.Errorf("bounded: %v", i.Bounded())
			}
		})
	}
}

func TestRatioOfOddData(t *testing.T) {
	for _, tt := range []struct {
		name          string
		a, b          Sample
		ratio, lo, hi float64
	}{
		{"constants", Sample{{6}, {6}}, Sample{{3}, {3}}, 2, 2, 2},
		{"a single sample bounds nothing", Sample{{6}}, Sample{{3}, {3}}, 2, -inf, inf},
		{"nothing", nil, Sample{{3}, {3}}, nan, -inf, inf},
		{"against nothing", Sample{{3}, {3}}, nil, nan, -inf, inf},
		{"over a constant", Sample{{4}, {8}}, Sample{{2}, {2}}, 3, 0.0346, 231.2},
		{"a constant over", Sample{{2}, {2}}, Sample{{4}, {8}}, 1.0 / 3, 0.004325, 28.9},
		{"both constant in themselves", Sample{{2, 2}, {2, 2}}, Sample{{4, 4}, {4, 4}}, 0.5, 0.5, 0.5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i := Ratio(tt.a, tt.b, Options{})
			if !near(i.Median, tt.ratio) || !near(i.Lo, tt.lo) || !near(i.Hi, tt.hi) {
				t.Errorf("%v [%v, %v], want %v [%v, %v]", i.Median, i.Lo, i.Hi, tt.ratio, tt.lo, tt.hi)
			}
		})
	}
}

func TestConfidenceAndSeed(t *testing.T) {
	s := Sample{{1, 2}, {3, 4}, {5, 6}, {7, 8}, {9, 10}, {11, 12}, {13, 14}}
	wide, narrow := Median(s, Options{}), Median(s, Options{Confidence: 0.5})
	if wide.Confidence != 0.95 || narrow.Confidence != 0.5 || narrow.Lo <= wide.Lo || narrow.Hi >= wide.Hi {
		t.Errorf("95%%: %+v, 50%%: %+v", wide, narrow)
	}
	if a, b := Median(s, Options{Seed: 1}), Median(s, Options{Seed: 1}); a.Lo != b.Lo || a.Hi != b.Hi {
		t.Error("the same seed gives another interval")
	}
	same := true
	for seed := range uint64(8) {
		a, b := Resample(s, Options{Resamples: 50}, 0), Resample(s, Options{Resamples: 50}, seed+1)
		same = same && slices.Equal(a.draws, b.draws)
	}
	if same {
		t.Error("all streams are alike")
	}
}

// TestLargeSamples: a million samples and a hundred thousand invocations take
// bounded work; without the bounds this test takes minutes.
func TestLargeSamples(t *testing.T) {
	long := make(Sample, 10)
	for i := range long {
		for k := range 100_000 {
			long[i] = append(long[i], float64(1000+(k*7919+i)%101))
		}
	}
	many := make(Sample, 100_000)
	for i := range many {
		many[i] = []float64{float64(1000 + (i*7919)%101)}
	}
	for _, s := range []Sample{long, many} {
		if i := Median(s, Options{}); math.Abs(i.Median-1050) > 1 || i.Lo > 1050 || i.Hi < 1050 || i.Hi-i.Lo > 5 {
			t.Errorf("%+v", i)
		}
	}
}

func TestRank(t *testing.T) {
	constant := func(v float64) Sample { return Sample{{v}, {v}} }
	chain := func(v float64) (s Sample) {
		for i := range 8 {
			s = append(s, []float64{v + 0.4*float64(i-4)})
		}
		return s
	}
	for _, tt := range []struct {
		name string
		in   []Sample
		want []Place
	}{
		{"none", nil, nil},
		{"one", []Sample{constant(5)}, []Place{{1, false}}},
		{"clear", []Sample{constant(5), constant(3), constant(9)}, []Place{{2, false}, {1, false}, {3, false}}},
		{"equal", []Sample{constant(5), constant(5), constant(9)}, []Place{{1, true}, {1, true}, {3, false}}},
		{"no data", []Sample{nil, constant(3)}, []Place{{0, false}, {1, false}}},
		{"nothing says where a single sample stands", []Sample{constant(3), {{100}}, constant(5)}, []Place{{1, false}, {0, false}, {2, false}}},
		{"a chain: b ties with a, c with b, but not c with a",
			[]Sample{chain(10), chain(11), chain(12)}, []Place{{1, true}, {1, true}, {3, false}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var rs []*Resampled
			for i, s := range tt.in {
				rs = append(rs, Resample(s, Options{}, uint64(i)))
			}
			got := Rank(rs)
			if !slices.Equal(got, tt.want) {
				t.Errorf("have %v, want %v", got, tt.want)
			}
		})
	}
}

func TestGeoMean(t *testing.T) {
	big := make([]float64, 400)
	for i := range big {
		big[i] = 1e300
	}
	for _, tt := range []struct {
		in   []float64
		want float64
	}{
		{[]float64{2, 8}, 4}, {[]float64{3}, 3}, {[]float64{0.5, 2}, 1}, {big, 1e300},
		{nil, nan}, {[]float64{1, 0}, nan}, {[]float64{1, -1}, nan}, {[]float64{1, nan}, nan}, {[]float64{1, inf}, nan},
	} {
		got := GeoMean(tt.in)
		if math.IsNaN(tt.want) != math.IsNaN(got) || math.Abs(got/tt.want-1) > 1e-9 {
			t.Errorf("GeoMean(%v) = %v, want %v", tt.in[:min(len(tt.in), 3)], got, tt.want)
		}
	}
}

func anySample() *rapid.Generator[Sample] {
	cost := rapid.OneOf(rapid.Float64Range(1e-3, 1e12), rapid.SampledFrom([]float64{1, 2, 100, 0, -3, nan, inf}))
	return rapid.Map(rapid.SliceOfN(rapid.SliceOfN(cost, 0, 30), 0, 12), func(v [][]float64) Sample { return v })
}

func TestIntervalProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySample().Draw(t, "sample")
		o := Options{Resamples: 60, Seed: rapid.Uint64().Draw(t, "seed")}
		i := Median(s, o)
		all := s.Medians()
		if math.IsNaN(i.Median) != (len(all) == 0) || (len(all) == 0) != Has(i.Warnings, NoData) {
			t.Fatalf("no data: %v of %v", i, s)
		}
		if len(all) == 0 {
			return
		}
		if i.Lo > i.Hi || math.IsNaN(i.Lo) || math.IsNaN(i.Hi) {
			t.Fatalf("bounds %v %v", i.Lo, i.Hi)
		}
		if i.Median < slices.Min(all) || i.Median > slices.Max(all) {
			t.Fatalf("median %v outside of its data", i.Median)
		}
		// Ten times the cost is ten times the estimate, whatever the unit.
		scaled := make(Sample, len(s))
		for k, inv := range s {
			for _, v := range inv {
				scaled[k] = append(scaled[k], v*1024)
			}
		}
		if j := Median(scaled, o); !near(j.Median, i.Median*1024) || (i.Bounded() && (!near(j.Lo, i.Lo*1024) || !near(j.Hi, i.Hi*1024))) {
			t.Fatalf("scaled: %v, want 1024 times %v", j, i)
		}
		// The order of iterations says nothing.
		for _, inv := range s {
			slices.Reverse(inv)
		}
		if j := Median(s, o); j.Median != i.Median || j.Lo != i.Lo || j.Hi != i.Hi {
			t.Fatalf("reversed: %v, want %v", j, i)
		}
	})
}

func TestRankProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := rapid.SliceOfN(anySample(), 0, 6).Draw(t, "samples")
		var rs []*Resampled
		for i, s := range samples {
			rs = append(rs, Resample(s, Options{Resamples: 40}, uint64(i)))
		}
		places := Rank(rs)
		shared := map[int]int{}
		for _, p := range places {
			shared[p.Rank]++
		}
		for i, p := range places {
			if (p.Rank == 0) == rs[i].point.Bounded() {
				t.Fatalf("place %v of median %v", p, rs[i].point.Median)
			}
			if p.Rank > 0 && p.Tied != (shared[p.Rank] > 1) {
				t.Fatalf("tied %v with %d in rank", p, shared[p.Rank])
			}
			better := 0
			for k, q := range places {
				if q.Rank > 0 && q.Rank < p.Rank {
					better++
					if rs[k].point.Median > rs[i].point.Median {
						t.Fatalf("ranks do not follow medians: %v", places)
					}
				}
			}
			if p.Rank > 0 && p.Rank != better+1 {
				t.Fatalf("rank %d behind %d", p.Rank, better)
			}
		}
	})
}
