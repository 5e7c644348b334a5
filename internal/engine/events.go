package engine

import (
	"time"

	"github.com/mnbench/mnbench/results"
)

// EventKind says what an event is about.
type EventKind int

const (
	// Started: an invocation begins. Cell, Invocation, Done, Total and Left hold.
	Started EventKind = iota
	// Finished: it is over and recorded. Status and Detail hold too.
	Finished
	// Warning: Text is for people. It is said once.
	Warning
)

// Event tells what the engine does, as it does it.
type Event struct {
	Kind       EventKind
	Cell       results.Cell
	Invocation int // -1: the check before timing
	Status     results.Status
	Detail     string
	Text       string

	// Done of Total invocations are over, those that were dropped because
	// their cell failed included. Left is the time that the others will take, judged
	// by those before; 0 while nothing is known. With a budget Total is a guess
	// and Left what remains of the budget.
	Done, Total int
	Left        time.Duration
}

// Summary is how a run went.
type Summary struct {
	// Statuses counts the invocations by how they ended, checks included.
	Statuses map[results.Status]int
	// Cells holds one status per cell of the plan: that of its first
	// invocation that was not OK, else OK, else NotRun.
	Cells       []results.Status
	Measured    int  // timed invocations that are OK
	Checked     int  // checks before timing that are OK
	Decided     bool // a run with a budget ended because its guide needed no more
	Interrupted bool // the context ended before the plan was done
	Warnings    []string
}

// Invalid reports whether any invocation ended in a way that makes the results
// invalid: wrong answers, crashes, time-outs and their like.
func (s *Summary) Invalid() bool {
	for status, n := range s.Statuses {
		if n > 0 && status.Invalid() {
			return true
		}
	}
	return false
}

func newSummary(cells int) *Summary {
	s := &Summary{Statuses: map[results.Status]int{}, Cells: make([]results.Status, cells)}
	for i := range s.Cells {
		s.Cells[i] = results.NotRun
	}
	return s
}

func (s *Summary) add(st step, status results.Status) {
	s.Statuses[status]++
	if c := &s.Cells[st.cell]; *c == results.NotRun || *c == results.OK {
		*c = status
	}
	switch {
	case status != results.OK:
	case st.invocation == check:
		s.Checked++
	default:
		s.Measured++
	}
}
