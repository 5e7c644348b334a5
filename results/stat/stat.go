// Package stat turns timings into numbers that hold: medians with bootstrap
// intervals, ratios, ranks with ties. It knows no cells, no units and no
// files: functions of numbers, each of which states what it assumes.
//
// What all of them assume:
//
//   - Invocations (processes) of one cell are independent of each other and
//     alike. Iterations inside one invocation are not independent: they share
//     a memory layout, a JIT's decisions, a CPU's temperature. So the
//     invocation is the unit of replication, and iterations only sharpen what
//     is known of theirs.
//   - Nothing is assumed of the shape of the distribution: timings are skewed
//     and have several modes, which is why the centre is a median.
//   - Machine conditions hit all cells alike. The engine sees to that by
//     interleaving; statistics cannot mend it afterwards.
//
// A number that says less than it seems to carries Warnings. Nothing here
// panics on odd data: no samples, one, two, all the same, NaN and zero each
// give an answer with a warning.
package stat

import (
	"encoding/json"
	"math"
	"slices"

	"github.com/montanaflynn/stats"
)

// Sample is what was measured of one cell: a slice for each invocation with
// the cost of a unit of work, such as ns per thread, in each iteration.
// Values that are not positive and finite cannot be costs: they are left out
// with a BadSamples warning.
type Sample [][]float64

// Options of the bootstrap. The zero value is the default.
type Options struct {
	Confidence float64 // of intervals; default 0.95
	Resamples  int     // default 2000
	Seed       uint64  // same seed, same data: same interval
}

const (
	defaultConfidence = 0.95
	defaultResamples  = 2000
)

func (o Options) withDefaults() Options {
	if !(o.Confidence > 0 && o.Confidence < 1) {
		o.Confidence = defaultConfidence
	}
	if o.Resamples <= 0 {
		o.Resamples = defaultResamples
	}
	return o
}

// Interval is an estimate and the range that covers the true value with the
// stated confidence.
type Interval struct {
	Median      float64 // NaN: no data
	Lo, Hi      float64 // -Inf and +Inf: the data do not bound it
	Confidence  float64
	Invocations int // with data in them
	Samples     int
	Warnings    []Warning
}

// Bounded reports whether the data bound the value at all.
func (i Interval) Bounded() bool {
	return !math.IsInf(i.Lo, 0) && !math.IsInf(i.Hi, 0) && !math.IsNaN(i.Lo) && !math.IsNaN(i.Hi)
}

// Contains reports whether v is inside; everything is inside what is not
// bounded.
func (i Interval) Contains(v float64) bool { return !(v < i.Lo) && !(v > i.Hi) }

// Median estimates the cost of a unit of work of a cell: the median over its
// invocations of the median over the iterations of each, so that an
// invocation counts once however many iterations it has. The interval is that
// of Resample.
func Median(s Sample, o Options) Interval { return Resample(s, o, 0).Interval() }

// Ratio estimates a's cost over b's: 2 means a is twice as slow. Both are
// resampled independently.
func Ratio(a, b Sample, o Options) Interval {
	return Resample(a, o, 1).Ratio(Resample(b, o, 2))
}

// GeoMean returns the geometric mean, the right one for ratios: the result
// does not depend on which runtime is the baseline. Values that are not
// positive and finite have none: NaN.
func GeoMean(values []float64) float64 {
	for _, v := range values {
		if !usable(v) {
			return math.NaN()
		}
	}
	m, err := stats.GeometricMean(values)
	if err != nil {
		return math.NaN()
	}
	return m
}

func usable(v float64) bool { return v > 0 && !math.IsInf(v, 1) }

// clean returns the sample sorted inside each invocation, without unusable
// values and invocations that have none left, and how many values it left
// out.
func (s Sample) clean() (out Sample, bad int) {
	for _, inv := range s {
		kept := make([]float64, 0, len(inv))
		for _, v := range inv {
			if usable(v) {
				kept = append(kept, v)
			}
		}
		bad += len(inv) - len(kept)
		if len(kept) > 0 {
			slices.Sort(kept)
			out = append(out, kept)
		}
	}
	return out, bad
}

// Medians returns the median of each invocation that has usable values.
func (s Sample) Medians() []float64 {
	clean, _ := s.clean()
	return clean.medians()
}

// aligned returns the median of each invocation, NaN where there is none.
func (s Sample) aligned() []float64 {
	out := make([]float64, len(s))
	for i := range s {
		out[i] = math.NaN()
		if m := s[i : i+1].Medians(); len(m) == 1 {
			out[i] = m[0]
		}
	}
	return out
}

// medians wants a clean sample.
func (s Sample) medians() []float64 {
	out := make([]float64, len(s))
	for i, inv := range s {
		out[i] = sortedMedian(inv)
	}
	return out
}

// sortedMedian is the median of sorted values; halves are added after
// halving so that large values do not overflow.
func sortedMedian(v []float64) float64 {
	n := len(v)
	if n%2 == 1 {
		return v[n/2]
	}
	return v[n/2-1]/2 + v[n/2]/2
}

// Finite returns v, or nil when it is not a number that JSON has.
func Finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// MarshalJSON writes {"median","lo","hi"}, null for what is not known.
func (i Interval) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Median *float64 `json:"median"`
		Lo     *float64 `json:"lo"`
		Hi     *float64 `json:"hi"`
	}{Finite(i.Median), Finite(i.Lo), Finite(i.Hi)})
}
