package engine

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/mnbench/mnbench/results"
)

// Guide tells a run with a time budget where further invocations help. It
// knows the statistics that the engine does not.
type Guide interface {
	// Saw takes an invocation that is over, in the order of the run; the
	// checks before timing too.
	Saw(m results.Measured)
	// Needs says of each cell of the plan how much it needs further
	// invocations: 0 when it is decided, and the more the wider what is known
	// of it. +Inf is allowed.
	Needs() []float64
}

// How a budget is spent. First come the plan's blocks, as without a budget.
// Then rounds: in each, one invocation of every cell of those groups whose
// neediest cell needs at least half of what the neediest of all does, in
// random order. Cells of a group get the same number of invocations, always
// side by side, so that comparing them pair by pair stays possible. No group is
// begun that would likely not end within the budget. All is over when nobody needs
// anything, or nothing fits any more.

// spend does what follows the checks, in a run with a budget.
func (r *run) spend(ctx context.Context) error {
	groups := group(r.Plan.Cells)
	groupOf := make([]int, len(r.Plan.Cells))
	for g, cells := range groups {
		for _, c := range cells {
			groupOf[c] = g
		}
	}
	for inv := range r.Plan.Invocations {
		steps := block(r.Plan.Cells, inv, r.Plan.Seed)
		for len(steps) > 0 {
			n := 1
			for n < len(steps) && groupOf[steps[n].cell] == groupOf[steps[0].cell] {
				n++
			}
			if _, err := r.together(ctx, steps[:n]); err != nil {
				return err
			}
			steps = steps[n:]
		}
	}
	next := make([]int, len(groups))
	for g := range next {
		next[g] = r.Plan.Invocations
	}
	for round := uint64(0); ; round++ {
		needy := r.neediest(groups)
		if len(needy) == 0 {
			r.sum.Decided = true
			return nil
		}
		rng := rand.New(rand.NewPCG(r.Plan.Seed, roundStream+round))
		rng.Shuffle(len(needy), func(i, j int) { needy[i], needy[j] = needy[j], needy[i] })
		some := false
		for _, g := range needy {
			steps := make([]step, 0, len(groups[g]))
			for _, c := range groups[g] {
				steps = append(steps, step{c, next[g]})
			}
			rng.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
			done, err := r.together(ctx, steps)
			if err != nil {
				return err
			}
			if done {
				next[g]++
				some = true
			}
		}
		if !some {
			return nil
		}
	}
}

// roundStream keeps the random order of rounds apart from that of blocks.
const roundStream = 1 << 32

// together does the steps of one group, or none of them when they do not fit
// into what is left of the budget. What the record already holds always fits.
func (r *run) together(ctx context.Context, steps []step) (done bool, err error) {
	var cost time.Duration
	known := false
	for _, s := range steps {
		if r.before[s] != nil {
			known = true
		} else if !r.out[s.cell] {
			cost += r.est.timed(&r.est.cells[s.cell])
		}
	}
	if !known && (cost == 0 || cost > r.remaining()) {
		return false, nil // cost 0: all cells are out
	}
	for _, s := range steps {
		if err := r.turn(ctx, s); err != nil {
			return false, err
		}
	}
	return true, nil
}

// neediest returns the groups that the next round is for; none: all is decided.
func (r *run) neediest(groups [][]int) []int {
	needs := r.Guide.Needs()
	most := make([]float64, len(groups))
	widest := 0.0
	for g, cells := range groups {
		for _, c := range cells {
			if !r.out[c] {
				most[g] = max(most[g], needs[c])
			}
		}
		widest = max(widest, most[g])
	}
	var out []int
	for g := range groups {
		if most[g] > 0 && most[g] >= widest/2 {
			out = append(out, g)
		}
	}
	return out
}

// remaining is what is left of the budget, after this run and the one that it
// continues.
func (r *run) remaining() time.Duration { return r.Plan.Budget - r.past - r.Now().Sub(r.began) }

// outlook is how many invocations there will be in all, if the rest take as
// long as those before, and the time left.
func (r *run) outlook() (total int, left time.Duration) {
	left = max(0, r.remaining())
	if spent := r.Plan.Budget - left; r.done > 0 && spent > 0 {
		return r.done + int(float64(left)/float64(spent)*float64(r.done)), left
	}
	return max(r.total, r.done), left
}

// show gives the guide an invocation.
func (r *run) show(m results.Measured) {
	if r.Guide != nil {
		r.Guide.Saw(m)
	}
}

// seen is an invocation with its samples, as reading the record gives it.
func seen(inv results.Invocation, o *Outcome) results.Measured {
	m := results.Measured{Invocation: inv}
	for i := range o.Samples {
		s := &o.Samples[i]
		p := results.Point{NS: s.NS, Units: s.Units, Answer: s.Answer, RSSBytes: s.RSSBytes}
		if results.Phase(s.Phase) == results.Warmup {
			m.Warmup = append(m.Warmup, p)
		} else {
			m.Timed = append(m.Timed, p)
		}
	}
	return m
}
