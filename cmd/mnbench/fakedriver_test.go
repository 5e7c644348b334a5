package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/mnbench/mnbench/workloads"
)

// fakeDriver speaks the driver protocol and misbehaves as its arguments say:
//
//	fakedriver [after=N:FILE] [told=FIFO] [ns=N] [BEHAVIOUR] describe
//	fakedriver ...                                           run WORKLOAD ...
//
// after=N:FILE: behave for the first N runs, which are counted in FILE.
// once=N:FILE: behave in all runs but the one after these.
// told=FIFO: write "ready" there when hanging begins. ns: per unit of work.
// BEHAVIOUR is a key of behaviours, or good; or deaf, lame or hurries, which
// is about MNBENCH_SLOW_PERCENT. Times are made up, so tables are
// the same every time.
func fakeDriver() {
	f := &fake{ns: 100, behaviour: "good", params: map[string]uint64{}, args: os.Args[1:]}
	f.parse()
	if f.verb == "describe" {
		f.describe()
		quit(0)
	}
	if f.after != "" {
		n, most := f.countRuns()
		if n <= most || f.once && n > most+1 {
			f.behaviour = "good"
		}
	}
	f.run()
	quit(0)
}

type fake struct {
	args      []string
	ns        int64
	behaviour string
	after     string
	once      bool
	told      string

	verb, workload     string
	workers            int
	warmup, iterations int
	params             map[string]uint64
}

func (f *fake) parse() {
	for len(f.args) > 0 {
		arg := f.args[0]
		f.args = f.args[1:]
		key, val, _ := strings.Cut(arg, "=")
		switch key {
		case "after", "once":
			f.after, f.once = val, key == "once"
		case "told":
			f.told = val
		case "ns":
			f.ns = int64(number(val))
		case "describe":
			f.verb = arg
		case "run":
			f.verb, f.workload = arg, f.args[0]
			f.options(f.args[1:])
			return
		default:
			f.behaviour = arg
		}
	}
}

func (f *fake) options(args []string) {
	for i := 0; i+1 < len(args); i += 2 {
		val := args[i+1]
		switch args[i] {
		case "--workers":
			f.workers = int(number(val))
		case "--warmup":
			f.warmup = int(number(val))
		case "--iterations":
			f.iterations = int(number(val))
		case "--param":
			k, v, _ := strings.Cut(val, "=")
			f.params[k] = number(v)
		}
	}
}

func number(s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		fail(2, "fakedriver: "+err.Error())
	}
	return n
}

// quit ends the process without the second that the race detector would take.
func quit(code int) { syscall.Exit(code) }

func fail(code int, why string) {
	fmt.Fprintln(os.Stderr, why)
	quit(code)
}

// say writes a line of the protocol.
func say(line map[string]any) {
	data, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	os.Stdout.Write(append(data, '\n'))
}

// countRuns returns the number of this run, from 1, and N.
func (f *fake) countRuns() (run, n uint64) {
	most, file, _ := strings.Cut(f.after, ":")
	log, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o666)
	if err != nil {
		fail(1, err.Error())
	}
	log.WriteString(".")
	info, err := log.Stat()
	if err != nil {
		fail(1, err.Error())
	}
	return uint64(info.Size()), number(most)
}

func (f *fake) describe() {
	switch f.behaviour {
	case "mute":
		return
	case "mumble":
		fmt.Println("good morning")
		return
	}
	c, err := openCatalogue(nil)
	if err != nil {
		fail(1, err.Error())
	}
	ids := []string{}
	for _, w := range c.Workloads {
		ids = append(ids, w.ID)
	}
	d := map[string]any{
		"protocol": 1, "runtime": f.id(), "version": "1.0", "language": "go", "model": "M:N",
		"workloads": ids, "modes": []string{"parallel", "serial"},
	}
	if f.behaviour == "lazy" {
		d["workloads"] = []string{"spawn"}
	}
	say(d)
}

// id is the competitor's: drivers may say that for each of their variants.
func (f *fake) id() string {
	if f.behaviour == "impostor" {
		return "someone-else"
	}
	return "fake"
}

// answer is the right one.
func (f *fake) answer() (units, answer uint64) {
	c, err := openCatalogue(nil)
	if err != nil {
		fail(1, err.Error())
	}
	w, err := c.Workload(f.workload)
	if err != nil {
		fail(2, err.Error())
	}
	ps, err := w.Resolve(f.params)
	if err != nil {
		fail(2, err.Error())
	}
	if a, ok := w.Known(ps); ok {
		return a.Units, a.Answer
	}
	return f.formula(ps)
}

func (f *fake) formula(ps workloads.Params) (units, answer uint64) {
	get := func(name string) uint64 { v, _ := ps.Get(name); return v }
	switch f.workload {
	case "spawn":
		return get("n"), get("n") * (get("n") + 1) / 2
	case "yield":
		return get("threads") * get("rounds"), get("threads") * get("rounds")
	}
	fail(1, "fakedriver: no answer for "+f.workload+" "+ps.String())
	return 0, 0
}

// behaviours take over where they are called: at the start, or after the
// config line, or for each sample.
var behaviours = map[string]struct {
	start  func(*fake)
	config func(*fake)
	sample func(*fake, map[string]any)
	end    func(*fake)
}{
	"fail":         {start: func(*fake) { fail(1, "out of luck") }},
	"unsupported":  {start: func(*fake) { fail(77, "not on Saturdays") }},
	"silent":       {start: func(*fake) { quit(0) }},
	"rubbish":      {config: func(*fake) { fmt.Println("here are your numbers: 1, 2, 3") }},
	"flood":        {config: func(*fake) { flood() }},
	"hang":         {config: (*fake).hang},
	"crash":        {config: func(*fake) { syscall.Kill(os.Getpid(), syscall.SIGKILL) }},
	"wrong-answer": {sample: func(_ *fake, s map[string]any) { s["answer"] = "7" }},
	"wrong-units":  {sample: func(_ *fake, s map[string]any) { s["units"] = 7 }},
	"bad-clock":    {sample: func(_ *fake, s map[string]any) { s["ns"] = int64(3600e9) }},
	"limit": {config: func(*fake) {
		say(map[string]any{"type": "limit", "what": "fake_create: EAGAIN at 41", "reached": 41})
		say(map[string]any{"type": "end"})
		quit(0)
	}},
	"no-end":  {end: func(*fake) { quit(0) }},
	"unequal": {start: func(f *fake) { f.workers += 5 }},
}

func (f *fake) run() {
	b := behaviours[f.behaviour]
	if b.start != nil {
		b.start(f)
	}
	config := map[string]any{"type": "config", "pid": os.Getpid(), "workers": f.workers}
	slow, _ := strconv.Atoi(os.Getenv("MNBENCH_SLOW_PERCENT"))
	if f.behaviour == "deaf" || slow == 0 {
		slow = 0
	} else {
		config["slow_percent"] = slow
	}
	if f.behaviour == "lame" {
		config["slow_percent"] = 10
	}
	if f.behaviour == "hurries" {
		slow = -slow
	}
	say(config)
	if b.config != nil {
		b.config(f)
	}
	units, answer := f.answer()
	for phase, count := range [2]int{f.warmup, f.iterations} {
		for i := range count {
			s := map[string]any{
				"type": "sample", "phase": [2]string{"warmup", "timed"}[phase], "index": i,
				"ns": f.ns * int64(units) * int64(100+slow) / 100, "units": units, "answer": strconv.FormatUint(answer, 10),
				"counters": map[string]int{"steal_attempts": 8, "steal_hits": 2, "parks": 0},
			}
			if b.sample != nil {
				b.sample(f, s)
			}
			say(s)
		}
	}
	if b.end != nil {
		b.end(f)
	}
	if path := os.Getenv("FAKE_TRACE"); path != "" && f.behaviour != "forgets" {
		if err := os.WriteFile(path, []byte(f.trace()), 0o666); err != nil {
			fail(1, err.Error())
		}
	}
	say(map[string]any{"type": "end"})
}

// hang never ends on its own, nor when asked politely.
func (f *fake) hang() {
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	if f.told != "" {
		fifo, err := os.OpenFile(f.told, os.O_WRONLY, 0)
		if err != nil {
			fail(1, err.Error())
		}
		fmt.Fprintln(fifo, "ready") // and keep it open: its end is mine
		defer fifo.Close()
	}
	never := make(chan os.Signal, 1)
	signal.Notify(never, syscall.SIGUSR1)
	<-never
}

func flood() {
	line := []byte(strings.Repeat("all work and no play ", 400) + "\n")
	for {
		if _, err := os.Stdout.Write(line); err != nil {
			quit(0)
		}
	}
}

// trace is one of a worker that runs, asleep, and runs again.
func (f *fake) trace() string {
	events := `
{"ph":"M","pid":1,"tid":1,"name":"thread_name","args":{"name":"worker 0"}},
{"ph":"X","pid":1,"tid":1,"ts":0,"dur":6,"cat":"run","name":"main","args":{"thread":1,"end":"park","for":"join"}},
{"ph":"X","pid":1,"tid":1,"ts":6,"dur":2,"cat":"idle","name":"asleep"},
{"ph":"X","pid":1,"tid":1,"ts":8,"dur":2,"cat":"run","name":"main","args":{"thread":1,"end":"end"}},
{"ph":"s","pid":1,"tid":1,"ts":7,"cat":"wake","name":"wake","id":1},
{"ph":"f","pid":1,"tid":1,"ts":8,"cat":"wake","name":"wake","bp":"e","id":1}`
	if f.behaviour == "scribbles" {
		events = strings.Replace(events, `"ts":6`, `"ts":5`, 1)
	}
	return fmt.Sprintf(`{"otherData":{"lost_events":"%d","keep":"%s"},"traceEvents":[%s]}`, f.workers, os.Getenv("FAKE_EVENTS"), events)
}
