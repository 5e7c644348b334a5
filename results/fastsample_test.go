package results

import (
	"encoding/json"
	"reflect"
	"testing"
)

var sampleLines = []string{
	`{"type":"sample","cell":3,"invocation":12,"phase":"timed","index":4,"ns":123456,"units":1000,"answer":"500500","rss_bytes":1048576,"counters":{"steals":3,"parks":0}}`,
	`{"type":"sample","cell":0,"invocation":-1,"phase":"warmup","index":0,"ns":-5,"units":0,"answer":"0"}`,
	`{"type":"sample","cell":0,"invocation":0,"phase":"timed","index":0,"ns":1,"units":1,"answer":"18446744073709551615"}`,
	`{"type":"sample","ns":1,"ns":2}`,
	`{"type":"sample","ns":01}`,
	`{"type":"sample","ns":1.5}`,
	`{"type":"sample","ns":1e3}`,
	`{"type":"sample","NS":7}`,
	`{"type":"sample","counters":{}}`,
	`{"type":"sample","counters":{"a":1,"a":2}}`,
	`{"type":"sample","counters":{"\u0061":1}}`,
	`{"type":"sample","ns":1,}`,
	`{"type":"sample","ns":1}}`,
	`{"type": "sample", "ns": 1}`,
	`{"type":"sample","ns":NaN}`,
	`{"type":"sample","answer":5}`,
	`{"type":"sample","answer":"05"}`,
	`{"type":"sample","ns":-0}`,
	`{}`, ``, `{`, `{"type":"sample"`, `{"type":"sample"}` + "\n", `[]`,
}

// sameAsJSON holds fastSample to encoding/json.
func sameAsJSON(t *testing.T, line []byte) bool {
	t.Helper()
	var fast, slow Sample
	if !fastSample(line, &fast) {
		return false
	}
	if err := json.Unmarshal(line, &slow); err != nil {
		t.Fatalf("taken: %q, which is %v", line, err)
	}
	if !reflect.DeepEqual(fast, slow) {
		t.Fatalf("%q: have %+v, want %+v", line, fast, slow)
	}
	return true
}

// TestFastSample: what it takes is what encoding/json would take; it takes
// what the writer writes.
func TestFastSample(t *testing.T) {
	taken := 0
	for _, line := range sampleLines {
		if sameAsJSON(t, []byte(line)) {
			taken++
		}
	}
	if taken < 4 {
		t.Errorf("only %d lines are taken", taken)
	}
	written, err := appendLine(nil, Sample{Type: "sample", Cell: 1, Invocation: 2, Phase: Timed, Index: 3, NS: 4, Units: 5, Answer: 6, RSSBytes: 7, Counters: map[string]uint64{"steals": 8}})
	if err != nil || !sameAsJSON(t, written) {
		t.Errorf("not taken: %s (%v)", written, err)
	}
}

func FuzzFastSample(f *testing.F) {
	for _, line := range sampleLines {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) { sameAsJSON(t, line) })
}
