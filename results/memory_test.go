package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/mnbench/mnbench/workloads"
)

// idleRecord has invocations of n threads at each of the sizes: 8 MB and each
// bytes a thread, and at the last size, for runtime "few", a limit instead.
func idleRecord(t *testing.T, each map[string]uint64, sizes ...uint64) *Record {
	t.Helper()
	var b bytes.Buffer
	run := Run{Type: "run", Schema: SchemaVersion, ID: "idle", Plan: Plan{Invocations: 2, Iterations: 1, Memory: map[string]string{"idle": "threads"}}}
	for _, id := range []string{"few", "many"} {
		run.Runtimes = append(run.Runtimes, Runtime{ID: id, Competitor: id})
		for _, n := range sizes {
			run.Plan.Cells = append(run.Plan.Cells, Cell{Runtime: id, Workload: "idle", Params: workloads.Params{{Name: "threads", Value: n}}, Workers: 2, Mode: Parallel})
		}
	}
	line := func(v any) {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(text, '\n'))
	}
	line(run)
	order := 0
	for invocation := range 2 {
		for i, c := range run.Plan.Cells {
			n := c.Params[0].Value
			inv := Invocation{Type: "invocation", Cell: i, Invocation: invocation, Order: order, Status: OK}
			order++
			if c.Runtime == "few" && n == sizes[len(sizes)-1] {
				inv.Status, inv.Detail, inv.Reached = Limit, fmt.Sprintf("pthread_create: EAGAIN at %d", n/2), n/2
			} else {
				line(Sample{Type: "sample", Cell: i, Invocation: invocation, Phase: Timed, NS: 1000, Units: n, Answer: 1,
					RSSBytes: 8<<20 + each[c.Runtime]*n + uint64(invocation)*1000})
			}
			line(inv)
		}
	}
	rec, err := Read("idle", &b)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestMemoryIsASlope(t *testing.T) {
	s, err := Summarise(idleRecord(t, map[string]uint64{"few": 9000, "many": 4370}, 1, 1000, 100000, 1000000), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Memory) != 2 {
		t.Fatalf("%d lines, want one of each runtime: %+v", len(s.Memory), s.Memory)
	}
	for i, want := range []struct {
		runtime     string
		bytes       float64
		to, reached uint64
	}{{"few", 9000, 100000, 500000}, {"many", 4370, 1000000, 0}} {
		m := s.Memory[i]
		slope := m.Line.Slope
		if m.Runtime != want.runtime || m.From != 1 || m.To != want.to || m.Reached != want.reached || (m.Limit != "") != (want.reached > 0) {
			t.Errorf("%+v, want %+v", m, want)
		}
		if d := slope.Median - want.bytes; d > 1 || d < -1 || !(slope.Lo <= slope.Median && slope.Median <= slope.Hi) || !slope.Bounded() {
			t.Errorf("%s: %v [%v %v] bytes, want %v", m.Runtime, slope.Median, slope.Lo, slope.Hi, want.bytes)
		}
	}
	var table strings.Builder
	if err := WriteTable(&table, s, TableOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"slope of resident memory", "4.37 KB +-", "9.00 KB +-", "no more at", "500000"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table does not say %q:\n%s", want, table.String())
		}
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var have struct {
		Memory []struct {
			Runtime string
			Each    struct{ Median, Lo, Hi float64 } `json:"bytes_each"`
			Reached uint64
			Limit   string
		}
	}
	if err := json.Unmarshal(text, &have); err != nil {
		t.Fatal(err)
	}
	if len(have.Memory) != 2 || have.Memory[0].Limit != "pthread_create: EAGAIN at 500000" || have.Memory[0].Each.Lo <= 0 {
		t.Errorf("JSON: %+v", have.Memory)
	}
}

// TestMemoryOfOneSize: a line takes two places.
func TestMemoryOfOneSize(t *testing.T) {
	s, err := Summarise(idleRecord(t, nil, 1000), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range s.Memory {
		if m.Limit == "" {
			t.Errorf("a line through one size: %+v", m)
		}
	}
}

func TestFormatBytes(t *testing.T) {
	for _, tc := range []struct {
		bytes float64
		want  string
	}{{0, "0 B"}, {259, "259 B"}, {999.6, "1.00 KB"}, {4370, "4.37 KB"}, {1.02e9, "1.02 GB"}} {
		if have := FormatBytes(tc.bytes); have != tc.want {
			t.Errorf("%v: %q, want %q", tc.bytes, have, tc.want)
		}
	}
}
