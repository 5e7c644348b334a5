package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

const (
	cfg  = `{"type":"config","pid":7,"workers":2,"policy":"steal","preempt":false}` + "\n"
	warm = `{"type":"sample","phase":"warmup","index":0,"ns":10,"units":5,"answer":"15"}` + "\n"
	tim0 = `{"type":"sample","phase":"timed","index":0,"ns":11,"units":5,"answer":"18446744073709551615","rss_bytes":4096,"counters":{"steals":3}}` + "\n"
	tim1 = `{"type":"sample","phase":"timed","index":1,"ns":12,"units":5,"answer":"15","setup_ns":99,"unknown":[1,{}]}` + "\n"
	hist = `{"type":"histogram","name":"latency","unit":"ns","buckets":[[100,3],[101,5]]}` + "\n"
	lim  = `{"type":"limit","what":"pthread_create: EAGAIN at 32754","reached":32754}` + "\n"
	end  = `{"type":"end"}` + "\n"
)

func TestRead(t *testing.T) {
	got, err := Read(strings.NewReader(cfg+warm+tim0+tim1+hist+end), Expect{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	want := []Line{
		&Config{PID: 7, Workers: 2, Settings: map[string]any{
			"pid": json.Number("7"), "workers": json.Number("2"), "policy": "steal", "preempt": false}},
		&Sample{Phase: Warmup, NS: 10, Units: 5, Answer: 15},
		&Sample{Phase: Timed, NS: 11, Units: 5, Answer: 1<<64 - 1, RSSBytes: 4096, Counters: map[string]uint64{"steals": 3}},
		&Sample{Phase: Timed, Index: 1, NS: 12, Units: 5, Answer: 15, SetupNS: 99},
		&Histogram{Name: "latency", Unit: "ns", Buckets: [][2]uint64{{100, 3}, {101, 5}}},
		&End{},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestReadInPieces(t *testing.T) {
	in := cfg + warm + tim0 + tim1 + hist + end
	want, err := Read(strings.NewReader(in), Expect{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Read(iotest.OneByteReader(strings.NewReader(in)), Expect{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("byte by byte: got %v\nwant %v", got, want)
	}
}

func TestReadLimit(t *testing.T) {
	got, err := Read(strings.NewReader(cfg+warm+lim+end), Expect{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	want := &Limit{What: "pthread_create: EAGAIN at 32754", Reached: 32754}
	if len(got) != 4 || !reflect.DeepEqual(got[2], want) {
		t.Errorf("got %v, want a limit third", got)
	}
}

func TestReadErrors(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"silence", "", "no output at all"},
		{"rubbish", "hello\n", `line 1 of the driver's output: not a JSON object: "hello"`},
		{"rubbish later", cfg + warm + "Segmentation fault\n", `line 3 of the driver's output: not a JSON object`},
		{"blank line", cfg + "\n", "line 2 of the driver's output: not a JSON object"},
		{"terminal codes", "\x1b[2J\n", `"\x1b[2J"`},
		{"not an object", "[1]\n", "not a JSON object"},
		{"broken object", `{"type":` + "\n", "line 1 of the driver's output: not JSON"},
		{"two objects", `{"type":"end"}{"type":"end"}` + "\n", "not JSON"},
		{"no type", "{}\n", `no "type"`},
		{"unknown type", `{"type":"smaple"}` + "\n", `unknown type "smaple" (known: config, sample, histogram, limit, end)`},
		{"no config", warm, "sample before config"},
		{"two configs", cfg + cfg, "a second config"},
		{"config without workers", `{"type":"config","pid":1}` + "\n", "config: workers is missing"},
		{"config with odd workers", `{"type":"config","workers":"two"}` + "\n", "config: workers must be a number"},
		{"config with negative pid", `{"type":"config","workers":1,"pid":-1}` + "\n", "pid must be a whole number of at least 0, have -1"},
		{"config not flat", `{"type":"config","workers":1,"a":{}}` + "\n", "config: a must be a string, a number or a bool"},
		{"no answer", cfg + `{"type":"sample","phase":"warmup","index":0,"ns":1,"units":5}` + "\n", "answer is missing"},
		{"no ns", cfg + `{"type":"sample","phase":"warmup","index":0,"units":1,"answer":"1"}` + "\n", "ns is missing"},
		{"answer as number", cfg + `{"type":"sample","phase":"warmup","index":0,"ns":1,"units":5,"answer":15}` + "\n", "sample: json: cannot unmarshal number"},
		{"answer too large", cfg + `{"type":"sample","phase":"warmup","index":0,"ns":1,"units":5,"answer":"18446744073709551616"}` + "\n", "answer must be an unsigned 64-bit number"},
		{"units negative", cfg + `{"type":"sample","phase":"warmup","index":0,"ns":1,"units":-5,"answer":"1"}` + "\n", "sample: json"},
		{"setup negative", cfg + `{"type":"sample","phase":"warmup","index":0,"ns":1,"units":5,"answer":"1","setup_ns":-1}` + "\n", "setup_ns must be at least 0"},
		{"phase", cfg + strings.Replace(warm, "warmup", "hot", 1), `phase must be "warmup" or "timed", have "hot"`},
		{"timed before warm-up", cfg + tim0, "timed sample after 0 warm-up samples, asked for 1"},
		{"too many warm-ups", cfg + warm + strings.Replace(warm, `"index":0`, `"index":1`, 1), "more than 1 warmup samples"},
		{"index skipped", cfg + warm + tim1, "timed sample with index 1, want 0"},
		{"index repeated", cfg + warm + tim0 + tim0, "timed sample with index 0, want 1"},
		{"too many", cfg + warm + tim0 + tim1 + strings.Replace(tim1, `"index":1`, `"index":2`, 1), "more than 2 timed samples"},
		{"end too early", cfg + warm + tim0 + end, "end after 1 warm-up and 1 timed samples, asked for 1 and 2"},
		{"no end", cfg + warm + tim0 + tim1, `the output stops without an "end" line (after line 4; 2 of 2 timed samples)`},
		{"after end", cfg + warm + tim0 + tim1 + end + end, "end after end"},
		{"inside a line", cfg + warm + tim0[:20], "line 3 of the driver's output: the output stops inside a line"},
		{"sample after limit", cfg + lim + warm, "sample after limit"},
		{"two limits", cfg + lim + lim, "a second limit"},
		{"limit without words", cfg + `{"type":"limit","reached":3}` + "\n", "limit: what is missing"},
		{"histogram pair", cfg + `{"type":"histogram","name":"a","unit":"ns","buckets":[[1]]}` + "\n", "bucket 0 must be a pair"},
		{"histogram order", cfg + `{"type":"histogram","name":"a","unit":"ns","buckets":[[2,1],[2,1]]}` + "\n", "bucket 1: upper bound 2 does not ascend"},
		{"histogram name", cfg + `{"type":"histogram","buckets":[]}` + "\n", "name and unit must be given"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Read(strings.NewReader(tt.in), Expect{1, 2})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// endless gives the same bytes for ever and counts what was taken.
type endless struct {
	piece []byte
	taken int
}

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for n+len(e.piece) <= len(p) {
		n += copy(p[n:], e.piece)
	}
	e.taken += n
	return n, nil
}

func TestFloods(t *testing.T) {
	tests := []struct {
		name  string
		piece string
		most  int // bytes that may be read before giving up
	}{
		{"one line without end", "x", maxLine + 64<<10},
		{"many lines", hist, 17 << 20},
		{"long lines", `{"type":"histogram","name":"` + strings.Repeat("n", 30000) + `","unit":"ns"}` + "\n", 17 << 20},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := &endless{piece: []byte(tt.piece)}
			_, err := Read(io.MultiReader(strings.NewReader(cfg), src), Expect{0, 1})
			if !errors.Is(err, ErrFlood) {
				t.Errorf("got error %v, want a flood", err)
			}
			if src.taken > tt.most {
				t.Errorf("took %d bytes, want at most %d", src.taken, tt.most)
			}
		})
	}
}

func TestParserStaysInError(t *testing.T) {
	p := NewParser(Expect{0, 1})
	none := func(Line) { t.Error("a line was handed out") }
	first := p.Feed([]byte("x\n"), none)
	if first == nil {
		t.Fatal("no error for rubbish")
	}
	if err := p.Feed([]byte(cfg), none); err != first {
		t.Errorf("second Feed: got %v, want %v", err, first)
	}
	if err := p.Close(); err != first {
		t.Errorf("Close: got %v, want %v", err, first)
	}
}

func TestParseDescribe(t *testing.T) {
	const good = `{"protocol":1,"runtime":"goroutines","version":"go1.26.1","language":"go","model":"M:N","workloads":["fib"],"modes":["parallel","serial"],"extra":1}`
	d, err := ParseDescribe(strings.NewReader(good + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	if !d.Has("fib") || d.Has("spawn") || !d.HasMode("serial") || d.HasMode("x") || d.Version != "go1.26.1" {
		t.Errorf("got %+v", d)
	}
	tests := []struct{ name, in, want string }{
		{"nothing", " \n", "no output"},
		{"rubbish", "usage: driver", "not a JSON object"},
		{"two lines", good + "\n" + good, "not one JSON object"},
		{"version", strings.Replace(good, `"protocol":1`, `"protocol":9`, 1), "driver speaks protocol 9, this mnbench speaks 1"},
		{"no runtime", strings.Replace(good, "goroutines", "", 1), "runtime is missing"},
		{"no workloads", strings.Replace(good, `["fib"]`, "[]", 1), "workloads is missing"},
		{"flood", strings.Repeat(" ", maxLine+1), "more than 1048576 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseDescribe(strings.NewReader(tt.in))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// FuzzRead: whatever a driver prints, reading it ends in lines or an error
// with a line number, and what was read can be written and read again.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		cfg + warm + tim0 + tim1 + hist + end,
		cfg + lim + end,
		cfg + warm,
		"hello\n",
		`{"type":"sample","phase":"warmup","index":-1,"ns":1e3,"units":0.5,"answer":"-1"}` + "\n",
		`{"type":"config","workers":1e9,"a":null}` + "\n",
		"{\"type\":\"end\"\x00}\n",
	} {
		f.Add([]byte(seed))
	}
	want := Expect{1, 2}
	f.Fuzz(func(t *testing.T, data []byte) {
		lines, err := Read(bytes.NewReader(data), want)
		var out bytes.Buffer
		for _, l := range lines {
			if err := Write(&out, l); err != nil {
				t.Fatalf("writing %#v: %v", l, err)
			}
		}
		again, aerr := Read(&out, want)
		if err == nil && aerr != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", aerr, out.Bytes())
		}
		if err == nil && len(again) != len(lines) {
			t.Fatalf("wrote %d lines, read %d", len(lines), len(again))
		}
	})
}

func FuzzParseDescribe(f *testing.F) {
	f.Add([]byte(`{"protocol":1,"runtime":"x","workloads":["fib"]}`))
	f.Add([]byte(`{"protocol":"1"}`))
	f.Add([]byte("\xff{"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := ParseDescribe(bytes.NewReader(data))
		if err == nil && (d.Protocol != Version || d.Runtime == "" || len(d.Workloads) == 0 || len(d.Modes) == 0) {
			t.Fatalf("accepted %q as %+v", data, d)
		}
	})
}
