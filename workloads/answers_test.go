package workloads

import (
	"math/bits"
	"testing"
)

// closedForms are the answers worked out in another way than drivers do,
// written independently of all of them: a formula where there is one, else the
// shortest program that gives the number. (The drivers' own serial modes are
// held against the known answers where the drivers are tested.)
var closedForms = map[string]func(p map[string]uint64) Answer{
	"spawn": func(p map[string]uint64) Answer {
		return Answer{Units: p["n"], Answer: upTo(p["n"])}
	},
	"yield": func(p map[string]uint64) Answer {
		units := p["threads"] * p["rounds"]
		return Answer{units, units}
	},
	"pingpong": func(p map[string]uint64) Answer {
		units := 2 * p["pairs"] * p["rounds"]
		return Answer{units, units}
	},
	"fib": func(p map[string]uint64) Answer {
		// Above the cutoff, T(n) + 1 follows Fibonacci's rule from 1, 1, and so do
		// the numbers of leaves of the two sizes that there are.
		last := max(p["cutoff"], 1)
		above := p["n"] - last
		a := Answer{Units: fibonacci(above+2) - 1, Answer: fibonacci(p["n"])}
		if p["leaf"] > 0 {
			a.Answer = fibonacci(above+1)*advance(p["leaf"], last) + fibonacci(above)*advance(p["leaf"], last-1)
		}
		return a
	},
	"imbalanced": func(p map[string]uint64) Answer {
		a := Answer{Units: p["n"]}
		for i := range p["n"] {
			steps := p["light"]
			if i < p["n"]*p["heavy_percent"]/100 {
				steps = p["heavy"]
			}
			a.Answer ^= advance(steps, i)
		}
		return a
	},
	"prodcons": func(p map[string]uint64) Answer {
		return Answer{Units: p["items"], Answer: upTo(p["items"])}
	},
}

// upTo is 1 + 2 + ... + n, modulo 2^64.
func upTo(n uint64) uint64 {
	hi, lo := bits.Mul64(n, n+1)
	return lo>>1 | hi<<63
}

// fibonacci by doubling: F(2k) = F(k)(2F(k+1)-F(k)), F(2k+1) = F(k)^2+F(k+1)^2.
func fibonacci(n uint64) uint64 {
	a, b := uint64(0), uint64(1) // F(k), F(k+1)
	for bit := bits.Len64(n) - 1; bit >= 0; bit-- {
		a, b = a*(2*b-a), a*a+b*b
		if n>>bit&1 == 1 {
			a, b = b, a+b
		}
	}
	return a
}

// advance is busy(steps, x) by squaring the affine map of one step.
func advance(steps, x uint64) uint64 {
	mul, add := uint64(1), uint64(0)
	stepMul, stepAdd := uint64(6364136223846793005), uint64(1442695040888963407)
	for ; steps > 0; steps >>= 1 {
		if steps&1 == 1 {
			mul, add = mul*stepMul, add*stepMul+stepAdd
		}
		stepMul, stepAdd = stepMul*stepMul, stepAdd*stepMul+stepAdd
	}
	return mul*x + add
}

func TestKnownAnswersAreRight(t *testing.T) {
	c := load(t)
	for id := range closedForms {
		if _, err := c.Workload(id); err != nil {
			t.Errorf("closedForms: %v", err)
		}
	}
	for _, w := range c.Workloads {
		form := closedForms[w.ID]
		if form == nil {
			t.Errorf("%s: its known answers are checked in one way only: add a closed form", w.ID)
			continue
		}
		for _, known := range w.Answers {
			if want := form(known.Params.Map()); known.Answer != want {
				t.Errorf("%s %s: workload.json says %+v, the closed form %+v", w.ID, known.Params, known.Answer, want)
			}
		}
	}
}

// TestClosedForms tries them on sizes that can be counted by hand.
func TestClosedForms(t *testing.T) {
	for n, want := range []uint64{0, 1, 1, 2, 3, 5, 8, 13, 21} {
		if got := fibonacci(uint64(n)); got != want {
			t.Errorf("fibonacci(%d) = %d, want %d", n, got, want)
		}
	}
	x := uint64(7)
	for steps := range uint64(100) {
		if got := advance(steps, 7); got != x {
			t.Fatalf("advance(%d, 7) = %d, want %d", steps, got, x)
		}
		x = x*6364136223846793005 + 1442695040888963407
	}
	for _, tc := range []struct{ n, cutoff, want uint64 }{{2, 0, 1}, {2, 1, 1}, {3, 0, 2}, {4, 0, 4}, {4, 3, 1}, {5, 3, 2}, {6, 3, 4}, {7, 3, 7}} {
		if got := closedForms["fib"](map[string]uint64{"n": tc.n, "cutoff": tc.cutoff}); got.Units != tc.want {
			t.Errorf("fib(%d) with cutoff %d creates %d threads, want %d", tc.n, tc.cutoff, got.Units, tc.want)
		}
	}
	// One step each of three leaves of 2 and two of 1.
	two, one := advance(1, 2), advance(1, 1)
	if got, want := closedForms["fib"](map[string]uint64{"n": 5, "cutoff": 2, "leaf": 1}), (Answer{4, 3*two + 2*one}); got != want {
		t.Errorf("fib(5) with cutoff 2 and one step for a leaf: %+v, want %+v", got, want)
	}
	if got, want := upTo(1<<63), uint64(1<<62); got != want {
		t.Errorf("upTo(2^63) = %d, want %d", got, want)
	}
}
