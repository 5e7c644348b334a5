package engine

import (
	"fmt"
	"math"
	"time"
)

// The driver's clock is held against ours. Of each line we know an interval in
// which it was written (Arrival); every rule uses the bound that favours the
// driver, so a late reader, a loaded machine or a stopped mnbench cannot make an
// honest clock look bad. competitors/PROTOCOL.md states the rules for authors
// of drivers.
const (
	clockSpare = 1.05                 // clocks may disagree by 5% ...
	clockGrain = 5 * time.Millisecond // ... and by this much

	// A driver may spend a lot of time outside its samples (allocation,
	// collection of garbage, printing), but not nearly all of it unsaid.
	idleFactor = 10
	idleGrain  = time.Second
)

// checkClock returns what is wrong with the samples' times, or "".
func checkClock(o *Outcome) string {
	var sum, busy time.Duration
	before := o.ConfigAt
	for i := range o.Samples {
		s := &o.Samples[i]
		if s.NS < 1 {
			return fmt.Sprintf("%s sample %d took %d ns; want at least 1", s.Phase, s.Index, s.NS)
		}
		ns := time.Duration(s.NS)
		if room := s.At.Hi - before.Lo; tooLong(ns, room) {
			return fmt.Sprintf("%s sample %d claims %v, but at most %v passed since the line before (which must be flushed right after its iteration)", s.Phase, s.Index, ns, round(room))
		}
		sum, busy = plus(sum, ns), plus(busy, plus(ns, time.Duration(s.SetupNS)))
		if room := s.At.Hi - o.ConfigAt.Lo; tooLong(sum, room) {
			return fmt.Sprintf("samples up to %s %d claim %v, but at most %v passed since config", s.Phase, s.Index, sum, round(room))
		}
		before = s.At
	}
	if tooLong(sum, o.Wall) {
		return fmt.Sprintf("samples claim %v, but the process lived only %v", sum, round(o.Wall))
	}
	if len(o.Samples) == 0 {
		return ""
	}
	passed := before.Lo - o.ConfigAt.Hi
	if passed > idleGrain && float64(passed-idleGrain) > idleFactor*float64(busy) {
		return fmt.Sprintf("at least %v passed, of which samples claim %v; report time spent outside them as setup_ns", round(passed), busy)
	}
	return ""
}

func tooLong(claimed, room time.Duration) bool {
	return float64(claimed) > clockSpare*float64(room)+float64(clockGrain)
}

// plus does not wrap: a driver may claim centuries.
func plus(a, b time.Duration) time.Duration {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

func round(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
