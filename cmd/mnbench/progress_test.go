package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/mnbench/mnbench/internal/engine"
	"github.com/mnbench/mnbench/results"
)

var testCell = results.Cell{Runtime: "mn", Workload: "spawn", Workers: 2, Mode: results.Parallel}

// advance feeds a whole run of n invocations, each of which takes step.
func advance(p *progress, n int, step time.Duration) {
	clock := time.Date(2025, 1, 2, 15, 4, 5, 0, time.UTC)
	p.now = func() time.Time { return clock }
	p.told = clock
	for i := range n {
		p.Event(engine.Event{Kind: engine.Started, Cell: testCell, Done: i, Total: n})
		clock = clock.Add(step)
		left := step * time.Duration(n-i-1)
		p.Event(engine.Event{Kind: engine.Finished, Cell: testCell, Status: results.OK, Done: i + 1, Total: n, Left: left})
	}
}

func TestProgressInLines(t *testing.T) {
	for _, tt := range []struct {
		name  string
		n     int
		step  time.Duration
		lines int
		last  string
	}{
		{"many: one for each tenth", 1000, time.Second / 10, 10, "[100%] 1000 of 1000 invocations"},
		{"few: one each", 4, time.Second, 4, "[100%] 4 of 4 invocations"},
		{"slow: one for each half minute", 100, 15 * time.Second, 50, "[100%] 100 of 100 invocations"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			p := newProgress(&ui{err: &b})
			advance(p, tt.n, tt.step)
			p.Close()
			lines := strings.Split(strings.TrimSpace(b.String()), "\n")
			if len(lines) != tt.lines || lines[len(lines)-1] != tt.last {
				t.Errorf("%d lines, the last is %q; want %d and %q", len(lines), lines[len(lines)-1], tt.lines, tt.last)
			}
			if strings.ContainsAny(b.String(), "\r\x1b") {
				t.Errorf("control characters in %q", b.String())
			}
		})
	}
}

func TestProgressTimeLeft(t *testing.T) {
	var b bytes.Buffer
	p := newProgress(&ui{err: &b})
	p.Event(engine.Event{Kind: engine.Finished, Cell: testCell, Status: results.OK, Done: 1, Total: 2, Left: 100 * time.Second})
	if want := "[ 50%] 1 of 2 invocations, 1:40 left\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

// TestProgressTellsTroubleOnce: the first of a kind, at once.
func TestProgressTellsTroubleOnce(t *testing.T) {
	var b bytes.Buffer
	p := newProgress(&ui{err: &b})
	for i := range 3 {
		p.Event(engine.Event{Kind: engine.Finished, Cell: testCell, Status: results.Crash, Detail: "killed", Done: i, Total: 1000})
		p.Event(engine.Event{Kind: engine.Finished, Cell: testCell, Status: results.Limit, Detail: "too many", Done: i, Total: 1000})
	}
	p.Event(engine.Event{Kind: engine.Warning, Text: "beware"})
	if want := "warning: spawn, 2 workers, mn: crash: killed\nwarning: beware\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

func TestProgressBar(t *testing.T) {
	var b bytes.Buffer
	u := &ui{err: &b, live: true, width: func() int { return 80 }}
	p := newProgress(u)
	advance(p, 4, time.Second)
	u.Say("a line of its own")
	p.Close()
	out := b.String()
	for _, want := range []string{"\r1 / 4 [", "] 25%  0:03 left    mn, spawn, 2 workers", "\r\x1b[Ka line of its own\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in %q", want, out)
		}
	}
	if !strings.HasSuffix(out, "\r\x1b[K") {
		t.Errorf("the bar is left behind: %q", out[len(out)-20:])
	}
	for _, line := range strings.FieldsFunc(out, func(r rune) bool { return r == '\r' || r == '\n' }) {
		if len(strings.TrimPrefix(line, "\x1b[K")) > 80 {
			t.Errorf("wider than the terminal: %q", line)
		}
	}
}
