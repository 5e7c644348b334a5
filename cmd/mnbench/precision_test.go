package main

import (
	"math"
	"testing"

	"github.com/mnbench/mnbench/results"
)

func TestPrecisionNeeds(t *testing.T) {
	cells := []results.Cell{
		{Runtime: "a", Workload: "fib", Workers: 1}, {Runtime: "b", Workload: "fib", Workers: 1},
		{Runtime: "a", Workload: "fib", Workers: 2}, {Runtime: "b", Workload: "fib", Workers: 2},
	}
	p := newPrecision(cells)
	saw := func(cell, inv int, cost int64, status results.Status) {
		p.Saw(results.Measured{Invocation: results.Invocation{Cell: cell, Invocation: inv, Status: status},
			Timed: []results.Point{{NS: cost * 1000, Units: 1000}}})
	}
	for i, need := range p.Needs() {
		if !math.IsInf(need, 1) {
			t.Errorf("cell %d needs %v before anything was seen", i, need)
		}
	}
	for inv := range 8 {
		n := int64(inv)
		saw(0, inv, 1000+20*n, results.OK) // 0 and 1 are apart, known to some percent
		saw(1, inv, 2000+40*n, results.OK)
		saw(2, inv, 1000+20*n, results.OK) // 2 and 3 tie
		saw(3, inv, 1000+20*(7-n), results.OK)
	}
	needs := p.Needs()
	if needs[0] != 0 || needs[1] != 0 {
		t.Errorf("ranks are clear, and needs are %v", needs[:2])
	}
	for _, need := range needs[2:] {
		if !(need > knownWell && need < known) {
			t.Errorf("needs of a tie: %v", needs[2:])
		}
	}
	// What is no result, and the check, say nothing.
	p = newPrecision(cells[:1])
	for inv := range 8 {
		saw(0, -1, 1000, results.OK)
		saw(0, inv, 1000, results.Crash)
	}
	if need := p.Needs()[0]; !math.IsInf(need, 1) {
		t.Errorf("crashes and checks alone make a need of %v", need)
	}
}
