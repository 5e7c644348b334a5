package engine

import (
	"encoding/json"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mnbench/mnbench/internal/protocol"
	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/workloads"
)

func TestJudge(t *testing.T) {
	ref := &reference{Answer: workloads.Answer{Units: 10, Answer: 42}, source: "known answer"}
	tests := []struct {
		name   string
		edit   func(*Outcome)
		status results.Status
		detail string
	}{
		{"fine", func(o *Outcome) {}, results.OK, ""},
		{"cannot start", func(o *Outcome) { *o = Outcome{StartErr: errors.New("no such file")} }, results.Failed, "the driver cannot be started: no such file"},
		{"time-out before anything else", func(o *Outcome) { o.TimedOut, o.Signal, o.OutputErr = true, 9, protocol.ErrNoEnd },
			results.Timeout, "not done after 10s, with 5 of 5 samples"},
		{"killed for its output", func(o *Outcome) { o.Culled, o.Signal, o.OutputErr = true, 9, protocol.ErrFlood }, results.Protocol, "too much output"},
		{"crash", func(o *Outcome) { o.Signal, o.OutputErr = syscall.SIGSEGV, protocol.ErrNoEnd }, results.Crash, "ended by signal: segmentation fault"},
		{"crash with a word", func(o *Outcome) { o.Signal, o.Stderr = syscall.SIGABRT, "stack smashed\n" }, results.Crash, "ended by signal: aborted: stack smashed"},
		{"exit 1", func(o *Outcome) { o.ExitCode, o.Stderr = 1, "one\ntwo\n" }, results.Failed, "exit code 1: one\none\ntwo"},
		{"terminal codes", func(o *Outcome) { o.ExitCode, o.Stderr = 1, "\x1b[31mred\x1b[0m\tx\xff\x00" }, results.Failed, "exit code 1: [31mred[0m x\uFFFD"},
		{"exit 77", func(o *Outcome) { *o = Outcome{ExitCode: 77, Stderr: "no threads\nat all"} }, results.Unsupported, "no threads"},
		{"exit 77 without a word", func(o *Outcome) { *o = Outcome{ExitCode: 77} }, results.Unsupported, "the driver does not do this (exit code 77)"},
		{"no end", func(o *Outcome) { o.OutputErr = protocol.ErrNoEnd }, results.Protocol, `the output stops without an "end" line`},
		{"wrong answer in warm-up", func(o *Outcome) { o.Samples[0].Answer = 1 }, results.WrongAnswer, "warmup sample 0: answer 1, want 42 (known answer)"},
		{"wrong answer at the end", func(o *Outcome) { o.Samples[4].Answer = 1 }, results.WrongAnswer, "timed sample 3: answer 1, want 42 (known answer)"},
		{"wrong units", func(o *Outcome) { o.Samples[1].Units = 9 }, results.WrongUnits, "timed sample 0: 9 units of work, want 10 (known answer)"},
		{"answer before clock", func(o *Outcome) { o.Samples[4].Answer, o.Samples[0].NS = 1, 0 }, results.WrongAnswer, ""},
		{"clock", func(o *Outcome) { o.Samples[0].NS = -5 }, results.BadClock, "warmup sample 0 took -5 ns; want at least 1"},
		{"fewer workers", func(o *Outcome) { o.Config.Workers = 1 }, results.Unequal, "the driver was told to use 2 workers and says it uses 1"},
		{"slows itself down unasked", func(o *Outcome) { o.Config.Settings["slow_percent"] = json.Number("10") }, results.Unequal,
			"the driver slows itself down by 10%, and was told 0% (MNBENCH_SLOW_PERCENT)"},
		{"more CPUs", func(o *Outcome) { o.Seen.CPUs = []int{0, 1, 4, 5, 6} }, results.Unequal, "a thread of the driver was allowed on CPUs 0-1,5, beyond its 4,6"},
		{"fewer CPUs", func(o *Outcome) { o.Seen.CPUs = []int{6} }, results.OK, ""},
		{"limit", func(o *Outcome) { o.Limit, o.Samples = &protocol.Limit{What: "EAGAIN at 3"}, o.Samples[:1] }, results.Limit, "EAGAIN at 3"},
		{"limit at once", func(o *Outcome) { o.Limit, o.Samples = &protocol.Limit{What: "EAGAIN at 3"}, nil }, results.Limit, "EAGAIN at 3"},
		{"limit after a wrong answer", func(o *Outcome) { o.Limit = &protocol.Limit{What: "x"}; o.Samples[0].Answer = 0 }, results.WrongAnswer, ""},
	}
	task := Task{Workers: 2, CPUs: []int{4, 6}, Timeout: 10 * time.Second, Expect: protocol.Expect{Warmup: 1, Iterations: 4}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := (&fake{}).fine(task)
			tt.edit(&o)
			status, detail := judge(task, &o, ref)
			if status != tt.status || tt.detail != "" && detail != tt.detail {
				t.Errorf("got %s %q\nwant %s %q", status, detail, tt.status, tt.detail)
			}
			if status == results.OK && detail != "" {
				t.Errorf("detail of a good outcome: %q", detail)
			}
		})
	}
}

func TestClock(t *testing.T) {
	const ms = time.Millisecond
	type line struct{ ns, setup, lo, hi time.Duration }
	tests := []struct {
		name             string
		configLo, config time.Duration
		wall             time.Duration
		lines            []line
		want             string // part of the complaint; "": none
	}{
		{"exact", 90 * ms, 100 * ms, 300 * ms, []line{{100 * ms, 0, 200 * ms, 200 * ms}, {100 * ms, 0, 300 * ms, 300 * ms}}, ""},
		{"all lines read late, at once", 0, 310 * ms, 310 * ms, []line{{100 * ms, 0, 0, 310 * ms}, {100 * ms, 0, 0, 310 * ms}, {105 * ms, 0, 0, 310 * ms}}, ""},
		{"the reader slept through the first sample", 90 * ms, 400 * ms, 500 * ms, []line{{300 * ms, 0, 90 * ms, 400 * ms}, {100 * ms, 0, 400 * ms, 500 * ms}}, ""},
		{"a bit too much", 0, 0, 104 * ms, []line{{108 * ms, 0, 104 * ms, 104 * ms}}, ""},
		{"one sample too long", 100 * ms, 100 * ms, 300 * ms, []line{{200 * ms, 0, 200 * ms, 200 * ms}}, "warmup sample 0 claims 200ms, but at most 100ms passed since the line before"},
		{"second sample too long", 0, 10 * ms, 200 * ms, []line{{50 * ms, 0, 100 * ms, 110 * ms}, {130 * ms, 0, 200 * ms, 200 * ms}},
			"timed sample 0 claims 130ms, but at most 100ms passed"},
		{"together too long", 0, 50 * ms, 100 * ms, []line{{60 * ms, 0, 0, 100 * ms}, {60 * ms, 0, 0, 100 * ms}},
			"samples up to timed 0 claim 120ms, but at most 100ms passed since config"},
		{"a century each", 0, 0, time.Second, []line{{1 << 62, 0, 0, time.Second}, {1 << 62, 0, 0, time.Second}}, "warmup sample 0 claims"},
		{"zero", 0, 0, time.Second, []line{{0, 0, 0, time.Second}}, "took 0 ns; want at least 1"},
		{"far too short", 0, 100 * ms, 3 * time.Second, []line{{5 * ms, 0, 1500 * ms, 1500 * ms}, {5 * ms, 0, 2900 * ms, 3 * time.Second}},
			"at least 2.8s passed, of which samples claim 10ms; report time spent outside them as setup_ns"},
		{"far too short, but said", 0, 100 * ms, 3 * time.Second, []line{{5 * ms, time.Second, 1500 * ms, 1500 * ms}, {5 * ms, time.Second, 2900 * ms, 3 * time.Second}}, ""},
		{"short, but in a second nobody can tell", 0, 100 * ms, 2 * time.Second, []line{{ms, 0, 1100 * ms, 1200 * ms}}, ""},
		{"short, but the reader may have been late", 0, 100 * ms, 9 * time.Second, []line{{ms, 0, 900 * ms, 9 * time.Second}}, ""},
		{"slow start and end", 5 * time.Second, 5 * time.Second, 20 * time.Second, []line{{ms, 0, 5 * time.Second, 5001 * ms}}, ""},
		{"no samples", 0, 0, 5 * time.Second, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := &Outcome{Wall: tt.wall, ConfigAt: Arrival{tt.configLo, tt.config}}
			for i, l := range tt.lines {
				s := protocol.Sample{Phase: protocol.Warmup, NS: int64(l.ns), SetupNS: int64(l.setup)}
				if i > 0 {
					s.Phase, s.Index = protocol.Timed, i-1
				}
				o.Samples = append(o.Samples, Sample{s, Arrival{l.lo, l.hi}})
			}
			got := checkClock(o)
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestEnds(t *testing.T) {
	var e ends
	for range 100 {
		e.add([]byte(strings.Repeat("x", 99) + "\n"))
	}
	e.add([]byte("last words"))
	got := e.String()
	if len(got) > 4200 || !strings.HasSuffix(got, "\nlast words") || !strings.Contains(got, "\n[...]\n") || !strings.HasPrefix(got, "xxx") {
		t.Errorf("%d bytes: %q ... %q", len(got), got[:20], got[len(got)-20:])
	}
	var short ends
	short.add([]byte(strings.Repeat("a", 1000)))
	short.add([]byte(strings.Repeat("b", 1000)))
	if got := short.String(); got != strings.Repeat("a", 1000)+strings.Repeat("b", 1000) {
		t.Errorf("a text that fits is changed: %d bytes", len(got))
	}
}
