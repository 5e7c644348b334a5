package stat

import "math"

// Line is a straight line through points with the interval of its slope.
type Line struct {
	Slope     Interval // Median is the estimate; Samples the number of points
	Intercept float64
}

// Slope fits a line through points by least squares: memory against the
// number of threads gives memory per thread, whatever the process needs
// besides. The interval is that of Student's t; it supposes that the points
// scatter around a line independently and alike. Points that are not finite
// are left out with a BadSamples warning; fewer than three points, or all at
// the same x, do not bound it.
func Slope(xs, ys []float64, o Options) Line {
	o = o.withDefaults()
	line := Line{Slope: Interval{Median: math.NaN(), Lo: math.Inf(-1), Hi: math.Inf(1), Confidence: o.Confidence}, Intercept: math.NaN()}
	out := &line.Slope
	var x, y []float64
	for i := range min(len(xs), len(ys)) {
		if d := xs[i] + ys[i]; math.IsNaN(d) || math.IsInf(d, 0) {
			continue
		}
		x, y = append(x, xs[i]), append(y, ys[i])
	}
	if bad := max(len(xs), len(ys)) - len(x); bad > 0 {
		out.Warnings = append(out.Warnings, Warn(BadSamples, "%d points left out: not finite", bad))
	}
	n := float64(len(x))
	out.Invocations, out.Samples = len(x), len(x)
	mx, my := mean(x), mean(y)
	var sxx, sxy float64
	for i := range x {
		sxx += square(x[i] - mx)
		sxy += (x[i] - mx) * (y[i] - my)
	}
	if len(x) < 2 || sxx == 0 {
		out.Warnings = append(out.Warnings, Warn(NoData, "a line takes points at two places"))
		return line
	}
	out.Median = sxy / sxx
	line.Intercept = my - out.Median*mx
	if len(x) < 3 {
		out.Warnings = append(out.Warnings, Warn(OneSample, "two points: nothing is known of their scatter"))
		return line
	}
	rest := 0.0
	for i := range x {
		rest += square(y[i] - line.Intercept - out.Median*x[i])
	}
	side := student(n-2, o.Confidence) * math.Sqrt(rest/(n-2)/sxx)
	out.Lo, out.Hi = out.Median-side, out.Median+side
	return line
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}
