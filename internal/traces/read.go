// Package traces reads traces of what workers did when: JSON in Google's "Trace
// Event Format", which ui.perfetto.dev and chrome://tracing show, as
// competitors/PROTOCOL.md narrows it down. Read refuses what viewers would
// refuse or show wrongly; Summarise says what is in it.
package traces

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Trace is a file that has been read and found sound.
type Trace struct {
	Events []Event
	Other  map[string]string // otherData: what the runtime says of itself
}

// Event is one of a trace. Times are microseconds.
type Event struct {
	Phase string          `json:"ph"`
	Name  string          `json:"name"`
	Cat   string          `json:"cat"`
	PID   *int64          `json:"pid"`
	TID   *int64          `json:"tid"`
	TS    *float64        `json:"ts"`
	Dur   *float64        `json:"dur"`
	ID    json.RawMessage `json:"id"`
	Scope string          `json:"s"`
	Bind  string          `json:"bp"`
	Args  json.RawMessage `json:"args"`
}

// End is when a span ends.
func (e *Event) End() float64 { return *e.TS + *e.Dur }

// slack is how far times may be off for being written in decimals, in
// microseconds.
const slack = 0.0021

// Read reads a trace and checks it.
func Read(r io.Reader) (*Trace, error) {
	var file struct {
		Events *[]Event          `json:"traceEvents"`
		Other  map[string]string `json:"otherData"`
		Unit   string            `json:"displayTimeUnit"`
	}
	dec := json.NewDecoder(r)
	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("not a trace: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("something follows the trace")
	}
	if file.Events == nil {
		return nil, errors.New("not a trace: there are no traceEvents")
	}
	if !slices.Contains([]string{"", "ms", "ns"}, file.Unit) {
		return nil, fmt.Errorf("displayTimeUnit: want ms or ns, have %q", file.Unit)
	}
	t := &Trace{Events: *file.Events, Other: file.Other}
	return t, t.check()
}

// track is where events lie: what viewers call a thread.
type track struct{ pid, tid int64 }

func (e *Event) track() track { return track{*e.PID, *e.TID} }

// checker holds what is known of the events so far.
type checker struct {
	open  map[track][]string // B without its E
	flows map[string]*flow   // by cat and id
	spans map[track][]*Event // X
	named map[track]bool     // tracks that have a name
}

type flow struct{ start, end *Event }

func (t *Trace) check() error {
	c := checker{map[track][]string{}, map[string]*flow{}, map[track][]*Event{}, map[track]bool{}}
	for i := range t.Events {
		if err := c.event(&t.Events[i]); err != nil {
			return fmt.Errorf("traceEvents[%d]: %w", i, err)
		}
	}
	for at, names := range c.open {
		if len(names) > 0 {
			return fmt.Errorf("thread %d: %q begins (B) and never ends (E)", at.tid, names[len(names)-1])
		}
	}
	for id, f := range c.flows {
		switch {
		case f.start == nil:
			return fmt.Errorf("the arrow %s ends (f) and never starts (s)", id)
		case f.end == nil:
			return fmt.Errorf("the arrow %s starts (s) and never ends (f)", id)
		case *f.end.TS < *f.start.TS:
			return fmt.Errorf("the arrow %s ends before it starts", id)
		}
	}
	for at, spans := range c.spans {
		if !c.named[at] {
			return fmt.Errorf("thread %d has spans (X) and no thread_name", at.tid)
		}
		if err := nested(spans); err != nil {
			return fmt.Errorf("thread %d: %w", at.tid, err)
		}
	}
	for id, f := range c.flows {
		for _, end := range []*Event{f.start, f.end} {
			if !enclosed(end, c.spans[end.track()]) {
				return fmt.Errorf("the arrow %s has no span (X) at %.3f on thread %d that it could be tied to", id, *end.TS, *end.TID)
			}
		}
	}
	return nil
}

func (c *checker) event(e *Event) error {
	if len(e.Phase) != 1 || !strings.Contains("BEXiICMstf", e.Phase) {
		return fmt.Errorf("ph: want one of B E X i C M s t f, have %q", e.Phase)
	}
	if e.PID == nil || e.TID == nil {
		return errors.New("pid and tid must be given")
	}
	if e.TS == nil && e.Phase != "M" {
		return errors.New("ts is missing")
	}
	if e.TS != nil && (*e.TS < 0 || math.IsInf(*e.TS, 0)) {
		return fmt.Errorf("ts: want at least 0, have %v", *e.TS)
	}
	if e.Name == "" && e.Phase != "E" {
		return errors.New("name is missing")
	}
	if (e.Phase == "X") != (e.Dur != nil) {
		return errors.New("dur belongs to X, and X has it")
	}
	at := e.track()
	switch e.Phase {
	case "B":
		c.open[at] = append(c.open[at], e.Name)
	case "E":
		n := len(c.open[at])
		if n == 0 {
			return fmt.Errorf("thread %d: E without its B", at.tid)
		}
		if e.Name != "" && e.Name != c.open[at][n-1] {
			return fmt.Errorf("thread %d: E of %q, and %q is open", at.tid, e.Name, c.open[at][n-1])
		}
		c.open[at] = c.open[at][:n-1]
	case "X":
		if *e.Dur < 0 {
			return fmt.Errorf("dur: want at least 0, have %v", *e.Dur)
		}
		c.spans[at] = append(c.spans[at], e)
	case "i", "I":
		if !slices.Contains([]string{"", "t", "p", "g"}, e.Scope) {
			return fmt.Errorf("s: want t, p or g, have %q", e.Scope)
		}
	case "C":
		var values map[string]float64
		if err := json.Unmarshal(e.Args, &values); err != nil || len(values) == 0 {
			return fmt.Errorf("args of a counter: want numbers, have %s", e.Args)
		}
	case "M":
		return c.metadata(e)
	case "s", "t", "f":
		return c.arrow(e)
	}
	return nil
}

func (c *checker) metadata(e *Event) error {
	key, number := map[string]string{
		"process_name": "name", "thread_name": "name", "process_labels": "labels",
	}[e.Name], false
	if key == "" && (e.Name == "process_sort_index" || e.Name == "thread_sort_index") {
		key, number = "sort_index", true
	}
	if key == "" {
		return fmt.Errorf("metadata: viewers know no %q", e.Name)
	}
	var args map[string]any
	if err := json.Unmarshal(e.Args, &args); err != nil {
		return fmt.Errorf("args of %s: %w", e.Name, err)
	}
	_, isText := args[key].(string)
	_, isNumber := args[key].(float64)
	if number && !isNumber || !number && (!isText || args[key] == "") {
		return fmt.Errorf("args of %s: want %q, have %s", e.Name, key, e.Args)
	}
	if e.Name == "thread_name" {
		c.named[e.track()] = true
	}
	return nil
}

func (c *checker) arrow(e *Event) error {
	if len(e.ID) == 0 || e.Cat == "" {
		return errors.New("an arrow has an id and a cat")
	}
	if e.Bind != "" && (e.Bind != "e" || e.Phase != "f") {
		return fmt.Errorf("bp: want e, at the end of an arrow, have %q", e.Bind)
	}
	key := e.Cat + " " + string(e.ID)
	f := c.flows[key]
	if f == nil {
		f = &flow{}
		c.flows[key] = f
	}
	switch {
	case e.Phase == "s" && f.start != nil:
		return fmt.Errorf("the arrow %s starts twice", key)
	case e.Phase == "s":
		f.start = e
	case e.Phase == "f" && f.end != nil:
		return fmt.Errorf("the arrow %s ends twice", key)
	case e.Phase == "f":
		f.end = e
	}
	return nil
}

// nested checks that of two spans of a track one lies in the other or behind
// it, and sorts them by time, the outer ones first.
func nested(spans []*Event) error {
	slices.SortStableFunc(spans, func(a, b *Event) int {
		switch {
		case *a.TS < *b.TS:
			return -1
		case *a.TS > *b.TS:
			return 1
		}
		return 0
	})
	var around []*Event
	for _, s := range spans {
		for len(around) > 0 && around[len(around)-1].End() <= *s.TS+slack {
			around = around[:len(around)-1]
		}
		if n := len(around); n > 0 && s.End() > around[n-1].End()+slack {
			return fmt.Errorf("the spans of %q at %.3f and %q at %.3f overlap", around[n-1].Name, *around[n-1].TS, s.Name, *s.TS)
		}
		around = append(around, s)
	}
	return nil
}

// enclosed reports whether one of the spans, sorted, is there at an arrow's end.
func enclosed(e *Event, spans []*Event) bool {
	after, _ := slices.BinarySearchFunc(spans, *e.TS+slack, func(s *Event, ts float64) int {
		if *s.TS <= ts {
			return -1
		}
		return 1
	})
	for i := after - 1; i >= 0 && i > after-100; i-- {
		if spans[i].End() >= *e.TS-slack {
			return true
		}
	}
	return false
}
