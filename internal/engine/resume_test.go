package engine

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"github.com/mnbench/mnbench/results"
)

// lumpy is a plan in which one cell fails its check and another times out in
// its second invocation.
func lumpy(f *fake) Plan {
	p := plan(append(cells("fib", 2, "a", "bad", "slow"), cells("spawn", 1, "a", "slow")...)...)
	f.behave = func(f *fake, t Task) Outcome {
		o := f.fine(t)
		switch {
		case who(t) == "bad":
			o.Signal = 11
		case who(t) == "slow" && arg(t, "--seed") == seedOf(1):
			o.Wall = 2 * t.Timeout
		}
		return o
	}
	return p
}

func seedOf(invocation int) string {
	return runArgs(results.Cell{}, Task{}.Expect, driverSeed(7, invocation))[9]
}

// measured is what reading the record of a run gives back.
func measured(m *memory) []results.Measured {
	var out []results.Measured
	for _, inv := range m.invocations {
		one := results.Measured{Invocation: inv}
		for _, s := range m.samples {
			if s.Cell == inv.Cell && s.Invocation == inv.Invocation {
				p := results.Point{NS: s.NS, Units: s.Units, Answer: s.Answer}
				if s.Phase == results.Warmup {
					one.Warmup = append(one.Warmup, p)
				} else {
					one.Timed = append(one.Timed, p)
				}
			}
		}
		out = append(out, one)
	}
	return out
}

// places is what was run when: order, cell, invocation and how it ended.
func places(invs []results.Invocation) [][4]any {
	var out [][4]any
	for _, inv := range invs {
		out = append(out, [4]any{inv.Order, inv.Cell, inv.Invocation, inv.Status})
	}
	return out
}

// TestResume cuts a run after each of its invocations: the rest follows as in
// the run that nobody cut, and the summary is the same.
func TestResume(t *testing.T) {
	whole, f := &memory{}, &fake{}
	want := mustRun(t, newEngine(lumpy(f), f, whole))
	all := measured(whole)
	for cut := range len(all) + 1 {
		m, f := &memory{}, &fake{}
		e := newEngine(lumpy(f), f, m)
		e.Before = all[:cut]
		var last Event
		e.Events = func(ev Event) { last = ev }
		got := mustRun(t, e)
		if !reflect.DeepEqual(places(m.invocations), places(whole.invocations[cut:])) {
			t.Errorf("cut at %d: got %v\nwant %v", cut, places(m.invocations), places(whole.invocations[cut:]))
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("cut at %d: summary %+v, want %+v", cut, got, want)
		}
		if cut < len(all) && last.Done != last.Total {
			t.Errorf("cut at %d: at the end %d of %d", cut, last.Done, last.Total)
		}
	}
}

func TestResumeRemembersTheFirstAnswer(t *testing.T) {
	f, m := &fake{}, &memory{}
	e := newEngine(plan(cells("fib", 1, "a", "b")...), f, m)
	e.Known = nil
	e.Before = []results.Measured{{
		Invocation: results.Invocation{Cell: 0, Invocation: check, Status: results.OK},
		Timed:      []results.Point{{NS: 1, Units: 10, Answer: 41}},
	}}
	if sum := mustRun(t, e); sum.Cells[1] != results.WrongAnswer {
		t.Errorf("b disagrees with what a said before the cut, and is %s", sum.Cells[1])
	}
}

// TestShardsMakeTheWhole: each invocation of the whole is in exactly one
// shard, at the same place in the order; what is compared stays together.
func TestShardsMakeTheWhole(t *testing.T) {
	whole, f := &memory{}, &fake{}
	p := lumpy(f)
	p.Cells = append(p.Cells, cells("yield", 2, "a", "slow")...)
	mustRun(t, newEngine(p, f, whole))
	for of := 1; of <= 3; of++ {
		var all []results.Invocation
		for i := 1; i <= of; i++ {
			m, f := &memory{}, &fake{}
			part := lumpy(f)
			part.Cells = p.Cells
			part.Shard = &results.Shard{Index: i, Of: of}
			e := newEngine(part, f, m)
			var last Event
			e.Events = func(ev Event) { last = ev }
			mustRun(t, e)
			if last.Done != last.Total || last.Total != part.Total() {
				t.Errorf("shard %d/%d: %d of %d done", i, of, last.Done, last.Total)
			}
			groups := map[string]bool{}
			for _, inv := range m.invocations {
				groups[p.Cells[inv.Cell].Group()] = true
			}
			for _, inv := range all {
				if groups[p.Cells[inv.Cell].Group()] {
					t.Errorf("shard %d/%d shares a group with another", i, of)
				}
			}
			all = append(all, m.invocations...)
		}
		slices.SortFunc(all, func(a, b results.Invocation) int { return a.Order - b.Order })
		if !reflect.DeepEqual(places(all), places(whole.invocations)) {
			t.Errorf("%d shards: got %v\nwant %v", of, places(all), places(whole.invocations))
		}
	}
}

func TestTooManyShards(t *testing.T) {
	f := &fake{}
	p := plan(cells("fib", 1, "a")...)
	p.Shard = &results.Shard{Index: 2, Of: 2}
	if _, err := newEngine(p, f, &memory{}).Run(context.Background()); err == nil || len(f.tasks) > 0 {
		t.Errorf("an empty shard: error %v after %d tasks", err, len(f.tasks))
	}
}
