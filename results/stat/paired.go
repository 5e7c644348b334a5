package stat

import (
	"math"
	"slices"
)

// Paired estimates r's cost over base's from blocks: the i-th invocation of
// one ran beside the i-th of the other, so what the machine did to both
// cancels in their ratio. It is the median over the blocks of the ratio within
// each, with the interval of medianBounds, which supposes no more than that
// blocks are independent: a drift of any size, or a load that comes and goes
// from block to block, costs neither coverage nor width.
//
// Blocks in which one side has no result are left out. It differs a little
// from the ratio of the two medians.
func (r *Resampled) Paired(base *Resampled) Interval {
	out := r.against(base)
	ratios := r.ratios(base)
	out.Invocations = len(ratios)
	out.Warnings = slices.DeleteFunc(out.Warnings, func(w Warning) bool {
		return w.Code == FewInvocations || w.Code == OneInvocation || w.Code == Identical
	})
	if len(ratios) == 0 {
		out.Median = math.NaN()
		if !Has(out.Warnings, NoData) {
			out.Warnings = append(out.Warnings, Warn(NoData, "no block has a result of both"))
		}
		return out
	}
	out.Median = sortedMedian(ratios)
	if len(ratios) == 1 {
		out.Warnings = append(out.Warnings, Warn(OneInvocation, "a single block with a result of both: nothing is known of its variation"))
		return out
	}
	if need := fewest(out.Confidence); len(ratios) < need {
		out.Warnings = append(out.Warnings, Warn(FewInvocations,
			"%d blocks: the interval is wide and supposes that they vary log-normally; from %d on it supposes nothing", len(ratios), need))
	}
	out.Lo, out.Hi = medianBounds(ratios, out.Confidence)
	return out
}

// ratios returns those of all blocks that have both, sorted.
func (r *Resampled) ratios(base *Resampled) []float64 {
	var out []float64
	for i := range min(len(r.byIndex), len(base.byIndex)) {
		if q := r.byIndex[i] / base.byIndex[i]; usable(q) {
			out = append(out, q)
		}
	}
	slices.Sort(out)
	return out
}
