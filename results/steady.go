package results

import (
	"fmt"
	"strings"

	"github.com/mnbench/mnbench/results/stat"
)

// unsteady warns when at least half of a cell's invocations, and more than
// one, were not steady while they were timed: still warming, slowing, or
// neither. Untimed iterations count for telling, since the change may lie
// between them and the timed ones; a change that is over when timing begins
// is what warm-up is for.
func unsteady(invs []*Measured) (Warning, bool) {
	var all, warming, slowing, none int
	for _, inv := range invs {
		if inv.Status != OK || inv.Invocation.Invocation < 0 {
			continue
		}
		all++
		class, from := stat.Steady(append(perUnit(inv.Warmup), perUnit(inv.Timed)...))
		if from <= len(inv.Warmup) {
			continue
		}
		switch class {
		case stat.Warming:
			warming++
		case stat.Slowing:
			slowing++
		case stat.Unsteady:
			none++
		}
	}
	sum := warming + slowing + none
	if sum < 2 || 2*sum < all {
		return Warning{}, false
	}
	var parts []string
	for _, p := range []struct {
		n   int
		how string
	}{{warming, "still fell (it was warming)"}, {slowing, "rose"}, {none, "never settled"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("in %d of %d invocations it %s", p.n, all, p.how))
		}
	}
	return stat.Warn(NotSteady, "not the time of a steady state: while timed, %s; more --warmup may help", strings.Join(parts, ", ")), true
}
