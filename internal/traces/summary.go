package traces

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Summary says in numbers what a trace shows. Times are nanoseconds.
type Summary struct {
	WallNS  float64     `json:"wall_ns"`     // from the first event to the last
	Lost    string      `json:"lost_events"` // "0": none; "": it is not said
	About   int         `json:"about"`       // turns whose times are filled in
	Tracks  []Track     `json:"tracks"`
	Wake    *Delay      `json:"wake_to_run,omitempty"`
	Create  *Delay      `json:"create_to_run,omitempty"`
	Longest []Late      `json:"longest_waits_to_run"`
	Waits   []WaitedFor `json:"waited_for"`
}

// Track is what one worker did. The shares are of the whole trace's time.
type Track struct {
	Name      string  `json:"name"`
	Busy      float64 `json:"busy"`      // a thread ran
	Searching float64 `json:"searching"` // the scheduler ran: it looked for work, most of the time
	Asleep    float64 `json:"asleep"`
	Turns     int     `json:"turns"` // spans of threads
	Parks     int     `json:"parks"`
	Yields    int     `json:"yields"`
	Preempted int     `json:"preempted"`
	Ends      int     `json:"ends"`
	Creates   int     `json:"creates"`
	Wakes     int     `json:"wakes"`  // of threads, by it
	Steals    int     `json:"steals"` // by it
}

// Delay is how long threads that could run had to wait for their turn.
type Delay struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50_ns"`
	P99   float64 `json:"p99_ns"`
	Max   float64 `json:"max_ns"`
}

// Late is one such wait.
type Late struct {
	NS     float64 `json:"ns"`
	Thread string  `json:"thread"`
	Why    string  `json:"why"`   // wake or spawn
	AtNS   float64 `json:"at_ns"` // when it could run, from the trace's beginning
	From   string  `json:"from"`  // the worker that made it runnable
	On     string  `json:"on"`    // the worker that it ran on then
}

// WaitedFor is what threads stopped for, and how long until their next turn.
type WaitedFor struct {
	What    string  `json:"what"`
	Count   int     `json:"count"` // those that had a next turn
	TotalNS float64 `json:"total_ns"`
	P50     float64 `json:"p50_ns"`
	Max     float64 `json:"max_ns"`
}

// Categories of spans and of other events; competitors/PROTOCOL.md documents them.
const (
	catRun   = "run"
	catSched = "sched"
	catIdle  = "idle"
	catWake  = "wake"
	catSpawn = "spawn"
	catSteal = "steal"
)

const longest = 5

type spanArgs struct {
	Thread json.RawMessage `json:"thread"`
	End    string          `json:"end"`
	For    string          `json:"for"`
	About  bool            `json:"about"`
	Events uint64          `json:"events"`
}

// Summarise counts and measures. Events of other categories are left out.
func (t *Trace) Summarise() *Summary {
	s := &Summary{Lost: t.Other["lost_events"], Longest: []Late{}, Waits: []WaitedFor{}}
	names := t.trackNames()
	tracks := map[track]*Track{}
	var order []track
	at := func(e *Event) *Track {
		k := e.track()
		if tracks[k] == nil {
			tracks[k] = &Track{Name: names[k]}
			order = append(order, k)
		}
		return tracks[k]
	}
	first, last := math.Inf(1), math.Inf(-1)
	var runs []*Event
	starts := map[string]*Event{}
	for i := range t.Events {
		e := &t.Events[i]
		if e.Phase == "M" {
			continue
		}
		first, last = min(first, *e.TS), max(last, *e.TS)
		switch {
		case e.Phase == "X":
			last = max(last, e.End())
			at(e).span(e, s)
			if e.Cat == catRun {
				runs = append(runs, e)
			}
			if e.Cat == "outside" {
				at(e).count(e)
			}
		case e.Phase == "i" || e.Phase == "I":
			at(e).count(e)
		case e.Phase == "s":
			starts[e.Cat+" "+string(e.ID)] = e
		}
	}
	if first > last {
		first, last = 0, 0
	}
	s.WallNS = nanoseconds(last - first)
	slices.SortFunc(order, func(a, b track) int { return int(a.tid - b.tid) })
	for _, k := range order {
		tr := tracks[k]
		for _, share := range []*float64{&tr.Busy, &tr.Searching, &tr.Asleep} {
			*share = ratio(*share, last-first)
		}
		s.Tracks = append(s.Tracks, *tr)
	}
	sortByTime(runs)
	s.delays(t, starts, runs, names, first)
	s.waits(runs)
	return s
}

// nanoseconds of microseconds; times are written to the nanosecond.
func nanoseconds(us float64) float64 { return math.Round(1000 * us) }

func ratio(a, b float64) float64 {
	if b <= 0 {
		return 0
	}
	return a / b
}

func sortByTime(events []*Event) {
	slices.SortStableFunc(events, func(a, b *Event) int {
		switch {
		case *a.TS < *b.TS:
			return -1
		case *a.TS > *b.TS:
			return 1
		}
		return 0
	})
}

func (t *Trace) trackNames() map[track]string {
	names := map[track]string{}
	for i := range t.Events {
		e := &t.Events[i]
		if e.Phase == "M" && e.Name == "thread_name" {
			var args struct{ Name string }
			if json.Unmarshal(e.Args, &args) == nil {
				names[e.track()] = args.Name
			}
		}
	}
	return names
}

func argsOf(e *Event) (a spanArgs) {
	if len(e.Args) > 0 {
		_ = json.Unmarshal(e.Args, &a) // others may mean other things by these names
	}
	return a
}

func (tr *Track) span(e *Event, s *Summary) {
	switch e.Cat {
	case catRun:
		tr.Busy += *e.Dur
		tr.Turns++
	case catSched:
		tr.Searching += *e.Dur
		return
	case catIdle:
		tr.Asleep += *e.Dur
		return
	default:
		return
	}
	a := argsOf(e)
	switch a.End {
	case "park":
		tr.Parks++
	case "yield":
		tr.Yields++
	case "preempted":
		tr.Preempted++
	case "end":
		tr.Ends++
	}
	if a.About {
		s.About++
	}
}

func (tr *Track) count(e *Event) {
	switch {
	case e.Name == "create":
		tr.Creates++
	case e.Name == "wake" || e.Cat == "io" && e.Name == "has come":
		tr.Wakes++
	case e.Cat == catSteal:
		tr.Steals++
	}
}

// delays follows the arrows.
func (s *Summary) delays(t *Trace, starts map[string]*Event, runs []*Event, names map[track]string, first float64) {
	var wake, spawn []float64
	var all []Late
	byTrack := map[track][]*Event{}
	for _, r := range runs {
		byTrack[r.track()] = append(byTrack[r.track()], r)
	}
	for i := range t.Events {
		e := &t.Events[i]
		start := starts[e.Cat+" "+string(e.ID)]
		if e.Phase != "f" || start == nil || e.Cat != catWake && e.Cat != catSpawn {
			continue
		}
		ns := nanoseconds(*e.TS - *start.TS)
		if e.Cat == catWake {
			wake = append(wake, ns)
		} else {
			spawn = append(spawn, ns)
		}
		all = append(all, Late{
			NS: ns, Thread: runAt(byTrack[e.track()], *e.TS), Why: e.Cat, AtNS: nanoseconds(*start.TS - first),
			From: names[start.track()], On: names[e.track()],
		})
	}
	s.Wake, s.Create = delay(wake), delay(spawn)
	slices.SortStableFunc(all, func(a, b Late) int {
		switch {
		case a.NS > b.NS:
			return -1
		case a.NS < b.NS:
			return 1
		}
		return 0
	})
	s.Longest = append(s.Longest, all[:min(len(all), longest)]...)
}

// runAt is whose span an arrow leads to.
func runAt(runs []*Event, ts float64) string {
	i, _ := slices.BinarySearchFunc(runs, ts-slack, func(r *Event, ts float64) int {
		if *r.TS < ts {
			return -1
		}
		return 1
	})
	if i < len(runs) && *runs[i].TS <= ts+slack {
		return runs[i].Name
	}
	return "?"
}

func delay(ns []float64) *Delay {
	if len(ns) == 0 {
		return nil
	}
	slices.Sort(ns)
	return &Delay{Count: len(ns), P50: quantile(ns, 0.5), P99: quantile(ns, 0.99), Max: ns[len(ns)-1]}
}

// quantile is the smallest of the sorted values that so large a share does not exceed.
func quantile(sorted []float64, q float64) float64 {
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

// waits goes from each turn that ended by waiting to the same thread's next.
func (s *Summary) waits(runs []*Event) {
	type stopped struct {
		what string
		at   float64
	}
	left := map[string]stopped{}
	found := map[string][]float64{}
	for _, r := range runs {
		a := argsOf(r)
		who := fmt.Sprint(*r.PID, " ", string(a.Thread))
		if l, yes := left[who]; yes && l.what != "" {
			found[l.what] = append(found[l.what], nanoseconds(max(0, *r.TS-l.at)))
		}
		left[who] = stopped{a.For, r.End()}
	}
	for what, ns := range found {
		w := WaitedFor{What: what, Count: len(ns)}
		for _, n := range ns {
			w.TotalNS += n
		}
		slices.Sort(ns)
		w.P50, w.Max = quantile(ns, 0.5), ns[len(ns)-1]
		s.Waits = append(s.Waits, w)
	}
	slices.SortFunc(s.Waits, func(a, b WaitedFor) int {
		switch {
		case a.TotalNS > b.TotalNS:
			return -1
		case a.TotalNS < b.TotalNS:
			return 1
		}
		return strings.Compare(a.What, b.What)
	})
}
