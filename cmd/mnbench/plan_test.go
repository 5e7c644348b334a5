package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mnbench/mnbench/workloads"
)

func testCatalogue(t *testing.T) *catalogue {
	t.Helper()
	c, err := openCatalogue(nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func sizes(s *workloads.Suite) string {
	var out []string
	for _, c := range s.Cells {
		out = append(out, c.Workload+" "+c.Params.String())
	}
	return strings.Join(out, "; ")
}

func TestChoose(t *testing.T) {
	c := testCatalogue(t)
	smoke, err := c.Suite("smoke")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		args   []string
		params map[string]uint64
		id     string // of the suite
		sizes  string
	}{
		{"suite", []string{"smoke"}, nil, "smoke", sizes(smoke)},
		{"workloads", []string{"yield", "spawn", "yield"}, nil, "", "yield threads=16 rounds=10000; spawn n=100000 window=1"},
		{"part of a suite", []string{"fib", "smoke"}, nil, "", "fib n=8 cutoff=0"},
		{"parameters", []string{"fib"}, map[string]uint64{"n": 9, "cutoff": 3}, "", "fib n=9 cutoff=3"},
		{"only where they exist", []string{"fib", "yield"}, map[string]uint64{"n": 9}, "", "fib n=9 cutoff=0; yield threads=16 rounds=10000"},
		{"the same twice", []string{"quick", "spawn"}, map[string]uint64{"n": 100, "window": 10}, "", "spawn n=100 window=10"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := c.choose(tt.args, tt.params)
			if err != nil {
				t.Fatal(err)
			}
			if s.ID != tt.id || sizes(s) != tt.sizes {
				t.Errorf("suite %q with %s\nwant  %q with %s", s.ID, sizes(s), tt.id, tt.sizes)
			}
		})
	}
	t.Run("nothing", func(t *testing.T) {
		if s, err := c.choose(nil, nil); err != nil || s.ID != defaultSuite {
			t.Errorf("suite %v, %v; want %s", s, err, defaultSuite)
		}
	})
	t.Run("the catalogue stays as it was", func(t *testing.T) {
		if again, err := c.Suite("smoke"); err != nil || sizes(again) != sizes(smoke) || again.ID != "smoke" {
			t.Errorf("suite smoke is now %v", again)
		}
	})
}

func TestVariants(t *testing.T) {
	c := testCatalogue(t)
	for _, tt := range []struct{ names, want string }{
		{"loom", "loom"}, {"loom-platform,loom,loom", "loom-platform loom"}, {" mn, pthreads", "mn pthreads"},
	} {
		vs, err := c.variants(strings.Split(tt.names, ","))
		if have := strings.Join(ids(vs), " "); err != nil || have != tt.want {
			t.Errorf("variants(%s) = %s, %v; want %s", tt.names, have, err, tt.want)
		}
	}
	all, err := c.variants(nil)
	if err != nil || !slices.Contains(ids(all), "loom-platform") || !slices.Contains(ids(all), "mn") {
		t.Errorf("all variants are %v, %v", ids(all), err)
	}
}

func TestRecordPath(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2025, 1, 2, 15, 4, 5, 0, time.UTC)
	there := filepath.Join(dir, "there.jsonl")
	taken := filepath.Join(dir, "mnbench-quick-20250102-150405.jsonl")
	for _, name := range []string{there, taken} {
		if err := os.WriteFile(name, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ out, name, want, err string }{
		{"", "x", "mnbench-x-20250102-150405.jsonl", ""},
		{"new.jsonl", "x", "new.jsonl", ""},
		{dir, "x", filepath.Join(dir, "mnbench-x-20250102-150405.jsonl"), ""},
		{dir, "quick", filepath.Join(dir, "mnbench-quick-20250102-150405-2.jsonl"), ""},
		{dir + "/new/", "x", filepath.Join(dir, "new", "mnbench-x-20250102-150405.jsonl"), ""},
		{there, "x", "", "never overwritten"},
		{there + "/", "x", "", "not a directory"},
	} {
		have, err := recordPath(tt.out, tt.name, now)
		switch {
		case tt.err == "" && (err != nil || have != tt.want):
			t.Errorf("recordPath(%s, %s) = %s, %v; want %s", tt.out, tt.name, have, err, tt.want)
		case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
			t.Errorf("recordPath(%s, %s): error %v, want one with %q", tt.out, tt.name, err, tt.err)
		}
	}
}

func FuzzParseParams(f *testing.F) {
	for _, seed := range []string{"n=1", "n", "=", "n=-1", "n=18446744073709551615", "a=b=c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, pair string) {
		params, err := parseParams([]string{pair})
		if (err == nil) != (len(params) == 1) {
			t.Errorf("parseParams(%q) = %v, %v", pair, params, err)
		}
	})
}

// TestEntrants: optional variants take part where they are named and nowhere else.
func TestEntrants(t *testing.T) {
	c := testCatalogue(t)
	for _, s := range c.Suites {
		vs, err := c.entrants(nil, s)
		if err != nil {
			t.Fatalf("suite %s: %v", s.ID, err)
		}
		for _, v := range vs {
			if v.Optional && !slices.Contains(s.Runtimes, v.ID) {
				t.Errorf("suite %s: %s takes part unasked", s.ID, v.ID)
			}
		}
		if len(s.Runtimes) > 0 && strings.Join(ids(vs), " ") != strings.Join(s.Runtimes, " ") {
			t.Errorf("suite %s: %v take part, want %v", s.ID, ids(vs), s.Runtimes)
		}
		if len(s.Runtimes) == 0 && !slices.Contains(ids(vs), "mn") {
			t.Errorf("suite %s: %v take part, without mn", s.ID, ids(vs))
		}
		vs, err = c.entrants([]string{"mn-uts", "goroutines"}, s)
		if have := strings.Join(ids(vs), " "); err != nil || have != "mn-uts goroutines" {
			t.Errorf("suite %s: %s, %v; want those that are named", s.ID, have, err)
		}
	}
}
