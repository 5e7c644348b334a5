package stat

import (
	"math"
	"sort"

	"github.com/montanaflynn/stats"
	"gonum.org/v1/gonum/stat/distuv"
)

// medianBounds returns an interval for the median of the population that the
// sorted, independent values come from.
//
// Where there are enough of them it lies between two order statistics: how
// many values are below the true median is binomial, whatever their
// distribution, so the coverage is known without assuming a shape.
// Neighbouring order statistics are interpolated to meet the confidence asked
// for as Hettmansperger and Sheather do (Confidence intervals based on
// interpolated order statistics, Statistics & Probability Letters 4, 1986).
//
// Fewer values than that (see fewest) do not reach the confidence, even with
// the whole range. What is missing is then taken from Student's t on
// logarithms, which supposes that costs vary log-normally; the result is the
// wider of the two on each side.
func medianBounds(sorted []float64, confidence float64) (lo, hi float64) {
	n := len(sorted)
	if n >= fewest(confidence) {
		return orderBounds(sorted, confidence)
	}
	lo, hi = studentBounds(sorted, confidence)
	return math.Min(lo, sorted[0]), math.Min(math.MaxFloat64, math.Max(hi, sorted[n-1]))
}

// fewest is how many values it takes until the smallest and the largest
// enclose the median with the confidence, 6 for 95%. n values do so with
// probability 1-2^(1-n).
func fewest(confidence float64) int {
	return max(2, int(math.Ceil(1-math.Log2(1-confidence)-1e-9)))
}

// orderBounds wants at least fewest(confidence) sorted values.
func orderBounds(sorted []float64, confidence float64) (lo, hi float64) {
	n := len(sorted)
	tail := (1 - confidence) / 2
	below := distuv.Binomial{N: float64(n), P: 0.5}
	// The k-th smallest and the k-th largest are the innermost pair that
	// still covers enough; one further in covers too little.
	half := n / 2
	k := sort.Search(half, func(k int) bool { return below.CDF(float64(k)) > tail })
	k = max(1, k)
	if k >= half {
		return sorted[half-1], sorted[n-half]
	}
	outer, inner := 1-2*below.CDF(float64(k-1)), 1-2*below.CDF(float64(k))
	share := (outer - confidence) / (outer - inner)
	in := float64(n-k) * share / (float64(k) + float64(n-2*k)*share)
	in = math.Max(0, math.Min(1, in))
	lo = between(sorted[k-1], sorted[k], in)
	hi = between(sorted[n-k], sorted[n-k-1], in)
	return lo, hi
}

// between is from a a share of the way to b, without overflow.
func between(a, b, share float64) float64 {
	if a == b {
		return a
	}
	return (1-share)*a + share*b
}

// studentBounds is Student's interval of the mean of the logarithms.
func studentBounds(values []float64, confidence float64) (lo, hi float64) {
	mean, variance := logMoments(values)
	n := float64(len(values))
	side := student(n-1, confidence) * math.Sqrt(variance/n)
	return math.Exp(mean - side), math.Exp(mean + side)
}

// welchBounds is Welch's interval of the ratio of two geometric means, which
// are the medians where costs vary log-normally.
func welchBounds(values, base []float64, confidence float64) (lo, hi float64) {
	m1, v1 := logMoments(values)
	m2, v2 := logMoments(base)
	n1, n2 := float64(len(values)), float64(len(base))
	v1, v2 = v1/n1, v2/n2
	if v1+v2 == 0 {
		return math.Exp(m1 - m2), math.Exp(m1 - m2)
	}
	// A side without variation adds none, and no freedom either.
	freedom := 0.0
	for _, s := range [2][2]float64{{v1, n1}, {v2, n2}} {
		if s[0] > 0 {
			freedom += s[0] * s[0] / (s[1] - 1)
		}
	}
	side := student((v1+v2)*(v1+v2)/freedom, confidence) * math.Sqrt(v1+v2)
	return math.Exp(m1 - m2 - side), math.Exp(m1 - m2 + side)
}

// student is the two-sided quantile of Student's t.
func student(freedom, confidence float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}.Quantile((1 + confidence) / 2)
}

// logMoments returns mean and variance of the logarithms; the variance of
// fewer than two values is 0.
func logMoments(values []float64) (mean, variance float64) {
	for _, v := range values {
		mean += math.Log(v)
	}
	mean /= float64(len(values))
	if len(values) < 2 {
		return mean, 0
	}
	for _, v := range values {
		d := math.Log(v) - mean
		variance += d * d
	}
	return mean, variance / float64(len(values)-1)
}

// percentileBounds returns the percentile interval of draws.
func percentileBounds(draws []float64, confidence float64) (lo, hi float64) {
	tail := 100 * (1 - confidence) / 2
	lo, err1 := stats.Percentile(draws, tail)
	hi, err2 := stats.Percentile(draws, 100-tail)
	if err1 != nil || err2 != nil {
		return math.Inf(-1), math.Inf(1)
	}
	return lo, hi
}
