package results

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// exported writes a record in a format.
func exported(t *testing.T, format string, rec *Record) []byte {
	t.Helper()
	s, err := Summarise(rec, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range Exports {
		if e.Name == format {
			var b bytes.Buffer
			if err := e.Write(&b, rec, s); err != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		}
	}
	t.Fatalf("no format %s", format)
	return nil
}

func sampleRecord(t *testing.T) *Record {
	t.Helper()
	rec, err := Open(samplePath)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// evil has names that no format is made for, and numbers that are none.
func evil() *Record {
	m := newMade()
	m.Run.Host.CPUModel = "a \"quoted\"\nCPU\\ \xff"
	m.Run.ID = "x"
	for _, rt := range []string{"a,b\"c\"\nd", "slash/and space=1-8", "\xff\xfe", "=cmd()", strings.Repeat("long ", 400)} {
		c := m.cell(rt, 1)
		m.inv(c, OK, "", 100, 101)
		m.inv(c, OK, "", 102, 103)
	}
	m.inv(m.cell("zero", 1), OK, "", 0, -5)
	m.inv(m.cell("crash", 1), Crash, "line\ntwo")
	m.cell("not run", 1)
	return m.Record
}

func TestExportsGolden(t *testing.T) {
	rec := sampleRecord(t)
	for _, e := range Exports {
		if e.Name == "json" || e.Name == "samples" {
			continue
		}
		golden(t, "testdata/export-"+e.Name+".txt", exported(t, e.Name, rec))
	}
}

// TestExportsOfOddRecords: no format breaks on an empty record, on one without
// results, or on names and numbers that it is not made for.
func TestExportsOfOddRecords(t *testing.T) {
	for name, rec := range map[string]*Record{"empty": newMade().Record, "evil": evil()} {
		for _, e := range Exports {
			out := exported(t, e.Name, rec)
			if !utf8.Valid(out) && e.Name != "csv" && e.Name != "samples" {
				t.Errorf("%s as %s: not UTF-8: %q", name, e.Name, out)
			}
			if strings.Contains(string(out), "NaN") || strings.Contains(string(out), "Inf") {
				t.Errorf("%s as %s: %s", name, e.Name, out)
			}
		}
	}
}

func TestExportCSV(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(exported(t, "csv", evil()))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 9 || rows[1][0] != "a,b\"c\"\nd" || rows[1][5] != "ok" || rows[1][7] != "101.5" || rows[6][5] != "ok" || rows[6][7] != "" || rows[7][5] != "crash" || rows[8][5] != "not-run" {
		t.Errorf("%q", rows)
	}
	rec := sampleRecord(t)
	rows, err = csv.NewReader(bytes.NewReader(exported(t, "samples", rec))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	samples, none := 0, 0
	for _, inv := range rec.Invocations {
		n := len(inv.Warmup) + len(inv.Timed)
		samples += n
		if n == 0 {
			none++
		}
	}
	if len(rows) != 1+samples+none {
		t.Errorf("%d lines, want 1 + %d samples + %d without", len(rows), samples, none)
	}
}

// TestBenchstatReads: the real benchstat finds every cell, with as many
// invocations and the same medians.
func TestBenchstatReads(t *testing.T) {
	dir := t.TempDir()
	odd := filepath.Join(dir, "odd.txt")
	file := filepath.Join(dir, "sample.txt")
	rec := sampleRecord(t)
	for path, rec := range map[string]*Record{file: rec, odd: evil()} {
		if err := os.WriteFile(path, exported(t, "gobench", rec), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	benchstat := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("go", append([]string{"tool", "benchstat"}, args...)...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, stderr.String())
		}
		return string(out)
	}
	s, err := Summarise(rec, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{}
	for _, c := range s.results() {
		want[strings.TrimPrefix(goName(c.Cell), "Benchmark")] = c.NSPerUnit.Median
	}
	got := 0
	rows := csv.NewReader(strings.NewReader(benchstat("-format", "csv", "-filter", ".unit:sec/op", file)))
	rows.FieldsPerRecord = -1
	all, err := rows.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		median, ok := want[r[0]]
		if !ok {
			continue
		}
		got++
		if v, err := strconv.ParseFloat(r[1], 64); err != nil || math.Abs(v*1e9/median-1) > 1e-6 {
			t.Errorf("%s: benchstat says %s s, we say %v ns", r[0], r[1], median)
		}
	}
	if got != len(want) {
		t.Errorf("benchstat finds %d of %d cells in\n%v", got, len(want), all)
	}
	if out := benchstat("-col", "/runtime", odd); !strings.Contains(out, "slash_and_space=1-8") || !strings.Contains(out, "Fib/n=15") {
		t.Errorf("of odd names:\n%s", out)
	}
}

func TestExportServices(t *testing.T) {
	for name, rec := range map[string]*Record{"sample": sampleRecord(t), "evil": evil(), "empty": newMade().Record} {
		s, err := Summarise(rec, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var list []struct {
			Name, Unit   string
			Value        *float64
			Range, Extra string
		}
		dec := json.NewDecoder(bytes.NewReader(exported(t, "github-action-benchmark", rec)))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&list); err != nil || list == nil || len(list) != len(s.results()) {
			t.Fatalf("%s: %v, %d benchmarks", name, err, len(list))
		}
		names := map[string]bool{}
		for _, b := range list {
			if b.Name == "" || names[b.Name] || b.Value == nil || !(*b.Value > 0) || !strings.HasPrefix(b.Unit, "ns/") {
				t.Errorf("%s: %+v", name, b)
			}
			names[b.Name] = true
		}
		var bmf map[string]map[string]struct {
			Value *float64
			Lower *float64 `json:"lower_value"`
			Upper *float64 `json:"upper_value"`
		}
		dec = json.NewDecoder(bytes.NewReader(exported(t, "bencher", rec)))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&bmf); err != nil || len(bmf) != len(s.results()) {
			t.Fatalf("%s: %v, %d benchmarks", name, err, len(bmf))
		}
		for key, measures := range bmf {
			m, ok := measures["latency"]
			if !ok || len(measures) != 1 || m.Value == nil || utf8.RuneCountInString(key) > 1024 || (m.Lower != nil && *m.Lower > *m.Value) || (m.Upper != nil && *m.Upper < *m.Value) {
				t.Errorf("%s: %s: %+v", name, key, measures)
			}
		}
	}
}

// openMetrics holds a text to the ABNF and the rules of OpenMetrics 1.0, as far
// as gauges and info go, and returns the number of samples of each family.
func openMetrics(text string) (map[string]int, error) {
	if !strings.HasSuffix(text, "\n# EOF\n") || strings.Count(text, "# EOF") != 1 {
		return nil, fmt.Errorf("it does not end with one # EOF")
	}
	meta := regexp.MustCompile(`^# (TYPE|UNIT|HELP) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$`)
	sample := regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)$`)
	counts, kinds, seen := map[string]int{}, map[string]string{}, map[string]bool{}
	family := ""
	for n, line := range strings.Split(strings.TrimSuffix(text, "# EOF\n"), "\n") {
		bad := func(why string) error { return fmt.Errorf("line %d: %s: %s", n+1, why, line) }
		if line == "" {
			if n == 0 || n+1 < strings.Count(text, "\n")-1 {
				return nil, bad("blank")
			}
			continue
		}
		if m := meta.FindStringSubmatch(line); m != nil {
			switch {
			case m[2] != family && kinds[m[2]] != "":
				return nil, bad("family comes twice")
			case m[1] == "TYPE" && (kinds[m[2]] != "" || m[3] != "gauge" && m[3] != "info"):
				return nil, bad("type")
			case m[1] != "TYPE" && m[2] != family:
				return nil, bad("before its type")
			case m[1] == "UNIT" && !strings.HasSuffix(m[2], "_"+m[3]):
				return nil, bad("name without its unit")
			case counts[m[2]] > 0:
				return nil, bad("behind its samples")
			}
			family = m[2]
			if m[1] == "TYPE" {
				kinds[family], counts[family] = m[3], 0
			}
			continue
		}
		m := sample.FindStringSubmatch(line)
		if m == nil {
			return nil, bad("neither metadata nor sample")
		}
		name := m[1]
		if kinds[family] == "info" {
			name = strings.TrimSuffix(name, "_info")
			if name == m[1] || m[4] != "1" {
				return nil, bad("info")
			}
		}
		if _, err := strconv.ParseFloat(m[4], 64); err != nil || name != family {
			return nil, bad("sample of another family, or no number")
		}
		if seen[m[1]+m[2]] || strings.HasSuffix(m[3], ",") {
			return nil, bad("twice, or a comma too many")
		}
		seen[m[1]+m[2]] = true
		counts[family]++
	}
	return counts, nil
}

func TestExportOpenMetrics(t *testing.T) {
	for name, rec := range map[string]*Record{"sample": sampleRecord(t), "evil": evil(), "empty": newMade().Record} {
		s, err := Summarise(rec, Options{})
		if err != nil {
			t.Fatal(err)
		}
		out := string(exported(t, "openmetrics", rec))
		counts, err := openMetrics(out)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if n := len(s.results()); counts["mnbench_time_per_unit_seconds"] != n || counts["mnbench_invocations"] != n || counts["mnbench_run"] != 1 {
			t.Errorf("%s: %v, want %d of each", name, counts, n)
		}
	}
	// The parser is strict.
	good := "# TYPE a_seconds gauge\n# UNIT a_seconds seconds\na_seconds{x=\"1\"} 2\n# EOF\n"
	if _, err := openMetrics(good); err != nil {
		t.Errorf("good: %v", err)
	}
	for _, bad := range []string{
		strings.TrimSuffix(good, "# EOF\n"), good + "a 1\n", strings.Replace(good, "_seconds seconds", "_seconds bytes", 1), strings.Replace(good, `"1"`, `"1`, 1),
		strings.Replace(good, " 2", " two", 1), strings.Replace(good, "a_seconds{", "b_seconds{", 1), strings.Replace(good, "gauge", "gouge", 1),
		strings.Replace(good, "# EOF", "a_seconds{x=\"1\"} 3\n# EOF", 1), strings.Replace(good, "\na_", "\n\na_", 1), strings.Replace(good, `x=`, `1x=`, 1),
	} {
		if _, err := openMetrics(bad); err == nil {
			t.Errorf("taken: %q", bad)
		}
	}
}

// TestExportNames: formats have names of their own and say what they are.
func TestExportNames(t *testing.T) {
	var names []string
	for _, e := range Exports {
		if e.Name == "" || e.Summary == "" || slices.Contains(names, e.Name) {
			t.Errorf("%+v", e)
		}
		names = append(names, e.Name)
	}
}
