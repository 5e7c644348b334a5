package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// writeLarge writes a record of so many samples: four cells, invocations of a
// thousand iterations.
func writeLarge(t *testing.T, path string, samples int) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := bufio.NewWriterSize(file, 1<<20)
	var cells []string
	for _, runtime := range []string{"mn", "pthreads"} {
		for workers := 1; workers <= 2; workers++ {
			cells = append(cells, fmt.Sprintf(`{"runtime":"%s","workload":"spawn","params":{"n":1000,"window":1},"workers":%d,"mode":"parallel"}`, runtime, workers))
		}
	}
	const iterations = 1000
	invocations := samples / iterations / len(cells)
	fmt.Fprintf(w, `{"type":"run","schema":1,"id":"large","time":"2025-01-01T00:00:00Z","plan":{"cells":[%s],"invocations":%d,"iterations":%d}}`+"\n",
		strings.Join(cells, ","), invocations, iterations)
	rng := rand.New(rand.NewPCG(1, 2))
	for inv := range invocations {
		for cell := range cells {
			for i := range iterations {
				fmt.Fprintf(w, `{"type":"sample","cell":%d,"invocation":%d,"phase":"timed","index":%d,"ns":%d,"units":1000,"answer":"500500","rss_bytes":1048576,"counters":{"steals":3}}`+"\n",
					cell, inv, i, 90_000*(cell+1)+rng.IntN(5000))
			}
			fmt.Fprintf(w, `{"type":"invocation","cell":%d,"invocation":%d,"status":"ok","start":"2025-01-01T00:00:00Z","noise":{"before_ns":1000,"after_ns":1000}}`+"\n", cell, inv)
		}
	}
	fmt.Fprintln(w, `{"type":"end","time":"2025-01-01T00:10:00Z","status":"complete"}`)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

// TestLargeRecord: a record of a million samples is shown in at most 200 MB.
// With MNBENCH_DEEP=1 it is that many, and what it takes is told:
//
//	MNBENCH_DEEP=1 go test -count=1 -v -run TestLargeRecord ./cmd/mnbench
func TestLargeRecord(t *testing.T) {
	samples := 100_000
	if os.Getenv("MNBENCH_DEEP") != "" {
		samples = 1_000_000
	}
	path := filepath.Join(t.TempDir(), "large.jsonl")
	writeLarge(t, path, samples)
	for _, args := range [][]string{{"show", path}, {"show", "--json", path}, {"export", path, "--format", "gobench"}, {"export", path, "--format", "samples"}} {
		cmd := exec.Command("mnbench", args...)
		out, err := cmd.Output()
		if err != nil || len(out) == 0 {
			t.Fatalf("%v: %v, %d bytes", args, err, len(out))
		}
		use, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		if !ok {
			t.Fatal("no resource usage")
		}
		mb := use.Maxrss / 1024
		t.Logf("%s of %d samples: %v CPU time, %d MB", args[0], samples, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime(), mb)
		if mb > 200 {
			t.Errorf("%v: %d MB, want at most 200", args, mb)
		}
	}
}
