package engine

import "time"

// estimate judges how long the rest of a run will take. A cell that has been
// timed is expected to take as long as on average so far; one that has only been checked, as
// long as its check with the further iterations added; one of which nothing
// is known, as long as the average cell.
type estimate struct {
	iterations int // of a timed invocation, warm-up included
	cells      []cellTimes
}

type cellTimes struct {
	left  int           // timed invocations to come
	toGo  bool          // its check is to come
	check time.Duration // of its check; 0: unknown
	once  time.Duration // of the one iteration in its check
	timed time.Duration // of its timed invocations so far, in all
	count int
}

func newEstimate(p *Plan) *estimate {
	e := &estimate{iterations: p.Warmup + p.Iterations, cells: make([]cellTimes, len(p.Cells))}
	for i := range e.cells {
		e.cells[i] = cellTimes{left: p.Invocations, toGo: true}
	}
	return e
}

// finished notes that a step took so long in all, of which its first iteration
// took once (0: it had none).
func (e *estimate) finished(s step, took, once time.Duration) {
	c := &e.cells[s.cell]
	if s.invocation == check {
		c.toGo, c.check, c.once = false, took, once
		return
	}
	c.left--
	c.timed += took
	c.count++
}

// drop notes that a cell will not be timed (any more) and returns how many
// invocations that saves.
func (e *estimate) drop(cell int) int {
	n := e.cells[cell].left
	e.cells[cell].left = 0
	return n
}

// leaveOut notes that a cell is not run at all.
func (e *estimate) leaveOut(cell int) { e.cells[cell] = cellTimes{} }

// left is the time that remains; 0 while nothing is known.
func (e *estimate) left() time.Duration {
	var checks, timed, knownChecks, knownTimed time.Duration
	nChecks, nTimed := 0, 0
	for i := range e.cells {
		c := &e.cells[i]
		if c.check > 0 {
			checks += c.check
			nChecks++
			timed += e.timed(c)
			nTimed++
		}
	}
	if nChecks == 0 {
		return 0
	}
	meanCheck, meanTimed := checks/time.Duration(nChecks), timed/time.Duration(nTimed)
	for i := range e.cells {
		c := &e.cells[i]
		if c.toGo {
			knownChecks += meanCheck
			knownTimed += time.Duration(c.left) * meanTimed
			continue
		}
		knownTimed += time.Duration(c.left) * e.timed(c)
	}
	return knownChecks + knownTimed
}

// timed is how long one timed invocation of a checked cell should take.
func (e *estimate) timed(c *cellTimes) time.Duration {
	if c.count > 0 {
		return c.timed / time.Duration(c.count)
	}
	return c.check + c.once*time.Duration(e.iterations-1)
}
