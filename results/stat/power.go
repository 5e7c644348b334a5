package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// detectable is the slowdown, as a share, that Judge calls slower with the
// rule's power, given intervals as wide and invocations as many and as spread
// as these, in the worst case of the correction (all of tested comparisons
// before this one in Holm's order).
//
// Both conditions have to hold. The interval's: its lower end lies half its
// width below the estimate, which itself falls short of the truth by so much
// that only 1-power of all estimates fall further. The test's: for a shift of
// normal values a rank test has 3/pi of the sample's size in efficiency
// (Lehmann, Nonparametrics, 1975, section 2.4).
func (c Comparison) detectable(rule Rule, tested int) float64 {
	if !c.Ratio.Bounded() || !(c.Ratio.Median > 0) || !(c.Ratio.Lo > 0) {
		return math.Inf(1)
	}
	level := rule.Alpha / float64(max(1, tested))
	if c.leastP(c.Base, c.Head) > level {
		return math.Inf(1)
	}
	zp := distuv.UnitNormal.Quantile(rule.Power)
	byInterval := math.Log(1+rule.Threshold) + c.halfWidth()*(1+zp/c.zInterval())
	byTest := c.testShift(level, c.Base, c.Head) + zp*c.testError(c.Base, c.Head)
	return math.Expm1(math.Max(byInterval, byTest))
}

// halfWidth is the distance of the interval's lower end on the scale of
// logarithms: the side that a slowdown has to clear.
func (c Comparison) halfWidth() float64 {
	return (math.Log(c.Ratio.Hi) - math.Log(c.Ratio.Lo)) / 2
}

// zInterval is how many standard errors half an interval is about wide.
func (c Comparison) zInterval() float64 {
	return distuv.UnitNormal.Quantile((1 + c.Ratio.Confidence) / 2)
}

// testError is the standard error that a rank test has in place of that of a
// difference of means.
func (c Comparison) testError(base, head int) float64 {
	efficiency := 3 / math.Pi
	if c.Paired {
		return c.spread / math.Sqrt(efficiency*float64(head))
	}
	return c.spread * math.Sqrt((1/float64(base)+1/float64(head))/efficiency)
}

// testShift is the shift whose test statistic is just significant.
func (c Comparison) testShift(level float64, base, head int) float64 {
	return distuv.UnitNormal.Quantile(1-level/2) * c.testError(base, head)
}

// leastP is the smallest p-value that the test can give at all.
func (c Comparison) leastP(base, head int) float64 {
	if c.Paired {
		return math.Pow(2, 1-float64(head))
	}
	lg := func(n int) float64 { v, _ := math.Lgamma(float64(n) + 1); return v }
	return 2 * math.Exp(lg(base)+lg(head)-lg(base+head))
}

// FewestToTell is the number of invocations on each side, or of blocks, below
// which nothing can be significant among so many comparisons.
func FewestToTell(rule Rule, tested int, paired bool) int {
	level := rule.WithDefaults().Alpha / float64(max(1, tested))
	n := 1
	for c := (Comparison{Paired: paired}); c.leastP(n, n) > level; {
		n++
	}
	return n
}

// more is Decision.More: the smallest number of further invocations with
// which what was seen would decide, when intervals narrow with the square
// root of the number. It aims at the estimate as it stands, so it is about as
// likely to be short as not.
func (c Comparison) more(rule Rule, tested int) int {
	if !c.Ratio.Bounded() || !(c.Ratio.Lo > 0) || !(c.Ratio.Median > 0) || c.Base == 0 || c.Head == 0 {
		return -1
	}
	level := rule.Alpha / float64(max(1, tested))
	threshold := math.Log(1 + rule.Threshold)
	distance := math.Abs(math.Log(c.Ratio.Median))
	for extra := 1; extra <= ManyMore; extra += 1 + extra/20 {
		base, head := c.Base+extra, c.Head+extra
		half := c.halfWidth() / math.Sqrt(harmonic(base, head)/harmonic(c.Base, c.Head))
		different := distance-half > threshold && c.leastP(base, head) <= level && distance > c.testShift(level, base, head)
		if different || distance+half < threshold {
			return extra
		}
	}
	return -1
}

// harmonic is the size that two samples of unequal size have together.
func harmonic(a, b int) float64 { return 1 / (1/float64(a) + 1/float64(b)) }
