package engine

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/mnbench/mnbench/internal/host"
	"github.com/mnbench/mnbench/internal/protocol"
)

// driver is the driver that the tests run: well-behaved but for what it is
// told to do. It returns its exit code.
func driver(does string) int {
	cpus, err := host.Affinity(0)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	dir, _ := os.Getwd()
	option := func(name string, otherwise int) int {
		for i, a := range os.Args {
			if a == name {
				otherwise, _ = strconv.Atoi(os.Args[i+1])
			}
		}
		return otherwise
	}
	config := &protocol.Config{PID: os.Getpid(), Workers: option("--workers", 1), Settings: map[string]any{
		"cpus": host.FormatCPUs(cpus), "env": strings.Join(os.Environ(), " "), "dir": dir,
	}}
	say := func(l protocol.Line) { protocol.Write(os.Stdout, l) }
	var start time.Time
	sample := func(phase string, index int) *protocol.Sample {
		s := &protocol.Sample{Phase: phase, Index: index, NS: max(1, int64(time.Since(start))), Units: 10, Answer: 42}
		if adj, err := os.ReadFile("/proc/self/oom_score_adj"); err == nil {
			n, _ := strconv.ParseUint(strings.TrimSpace(string(adj)), 10, 64)
			s.Counters = map[string]uint64{"oom_score_adj": n}
		}
		start = time.Now()
		return s
	}

	switch does {
	case "unsupported":
		fmt.Fprintln(os.Stderr, "not for me")
		return protocol.ExitUnsupported
	case "fails":
		fmt.Fprintln(os.Stderr, "cannot allocate")
		return 1
	case "usage":
		return 2
	case "silent":
		return 0
	case "wrapped", "wrapped waits":
		// The wrapper stays and waits, so that the work is in another process.
		cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
		cmd.Env = []string{"TEST_DRIVER=" + map[string]string{"wrapped": "fine", "wrapped waits": "waits"}[does], "FIFO=" + os.Getenv("FIFO")}
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Run(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	case "other workers":
		config.Workers++
	case "floods one line":
		for {
			io.WriteString(os.Stdout, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")
		}
	}

	say(config)
	switch does {
	case "hangs", "hangs with a child":
		hang(does)
	case "rubbish", "rubbish and hangs":
		fmt.Println("hello")
		if does != "rubbish" {
			select {}
		}
	case "floods":
		for {
			say(&protocol.Histogram{Name: strings.Repeat("n", 60000), Unit: "ns"})
		}
	case "floods stderr":
		for range 100 {
			io.WriteString(os.Stderr, strings.Repeat("blah ", 20000)+"\n")
		}
	case "limit":
		say(&protocol.Limit{What: "pthread_create: EAGAIN at 5", Reached: 5})
		say(&protocol.End{})
		return 0
	case "leaves a child":
		leaveAChild()
	case "waits":
		wait()
	case "widens its affinity":
		if err := host.SetAffinity(0, allCPUs()); err != nil {
			panic(err)
		}
		wait()
	case "half a line":
		io.WriteString(os.Stdout, `{"type":"sample","ph`)
		return 0
	}
	start = time.Now()
	for i := range option("--warmup", 1) {
		say(sample(protocol.Warmup, i))
	}
	n := option("--iterations", 2)
	if does == "too many samples" {
		n++
	}
	for i := range n {
		s := sample(protocol.Timed, i)
		switch does {
		case "crashes":
			// Go's runtime turns this signal into a panic, a shell does not.
			panic(syscall.Exec("/bin/sh", []string{"sh", "-c", "kill -SEGV $$"}, nil))
		case "panics":
			panic("oh no")
		case "wrong answer":
			s.Answer = 41
		case "wrong units":
			s.Units = 11
		case "clock too fast":
			s.NS = int64(time.Hour)
		case "clock stands still":
			s.NS = 0
		}
		say(s)
	}
	if does != "no end" {
		say(&protocol.End{})
	}
	return 0
}

// hang writes a word into the pipe that FIFO names and stays for ever.
func hang(does string) {
	w, err := os.OpenFile(os.Getenv("FIFO"), os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	if does == "hangs with a child" {
		leaveAChild()
	}
	io.WriteString(w, "here")
	time.Sleep(time.Hour)
}

// leaveAChild starts one that has the pipe open which FIFO names and does not
// listen to polite signals.
func leaveAChild() {
	cmd := exec.Command("/bin/sh", "-c", `exec >"$FIFO"; trap '' TERM INT HUP; echo ready >&2; /bin/sleep 1000`)
	ready, err := cmd.StderrPipe()
	if err != nil {
		panic(err)
	}
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	if _, err := io.ReadFull(ready, make([]byte, len("ready"))); err != nil {
		panic(err)
	}
}

// wait uses 8 threads and 64 MiB and stays until somebody closes the pipe that FIFO
// names.
func wait() {
	for range 8 {
		go func() { runtime.LockOSThread(); time.Sleep(time.Hour) }()
	}
	memory := slices.Repeat([]byte{1}, 64<<20)
	if _, err := os.ReadFile(os.Getenv("FIFO")); err != nil {
		panic(err)
	}
	runtime.KeepAlive(memory)
}

func allCPUs() []int {
	var cpus []int
	for i := range runtime.NumCPU() + 64 {
		cpus = append(cpus, i)
	}
	return cpus
}
