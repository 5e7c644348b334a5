package main

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/results/stat"
)

// gateBlocks simulates a gate: blocks of two cells whose times vary by noise
// and drift together, the second slower by the ratio. It stops when the
// referee needs no more, or after most blocks.
func gateBlocks(rng *rand.Rand, ratio, noise float64, most int) (stat.Decision, int) {
	cells := []results.Cell{{Runtime: "x@base", Workload: "w", Workers: 1}, {Runtime: "x@head", Workload: "w", Workers: 1}}
	r := newReferee(cells, [][]pair{pairs(cells, "x@base", "x@head")}, stat.Rule{Alpha: 0.05, Threshold: 0.03})
	load := 1.0
	n := 0
	for ; n < most && max(r.Needs()[0], r.Needs()[1]) > 0; n++ {
		if n%20 == 0 {
			load = 1 + rng.Float64() // a competing load comes and goes
		}
		for c, f := range [2]float64{1, ratio} {
			ns := 1e6 * f * load * math.Exp(noise*rng.NormFloat64())
			r.Saw(results.Measured{Invocation: results.Invocation{Cell: c, Invocation: n, Status: results.OK},
				Timed: []results.Point{{NS: int64(ns), Units: 100}}})
		}
	}
	_, ds := r.verdicts()
	return ds[0], n
}

// verdicts is what the gate comes to in the end.
func (r *referee) verdicts() ([]stat.Comparison, []stat.Decision) {
	rule := r.rule
	rule.Alpha /= 2
	cs := r.compare(r.families[0], 1-rule.Alpha)
	return cs, stat.Judge(cs, rule)
}

// TestReferee: of 300 simulated gates without a change at most a few are called
// anything (the level is 5%, and the threshold takes most of it); of 100 with
// 10% nearly all are found; 5% are never called faster; and a change that is clear ends
// the gate early.
func TestReferee(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	wrong := 0
	for range 300 {
		if d, _ := gateBlocks(rng, 1, 0.15, 120); d.Verdict == stat.Slower || d.Verdict == stat.Faster {
			wrong++
		}
	}
	if wrong > 6 {
		t.Errorf("%d of 300 gates without a change found one", wrong)
	}
	found, early := 0, 0
	for range 100 {
		d, n := gateBlocks(rng, 1.10, 0.05, 200)
		if d.Verdict == stat.Slower {
			found++
		}
		if n < 200 {
			early++
		}
		if d, _ := gateBlocks(rng, 1.05, 0.15, 100); d.Verdict == stat.Faster {
			t.Error("5% slower is called faster")
		}
	}
	if found < 95 || early < 50 {
		t.Errorf("%d of 100 slowdowns of 10%% were found, %d of them early", found, early)
	}
}

// TestRefereeKeepsBlocksApart: a failed invocation leaves a hole, and the
// blocks after it stay paired.
func TestRefereeKeepsBlocksApart(t *testing.T) {
	cells := []results.Cell{{Runtime: "a", Workload: "w"}, {Runtime: "b", Workload: "w"}}
	r := newReferee(cells, [][]pair{pairs(cells, "a", "b")}, stat.Rule{Alpha: 0.05})
	for n := range 20 {
		for c, f := range [2]int64{100, 110} {
			status := results.OK
			if c == 0 && n == 3 {
				status = results.Crash
			}
			r.Saw(results.Measured{Invocation: results.Invocation{Cell: c, Invocation: n, Status: status},
				Timed: []results.Point{{NS: f * int64(1000+100*n), Units: 1000}}})
		}
	}
	cs, _ := r.verdicts()
	if cs[0].Head != 19 || math.Abs(cs[0].Ratio.Lo-1.1) > 1e-9 || math.Abs(cs[0].Ratio.Hi-1.1) > 1e-9 {
		t.Errorf("%d blocks, ratio %+v; want 19 blocks of exactly 1.1", cs[0].Head, cs[0].Ratio)
	}
}

// TestRefereeResolves: a self-test goes on where the verdict is clear but a
// slowdown of the size that it asks for would not be seen.
func TestRefereeResolves(t *testing.T) {
	cells := []results.Cell{{Runtime: "a", Workload: "w"}, {Runtime: "b", Workload: "w"}}
	blocks := func(resolve float64) int {
		rng := rand.New(rand.NewPCG(3, 4))
		r := newReferee(cells, [][]pair{pairs(cells, "a", "b")}, stat.Rule{Alpha: 0.05, Threshold: 0.10})
		r.resolve = resolve
		n := 0
		for ; n < 500 && r.Needs()[0] > 0; n++ {
			for c := range cells {
				r.Saw(results.Measured{Invocation: results.Invocation{Cell: c, Invocation: n, Status: results.OK},
					Timed: []results.Point{{NS: int64(1e6 * math.Exp(0.03*rng.NormFloat64())), Units: 1}}})
			}
		}
		return n
	}
	plain, fine := blocks(0), blocks(0.12)
	if plain >= fine || fine >= 500 {
		t.Errorf("%d blocks for a verdict, %d until 12%% would be seen; want more, but an end", plain, fine)
	}
}

// TestRefereeGivesUp: a side that is not run any more, or never has a result,
// does not keep the other one running.
func TestRefereeGivesUp(t *testing.T) {
	for _, headRuns := range []bool{false, true} {
		cells := []results.Cell{{Runtime: "a", Workload: "w"}, {Runtime: "b", Workload: "w"}}
		r := newReferee(cells, [][]pair{pairs(cells, "a", "b")}, stat.Rule{Alpha: 0.05})
		for n := range firstLook {
			r.Saw(results.Measured{Invocation: results.Invocation{Cell: 0, Invocation: n, Status: results.OK}, Timed: []results.Point{{NS: 100, Units: 1}}})
			if headRuns {
				r.Saw(results.Measured{Invocation: results.Invocation{Cell: 1, Invocation: n, Status: results.Crash}})
			}
		}
		if needs := r.Needs(); needs[0] != 0 || needs[1] != 0 {
			t.Errorf("head crashes: %v; needs %v", headRuns, needs)
		}
	}
}

func TestAncestry(t *testing.T) {
	for ref, want := range map[string]struct {
		tip   string
		depth int
	}{
		"HEAD": {"HEAD", 1}, "HEAD~1": {"HEAD", 2}, "HEAD~": {"HEAD", 2}, "HEAD^": {"HEAD", 2}, "HEAD^^": {"HEAD", 3}, "@~5": {"@", 6},
		"HEAD~2^": {"HEAD", 4}, "main": {"main", 1}, "main~3": {"main", 4}, "v1.2^": {"v1.2", 2}, "HEAD^2": {"HEAD^2", 1},
	} {
		if tip, depth := ancestry(ref); tip != want.tip || depth != want.depth {
			t.Errorf("%s: %d commits of %s; want %d of %s", ref, depth, tip, want.depth, want.tip)
		}
	}
}
