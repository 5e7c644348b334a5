package stat

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/montanaflynn/stats"
	"gonum.org/v1/gonum/stat/distuv"
)

// Resampled is a sample with its bootstrap distribution. Intervals of it and
// of ratios between several are cheap.
type Resampled struct {
	point    Interval // estimate, counts and warnings; the bounds when they need no draws
	draws    []float64
	opts     Options
	constant bool
}

// Resample draws the hierarchical bootstrap distribution of a cell's median
// cost: each resample draws as many invocations as there are, with
// replacement; of each drawn, as many iterations as it has, with replacement;
// and takes the median of the medians (Davison and Hinkley, Bootstrap Methods
// and their Application, 1997, section 3.8; Kalibera and Jones, Rigorous
// Benchmarking in Reasonable Time, ISMM 2013). The interval is the percentile
// interval.
//
// Costs to be compared must have different streams, or the same luck would be
// drawn for both.
//
// Accuracy: below six invocations the medians themselves do not reach the
// extremes of the confidence asked for, and the interval covers less, about
// 1-2^(1-n) for n invocations: the FewInvocations warning says so. From ten on
// it is near nominal where invocations differ more than their iterations, as
// they usually do. Where the variation is mostly inside invocations the second
// stage counts it twice and the interval covers too much, up to 99% at 95%:
// it errs on the side of "cannot tell". (Tried: shrinking the invocations
// towards their centre to make up for that. With five iterations it fails
// badly, down to 34% coverage.)
//
// Time and memory are bounded however large the sample: the median of a large
// resample is drawn from its exact distribution (an order statistic of uniform
// ranks has a beta distribution) instead of value by value.
func Resample(s Sample, o Options, stream uint64) *Resampled {
	o = o.withDefaults()
	clean, bad := s.clean()
	r := &Resampled{opts: o}
	p := &r.point
	p.Confidence = o.Confidence
	p.Invocations = len(clean)
	for _, inv := range clean {
		p.Samples += len(inv)
	}
	if bad > 0 {
		p.Warnings = append(p.Warnings, Warn(BadSamples, "%d samples left out: their time or work is not positive", bad))
	}
	p.Median, p.Lo, p.Hi = math.NaN(), math.Inf(-1), math.Inf(1)
	if p.Samples == 0 {
		p.Warnings = append(p.Warnings, Warn(NoData, "no sample"))
		return r
	}
	medians := clean.medians()
	slices.Sort(medians)
	p.Median = sortedMedian(medians)
	if p.Samples == 1 {
		p.Warnings = append(p.Warnings, Warn(OneSample, "a single sample: nothing is known of its variation"))
		return r
	}
	p.Warnings = append(p.Warnings, r.doubts()...)
	if same(clean) {
		p.Warnings = append(p.Warnings, Warn(Identical, "all %d samples are equal: the clock may be coarser than the work", p.Samples))
		p.Lo, p.Hi = p.Median, p.Median
		r.constant = true
		return r
	}
	r.draws = draw(clean, o.Resamples, rand.New(rand.NewPCG(o.Seed, stream)))
	p.Lo, p.Hi = bounds(r.draws, o.Confidence)
	return r
}

// doubts warns about samples too small for the confidence asked for. The
// largest and smallest of n independent medians enclose the true one with
// probability 1-2^(1-n), and no resample reaches beyond them by much.
func (r *Resampled) doubts() []Warning {
	n := r.point.Invocations
	if n == 1 {
		return []Warning{Warn(OneInvocation, "a single invocation: the interval knows nothing of the variation between processes")}
	}
	if reach := 1 - math.Pow(2, 1-float64(n)); reach < r.opts.Confidence {
		need := int(math.Ceil(1 - math.Log2(1-r.opts.Confidence)))
		return []Warning{Warn(FewInvocations, "%d invocations: the interval covers about %.0f%%, not %.0f%%; that takes at least %d",
			n, 100*reach, 100*r.opts.Confidence, need)}
	}
	return nil
}

// Interval returns the estimate with its interval.
func (r *Resampled) Interval() Interval {
	i := r.point
	i.Warnings = slices.Clone(i.Warnings)
	return i
}

// Ratio returns r's cost over base's with its interval. Warnings of both
// sides are in it, each kind once.
func (r *Resampled) Ratio(base *Resampled) Interval {
	out := Interval{
		Median: r.point.Median / base.point.Median, Lo: math.Inf(-1), Hi: math.Inf(1),
		Confidence:  r.opts.Confidence,
		Invocations: min(r.point.Invocations, base.point.Invocations),
		Samples:     min(r.point.Samples, base.point.Samples),
		Warnings:    slices.Clone(r.point.Warnings),
	}
	for _, w := range base.point.Warnings {
		if !Has(out.Warnings, w.Code) {
			out.Warnings = append(out.Warnings, w)
		}
	}
	if r == base {
		out.Median, out.Lo, out.Hi = 1, 1, 1
		return out
	}
	if !r.point.Bounded() || !base.point.Bounded() {
		return out
	}
	if r.constant && base.constant {
		out.Lo, out.Hi = out.Median, out.Median
		return out
	}
	ratios := make([]float64, max(len(r.draws), len(base.draws)))
	for i := range ratios {
		ratios[i] = r.at(i) / base.at(i)
	}
	out.Lo, out.Hi = bounds(ratios, out.Confidence)
	return out
}

// at is the i-th draw; a constant has but one.
func (r *Resampled) at(i int) float64 {
	if r.constant {
		return r.point.Median
	}
	return r.draws[i%len(r.draws)]
}

// bounds returns the percentile interval of draws.
func bounds(draws []float64, confidence float64) (lo, hi float64) {
	tail := 100 * (1 - confidence) / 2
	lo, err1 := stats.Percentile(draws, tail)
	hi, err2 := stats.Percentile(draws, 100-tail)
	if err1 != nil || err2 != nil {
		return math.Inf(-1), math.Inf(1)
	}
	return lo, hi
}

func same(s Sample) bool {
	for _, inv := range s {
		if inv[0] != s[0][0] || inv[len(inv)-1] != s[0][0] { // sorted
			return false
		}
	}
	return true
}

const (
	// exactFrom is the size from which a resample's median is drawn from its
	// distribution instead of being computed from drawn values.
	exactFrom = 24
	// drawBudget bounds the invocations drawn over all resamples.
	drawBudget = 8_000_000
	// fewestResamples is what remains of Resamples when the budget is short.
	fewestResamples = 200
)

// draw returns the medians of hierarchical resamples of a clean sample.
func draw(s Sample, resamples int, rng *rand.Rand) []float64 {
	m := len(s)
	resamples = min(resamples, max(fewestResamples, drawBudget/m))
	inner := make([]resampler, m)
	for i, inv := range s {
		inner[i] = newResampler(inv, rng)
	}
	out := make([]float64, resamples)
	medians := make([]float64, m)
	for b := range out {
		for k := range medians {
			medians[k] = inner[rng.IntN(m)].median()
		}
		slices.Sort(medians)
		out[b] = sortedMedian(medians)
	}
	return out
}

// resampler draws medians of resamples of sorted values.
type resampler struct {
	values []float64
	rng    *rand.Rand
	ranks  []int        // room for the ranks of a small resample
	lower  distuv.Beta  // of the lower middle rank over the number of values
	gap    *distuv.Beta // from there to the upper one; nil: an odd number has one middle
}

func newResampler(sorted []float64, rng *rand.Rand) resampler {
	n := len(sorted)
	r := resampler{values: sorted, rng: rng}
	if n < exactFrom {
		r.ranks = make([]int, n)
		return r
	}
	// The k-th smallest of n uniform numbers is Beta(k, n-k+1); given it,
	// the next one lies Beta(1, n-k) of the way to 1.
	k := (n + 1) / 2
	r.lower = distuv.Beta{Alpha: float64(k), Beta: float64(n - k + 1), Src: rng}
	if n%2 == 0 {
		r.gap = &distuv.Beta{Alpha: 1, Beta: float64(n - k), Src: rng}
	}
	return r
}

func (r *resampler) median() float64 {
	n := len(r.values)
	if n == 1 {
		return r.values[0]
	}
	if r.ranks != nil {
		for i := range r.ranks {
			r.ranks[i] = r.rng.IntN(n)
		}
		slices.Sort(r.ranks)
		if n%2 == 1 {
			return r.values[r.ranks[n/2]]
		}
		return r.values[r.ranks[n/2-1]]/2 + r.values[r.ranks[n/2]]/2
	}
	u := r.lower.Rand()
	low := r.values[min(int(u*float64(n)), n-1)]
	if r.gap == nil {
		return low
	}
	u += (1 - u) * r.gap.Rand()
	return low/2 + r.values[min(int(u*float64(n)), n-1)]/2
}
