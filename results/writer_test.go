package results

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func smallRun(cells int) Run {
	r := Run{ID: "x", Plan: Plan{Invocations: 1, Iterations: 1}}
	for i := range cells {
		r.Plan.Cells = append(r.Plan.Cells, Cell{Runtime: "mn", Workload: "spawn", Params: params("n", i+1), Workers: 1, Mode: Parallel})
	}
	return r
}

func timed(cell, inv, index int, ns int64) Sample {
	return Sample{Cell: cell, Invocation: inv, Phase: Timed, Index: index, NS: ns, Units: 1000, Answer: 500500}
}

func TestCreateNeverOverwrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "folder", "run.jsonl")
	w, err := Create(path, smallRun(1))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	_, err = Create(path, smallRun(1))
	if !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "choose another name") || strings.Count(err.Error(), path) != 1 {
		t.Errorf("second Create: %v", err)
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("the record was touched")
	}
}

func TestInvocationCommitsItsSamples(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	w, err := Create(path, smallRun(2))
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(w.Sample(timed(0, 0, 0, 5000)))
	if rec, err := Open(path); err != nil || len(rec.Invocations) != 0 || len(rec.Warnings) != 1 {
		t.Fatalf("before the commit: %+v, %v", rec, err)
	}
	if err := w.Sample(timed(1, 0, 0, 5000)); err == nil {
		t.Error("a sample of another cell was taken in between")
	}
	if err := w.Invocation(Invocation{Cell: 1, Status: OK}); err == nil {
		t.Error("an invocation took the samples of another")
	}
	must(w.Invocation(Invocation{Cell: 0, Status: OK}))
	rec, err := Open(path) // while the run goes on
	must(err)
	if len(rec.Invocations) != 1 || len(rec.Invocations[0].Timed) != 1 || rec.Invocations[0].Timed[0].Answer != 500500 {
		t.Errorf("after the commit: %+v", rec.Invocations)
	}
	must(w.Sample(timed(1, 0, 0, 5000))) // cut short by Ctrl-C
	must(w.End(false))
	must(w.Close())
	rec, err = Open(path)
	must(err)
	if len(rec.Invocations) != 1 || rec.End == nil || rec.End.Status != Interrupted {
		t.Errorf("after the end: %+v", rec)
	}
}

// disk is a file with little room.
type disk struct {
	data []byte
	room int
}

func (d *disk) Write(p []byte) (int, error) {
	n := min(len(p), d.room-len(d.data))
	d.data = append(d.data, p[:n]...)
	if n < len(p) {
		return n, &fs.PathError{Op: "write", Path: "run.jsonl", Err: syscall.ENOSPC}
	}
	return n, nil
}

func (d *disk) Truncate(size int64) error { d.data = d.data[:size]; return nil }
func (d *disk) Close() error              { return nil }

// TestFullDisk fills the disk at every possible byte.
func TestFullDisk(t *testing.T) {
	var sawInvocation, sawReserve bool
	for _, reserving := range []bool{false, true} {
		for room := 900; room < 4000; room += 7 {
			d := &disk{room: room}
			w := &Writer{path: "run.jsonl", file: d, now: time.Now, reserve: func(off, size int64) error {
				if reserving && off+1500 > int64(room) {
					return syscall.ENOSPC
				}
				return nil
			}}
			if err := w.start(smallRun(1)); err != nil {
				if !reserving || !errors.Is(err, syscall.ENOSPC) {
					t.Fatal(err)
				}
				continue
			}
			stored := 0
			var err error
			for i := 0; err == nil; i++ {
				for k := range 3 {
					if serr := w.Sample(timed(0, i, k, 5000)); serr != nil {
						t.Fatal(serr)
					}
				}
				err = w.Invocation(Invocation{Cell: 0, Invocation: i, Status: OK})
				if err == nil || strings.Contains(err.Error(), "no room for another") {
					stored++
				}
			}
			if !errors.Is(err, syscall.ENOSPC) || !strings.HasPrefix(err.Error(), "run.jsonl: ") || strings.Count(err.Error(), "run.jsonl") != 1 {
				t.Fatalf("room %d: error %v", room, err)
			}
			if w.Sample(timed(0, 99, 0, 1)) == nil || w.Invocation(Invocation{Invocation: 99, Status: OK}) == nil {
				t.Fatalf("room %d: the error did not stay", room)
			}
			ended := w.End(false)
			if ended == nil || w.Close() == nil {
				t.Fatalf("room %d: End or Close forgot the error", room)
			}
			rec, err := Read("run.jsonl", strings.NewReader(string(d.data)))
			if err != nil {
				t.Fatalf("room %d: unreadable: %v", room, err)
			}
			if len(rec.Invocations) != stored {
				t.Fatalf("room %d: %d invocations stored, %d read", room, stored, len(rec.Invocations))
			}
			for _, inv := range rec.Invocations {
				if len(inv.Timed) != 3 {
					t.Fatalf("room %d: %d samples", room, len(inv.Timed))
				}
			}
			if reserving && rec.End == nil {
				t.Fatalf("room %d: no end line although room for it was reserved", room)
			}
			sawInvocation = sawInvocation || !reserving
			sawReserve = sawReserve || reserving
		}
	}
	if !sawInvocation || !sawReserve {
		t.Error("a case was not reached")
	}
}

// TestFileSizeLimit meets a real refusal of the kernel, in a process of its
// own because the limit is the whole process's.
func TestFileSizeLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	cmd := exec.Command(os.Args[0], "-test.run=^TestLimitedChild$", "-test.v")
	cmd.Env = append(os.Environ(), "RESULTS_LIMITED_CHILD="+path)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "file too large; the ") {
		t.Fatalf("%v\n%s", err, out)
	}
	rec, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(rec.Invocations) < 10 || len(rec.Invocations) > 60 {
		t.Errorf("%d invocations in 16 KiB", len(rec.Invocations))
	}
}

func TestLimitedChild(t *testing.T) {
	path := os.Getenv("RESULTS_LIMITED_CHILD")
	if path == "" {
		return // only of use as a child of TestFileSizeLimit
	}
	lim := syscall.Rlimit{Cur: 16 << 10, Max: 16 << 10}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &lim); err != nil {
		t.Fatal(err)
	}
	w, err := Create(path, smallRun(1))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; err == nil; i++ {
		if err = w.Sample(timed(0, i, 0, 5000)); err == nil {
			err = w.Invocation(Invocation{Invocation: i, Status: OK})
		}
	}
	fmt.Println(err)
	w.Close()
}

func TestCreateFails(t *testing.T) {
	dir := t.TempDir()
	blocked := filepath.Join(dir, "file")
	if err := os.WriteFile(blocked, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(blocked, "run.jsonl"), dir} {
		if _, err := Create(path, smallRun(1)); err == nil || !strings.HasPrefix(err.Error(), path+": ") {
			t.Errorf("Create(%s) = %v", path, err)
		}
	}
}
