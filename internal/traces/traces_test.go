package traces

import (
	"strings"
	"testing"
)

// two is a worker that runs a thread, and another that wakes it.
const two = `{"displayTimeUnit":"ns","otherData":{"lost_events":"0"},"traceEvents":[
{"ph":"M","pid":1,"tid":1,"ts":0,"name":"process_name","args":{"name":"p"}},
{"ph":"M","pid":1,"tid":1,"ts":0,"name":"thread_name","args":{"name":"worker 0"}},
{"ph":"M","pid":1,"tid":2,"name":"thread_name","args":{"name":"worker 1"}},
{"ph":"X","pid":1,"tid":1,"ts":0,"dur":4,"cat":"run","name":"a","args":{"thread":1,"end":"park","for":"mutex"}},
{"ph":"X","pid":1,"tid":1,"ts":4,"dur":2,"cat":"sched","name":"scheduler"},
{"ph":"X","pid":1,"tid":1,"ts":6,"dur":4,"cat":"run","name":"a","args":{"thread":1,"end":"end"}},
{"ph":"X","pid":1,"tid":2,"ts":0,"dur":8,"cat":"run","name":"b","args":{"thread":2,"end":"yield","about":true}},
{"ph":"X","pid":1,"tid":2,"ts":8,"dur":2,"cat":"idle","name":"asleep"},
{"ph":"i","pid":1,"tid":2,"ts":5,"s":"t","cat":"wake","name":"wake","args":{"thread":1}},
{"ph":"i","pid":1,"tid":1,"ts":5.5,"s":"t","cat":"steal","name":"steal","args":{"thread":1,"from":"worker 1"}},
{"ph":"C","pid":1,"tid":1,"ts":5,"name":"runnable","args":{"threads":1}},
{"ph":"s","pid":1,"tid":2,"ts":5,"cat":"wake","name":"wake","id":1},
{"ph":"f","pid":1,"tid":1,"ts":6,"cat":"wake","name":"wake","bp":"e","id":1}
]}`

func TestSummary(t *testing.T) {
	trace, err := Read(strings.NewReader(two))
	if err != nil {
		t.Fatal(err)
	}
	s := trace.Summarise()
	if s.WallNS != 10000 || s.Lost != "0" || s.About != 1 || len(s.Tracks) != 2 {
		t.Errorf("have %+v", s)
	}
	if want := (Track{Name: "worker 0", Busy: 0.8, Searching: 0.2, Turns: 2, Parks: 1, Ends: 1, Steals: 1}); s.Tracks[0] != want {
		t.Errorf("have %+v, want %+v", s.Tracks[0], want)
	}
	if want := (Track{Name: "worker 1", Busy: 0.8, Asleep: 0.2, Turns: 1, Yields: 1, Wakes: 1}); s.Tracks[1] != want {
		t.Errorf("have %+v, want %+v", s.Tracks[1], want)
	}
	if want := (Delay{Count: 1, P50: 1000, P99: 1000, Max: 1000}); s.Wake == nil || *s.Wake != want || s.Create != nil {
		t.Errorf("have %+v and %+v, want %+v and none", s.Wake, s.Create, want)
	}
	if want := (Late{NS: 1000, Thread: "a", Why: "wake", AtNS: 5000, From: "worker 1", On: "worker 0"}); len(s.Longest) != 1 || s.Longest[0] != want {
		t.Errorf("have %+v, want %+v", s.Longest, want)
	}
	if want := (WaitedFor{What: "mutex", Count: 1, TotalNS: 2000, P50: 2000, Max: 2000}); len(s.Waits) != 1 || s.Waits[0] != want {
		t.Errorf("have %+v, want %+v", s.Waits, want)
	}
}

func TestQuantile(t *testing.T) {
	var ns []float64
	for i := range 200 {
		ns = append(ns, float64(200-i))
	}
	if d := delay(ns); d.P50 != 100 || d.P99 != 198 || d.Max != 200 {
		t.Errorf("have %+v", d)
	}
}

// TestBad changes one thing in a good trace.
func TestBad(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`]}`, `]`, "not a trace"},
		{`]}`, `]} {}`, "something follows"},
		{`"traceEvents"`, `"events"`, "there are no traceEvents"},
		{`"displayTimeUnit":"ns"`, `"displayTimeUnit":"s"`, "displayTimeUnit"},
		{`"ph":"C"`, `"ph":"Q"`, "ph: want one of"},
		{`"ph":"C"`, `"ph":"B"`, "begins (B) and never ends"},
		{`"ph":"C"`, `"ph":"E"`, "E without its B"},
		{`"pid":1,"tid":1,"ts":4,`, `"pid":1,"ts":4,`, "pid and tid"},
		{`"tid":1,"ts":4,`, `"tid":1,`, "ts is missing"},
		{`"ts":4,`, `"ts":-4,`, "ts: want at least 0"},
		{`"name":"scheduler"`, `"name":""`, "name is missing"},
		{`"dur":2,"cat":"sched"`, `"cat":"sched"`, "dur belongs to X"},
		{`"dur":2,"cat":"sched"`, `"dur":-2,"cat":"sched"`, "dur: want at least 0"},
		{`"dur":2,"cat":"sched"`, `"dur":3,"cat":"sched"`, "overlap"},
		{`"s":"t","cat":"wake"`, `"s":"x","cat":"wake"`, "s: want t, p or g"},
		{`{"threads":1}`, `{"threads":"one"}`, "args of a counter"},
		{`"name":"process_name"`, `"name":"name_of_process"`, "viewers know no"},
		{`"name":"thread_name","args":{"name":"worker 1"}`, `"name":"thread_name","args":{"name":1}`, "args of thread_name"},
		{`"tid":2,"name":"thread_name"`, `"tid":3,"name":"thread_name"`, "no thread_name"},
		{`"bp":"e","id":1`, `"bp":"e"`, "an arrow has an id"},
		{`"bp":"e","id":1`, `"bp":"e","id":2`, "never"},
		{`"bp":"e"`, `"bp":"x"`, "bp: want e"},
		{`"ts":6,"cat":"wake"`, `"ts":4.5,"cat":"wake"`, "ends before it starts"},
		{`"ts":6,"cat":"wake"`, `"ts":60,"cat":"wake"`, "no span"},
		{`"ph":"f"`, `"ph":"s"`, "bp: want e"},
		{`{"ph":"s"`, `{"ph":"s","pid":1,"tid":2,"ts":5,"cat":"wake","name":"wake","id":1},{"ph":"s"`, "starts twice"},
	} {
		if strings.Count(two, c.old) < 1 {
			t.Fatalf("the good trace has no %s", c.old)
		}
		_, err := Read(strings.NewReader(strings.Replace(two, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s instead of %s: have %v, want %q", c.new, c.old, err, c.want)
		}
	}
}
