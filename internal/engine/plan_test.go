package engine

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/workloads"
)

func TestBadPlans(t *testing.T) {
	good := plan(cells("fib", 1, "a")...)
	tests := []struct {
		want string
		edit func(*Plan)
	}{
		{"nothing to run", func(p *Plan) { p.Cells = nil }},
		{"invocations: want at least 0", func(p *Plan) { p.Invocations = -1 }},
		{"iterations: want at least 1", func(p *Plan) { p.Iterations = 0 }},
		{"warmup: want at least 0", func(p *Plan) { p.Warmup = -1 }},
		{"cpus: want at least one", func(p *Plan) { p.CPUs = nil }},
		{"timeout: want more than 0", func(p *Plan) { p.Timeout = 0 }},
		{"workers: want at least 1, have 0", func(p *Plan) { p.Cells = cells("fib", 0, "a") }},
		{"fib n=5, 1 worker, a is there twice", func(p *Plan) { p.Cells = append(p.Cells, p.Cells...) }},
		{"serial mode has 1 worker", func(p *Plan) { p.Cells = []results.Cell{{Workload: "fib", Workers: 2, Mode: results.Serial}} }},
	}
	for _, tt := range tests {
		p := good
		tt.edit(&p)
		f, m := &fake{}, &memory{}
		if _, err := newEngine(p, f, m).Run(context.Background()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got error %v, want one with %q", err, tt.want)
		}
		if len(f.tasks)+len(m.ended) != 0 {
			t.Errorf("%s: something was run", tt.want)
		}
	}
}

func TestSuiteWork(t *testing.T) {
	s := &workloads.Suite{ID: "s", Serial: true, Cells: []workloads.SuiteCell{
		{Workload: "fib", Params: ps(5), Except: []string{"loom"}},
		{Workload: "spawn", Params: ps(6), Runtimes: []string{"b"}},
	}}
	cat := &workloads.Catalogue{Workloads: []*workloads.Workload{{ID: "fib", Serial: true}, {ID: "spawn"}}}
	work, err := SuiteWork(s, cat, func(v string) string { return strings.TrimSuffix(v, "-platform") })
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range Expand(work, []string{"a", "b", "loom-platform"}, []int{1, 2, 1}) {
		got = append(got, describe(c))
	}
	want := []string{
		"fib n=5, serial, a", "fib n=5, serial, b",
		"fib n=5, 1 worker, a", "fib n=5, 1 worker, b", "fib n=5, 2 workers, a", "fib n=5, 2 workers, b",
		"spawn n=6, 1 worker, b", "spawn n=6, 2 workers, b",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	s.Cells[0].Workload = "fob"
	if _, err := SuiteWork(s, cat, nil); err == nil {
		t.Error("an unknown workload is no error")
	}
}
