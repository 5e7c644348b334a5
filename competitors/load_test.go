package competitors

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// manifest is a complete one; edits replace parts of it.
func manifest(edits ...string) string {
	s := `{
  "id": "toy", "summary": "a toy", "model": "1:1", "language": "sh",
  "needs": [{"tool": "sh", "apt": "dash"}],
  "build": [["{sh}", "-c", "cp driver.sh {out}/driver"]],
  "run": ["{sh}", "{out}/driver"],
  "variants": [{"id": "toy"}, {"id": "toy-fast", "model": "M:N", "args": ["--fast"]}],
  "declines": [{"workload": "yield", "reason": "cannot"}]
}`
	return strings.NewReplacer(edits...).Replace(s)
}

func tree(manifests map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{"competitors/PROTOCOL.md": {}, "competitors/c/driver.c": {}}
	for dir, m := range manifests {
		fsys["competitors/"+dir+"/competitor.json"] = &fstest.MapFile{Data: []byte(m)}
	}
	return fsys
}

func TestLoad(t *testing.T) {
	all, err := Load(tree(map[string]string{
		"toy": manifest(),
		"box": `{"id":"box","summary":"s","model":"async","language":"c","sources":["competitors/c"],"run":["{src}/x"]}`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all[0].ID != "box" || all[1].ID != "toy" {
		t.Fatalf("got %v, want box and toy", all)
	}
	box, toy := all[0], all[1]
	if got := box.Variants; len(got) != 1 || got[0].ID != "box" || got[0].Model != "async" {
		t.Errorf("box: variants %+v, want one like the competitor", got)
	}
	if got := toy.Sources; !reflect.DeepEqual(got, []string{"competitors/toy"}) {
		t.Errorf("toy: sources %v, want its own folder", got)
	}
	if toy.Variant("toy").Model != "1:1" || toy.Variant("toy-fast").Model != "M:N" || toy.Variant("x") != nil {
		t.Errorf("toy: variants %+v", toy.Variants)
	}
	if reason, yes := toy.Declined("toy-fast", "yield"); !yes || reason != "cannot" {
		t.Errorf("toy: yield declined %v %q", yes, reason)
	}
	if _, yes := toy.Declined("toy", "fib"); yes {
		t.Error("toy: fib is declined")
	}
}

func TestLoadErrors(t *testing.T) {
	tests := []struct {
		name  string
		edits []string
		want  string
	}{
		{"unknown key", []string{`"summary"`, `"sumary"`}, `competitors/toy/competitor.json: json: unknown field "sumary"`},
		{"unknown key inside", []string{`"apt"`, `"atp"`}, `unknown field "atp"`},
		{"syntax", []string{`"toy",`, `"toy";`}, `competitors/toy/competitor.json:2: invalid character`},
		{"more", []string{"\n}", "\n} {}"}, "something follows the object"},
		{"folder", []string{`"id": "toy", "s`, `"id": "other", "s`}, `id: want "toy", the name of the folder, have "other"`},
		{"id", []string{`"id": "toy", "s`, `"id": "Toy!", "s`}, `id: want small letters`},
		{"summary", []string{`"a toy"`, `""`}, "summary is missing"},
		{"language", []string{`"language": "sh",`, ``}, "language is missing"},
		{"model", []string{`"1:1"`, `"2:1"`}, `model: want one of 1:1, N:1, M:N, async, have "2:1"`},
		{"variant model", []string{`"M:N"`, `"M:M"`}, `variants[1]: model: want`},
		{"variant id", []string{`"toy-fast"`, `"toy fast"`}, `variants[1]: id: want`},
		{"variant twice", []string{`"toy-fast"`, `"toy"`}, "variant toy is in both"},
		{"run", []string{`"run": ["{sh}", "{out}/driver"],`, ""}, "run is missing"},
		{"trace", []string{`"build"`, `"trace": {"events_env": "X"}, "build"`}, "trace: env is missing"},
		{"decline", []string{`"cannot"`, `""`}, "declines[0]: workload and reason"},
		{"decline of the rest", []string{`"yield", "reason"`, `"*", "reason"`}, `declines: name each workload and why it is not done`},
		{"decline variant", []string{`"reason"`, `"variant": "x", "reason"`}, `declines[0]: no variant "x"`},
		{"placeholder", []string{"{out}/driver\"]]", "{outs}/driver\"]]"}, "build[0]: unknown placeholder {outs} (did you mean {out}?)"},
		{"workers in build", []string{"cp driver", "cp {workers}driver"}, "build[0]: unknown placeholder {workers}"},
		{"placeholder in run", []string{`"{sh}", "{out}/driver"`, `"{sh}", "{java}"`}, "run: unknown placeholder {java} (known here: {out}, {sh}, {src}, {workers})"},
		{"placeholder in variant", []string{"--fast", "{fast}"}, "variant toy-fast: unknown placeholder {fast}"},
		{"out without build", []string{`"build": [["{sh}", "-c", "cp driver.sh {out}/driver"]],`, ""}, "run: unknown placeholder {out}"},
		{"fetch of what", []string{`"build"`, `"fetch": {"command": ["{sh}"], "hint": "x"}, "build"`}, "fetch: what and hint must be given"},
		{"fetch by what", []string{`"build"`, `"fetch": {"what": "x", "hint": "x"}, "build"`}, "fetch: command is empty"},
		{"fetch for what", []string{`"build": [["{sh}", "-c", "cp driver.sh {out}/driver"]],`, `"fetch": {"what": "x", "command": ["{sh}"], "hint": "x"},`}, "fetch: there is no build that it is for"},
		{"placeholder in fetch", []string{`"build"`, `"fetch": {"what": "x", "command": ["{sg}"], "hint": "x"}, "build"`}, "fetch: unknown placeholder {sg}"},
		{"empty build line", []string{`[["{sh}", "-c", "cp driver.sh {out}/driver"]]`, "[[]]"}, "build[0] is empty"},
		{"source above", []string{`"build"`, `"sources": ["../x"], "build"`}, `sources: "../x": want a path below`},
		{"min without version", []string{`"apt"`, `"min": 3, "apt"`}, "needs[0]: sh: min without version"},
		{"min", []string{`"apt"`, `"min": "new", "apt"`}, `min: want a whole number or a string such as "1.22", have "new"`},
		{"pattern", []string{`"apt"`, `"pattern": "v[0-9]+", "apt"`}, "sh: pattern: no group"},
		{"dirs", []string{`"apt"`, `"dirs": ["usr/lib/*"], "apt"`}, "sh: dirs: want an absolute path"},
		{"check and search", []string{`"apt"`, `"check": ["true"], "env": "X", "apt"`}, "sh: check stands alone"},
		{"tool twice", []string{`{"tool": "sh", "apt": "dash"}`, `{"tool": "sh"}, {"tool": "sh"}`}, "needs: sh is there twice"},
		{"tool", []string{`"tool": "sh"`, `"tool": ""`}, "needs[0]: tool is missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := manifest(tt.edits...)
			if text == manifest() {
				t.Fatal("the edit changes nothing")
			}
			_, err := Load(tree(map[string]string{"toy": text}))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestLoadDir(t *testing.T) {
	dir := t.TempDir()
	if _, err := LoadDir(dir); err == nil || !strings.Contains(err.Error(), "no competitor.json in it") {
		t.Errorf("empty folder: got error %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "competitor.json"), []byte(manifest()), 0o666); err != nil {
		t.Fatal(err)
	}
	c, err := LoadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !c.External() || c.ID != "toy" || !reflect.DeepEqual(c.Sources, []string{"."}) {
		t.Errorf("got %+v", c)
	}
	if err := Unique([]*Competitor{c, c}); err == nil {
		t.Error("the same competitor twice is no error")
	}
}

func TestFind(t *testing.T) {
	all, err := Load(tree(map[string]string{"toy": manifest(`[{"id": "toy"}`, `[{"id": "toy-slow"}`)}))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"toy": "toy-slow", "toy-slow": "toy-slow", "toy-fast": "toy-fast"} {
		if _, v, err := Find(all, name); err != nil || v.ID != want {
			t.Errorf("%s: got %v, %v, want %s", name, v, err, want)
		}
	}
	_, _, err = Find(all, "toy-fsat")
	if err == nil || !strings.Contains(err.Error(), `did you mean "toy-fast"?`) {
		t.Errorf("got error %v, want a suggestion", err)
	}
}

func TestVersion(t *testing.T) {
	tests := []struct {
		output, pattern string
		want            Version
	}{
		{"gcc (Debian 12.2.0-14+deb12u1) 12.2.0", "", "12.2.0"},
		{"javac 25.0.1", "", "25.0.1"},
		{"openjdk version \"1.8.0_392\"", "", "1.8.0"},
		{"go version go1.26.1 linux/amd64", "", "1.26.1"},
		{"GNU Make 4.3\nBuilt for x86_64", "", "4.3"},
		{"clang format 3, version 14.0.6", `version ([0-9.]+)`, "14.0.6"},
		{"no number", "", ""},
		{"v...", `v([.]+)`, ""},
	}
	for _, tt := range tests {
		if got := versionIn(tt.output, tt.pattern); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.output, got, tt.want)
		}
	}
	order := []Version{"", "1.8.0", "1.22", "1.22.1", "17.0.15", "21", "25", "99999999999999999999"}
	for i, a := range order {
		for j, b := range order {
			if got, want := a.AtLeast(b), i >= j; got != want {
				t.Errorf("%q at least %q: got %v", a, b, got)
			}
		}
	}
}

// TestDocumentedManifest: the manifest that PROTOCOL.md shows is that of the
// example, which is one.
func TestDocumentedManifest(t *testing.T) {
	const example = "../examples/own-runtime"
	doc, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```json manifest\n(.*?)```").FindSubmatch(doc)
	if m == nil {
		t.Fatal("PROTOCOL.md shows no manifest")
	}
	if text, err := os.ReadFile(example + "/competitor.json"); err != nil || !bytes.Equal(m[1], text) {
		t.Errorf("PROTOCOL.md shows another manifest than that of %s (%v)", example, err)
	}
	if _, err := LoadDir(example); err != nil {
		t.Error(err)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(manifest())
	f.Add(`{"id":"toy","summary":"s","model":"1:1","language":"c","run":["{"],"needs":[{"tool":"{src}","min":1}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		all, err := Load(tree(map[string]string{"toy": text}))
		if err != nil {
			return
		}
		for _, v := range all[0].Variants {
			b := Built{Competitor: all[0]}
			for _, n := range all[0].Needs {
				beside := map[string]string{}
				for _, name := range n.Beside {
					beside[name] = "/" + name
				}
				b.Tools = append(b.Tools, Tool{Name: n.Tool, Path: "/x", Beside: beside})
			}
			if _, _, err := b.Command(v.ID, 1); err != nil {
				t.Errorf("a valid manifest has no command: %v", err)
			}
		}
	})
}
