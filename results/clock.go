package results

import (
	"time"

	"github.com/mnbench/mnbench/results/stat"
)

const (
	// jumpSlack is how much earlier than the end of the invocation before it
	// one may begin: clocks are put right in steps smaller than that.
	jumpSlack = time.Second
	// longerFactor and longerSlack are how much longer than its invocation
	// the samples of one may be together.
	longerFactor = 1.05
	longerSlack  = 10 * time.Millisecond
)

// clockDoubts warns when the clocks of a run contradict each other. Times of
// samples come from clocks that only go forwards; the wall clock says when an
// invocation began, which is used for nothing but to tell of it.
func clockDoubts(rec *Record) (ws []Warning) {
	var back time.Duration // the largest jump
	jumps, longer := 0, 0
	for i := range rec.Invocations {
		inv := &rec.Invocations[i]
		if i > 0 && len(rec.Run.Parts) == 0 {
			before := &rec.Invocations[i-1]
			if end := before.Start.Add(time.Duration(before.WallNS)); !before.Start.IsZero() && !inv.Start.IsZero() {
				if gone := end.Sub(inv.Start); gone > jumpSlack {
					jumps++
					back = max(back, gone)
				}
			}
		}
		sum := int64(0)
		for _, points := range [][]Point{inv.Warmup, inv.Timed} {
			for _, p := range points {
				sum += max(0, p.NS)
			}
		}
		if inv.Status == OK && inv.WallNS > 0 && float64(sum) > longerFactor*float64(inv.WallNS)+float64(longerSlack) {
			longer++
		}
	}
	if jumps > 0 {
		ws = append(ws, stat.Warn(ClockJump, "the wall clock went back %s during the run, by up to %s: times of day are not to be relied on; those of samples are, they come from another clock",
			times(jumps), ago(back)))
	}
	if longer > 0 {
		ws = append(ws, stat.Warn(ClockJump, "the samples of %s took longer than the invocation itself: a clock jumped, and these times are wrong", FormatCount(longer, "invocation")))
	}
	return ws
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return FormatCount(n, "time")
}
