package protocol

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDocumentedExamples reads PROTOCOL.md: what it shows must be the protocol.
func TestDocumentedExamples(t *testing.T) {
	doc, err := os.ReadFile("../../competitors/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, m := range regexp.MustCompile("(?s)```json([^\n]*)\n(.*?)```").FindAllStringSubmatch(string(doc), -1) {
		kind, text := strings.TrimSpace(m[1]), m[2]
		seen[kind]++
		switch kind {
		case "describe":
			_, err = ParseDescribe(strings.NewReader(text))
		case "run":
			_, err = Read(strings.NewReader(text), Expect{Warmup: 1, Iterations: 2})
		case "":
			var l Line
			if l, err = decode([]byte(text)); err == nil {
				seen[l.kind()]++
			}
		}
		if err != nil {
			t.Errorf("%v in the example\n%s", err, text)
		}
	}
	for _, kind := range []string{"describe", "run", "config", "sample", "histogram", "limit", "end"} {
		if seen[kind] == 0 {
			t.Errorf("no example of %s", kind)
		}
	}
}
