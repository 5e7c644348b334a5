package engine

import (
	"math/rand/v2"

	"github.com/mnbench/mnbench/results"
)

// check is the number of the invocation before timing.
const check = -1

// step is one invocation to be done.
type step struct {
	cell       int // index into the plan's cells
	invocation int
}

// block returns the cells of one block: one invocation of every cell. Groups
// (what is compared with each other) come in random order and the runtimes
// of a group side by side, in random order too, so that slow drift of the
// machine hits all of them alike. Seed and number of the block alone decide,
// so a block can be repeated without those before it.
func block(cells []results.Cell, invocation int, seed uint64) []step {
	rng := rand.New(rand.NewPCG(seed, uint64(invocation)))
	groups := group(cells)
	rng.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	var steps []step
	for _, g := range groups {
		rng.Shuffle(len(g), func(i, j int) { g[i], g[j] = g[j], g[i] })
		for _, cell := range g {
			steps = append(steps, step{cell, invocation})
		}
	}
	return steps
}

// group collects the indices of cells that are compared with each other, in
// the order of their first cells.
func group(cells []results.Cell) [][]int {
	var groups [][]int
	place := map[string]int{}
	for i, c := range cells {
		g, ok := place[c.Group()]
		if !ok {
			g = len(groups)
			place[c.Group()] = g
			groups = append(groups, nil)
		}
		groups[g] = append(groups[g], i)
	}
	return groups
}

// driverSeed is the --seed of an invocation: the same for all cells of a
// block, another one in the next.
func driverSeed(seed uint64, invocation int) uint64 {
	return rand.NewPCG(seed, ^uint64(invocation)).Uint64()
}
