package engine

import (
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/mnbench/mnbench/results"
)

// wants is a guide: each cell needs as many invocations as its entry says, and
// the more the further it is from there.
type wants struct {
	of   []int
	have []int
}

func (w *wants) Saw(m results.Measured) {
	if m.Invocation.Invocation >= 0 {
		w.have[m.Cell]++
	}
}

func (w *wants) Needs() []float64 {
	out := make([]float64, len(w.of))
	for i, n := range w.of {
		out[i] = float64(max(0, n-w.have[i]))
	}
	return out
}

// budgeted is a run of three groups of two cells.
func budgeted(budget time.Duration, of ...int) (*Engine, *fake, *memory, *wants) {
	f, m, w := &fake{}, &memory{}, &wants{of: of, have: make([]int, 6)}
	p := plan(slices.Concat(cells("fib", 1, "a", "b"), cells("spawn", 1, "a", "b"), cells("yield", 1, "a", "b"))...)
	p.Invocations, p.Budget = 2, budget
	e := newEngine(p, f, m)
	e.Guide = w
	return e, f, m, w
}

func TestBudgetGoesWhereItIsNeeded(t *testing.T) {
	e, f, m, w := budgeted(time.Hour, 0, 0, 9, 1, 0, 4)
	sum := mustRun(t, e)
	if want := []int{2, 2, 9, 9, 4, 4}; !reflect.DeepEqual(w.have, want) {
		t.Errorf("invocations %v, want %v", w.have, want)
	}
	if !sum.Decided || sum.Interrupted || !slices.Equal(m.ended, []bool{true}) || f.now.Sub(epoch) >= time.Hour {
		t.Errorf("summary %+v after %v", sum, f.now.Sub(epoch))
	}
	// Neighbours stay side by side, with the same number.
	timed := m.invocations[6:]
	for i := 0; i < len(timed); i += 2 {
		a, b := timed[i], timed[i+1]
		if e.Plan.Cells[a.Cell].Group() != e.Plan.Cells[b.Cell].Group() || a.Invocation != b.Invocation || b.Order != a.Order+1 {
			t.Fatalf("%d and %d are not side by side: %+v %+v", i, i+1, a, b)
		}
	}
}

func TestBudgetIsKept(t *testing.T) {
	for _, budget := range []time.Duration{time.Nanosecond, time.Second, 3 * time.Second, 5 * time.Second, 20 * time.Second} {
		e, f, m, w := budgeted(budget, 1000, 1000, 1000, 1000, 1000, 1000)
		sum := mustRun(t, e)
		checks := 6 * 152 * time.Millisecond // these are always made
		if took := f.now.Sub(epoch); took > max(budget, checks) {
			t.Errorf("budget %v: took %v", budget, took)
		} else if budget > 10*time.Second && took < budget-time.Second {
			t.Errorf("budget %v: only %v were used", budget, took)
		}
		if sum.Decided || sum.Checked != 6 || !slices.Equal(m.ended, []bool{true}) {
			t.Errorf("budget %v: summary %+v", budget, sum)
		}
		if w.have[0] != w.have[1] || w.have[2] != w.have[3] || w.have[4] != w.have[5] {
			t.Errorf("budget %v: invocations %v are not even in each group", budget, w.have)
		}
	}
}

func TestBudgetEndsWhenEveryCellIsOut(t *testing.T) {
	e, f, m, _ := budgeted(time.Hour, 9, 9, 9, 9, 9, 9)
	f.behave = func(f *fake, t Task) Outcome {
		o := f.fine(t)
		o.Signal = 11
		return o
	}
	sum := mustRun(t, e)
	if !sum.Invalid() || len(m.invocations) != 6 {
		t.Errorf("%d invocations, summary %+v", len(m.invocations), sum)
	}
}

// TestBudgetInfiniteNeed: cells of which nothing is known go first, together.
func TestBudgetInfiniteNeed(t *testing.T) {
	e, _, _, w := budgeted(time.Hour, 3, 3, 3, 3, 3, 3)
	e.Guide = &infinite{w}
	mustRun(t, e)
	if want := []int{3, 3, 3, 3, 3, 3}; !reflect.DeepEqual(w.have, want) {
		t.Errorf("invocations %v, want %v", w.have, want)
	}
}

type infinite struct{ *wants }

func (i *infinite) Needs() []float64 {
	out := i.wants.Needs()
	for c := range out {
		if out[c] > 0 {
			out[c] = math.Inf(1)
		}
	}
	return out
}

// TestBudgetResume: a run cut anywhere ends with as many invocations, none twice.
func TestBudgetResume(t *testing.T) {
	e, _, whole, want := budgeted(time.Hour, 0, 0, 5, 1, 0, 4)
	mustRun(t, e)
	all := measured(whole)
	for cut := range len(all) + 1 {
		e, _, m, w := budgeted(time.Hour, 0, 0, 5, 1, 0, 4)
		e.Before = all[:cut]
		sum := mustRun(t, e)
		if !reflect.DeepEqual(w.have, want.have) || !sum.Decided {
			t.Errorf("cut at %d: invocations %v, want %v", cut, w.have, want.have)
		}
		if len(m.invocations) != len(all)-cut {
			t.Errorf("cut at %d: %d more, want %d", cut, len(m.invocations), len(all)-cut)
		}
	}
}

func TestBudgetWantsAGuide(t *testing.T) {
	e, f, _, _ := budgeted(time.Hour)
	e.Guide = nil
	if _, err := e.Run(t.Context()); err == nil || len(f.tasks) > 0 {
		t.Errorf("a budget without a guide: error %v", err)
	}
}
