package stat

import "math"

// MeanRatio summarises ratios of several cells by their geometric mean with
// an interval. Each side of it is the root of the squared sides of the ratios'
// own intervals on the scale of logarithms, over their number (Zou and Donner,
// Statistics in Medicine 27, 2008), which supposes that the cells are
// independent. Ratios without a bounded interval make it unbounded.
func MeanRatio(ratios []Interval) Interval {
	out := Interval{Median: math.NaN(), Lo: math.Inf(-1), Hi: math.Inf(1)}
	if len(ratios) == 0 {
		out.Warnings = []Warning{Warn(NoData, "no ratio")}
		return out
	}
	n := float64(len(ratios))
	var mean, below, above float64
	for i, r := range ratios {
		if !usable(r.Median) {
			out.Warnings = []Warning{Warn(NoData, "a ratio is not known")}
			return out
		}
		mid := math.Log(r.Median)
		mean += mid / n
		below += square(mid - math.Log(math.Max(0, r.Lo)))
		above += square(math.Log(r.Hi) - mid)
		if i == 0 {
			out.Confidence, out.Invocations, out.Samples = r.Confidence, r.Invocations, r.Samples
		}
		out.Confidence = math.Min(out.Confidence, r.Confidence)
		out.Invocations, out.Samples = min(out.Invocations, r.Invocations), min(out.Samples, r.Samples)
	}
	out.Median = math.Exp(mean)
	if lo, hi := math.Exp(mean-math.Sqrt(below)/n), math.Exp(mean+math.Sqrt(above)/n); lo > 0 && !math.IsInf(hi, 1) {
		out.Lo, out.Hi = lo, hi
	}
	return out
}

func square(v float64) float64 { return v * v }
