package results

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// wholeRun is a finished run of three groups of two runtimes.
func wholeRun() *Record {
	rec := &Record{Run: Run{ID: "whole", Seed: 7, Plan: Plan{Invocations: 2, Iterations: 1}}}
	for n := range 3 {
		for _, rt := range []string{"a", "b"} {
			rec.Run.Plan.Cells = append(rec.Run.Plan.Cells, Cell{Runtime: rt, Workload: "spawn", Params: params("n", n+1), Workers: 1, Mode: Parallel})
		}
	}
	for inv := range 2 {
		for c := range rec.Run.Plan.Cells {
			m := Measured{Invocation: Invocation{Type: "invocation", Cell: c, Invocation: inv, Order: len(rec.Invocations), Status: OK}}
			m.Timed = []Point{{NS: int64(100*c + inv + 1), Units: 1000, Answer: 5}}
			m.Counters = map[string]uint64{"steals": uint64(c)}
			rec.Invocations = append(rec.Invocations, m)
		}
	}
	return rec
}

func write(t *testing.T, path string, rec *Record, end bool) {
	t.Helper()
	w, err := Create(path, rec.Run)
	for i := 0; err == nil && i < len(rec.Invocations); i++ {
		m := rec.Invocations[i]
		err = w.Sample(Sample{Cell: m.Cell, Invocation: m.Invocation.Invocation, Phase: Timed, NS: m.Timed[0].NS,
			Units: m.Timed[0].Units, Answer: m.Timed[0].Answer, Counters: m.Counters})
		if err == nil {
			err = w.Invocation(m.Invocation)
		}
	}
	if err == nil && end {
		err = w.End(true)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// shardFiles writes the shards of a run; edit may spoil the last of them.
func shardFiles(t *testing.T, whole *Record, of int, edit func(*Record)) []string {
	t.Helper()
	dir := t.TempDir()
	var files []string
	for i := 1; i <= of; i++ {
		part := *whole
		part.Run.ID = "part"
		part.Run.Host.Name = "node" + Shard{i, of}.String()
		part.Run.Plan.Shard = &Shard{i, of}
		part.Invocations = nil
		takes := part.Run.Plan.Shard.Takes(part.Run.Plan.Cells)
		for _, m := range whole.Invocations {
			if takes[m.Cell] {
				part.Invocations = append(part.Invocations, m)
			}
		}
		if i == of && edit != nil {
			edit(&part)
		}
		files = append(files, filepath.Join(dir, strings.ReplaceAll(part.Run.Host.Name, "/", "of")+".jsonl"))
		write(t, files[i-1], &part, true)
	}
	return files
}

func TestMergedShardsEqualTheWhole(t *testing.T) {
	whole := wholeRun()
	for of := 1; of <= 3; of++ {
		files := shardFiles(t, whole, of, nil)
		files[0], files[of-1] = files[of-1], files[0] // in any order
		out := filepath.Join(t.TempDir(), "merged.jsonl")
		if _, err := MergeFiles(out, files); err != nil {
			t.Fatal(err)
		}
		got, err := Open(out)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got.Invocations, whole.Invocations) {
			t.Errorf("%d shards: got  %+v\nwant %+v", of, got.Invocations, whole.Invocations)
		}
		if !reflect.DeepEqual(got.Run.Plan, whole.Run.Plan) || !got.Complete() || len(got.Run.Parts) != of {
			t.Errorf("%d shards: plan %+v, parts %+v, end %+v", of, got.Run.Plan, got.Run.Parts, got.End)
		}
		if warned := len(got.Warnings) == 1 && got.Warnings[0].Code == Merged; warned != (of > 1) {
			t.Errorf("%d shards from as many machines: warnings %v", of, got.Warnings)
		}
	}
}

func TestMergeRefuses(t *testing.T) {
	tests := []struct {
		name, want string
		edit       func(*Record)
	}{
		{"other seed", "differ in seed", func(r *Record) { r.Run.Seed++ }},
		{"other mnbench", "differ in mnbench", func(r *Record) { r.Run.Tool.Commit = "beef" }},
		{"other plan", "differ in invocations (2 and 3)", func(r *Record) { r.Run.Plan.Invocations++ }},
		{"other builds", "runtime a (only in one)", func(r *Record) { r.Run.Runtimes = []Runtime{{ID: "a"}} }},
		{"other number", "number of shards", func(r *Record) { r.Run.Plan.Shard = &Shard{3, 4} }},
		{"the same twice", "are both shard 1/3", func(r *Record) { r.Run.Plan.Shard = &Shard{1, 3}; r.Invocations = nil }},
		{"no shard", "not a shard", func(r *Record) { r.Run.Plan.Shard = nil }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "merged.jsonl")
			_, err := MergeFiles(out, shardFiles(t, wholeRun(), 3, tt.edit))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("a record was written all the same")
			}
		})
	}
	if _, err := MergeFiles(filepath.Join(t.TempDir(), "m"), shardFiles(t, wholeRun(), 3, nil)[:2]); err == nil || !strings.Contains(err.Error(), "shard 3/3 is missing") {
		t.Errorf("two of three: %v", err)
	}
}

func TestParseShard(t *testing.T) {
	for text, want := range map[string]Shard{"1/1": {1, 1}, "2/5": {2, 5}, "": {}, "3": {}, "0/3": {}, "4/3": {}, "1/0": {}, "-1/2": {}, "1/2/3": {}, "a/b": {}} {
		got, err := ParseShard(text)
		if got != want || (err == nil) != (want.Of > 0) {
			t.Errorf("%q: got %v, %v; want %v", text, got, err, want)
		}
	}
}

// TestContinue cuts a record anywhere behind its run line: what is whole
// stays, what follows is appended, and the result reads like one run.
func TestContinue(t *testing.T) {
	whole := wholeRun()
	dir := t.TempDir()
	path := filepath.Join(dir, "whole.jsonl")
	write(t, path, whole, true)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// At the ends of all lines, next to them, and here and there.
	head := strings.IndexByte(string(data), '\n') + 1
	var cuts []int
	for i := head; i <= len(data); i++ {
		if i%97 == 0 || i == len(data) || data[i-1] == '\n' || data[i] == '\n' {
			cuts = append(cuts, i)
		}
	}
	for _, cut := range cuts {
		file := filepath.Join(dir, "cut.jsonl")
		if err := os.WriteFile(file, data[:cut], 0o666); err != nil {
			t.Fatal(err)
		}
		w, err := Continue(file)
		if err != nil {
			t.Fatal(err)
		}
		w.now = func() time.Time { return time.Time{} }
		if kept, err := Open(file); err != nil || len(kept.Invocations) != w.done {
			t.Fatalf("cut at %d: %v, %d invocations kept, %d counted", cut, err, len(kept.Invocations), w.done)
		}
		for _, m := range whole.Invocations[w.done:] {
			s := Sample{Cell: m.Cell, Invocation: m.Invocation.Invocation, Phase: Timed, NS: m.Timed[0].NS, Units: 1000, Answer: 5, Counters: m.Counters}
			if err := w.Sample(s); err != nil {
				t.Fatal(err)
			}
			if err := w.Invocation(m.Invocation); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.End(true); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got, err := Open(file)
		if err != nil || len(got.Warnings) > 0 || !got.Complete() || !reflect.DeepEqual(got.Invocations, whole.Invocations) {
			t.Fatalf("cut at %d: %v, warnings %v, %d invocations", cut, err, got.Warnings, len(got.Invocations))
		}
	}
}
