package stat

import "math"

// Steadiness says how the iterations of one invocation went, by their change
// points (after Barrett et al., Virtual Machine Warmup Blows Hot and Cold,
// OOPSLA 2017).
type Steadiness string

const (
	Flat     Steadiness = "flat"    // all alike
	Warming  Steadiness = "warming" // slower at first, steady in the end
	Slowing  Steadiness = "slowing" // faster at first, steady in the end
	Unsteady Steadiness = "none"    // no steady state: the level still changes in the last quarter
	Unknown  Steadiness = ""        // too few iterations to say
)

// fewestIterations is how many it takes before a change among them can be
// told from chance at all.
const fewestIterations = 10

// Steady classifies the iterations of an invocation, untimed ones included,
// and returns from which index on they are steady: 0 for Flat and Unknown, the
// number of iterations for Unsteady.
func Steady(iterations []float64) (class Steadiness, from int) {
	n := 0
	for _, v := range iterations {
		if usable(v) {
			n++
		}
	}
	if n < fewestIterations {
		return Unknown, 0
	}
	changes := Changes(iterations, ChangeOptions{})
	if len(changes) == 0 {
		return Flat, 0
	}
	last := changes[len(changes)-1]
	if last.At > len(iterations)-len(iterations)/4 {
		return Unsteady, len(iterations)
	}
	// Segments like the last one are part of the steady state if nothing
	// else lies between.
	from = last.At
	least := changes[0].Before
	for _, c := range changes {
		least = math.Min(least, math.Min(c.Before, c.After))
	}
	if last.After <= least*(1+ChangeOptions{}.withDefaults().Least) {
		return Warming, from
	}
	return Slowing, from
}
