package engine

import (
	"fmt"
	"slices"
	"testing"
)

func TestOrder(t *testing.T) {
	work := []Work{{Workload: "fib", Params: ps(5), Serial: true}, {Workload: "spawn", Params: ps(5)}, {Workload: "spawn", Params: ps(6)}}
	all := Expand(work, []string{"a", "b", "c", "d"}, []int{1, 2})
	p := plan(all...)
	p.Invocations = 5
	sequence := func(seed uint64) []step {
		f, m := &fake{}, &memory{}
		p.Seed = seed
		mustRun(t, newEngine(p, f, m))
		var steps []step
		for i, inv := range m.invocations {
			if inv.Order != i {
				t.Fatalf("invocation %d has order %d", i, inv.Order)
			}
			steps = append(steps, step{inv.Cell, inv.Invocation})
		}
		return steps
	}
	first := sequence(1)
	if len(first) != p.Total() {
		t.Fatalf("%d invocations, want %d", len(first), p.Total())
	}
	n := len(all)
	orders := map[string]bool{}
	for b := 0; b < p.Total(); b += n {
		seen := map[int]bool{}
		var groups []string
		for _, s := range first[b : b+n] {
			if s.invocation != b/n-1 {
				t.Fatalf("invocation %d in block %d", s.invocation, b/n-1)
			}
			seen[s.cell] = true
			if g := all[s.cell].Group(); len(groups) == 0 || groups[len(groups)-1] != g {
				groups = append(groups, g)
			}
		}
		if len(seen) != n {
			t.Errorf("block %d has %d of %d cells", b/n-1, len(seen), n)
		}
		if len(groups) != 7 {
			t.Errorf("block %d: runtimes of a group are not side by side: %q", b/n-1, groups)
		}
		if b > 0 {
			orders[fmt.Sprint(first[b:b+n])] = true
		}
	}
	if len(orders) != p.Invocations {
		t.Errorf("%d different orders in %d blocks", len(orders), p.Invocations)
	}
	if !slices.Equal(sequence(1), first) {
		t.Error("the same seed gives another order")
	}
	if slices.Equal(sequence(2), first) {
		t.Error("another seed gives the same order")
	}
}

func TestOrderIsFair(t *testing.T) {
	all := cells("fib", 1, "a", "b", "c")
	var at [3][3]int
	for inv := range 3000 {
		for place, s := range block(all, inv, 99) {
			at[s.cell][place]++
		}
	}
	for cell, places := range at {
		for place, n := range places {
			if n < 900 || n > 1100 {
				t.Errorf("cell %d is at place %d in %d of 3000 blocks", cell, place, n)
			}
		}
	}
}

func TestDriverSeeds(t *testing.T) {
	seen := map[uint64]bool{}
	for inv := check; inv < 100; inv++ {
		seen[driverSeed(7, inv)] = true
	}
	if len(seen) != 101 || driverSeed(7, 3) != driverSeed(7, 3) {
		t.Errorf("%d different seeds in 101 invocations", len(seen))
	}
}
