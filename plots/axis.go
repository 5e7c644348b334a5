package plots

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"github.com/mnbench/mnbench/results"
)

// wide is the spread from which an axis is logarithmic: on a linear one all
// but the slowest would lie on each other.
const wide = 10

// scaleOf returns the range of an axis for the values, and whether it is
// logarithmic. A linear one begins at zero, so that lengths can be compared.
func scaleOf(values []float64) (lo, hi float64, log bool) {
	lo, hi = math.Inf(1), 0
	for _, v := range values {
		if v > 0 && !math.IsInf(v, 0) {
			lo, hi = math.Min(lo, v), math.Max(hi, v)
		}
	}
	if hi == 0 {
		return 0, 1, false
	}
	if hi/lo <= wide {
		return 0, hi * 1.05, false
	}
	return lo / 1.25, hi * 1.25, true
}

// styleAxis gives an axis the look of all charts. It has no label: gonum
// leaves room for one in the wrong place when the scale is logarithmic, so
// charts write theirs themselves.
func styleAxis(a *plot.Axis) {
	a.Tick.Label.Font = smallStyle.Font
	a.Tick.Length = 4
	a.Padding = 0
	a.LineStyle.Width = vg.Points(0.6)
}

// setScale makes an axis linear or logarithmic with ticks that name chooses.
func setScale(a *plot.Axis, lo, hi float64, log bool, name func(float64) string) {
	a.Min, a.Max = lo, hi
	if log {
		a.Scale = plot.LogScale{}
		a.Tick.Marker = logTicks{name}
		return
	}
	a.Tick.Marker = linearTicks{name}
}

// logTicks names powers of ten, and 2 and 5 times them where few powers are
// in range, or some of them where there are many; the rest are minor.
type logTicks struct{ name func(float64) string }

func (t logTicks) Ticks(lo, hi float64) []plot.Tick {
	decades := math.Log10(hi / lo)
	var ticks []plot.Tick
	every := math.Ceil(decades / 8)
	for e := math.Floor(math.Log10(lo)); e <= math.Ceil(math.Log10(hi)); e++ {
		if every > 1 && math.Mod(e, every) != 0 {
			continue
		}
		for m := 1.0; m < 10; m++ {
			v := m * math.Pow(10, e)
			if v < lo || v > hi {
				continue
			}
			tick := plot.Tick{Value: v}
			if m == 1 || (decades < 2.3 && (m == 2 || m == 5)) {
				tick.Label = t.name(v)
			}
			ticks = append(ticks, tick)
		}
	}
	return ticks
}

type linearTicks struct{ name func(float64) string }

func (t linearTicks) Ticks(lo, hi float64) []plot.Tick {
	step := math.Pow(10, math.Floor(math.Log10((hi-lo)/2)))
	for (hi-lo)/step > 8 {
		switch {
		case (hi-lo)/step/2 <= 8:
			step *= 2
		case (hi-lo)/step/5 <= 8:
			step *= 5
		default:
			step *= 10
		}
	}
	var ticks []plot.Tick
	for i := math.Ceil(lo / step); i*step <= hi; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: t.name(i * step)})
	}
	return ticks
}

// tickTime is "100 ns", "2.5 µs".
func tickTime(ns float64) string {
	if ns == 0 {
		return "0"
	}
	return trimZeros(results.FormatNS(ns))
}

// trimZeros makes "2.50 µs" "2.5 µs".
func trimZeros(amount string) string {
	number, unit, _ := strings.Cut(amount, " ")
	if strings.Contains(number, ".") {
		number = strings.TrimRight(strings.TrimRight(number, "0"), ".")
	}
	return number + " " + unit
}

// tickRatio is "0.5x", "100x".
func tickRatio(r float64) string {
	if r >= 1e6 || r < 1e-4 {
		return strconv.FormatFloat(r, 'g', 3, 64) + "x"
	}
	return strconv.FormatFloat(math.Round(r*1e6)/1e6, 'f', -1, 64) + "x"
}
