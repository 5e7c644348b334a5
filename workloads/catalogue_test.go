package workloads

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func load(t *testing.T) *Catalogue {
	t.Helper()
	c, err := Load(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEveryWorkloadFolderIsComplete(t *testing.T) {
	c := load(t)
	if len(c.Workloads) == 0 {
		t.Fatal("no workload found")
	}
	for _, w := range c.Workloads {
		if _, err := os.Stat(filepath.Join(w.ID, w.ID+".c")); err != nil {
			t.Errorf("%s: the C text is missing: %v", w.ID, err)
		}
		files, err := filepath.Glob(filepath.Join(w.ID, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		if len(files) > 0 {
			t.Errorf("%s: Go refuses .go beside .c without cgo: %v", w.ID, files)
		}
		ps, err := w.Resolve(nil)
		if err != nil {
			t.Errorf("%s: defaults: %v", w.ID, err)
		}
		if _, ok := w.Known(ps); !ok {
			t.Errorf("%s: workload.json: no known answer for the defaults, %s", w.ID, ps)
		}
	}
}

func TestEverySuiteSizeHasAKnownAnswer(t *testing.T) {
	c := load(t)
	for _, want := range []string{"smoke", "quick", "standard", "full"} {
		if _, err := c.Suite(want); err != nil {
			t.Error(err)
		}
	}
	for _, s := range c.Suites {
		for i, cell := range s.Cells {
			w, err := c.Workload(cell.Workload)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range w.Params {
				if _, ok := cell.Params.Get(p.Name); !ok && !p.Optional {
					t.Errorf("%s: cells[%d]: %s is not resolved", s.ID, i, cell.Params)
				}
			}
			if _, ok := w.Known(cell.Params); !ok {
				t.Errorf("%s: cells[%d]: %s/workload.json has no answer for %s", s.ID, i, w.ID, cell.Params)
			}
		}
	}
}

func TestSmokeHasEveryWorkload(t *testing.T) {
	c := load(t)
	smoke, err := c.Suite("smoke")
	if err != nil {
		t.Fatal(err)
	}
	in := map[string]bool{}
	for _, cell := range smoke.Cells {
		in[cell.Workload] = true
	}
	for _, w := range c.Workloads {
		if !in[w.ID] {
			t.Errorf("suites/smoke.json: no cell of workload %s", w.ID)
		}
	}
}

const goodWorkload = `{
  "id": "one", "summary": "s", "stresses": "s", "definition": "d", "unit": "u", "serial": false,
  "params": [
    {"name": "n", "doc": "d", "min": 1, "max": 10, "default": 3},
    {"name": "cut", "doc": "d", "min": 0, "max": 9, "default": 2, "below": "n"}
  ],
  "answers": [{"params": {"cut": 2, "n": 3}, "units": 3, "answer": "18446744073709551615"}]
}`

// TestOptional: an optional parameter is part of a cell only where it is not at
// its default, however it was given.
func TestOptional(t *testing.T) {
	w := &Workload{ID: "one", Params: []Spec{{Name: "n", Max: 9, Default: 3}, {Name: "extra", Max: 9, Default: 1, Optional: true}}}
	for _, tc := range []struct {
		given map[string]uint64
		want  string
	}{
		{nil, "n=3"},
		{map[string]uint64{"extra": 1}, "n=3"},
		{map[string]uint64{"extra": 0, "n": 4}, "n=4 extra=0"},
	} {
		if ps, err := w.Resolve(tc.given); err != nil || ps.String() != tc.want {
			t.Errorf("Resolve(%v) = %s, %v; want %s", tc.given, ps, err, tc.want)
		}
	}
	if _, err := w.Resolve(map[string]uint64{"extra": 10}); err == nil {
		t.Error("a value out of its range is taken")
	}
}

const goodSuite = `{
  "id": "all", "summary": "s", "invocations": 3, "iterations": 5, "warmup": 2, "workers": [1, 2], "timeout": "20s",
  "cells": [{"workload": "one", "params": {"n": 4}, "except": ["slow"]}, {"workload": "one", "runtimes": ["a", "b-x"]}]
}`

func TestLoad(t *testing.T) {
	c, err := Load(fstest.MapFS{
		"one/workload.json": {Data: []byte(goodWorkload)},
		"suites/all.json":   {Data: []byte(goodSuite)},
		"suites/README":     {Data: []byte("not a suite")},
		"params.go":         {Data: []byte("not a workload")},
	})
	if err != nil {
		t.Fatal(err)
	}
	w, err := c.Workload("one")
	if err != nil {
		t.Fatal(err)
	}
	got, ok := w.Known(Params{{"n", 3}, {"cut", 2}})
	if want := (Answer{Units: 3, Answer: 1<<64 - 1}); !ok || got != want {
		t.Errorf("Known = %v, %v; want %v: the order of the keys in the file must not matter", got, ok, want)
	}
	if _, ok := w.Known(Params{{"n", 4}, {"cut", 2}}); ok {
		t.Error("Known: an answer for a size that has none")
	}
	s, err := c.Suite("all")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Cells[0].Params.String(); got != "n=4 cut=2" {
		t.Errorf("cells[0]: params = %s, want the default filled in", got)
	}
	for _, tc := range []struct {
		cell                int
		competitor, variant string
		want                bool
	}{
		{0, "slow", "slow", false}, {0, "slow", "slow-2", false}, {0, "x", "slow", false}, {0, "a", "a", true},
		{1, "a", "a", true}, {1, "a", "a-2", true}, {1, "b", "b", false}, {1, "b", "b-x", true},
	} {
		if got := s.Cells[tc.cell].Includes(tc.competitor, tc.variant); got != tc.want {
			t.Errorf("cells[%d].Includes(%s, %s) = %v", tc.cell, tc.competitor, tc.variant, got)
		}
	}
}

// TestLoadRefuses breaks one thing at a time; the error names file and key.
func TestLoadRefuses(t *testing.T) {
	for _, tc := range []struct {
		name, file, old, new string
		want                 []string
	}{
		{"unknown key", "one/workload.json", `"unit"`, `"units"`, []string{"workloads/one/workload.json", `"units"`}},
		{"unknown key below", "one/workload.json", `"doc": "d", "min": 1`, `"docs": "d", "min": 1`, []string{"workloads/one/workload.json", `"docs"`}},
		{"broken", "one/workload.json", `"answers": [`, `"answers": `, []string{"workloads/one/workload.json:7"}},
		{"more than one", "one/workload.json", `"18446744073709551615"}]
}`, `"1"}]
} {}`, []string{"workloads/one/workload.json:8", "follows"}},
		{"wrong id", "one/workload.json", `"id": "one"`, `"id": "two"`, []string{"id:", `"one"`, `"two"`}},
		{"no unit", "one/workload.json", `"unit": "u"`, `"unit": ""`, []string{"unit: missing"}},
		{"no doc", "one/workload.json", `"doc": "d", "min": 1`, `"min": 1`, []string{"params[0]: n: doc"}},
		{"bad name", "one/workload.json", `"name": "n"`, `"name": "N="`, []string{"params[0]: name"}},
		{"name twice", "one/workload.json", `"name": "cut"`, `"name": "n"`, []string{"params[1]: name: n is given twice"}},
		{"no max", "one/workload.json", `"max": 10, `, ``, []string{"params[0]: n: max"}},
		{"default too large", "one/workload.json", `"default": 3`, `"default": 11`, []string{"params[0]: n: default: 11"}},
		{"below nothing", "one/workload.json", `"below": "n"`, `"below": "m"`, []string{"params[1]: cut: below", `"m"`}},
		{"defaults at odds", "one/workload.json", `"default": 2`, `"default": 5`, []string{"cut=5", "less than n=3"}},
		{"answer without param", "one/workload.json", `"cut": 2, `, ``, []string{"answers[0]: params"}},
		{"answer as number", "one/workload.json", `"18446744073709551615"`, `7`, []string{"workloads/one/workload.json"}},
		{"answer of unknown param", "one/workload.json", `"cut": 2, `, `"cub": 2, `, []string{"answers[0]", `"cub"`, `did you mean "cut"`}},
		{"no units", "one/workload.json", `"units": 3, `, ``, []string{"answers[0]: units"}},
		{"suite: unknown key", "suites/all.json", `"warmup"`, `"warm"`, []string{"workloads/suites/all.json", `"warm"`}},
		{"suite: wrong id", "suites/all.json", `"all"`, `"some"`, []string{"workloads/suites/all.json", "id:"}},
		{"suite: no iterations", "suites/all.json", `"iterations": 5, `, ``, []string{"iterations: want at least 1"}},
		{"suite: negative warmup", "suites/all.json", `"warmup": 2`, `"warmup": -1`, []string{"warmup: want at least 0"}},
		{"suite: no workers", "suites/all.json", `[1, 2]`, `[]`, []string{"workers"}},
		{"suite: zero workers", "suites/all.json", `[1, 2]`, `[0]`, []string{"workers"}},
		{"suite: workers twice", "suites/all.json", `[1, 2]`, `[2, 2]`, []string{"workers"}},
		{"suite: no timeout", "suites/all.json", `"20s"`, `"0s"`, []string{"timeout"}},
		{"suite: bad timeout", "suites/all.json", `"20s"`, `"20"`, []string{"workloads/suites/all.json", "duration"}},
		{"suite: unknown workload", "suites/all.json", `"one", "params"`, `"onn", "params"`, []string{"cells[0]", `"onn"`, `did you mean "one"`}},
		{"suite: out of range", "suites/all.json", `{"n": 4}`, `{"n": 40}`, []string{"cells[0]", "n=40", "1 to 10"}},
		{"suite: not below", "suites/all.json", `{"n": 4}`, `{"n": 1}`, []string{"cells[0]", "cut=2", "less than n=1"}},
		{"suite: cell twice", "suites/all.json", `{"n": 4}`, `{"n": 3}`, []string{"cells[1]: the same as cells[0]"}},
		{"suite: both lists", "suites/all.json", `"params": {"n": 4}, `, `"params": {"n": 4}, "runtimes": ["a"], `, []string{"cells[0]: runtimes and except"}},
		{"folder without workload", "two/notes.txt", "", "x", []string{"workloads/two/workload.json"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			files := map[string]string{"one/workload.json": goodWorkload, "suites/all.json": goodSuite}
			before := files[tc.file]
			files[tc.file] = strings.Replace(before, tc.old, tc.new, 1)
			if files[tc.file] == before {
				t.Fatalf("%q is not in %s", tc.old, tc.file)
			}
			fsys := fstest.MapFS{}
			for name, text := range files {
				fsys[name] = &fstest.MapFile{Data: []byte(text)}
			}
			_, err := Load(fsys)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not name %q", err, want)
				}
			}
		})
	}
}

func TestLoadOfNothing(t *testing.T) {
	if _, err := Load(os.DirFS(path.Join(t.TempDir(), "gone"))); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error = %v, want fs.ErrNotExist", err)
	}
}

func TestResolve(t *testing.T) {
	w := &Workload{ID: "w", Params: []Spec{
		{Name: "n", Min: 1, Max: 10, Default: 5},
		{Name: "window", Min: 0, Max: 100, Default: 1},
		{Name: "cutoff", Min: 0, Max: 9, Default: 0, Below: "n"},
	}}
	for _, tc := range []struct {
		name      string
		given     map[string]uint64
		want, err string
	}{
		{"defaults", nil, "n=5 window=1 cutoff=0", ""},
		{"all", map[string]uint64{"cutoff": 9, "window": 0, "n": 10}, "n=10 window=0 cutoff=9", ""},
		{"too small", map[string]uint64{"n": 0}, "", "w: n=0 is out of range: choose 1 to 10"},
		{"too large", map[string]uint64{"n": 11}, "", "w: n=11 is out of range: choose 1 to 10"},
		{"not below", map[string]uint64{"cutoff": 5}, "", "w: cutoff=5 is out of range: it must be less than n=5"},
		{"near", map[string]uint64{"windw": 1}, "", `w: unknown parameter "windw"; did you mean "window"?`},
		{"far", map[string]uint64{"iterations": 1}, "", `w: unknown parameter "iterations"; there is n, window, cutoff`},
		{"two, in order", map[string]uint64{"y": 1, "cutof": 1}, "", "w: unknown parameter \"cutof\"; did you mean \"cutoff\"?\nw: unknown parameter \"y\"; there is n, window, cutoff"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ps, err := w.Resolve(tc.given)
			if tc.err != "" {
				if err == nil || err.Error() != tc.err {
					t.Fatalf("error = %v\nwant %s", err, tc.err)
				}
				return
			}
			if err != nil || ps.String() != tc.want {
				t.Fatalf("%s, %v; want %s", ps, err, tc.want)
			}
		})
	}
}
