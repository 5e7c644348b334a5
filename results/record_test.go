package results

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/mnbench/mnbench/results/stat"
)

const (
	runLine = `{"type":"run","schema":1,"id":"x","plan":{"cells":[{"runtime":"mn","workload":"spawn","params":{"n":1},"workers":1,"mode":"parallel"},{"runtime":"mn","workload":"spawn","params":{"n":2},"workers":1,"mode":"parallel"}]}}` + "\n"
	s00     = `{"type":"sample","cell":0,"invocation":0,"phase":"timed","index":0,"ns":100,"units":1,"answer":"18446744073709551615"}` + "\n"
	s01     = `{"type":"sample","cell":0,"invocation":0,"phase":"timed","index":1,"ns":101,"units":1,"answer":"1","counters":{"steals":3}}` + "\n"
	i0      = `{"type":"invocation","cell":0,"invocation":0,"status":"ok"}` + "\n"
	s10     = `{"type":"sample","cell":1,"invocation":0,"phase":"timed","index":0,"ns":7,"units":1,"answer":"1"}` + "\n"
	i1      = `{"type":"invocation","cell":1,"invocation":0,"status":"timeout"}` + "\n"
	endLine = `{"type":"end","status":"complete"}` + "\n"
)

func codes(ws []Warning) string {
	var out []string
	for _, w := range ws {
		out = append(out, string(w.Code))
	}
	return strings.Join(out, " ")
}

func shape(r *Record) string {
	var b strings.Builder
	for _, inv := range r.Invocations {
		fmt.Fprintf(&b, "%d/%d:%d+%d ", inv.Cell, inv.Invocation.Invocation, len(inv.Warmup), len(inv.Timed))
	}
	return strings.TrimSpace(b.String())
}

func TestRead(t *testing.T) {
	warm := strings.Replace(s00, "timed", "warmup", 1)
	for _, tt := range []struct{ name, in, want, warnings string }{
		{"whole", runLine + warm + s00 + s01 + i0 + s10 + i1 + endLine, "0/0:1+2 1/0:0+1", ""},
		{"only a run line", runLine, "", "no-end"},
		{"no newline at the end", runLine + strings.TrimSuffix(s00+i0+endLine, "\n"), "0/0:0+1", ""},
		{"killed between lines", runLine + s00 + i0 + s10, "0/0:0+1", "uncommitted no-end"},
		{"killed inside a line", runLine + s00 + i0 + s10[:30], "0/0:0+1", "cut-off no-end"},
		{"killed inside an invocation line", runLine + s00 + i0 + s10 + i1[:20], "0/0:0+1", "cut-off uncommitted no-end"},
		{"zeros after a power cut", runLine + s00 + i0 + strings.Repeat("\x00", 500), "0/0:0+1", "cut-off no-end"},
		{"killed and continued with the same invocation", runLine + s00 + s01 + s00 + s01 + i0 + endLine, "0/0:0+2", "uncommitted"},
		{"killed and continued with another", runLine + s10 + s00 + s01 + i0 + endLine, "0/0:0+2", "uncommitted"},
		{"killed in the timed phase and continued with its warmup", runLine + s00 + s01 + warm + s00 + i0 + endLine, "0/0:1+1", "uncommitted"},
		{"samples of another invocation", runLine + s00 + i1 + endLine, "1/0:0+0", "uncommitted"},
		{"an invocation twice", runLine + s00 + i0 + s00 + i0 + endLine, "0/0:0+1", "duplicate"},
		{"cells twice", strings.Replace(runLine, `{"n":2}`, `{"n":1}`, 1) + s00 + i0 + s10 + i1 + endLine, "0/0:0+1 1/0:0+1", "duplicate"},
		{"blank lines and carriage returns", strings.ReplaceAll(runLine+"\n\n"+s00+i0+"\n"+endLine, "\n", "\r\n"), "0/0:0+1", ""},
		{"lines of a newer version", runLine + `{"type":"histogram","x":1}` + "\n" + s00 + i0 + endLine, "0/0:0+1", "newer-lines"},
		{"continued after an interruption", runLine + s00 + i0 + `{"type":"end","status":"interrupted"}` + "\n" + s10 + i1 + endLine, "0/0:0+1 1/0:0+1", ""},
		{"interrupted", runLine + s00 + i0 + `{"type":"end","status":"interrupted"}` + "\n", "0/0:0+1", "interrupted"},
		{"type not first", runLine + `{"cell":0,"invocation":0,"status":"ok","type":"invocation"}` + "\n" + endLine, "0/0:0+0", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec, err := Read("x.jsonl", strings.NewReader(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if got := shape(rec); got != tt.want {
				t.Errorf("have %q, want %q", got, tt.want)
			}
			if got := codes(rec.Warnings); got != tt.warnings {
				t.Errorf("warnings %q, want %q", got, tt.warnings)
			}
		})
	}
}

func TestReadKeepsValues(t *testing.T) {
	rec, err := Read("x", strings.NewReader(runLine+s00+s01+i0+endLine))
	if err != nil {
		t.Fatal(err)
	}
	inv := rec.Invocations[0]
	want := []Point{{NS: 100, Units: 1, Answer: 1<<64 - 1}, {NS: 101, Units: 1, Answer: 1}}
	if !reflect.DeepEqual(inv.Timed, want) || inv.Counters["steals"] != 3 || inv.Status != OK {
		t.Errorf("have %+v", inv)
	}
}

func TestReadDamage(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"empty", "", "x.jsonl: empty: no run is recorded in it: give the .jsonl file"},
		{"binary", "\x7fELF\x02\x01\x00\n\xff\xfe\n", "x.jsonl: line 1: not JSON (invalid character '\\x7f' looking for beginning of value): give the .jsonl"},
		{"blank", "\n\n", "x.jsonl: line 1: not JSON"},
		{"other JSON", `{"cells":[]}` + "\n", "x.jsonl: line 1: not a record: the first line is not a run line: give the .jsonl"},
		{"JSON but no object", "[1,2]\n", "x.jsonl: line 1: json: cannot unmarshal array"},
		{"no run line", s00 + i0, "x.jsonl: line 1: not a record"},
		{"newer schema", `{"type":"run","schema":2,"tool":{"version":"9.9"},"plan":"different"}` + "\n", "x.jsonl: line 1: record format 2 (written by mnbench 9.9), this mnbench reads format 1: use the mnbench that wrote it or a newer one"},
		{"no schema", `{"type":"run"}` + "\n", "record format 0, this"},
		{"rubbish in the middle", runLine + s00 + "rubbish\n" + i0, "x.jsonl: line 3: not JSON (invalid character 'r' looking for beginning of value): the record is damaged; the 2 lines before are good: keep them with  head -n 2 x.jsonl > mended.jsonl"},
		{"two lines run together", runLine + s00[:40] + s01 + i0, "x.jsonl: line 2: not JSON"},
		{"NaN", runLine + strings.Replace(s00, `"ns":100`, `"ns":NaN`, 1) + i0, "x.jsonl: line 2: not JSON (invalid character 'N'"},
		{"a fraction of a nanosecond", runLine + strings.Replace(s00, `"ns":100`, `"ns":1.5`, 1) + i0, "line 2: json: cannot unmarshal number 1.5 into"},
		{"too large", runLine + strings.Replace(s00, `"ns":100`, `"ns":1e99`, 1) + i0, "line 2: json: cannot unmarshal number 1e99"},
		{"negative units", runLine + strings.Replace(s00, `"units":1`, `"units":-1`, 1) + i0, "line 2: json: cannot unmarshal number -1"},
		{"no such cell", runLine + strings.Replace(s00, `"cell":0`, `"cell":2`, 1) + i0, "line 2: cell 2, but the plan has 2 cells"},
		{"negative cell", runLine + strings.Replace(i0, `"cell":0`, `"cell":-1`, 1), "line 2: cell -1"},
		{"unknown phase", runLine + strings.Replace(s00, "timed", "cold", 1) + i0, `line 2: sample of unknown phase "cold"`},
		{"no status", runLine + `{"type":"invocation","cell":0}` + "\n", "line 2: invocation without a status"},
		{"no type", runLine + `{"cell":0}` + "\n" + i0, "line 2: a line without a type"},
		{"two records", runLine + i0 + endLine + runLine, "line 4: a second run line: two records in one file"},
		{"a cell without a runtime", strings.Replace(runLine, `"runtime":"mn",`, "", 1), "line 1: a cell of the plan without a runtime"},
		{"broken parameters", strings.Replace(runLine, `{"n":1}`, `{"n":-1}`, 1), "line 1: params: n: want a whole number"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Read("x.jsonl", strings.NewReader(tt.in))
			var fe *FormatError
			if !errors.As(err, &fe) {
				t.Fatalf("error %T %v, want a FormatError", err, err)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q\n want %q", err, tt.want)
			}
		})
	}
}

// endless is a reader of one line that never ends.
type endless struct{ read int64 }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	e.read += int64(len(p))
	return len(p), nil
}

func TestReadBoundsLines(t *testing.T) {
	src := &endless{}
	_, err := Read("x.jsonl", io.MultiReader(strings.NewReader(runLine), src))
	if err == nil || !strings.Contains(err.Error(), "x.jsonl: line 2: longer than 32 MiB") {
		t.Errorf("error %v", err)
	}
	if src.read > 2*MaxLine {
		t.Errorf("%d bytes were read", src.read)
	}
}

// many writes a record of n samples on the fly.
func many(n int) io.Reader {
	r, w := io.Pipe()
	go func() {
		io.WriteString(w, runLine)
		var b []byte
		for i := range n {
			b = fmt.Appendf(b[:0], `{"type":"sample","cell":0,"invocation":%d,"phase":"timed","index":%d,"ns":%d,"units":1000,"answer":"500500","rss_bytes":1048576,"counters":{"steals":3}}`+"\n", i/1000, i%1000, 90000+i%977)
			if i%1000 == 999 {
				b = fmt.Appendf(b, `{"type":"invocation","cell":0,"invocation":%d,"status":"ok"}`+"\n", i/1000)
			}
			if _, err := w.Write(b); err != nil {
				return
			}
		}
		w.Close()
	}()
	return r
}

// TestReadMemory: what a record keeps of a sample is a few machine words.
func TestReadMemory(t *testing.T) {
	const n = 50_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	rec, err := Read("x", many(n))
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if len(rec.Invocations) != n/1000 || len(rec.Invocations[3].Timed) != 1000 {
		t.Fatalf("have %d invocations", len(rec.Invocations))
	}
	if per := float64(after.HeapAlloc-before.HeapAlloc) / n; per > 60 {
		t.Errorf("%.0f bytes are kept for each sample", per)
	}
	runtime.KeepAlive(rec)
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir + "/none.jsonl", dir} {
		_, err := Open(path)
		if err == nil || !strings.HasPrefix(err.Error(), path) || strings.Count(err.Error(), path) != 1 {
			t.Errorf("Open(%s): %v", path, err)
		}
	}
}

func TestDecoderStreams(t *testing.T) {
	f, err := os.Open(samplePath)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := NewDecoder(samplePath, f)
	kinds := map[string]int{}
	for {
		v, err := d.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		kinds[fmt.Sprintf("%T", v)]++
	}
	if kinds["*results.Run"] != 1 || kinds["*results.End"] != 1 || kinds["*results.Unavailable"] != 1 || kinds["*results.Invocation"] != 234 || kinds["*results.Sample"] != 6*(234-12-3-1) /* limits, timeouts, a crash */ {
		t.Errorf("have %v", kinds)
	}
	if _, err := d.Next(); err != io.EOF {
		t.Errorf("behind the end: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(runLine + s00 + s01 + i0 + s10 + i1 + endLine))
	f.Add([]byte(runLine + s00 + i0 + s10[:30]))
	f.Add([]byte(strings.Replace(runLine, `{"n":2}`, `{"n":1}`, 1) + strings.Replace(s00, "100", "-100", 1) + i0))
	f.Add([]byte("\x00\xff{}"))
	f.Add([]byte(`{"type":"run","schema":1}` + "\n{\n{\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rec, err := Read("x", strings.NewReader(string(data)))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "x: ") {
				t.Errorf("error does not name the file: %v", err)
			}
			return
		}
		for _, inv := range rec.Invocations {
			if inv.Cell < 0 || inv.Cell >= len(rec.Run.Plan.Cells) {
				t.Errorf("cell %d of %d", inv.Cell, len(rec.Run.Plan.Cells))
			}
		}
		if stat.Has(rec.Warnings, NoEnd) != (rec.End == nil) {
			t.Errorf("end %v, warnings %v", rec.End, rec.Warnings)
		}
	})
}
func BenchmarkRead(b *testing.B) {
	data, err := io.ReadAll(many(100_000))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Read("x", bytes.NewReader(data)); err != nil {
			b.Fatal(err)
		}
	}
}
