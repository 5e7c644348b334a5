package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/cheggaaa/pb/v3"

	"github.com/mnbench/mnbench/internal/engine"
	"github.com/mnbench/mnbench/results"
)

// progress tells how far a run is: on a terminal with a bar that shows the
// time left and what is running now; elsewhere with a line for every tenth of
// the way, and every half minute in between. Cells that go wrong are told at
// once, each once. Its methods are called from one goroutine.
type progress struct {
	u     *ui
	now   func() time.Time
	last  engine.Event // guarded by u.mu
	at    time.Time    // of last; guarded by u.mu
	wrong map[string]bool

	// On a terminal:
	bar  *pb.ProgressBar
	stop chan struct{}

	// Elsewhere:
	told  time.Time
	parts int // tenths told
}

const (
	// barColumns is what the bar, the numbers and the time beside it take;
	// the rest of the line says what is running.
	barColumns  = 56
	barTemplate = `{{counters . }} {{bar . "[" "=" ">" " " "]"}} {{percent . "%.0f%%"}}  {{string . "left"}} {{string . "what"}}`
	// barRefresh makes the clock run and keeps drawing far below 1% of a CPU.
	barRefresh = 500 * time.Millisecond
	tellEvery  = 30 * time.Second
)

func newProgress(u *ui) *progress {
	p := &progress{u: u, now: time.Now, wrong: map[string]bool{}}
	p.told = p.now()
	if !u.live {
		return p
	}
	p.bar = pb.New(0).SetTemplateString(barTemplate).SetWriter(u.err).
		Set(pb.Terminal, true).Set(pb.ReturnSymbol, "\r").
		Set(pb.Color, false).Set(pb.Static, true).Start()
	p.stop = make(chan struct{})
	u.showBar(p.draw)
	go p.tick()
	return p
}

// tick redraws the bar while nothing happens, so that its clock runs.
func (p *progress) tick() {
	t := time.NewTicker(barRefresh)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			p.u.redraw()
		case <-p.stop:
			return
		}
	}
}

// Event takes what the engine tells.
func (p *progress) Event(ev engine.Event) {
	if ev.Kind == engine.Warning {
		p.u.Warn("%s", ev.Text)
		return
	}
	p.u.mu.Lock()
	p.last, p.at = ev, p.now()
	p.u.mu.Unlock()
	if ev.Kind != engine.Finished {
		p.u.redraw()
		return
	}
	if key := ev.Cell.Key() + string(ev.Status); ev.Status.Invalid() && !p.wrong[key] {
		p.wrong[key] = true
		p.u.Warn("%s: %s: %s", cellName(ev.Cell), ev.Status, ev.Detail)
	}
	if p.bar == nil {
		p.tell(ev)
	}
	p.u.redraw()
}

// Close takes the bar away.
func (p *progress) Close() {
	if p.stop != nil {
		close(p.stop)
		p.u.showBar(nil)
	}
}

// tell writes a line where there is no bar.
func (p *progress) tell(ev engine.Event) {
	parts := 10 * ev.Done / max(1, ev.Total)
	if parts == p.parts && p.now().Sub(p.told) < tellEvery {
		return
	}
	p.parts, p.told = parts, p.now()
	line := fmt.Sprintf("[%3d%%] %d of %d invocations", 100*ev.Done/max(1, ev.Total), ev.Done, ev.Total)
	if ev.Done < ev.Total && ev.Left > 0 {
		line += ", " + clock(ev.Left) + " left"
	}
	p.u.Say("%s", line)
}

// draw is called with u.mu held.
func (p *progress) draw() {
	left := ""
	if p.last.Left > 0 {
		left = clock(max(0, p.last.Left-p.now().Sub(p.at))) + " left"
	}
	what := ""
	if p.last.Cell.Runtime != "" {
		what = p.last.Cell.Runtime + ", " + workName(p.last.Cell) // what comes last may be cut
		if p.last.Invocation < 0 {
			what = "checking " + what
		}
	}
	width := p.u.width()
	what = fit(what, width-barColumns)
	p.bar.SetWidth(width).SetTotal(int64(p.last.Total)).SetCurrent(int64(p.last.Done)).Set("left", fit(left, len("1:00:00 left"))).Set("what", what).Write()
}

// fit cuts or fills a text to so many columns, so that what stands before it
// on the line stays in its place.
func fit(s string, columns int) string {
	columns = max(0, columns)
	if len(s) > columns {
		return s[:columns]
	}
	return s + strings.Repeat(" ", columns-len(s))
}

// cellName is "fib n=16 cutoff=0, 2 workers, mn".
func cellName(c results.Cell) string { return workName(c) + ", " + c.Runtime }

// workName is a cell without its runtime, "fib n=16 cutoff=0, 2 workers".
func workName(c results.Cell) string {
	how := results.FormatWorkers(c.Workers)
	if c.Mode == results.Serial {
		how = "sequential"
	}
	return results.Block{Workload: c.Workload, Params: c.Params}.Title() + ", " + how
}
