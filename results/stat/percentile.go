package stat

import (
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// Percentile estimates the value that a share p (0.99) of all samples does not
// exceed, with its interval.
//
// With enough invocations for the confidence (six for 95%), each of which has
// some samples beyond its own percentile, it is the median over invocations of
// the percentile of each, with the interval of medianBounds: that holds
// however samples of one process hang together. Otherwise all samples are
// taken together, and the interval lies between two order statistics with a
// binomial number of samples below the true percentile, which supposes that
// samples are independent: a Pooled warning says so.
//
// Where there are too few samples to bound a tail from above, Hi is +Inf and a
// FewInTail warning says how many it takes; likewise Lo is -Inf far down.
// Median is the estimate, whatever the share.
func Percentile(s Sample, p float64, o Options) Interval {
	o = o.withDefaults()
	clean, bad := s.clean()
	out := Interval{Median: math.NaN(), Lo: math.Inf(-1), Hi: math.Inf(1), Confidence: o.Confidence, Invocations: len(clean)}
	var all []float64
	shortest := math.MaxInt
	for _, inv := range clean {
		all = append(all, inv...)
		shortest = min(shortest, len(inv))
	}
	out.Samples = len(all)
	if bad > 0 {
		out.Warnings = append(out.Warnings, Warn(BadSamples, "%d samples left out: not a positive number", bad))
	}
	if len(all) == 0 || !(p > 0 && p < 1) {
		out.Warnings = append(out.Warnings, Warn(NoData, "no sample"))
		return out
	}
	// Five expected beyond the percentile make that of one process an
	// estimate rather than its extreme.
	if len(clean) >= fewest(o.Confidence) && float64(shortest)*math.Min(p, 1-p) >= 5 {
		each := make([]float64, len(clean))
		for i, inv := range clean {
			each[i] = quantileOf(inv, p)
		}
		slices.Sort(each)
		out.Median = sortedMedian(each)
		out.Lo, out.Hi = medianBounds(each, o.Confidence)
		return out
	}
	slices.Sort(all)
	out.Median = quantileOf(all, p)
	out.Lo, out.Hi = quantileBounds(all, p, o.Confidence)
	if len(clean) > 1 || len(all) > 1 {
		out.Warnings = append(out.Warnings, Warn(Pooled, "samples of all invocations are taken together as if they were independent"))
	}
	if math.IsInf(out.Hi, 1) || math.IsInf(out.Lo, -1) {
		need := math.Ceil(math.Log((1-o.Confidence)/2) / math.Log(math.Max(p, 1-p)))
		out.Warnings = append(out.Warnings, Warn(FewInTail, "%d samples do not bound the %.6g%% percentile; that takes at least %.0f", len(all), 100*p, need))
	}
	return out
}

// quantileOf is the smallest value that at least the share p of the sorted
// values does not exceed.
func quantileOf(sorted []float64, p float64) float64 {
	k := int(math.Ceil(p*float64(len(sorted)) - 1e-9))
	return sorted[min(max(k, 1), len(sorted))-1]
}

// quantileBounds returns the order statistics between which the true quantile
// lies with at least the confidence.
func quantileBounds(sorted []float64, p, confidence float64) (lo, hi float64) {
	n := len(sorted)
	tail := (1 - confidence) / 2
	below := distuv.Binomial{N: float64(n), P: p}
	// The r-th smallest exceeds the quantile when fewer than r values are
	// below it.
	r := sort.Search(n, func(r int) bool { return below.CDF(float64(r)) > tail })
	lo, hi = math.Inf(-1), math.Inf(1)
	if r >= 1 {
		lo = sorted[r-1]
	}
	// And is below it when at least that many are.
	s := sort.Search(n+1, func(s int) bool { return s > 0 && 1-below.CDF(float64(s-1)) <= tail })
	if s <= n && s >= 1 {
		hi = sorted[s-1]
	}
	return lo, hi
}
