package results

import (
	"slices"

	"github.com/mnbench/mnbench/results/stat"
)

// noise judges the spin readings around invocations. They flag results and
// never correct them.
type noise struct {
	quiet map[int]float64 // reading on a quiet machine, by workers
	busy  int             // invocations with a reading well above it
	all   int
	cell  []Cell
	worst float64 // over quiet
}

const (
	// busyFactor is how much longer than on the quiet machine a spin takes
	// when something else has the CPU.
	busyFactor = 1.25
	// fewestReadings is what it takes to know the quiet machine.
	fewestReadings = 8
)

// newNoise takes the first quartile of all readings for those of the quiet
// machine: the same loop, so it can be delayed but not sped up, and more than
// a quarter of the readings are hoped to be free of delay.
func newNoise(rec *Record) *noise {
	n := &noise{quiet: map[int]float64{}, cell: rec.Run.Plan.Cells}
	readings := map[int][]float64{}
	for i := range rec.Invocations {
		inv := &rec.Invocations[i]
		w := n.cell[inv.Cell].Workers
		for _, ns := range []int64{inv.Noise.BeforeNS, inv.Noise.AfterNS} {
			if ns > 0 {
				readings[w] = append(readings[w], float64(ns))
			}
		}
	}
	for w, r := range readings {
		if len(r) >= fewestReadings {
			slices.Sort(r)
			n.quiet[w] = r[len(r)/4]
		}
	}
	for i := range rec.Invocations {
		f := n.factor(&rec.Invocations[i])
		if f > 0 {
			n.all++
		}
		if f > busyFactor {
			n.busy++
		}
		n.worst = max(n.worst, f)
	}
	return n
}

// factor is the worse reading around an invocation over that of the quiet
// machine; 0: not known.
func (n *noise) factor(inv *Measured) float64 {
	quiet := n.quiet[n.cell[inv.Cell].Workers]
	if quiet <= 0 {
		return 0
	}
	return float64(max(inv.Noise.BeforeNS, inv.Noise.AfterNS)) / quiet
}

// about warns when the machine was busy around some of a cell's invocations.
func (n *noise) about(invs []*Measured) []Warning {
	busy, all, worst := 0, 0, 0.0
	for _, inv := range invs {
		if inv.Status != OK || inv.Invocation.Invocation < 0 {
			continue
		}
		all++
		if f := n.factor(inv); f > busyFactor {
			busy++
			worst = max(worst, f)
		}
	}
	if busy == 0 {
		return nil
	}
	return []Warning{stat.Warn(Noisy, "the machine was busy around %d of %d invocations: a fixed loop took up to %.1f times as long as on the quiet machine", busy, all, worst)}
}

// overall warns when a tenth of the run or more was disturbed.
func (n *noise) overall() (Warning, bool) {
	if n.all == 0 || 10*n.busy < n.all {
		return Warning{}, false
	}
	return stat.Warn(Noisy, "the machine was busy with other things around %d of %d invocations (a fixed loop took up to %.1f times as long): close what else runs on it, or give more --invocations",
		n.busy, n.all, n.worst), true
}
