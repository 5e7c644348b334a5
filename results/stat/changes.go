package stat

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
)

// ChangeOptions say what counts as a change of a series. The zero value is the
// default.
type ChangeOptions struct {
	Alpha    float64 // probability of finding any in a series without; default 0.01
	Least    float64 // smallest change that matters, a share; default 0.03
	Segment  int     // fewest values on each side; default 2
	Scramble uint64  // seed of the permutations
}

func (o ChangeOptions) withDefaults() ChangeOptions {
	if !(o.Alpha > 0 && o.Alpha < 1) {
		o.Alpha = 0.01
	}
	if !(o.Least > 0) {
		o.Least = 0.03
	}
	o.Segment = max(o.Segment, 1)
	if o.Segment == 1 {
		o.Segment = 2
	}
	return o
}

// Change is a place where the level of a series changes.
type Change struct {
	At            int     // index of the first value of the new level
	Before, After float64 // medians of the segments on both sides
	P             float64 // that the segment which it splits has no change
}

// Ratio is the new level over the old.
func (c Change) Ratio() float64 { return c.After / c.Before }

// mostValues is how long a series is looked at value by value; longer ones are
// looked at in bins.
const mostValues = 512

// Changes finds where the level of a series of costs changes: iterations of
// an invocation while a JIT warms up, a cell's median from record to record.
//
// It is binary segmentation. Of all places to split, the one whose two sides
// differ most by the standardised rank sum is tested against the same maximum
// of shuffled series, so that Alpha holds for the whole series whatever the
// distribution of its values, and outliers count no more than their rank; then
// each side is looked at in turn. Last, splits whose medians differ by less
// than Least are taken back, the smallest first. Values that are no costs are
// skipped. A series longer than 512 values is condensed into medians of equal
// runs, so places are good to one run.
//
// It supposes that values within a level are independent: a slow drift is
// reported as one or more steps.
func Changes(series []float64, o ChangeOptions) []Change {
	o = o.withDefaults()
	values, places := condense(series)
	var cuts []Change
	var split func(from, to int)
	split = func(from, to int) {
		at, p := bestSplit(values[from:to], o)
		if at < 0 || p > o.Alpha {
			return
		}
		at = place(values[from:to], at, o.Segment)
		split(from, from+at)
		cuts = append(cuts, Change{At: from + at, P: p})
		split(from+at, to)
	}
	split(0, len(values))
	cuts = keepLarge(values, cuts, o.Least)
	for i := range cuts {
		cuts[i].At = places[cuts[i].At]
	}
	return cuts
}

// condense leaves out what is no cost and shortens to at most mostValues;
// places are the indexes in the series.
func condense(series []float64) (values []float64, places []int) {
	for i, v := range series {
		if usable(v) {
			values, places = append(values, v), append(places, i)
		}
	}
	run := (len(values) + mostValues - 1) / mostValues
	if run <= 1 {
		return values, places
	}
	var short []float64
	var at []int
	for i := 0; i < len(values); i += run {
		part := slices.Clone(values[i:min(i+run, len(values))])
		slices.Sort(part)
		short, at = append(short, sortedMedian(part)), append(at, places[i])
	}
	return short, at
}

// bestSplit returns the split whose sides differ most and the probability of
// so large a difference without a change; -1: too short to split.
func bestSplit(values []float64, o ChangeOptions) (at int, p float64) {
	n := len(values)
	if n < 2*o.Segment {
		return -1, 1
	}
	at, most := scan(midRanks(values), o.Segment)
	null := shuffled(n, o.Segment, o.Scramble)
	below, _ := slices.BinarySearch(null, most-1e-9)
	return at, float64(1+len(null)-below) / float64(1+len(null))
}

// place moves a split to where the values near it fit best to the medians of
// their sides. Rank sums alone are drawn towards the middle: a value on the
// edge of the other side's range costs them nothing.
func place(values []float64, at, segment int) int {
	reach := max(2, len(values)/10)
	best, least := at, math.Inf(1)
	for k := max(segment, at-reach); k <= min(len(values)-segment, at+reach); k++ {
		if misfit := deviation(values[:k]) + deviation(values[k:]); misfit < least {
			best, least = k, misfit
		}
	}
	return best
}

// deviation sums the distances from the median on the scale of logarithms.
func deviation(values []float64) (sum float64) {
	mid := math.Log(medianOf(values))
	for _, v := range values {
		sum += math.Abs(math.Log(v) - mid)
	}
	return sum
}

// scan returns the split with the largest standardised rank sum.
func scan(ranks []float64, segment int) (at int, most float64) {
	n := float64(len(ranks))
	at, sum := -1, 0.0
	for k := 1; k <= len(ranks)-segment; k++ {
		sum += ranks[k-1]
		if k < segment {
			continue
		}
		left := float64(k)
		z := math.Abs(sum-left*(n+1)/2) / math.Sqrt(left*(n-left)*(n+1)/12)
		if at < 0 || z > most {
			at, most = k, z
		}
	}
	return at, most
}

// midRanks are ranks from 1; equal values share the mean of theirs.
func midRanks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	ranks := make([]float64, len(values))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && values[order[j]] == values[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			ranks[k] = float64(i+j+1) / 2
		}
		i = j
	}
	return ranks
}

// shuffles is how many shuffled series stand for one without a change: p is at
// best 1 in 10000.
const shuffles = 9999

type nullKey struct {
	n, segment int
	seed       uint64
}

var nulls sync.Map // nullKey to []float64: it depends on nothing else

// shuffled returns the largest rank sums of shuffled series of a length,
// sorted. Lengths above 32 share those of the next longer one in steps of a
// half more: the distribution changes slowly there, and that of a longer
// series is on the safe side.
func shuffled(n, segment int, seed uint64) []float64 {
	for step := 32; n > 32; step += step / 2 {
		if n <= step {
			n = step
			break
		}
	}
	key := nullKey{n, segment, seed}
	if v, ok := nulls.Load(key); ok {
		return v.([]float64)
	}
	rng := rand.New(rand.NewPCG(seed, uint64(n)<<16|uint64(segment)))
	ranks := make([]float64, n)
	for i := range ranks {
		ranks[i] = float64(i + 1)
	}
	out := make([]float64, shuffles)
	for i := range out {
		rng.Shuffle(n, func(a, b int) { ranks[a], ranks[b] = ranks[b], ranks[a] })
		_, out[i] = scan(ranks, segment)
	}
	slices.Sort(out)
	nulls.Store(key, out)
	return out
}

// keepLarge takes back cuts whose sides differ by less than least, the
// smallest first, and sets the levels of the rest.
func keepLarge(values []float64, cuts []Change, least float64) []Change {
	for {
		smallest := -1
		size := math.Inf(1)
		for i := range cuts {
			from, to := 0, len(values)
			if i > 0 {
				from = cuts[i-1].At
			}
			if i+1 < len(cuts) {
				to = cuts[i+1].At
			}
			cuts[i].Before, cuts[i].After = medianOf(values[from:cuts[i].At]), medianOf(values[cuts[i].At:to])
			if s := math.Abs(math.Log(cuts[i].Ratio())); s < size {
				smallest, size = i, s
			}
		}
		if smallest < 0 || size >= math.Log(1+least) {
			return cuts
		}
		cuts = slices.Delete(cuts, smallest, smallest+1)
	}
}

func medianOf(values []float64) float64 {
	v := slices.Clone(values)
	slices.Sort(v)
	return sortedMedian(v)
}
