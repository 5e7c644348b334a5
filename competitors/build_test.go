package competitors

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
)

// toy is a competitor that is built and written in sh. Its build leaves a
// line in $COUNT, so that builds can be counted.
func toy(t *testing.T, driver string, edits ...string) (*Competitor, fstest.MapFS, string) {
	t.Helper()
	count := filepath.Join(t.TempDir(), "count")
	m := strings.NewReplacer(edits...).Replace(`{
  "id": "toy", "summary": "a toy", "model": "1:1", "language": "sh",
  "needs": [{"tool": "sh"}, {"tool": "cp"}],
  "build": [["{cp}", "{src}/competitors/toy/*.sh", "{out}"], ["{sh}", "-c", "echo built >>$COUNT"]],
  "build_env": {"COUNT": "` + count + `"},
  "run": ["{sh}", "{out}/driver.sh"],
  "env": {"ALL": "{workers}"},
  "variants": [{"id": "toy"}, {"id": "toy-fast", "args": ["--fast"], "env": {"SPEED": "fast", "ALL": "none"}}]
}`)
	fsys := tree(map[string]string{"toy": m})
	fsys["competitors/toy/driver.sh"] = &fstest.MapFile{Data: []byte(driver)}
	fsys["competitors/toy/_build/junk"] = &fstest.MapFile{Data: []byte("junk")}
	return only(t, fsys), fsys, count
}

func only(t *testing.T, fsys fs.FS) *Competitor {
	t.Helper()
	all, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

const describer = `echo '{"protocol":1,"runtime":"toy","version":"0","workloads":["fib"],"modes":["parallel"]}'` + "\n"

func builds(t *testing.T, count string) int {
	data, err := os.ReadFile(count)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.Count(string(data), "built\n")
}

func TestBuildOnceUntilSomethingChanges(t *testing.T) {
	ctx := context.Background()
	c, fsys, count := toy(t, describer)
	b := &Builder{Cache: t.TempDir()}
	first, err := b.Build(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	d, err := first.Describe(ctx, "toy")
	if err != nil {
		t.Fatal(err)
	}
	if d.Runtime != "toy" || !d.Has("fib") {
		t.Errorf("describe: got %+v", d)
	}
	again, err := b.Build(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if again.Key != first.Key || builds(t, count) != 1 {
		t.Errorf("second build: key %s after %s, %d builds, want the same key and 1", again.Key, first.Key, builds(t, count))
	}

	fsys["competitors/toy/_build/junk"].Data = []byte("other junk")
	if again, err = b.Build(ctx, c); err != nil || again.Key != first.Key {
		t.Errorf("other build results: key %v after %s, error %v, want the same key", again, first.Key, err)
	}
	fsys["competitors/toy/driver.sh"].Data = []byte("# edited\n" + describer)
	edited, err := b.Build(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if edited.Key == first.Key || builds(t, count) != 2 {
		t.Errorf("edited source: key %s after %s, %d builds, want another key and 2", edited.Key, first.Key, builds(t, count))
	}
	if _, err := first.Describe(ctx, "toy"); err != nil {
		t.Errorf("the first build is gone: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(b.Cache, "tmp-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestCommandHasOnlyTheDeclaredEnvironment(t *testing.T) {
	t.Setenv("GOMAXPROCS", "7")
	t.Setenv("LD_PRELOAD_NOT", "x")
	t.Setenv("TMPDIR", "/tmp")
	c, _, _ := toy(t, describer)
	built, err := (&Builder{Cache: t.TempDir()}).Build(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	argv, env, err := built.Command("toy-fast", 3)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{built.Tools[0].Path, built.out + "/driver.sh", "--fast"}; !slices.Equal(argv, want) {
		t.Errorf("argv: got %q, want %q", argv, want)
	}
	want := []string{"ALL=none", "HOME=" + os.Getenv("HOME"), "LC_ALL=C", "PATH=" + os.Getenv("PATH"), "SPEED=fast", "TMPDIR=/tmp"}
	if !slices.Equal(env, want) {
		t.Errorf("env: got %q, want %q", env, want)
	}
	if _, env, _ = built.Command("toy", 3); !slices.Contains(env, "ALL=3") {
		t.Errorf("env of toy: got %q, want ALL=3 in it", env)
	}
	if _, _, err := built.Command("nobody", 1); err == nil {
		t.Error("an unknown variant has a command")
	}
}

func TestBuildEnvironmentDoesNotLeakIn(t *testing.T) {
	t.Setenv("CFLAGS", "-O0")
	t.Setenv("GOFLAGS", "-race")
	c, _, _ := toy(t, describer, "echo built >>$COUNT", "env >{out}/env")
	built, err := (&Builder{Cache: t.TempDir()}).Build(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	env, err := os.ReadFile(filepath.Join(built.out, "env"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(env), "\n") {
		if strings.HasPrefix(line, "CFLAGS=") || strings.HasPrefix(line, "GOFLAGS=") {
			t.Errorf("the build saw %s", line)
		}
	}
	if !strings.Contains(string(env), "COUNT=") {
		t.Error("the build did not see build_env")
	}
}

func TestBuildFailure(t *testing.T) {
	c, fsys, count := toy(t, describer, "echo built >>$COUNT", "i=0; while [ $i -lt 50 ]; do i=$((i+1)); echo error $i; done; exit 3")
	b := &Builder{Cache: t.TempDir()}
	_, err := b.Build(context.Background(), c)
	var be *BuildError
	if !errors.As(err, &be) {
		t.Fatalf("got error %v, want a *BuildError", err)
	}
	if !strings.HasPrefix(be.Tail, "error 39\n") || !strings.HasSuffix(be.Tail, "error 50") {
		t.Errorf("tail: got %q, want errors 39 to 50", be.Tail)
	}
	log, err := os.ReadFile(be.Log)
	if err != nil || !strings.Contains(string(log), "error 1\n") || !strings.HasPrefix(string(log), "$ ") {
		t.Errorf("log: got %q, %v, want the command and all its output", log, err)
	}
	for _, part := range []string{"toy: build failed: exit status 3", "  | error 50\n", "full log: " + be.Log} {
		if !strings.Contains(be.Error(), part) {
			t.Errorf("message: got %q, want %q in it", be.Error(), part)
		}
	}
	u := Absent{Variant: &c.Variants[0], Err: be}.Record()
	if u.Runtime != "toy" || !strings.Contains(u.Reason, "error 50") || u.Hint != "see "+be.Log {
		t.Errorf("record: got %+v", u)
	}
	// A failed build leaves nothing that a later one would take for done.
	fsys["competitors/toy/competitor.json"].Data = bytes.Replace(c.manifest, []byte("exit 3"), []byte("echo built >>$COUNT"), 1)
	if _, err := b.Build(context.Background(), only(t, fsys)); err != nil || builds(t, count) != 1 {
		t.Errorf("after the cure: error %v, %d builds", err, builds(t, count))
	}
}

func TestBuildGlobThatMatchesNothing(t *testing.T) {
	c, _, _ := toy(t, describer, "toy/*.sh", "toy/*.rs")
	_, err := (&Builder{Cache: t.TempDir()}).Build(context.Background(), c)
	if err == nil || !strings.Contains(err.Error(), "toy/*.rs matches no file") {
		t.Errorf("got error %v", err)
	}
}

func TestGlobsTakeOnlyTheManifestsStars(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "odd[1]*")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"b.go", "a.go", "a_test.go"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := expandGlobs([]string{"{src}", "{src}/*.go"}, map[string]string{"src": dir})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{dir, dir + "/a.go", dir + "/b.go"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDescribeErrors(t *testing.T) {
	tests := []struct{ name, driver, want string }{
		{"fails", "echo no memory >&2; exit 1", "exit status 1\n  | no memory"},
		{"other protocol", `echo '{"protocol":2}'`, "driver speaks protocol 2"},
		{"other runtime", `echo '{"protocol":1,"runtime":"x","workloads":["fib"]}'`, `it calls itself "x", want "toy"`},
		{"flood", "while echo 0123456789012345678901234567890123456789012345678901234567890123456789; do :; done", "describe"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _, _ := toy(t, tt.driver)
			built, err := (&Builder{Cache: t.TempDir()}).Build(context.Background(), c)
			if err != nil {
				t.Fatal(err)
			}
			_, err = built.Describe(context.Background(), "toy")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestExternalCompetitor(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("competitor.json", `{"id":"toy","summary":"s","model":"1:1","language":"sh","needs":[{"tool":"sh"}],"run":["{sh}","{src}/driver.sh"]}`)
	write("driver.sh", describer)
	c, err := LoadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	b := &Builder{Cache: filepath.Join(t.TempDir(), "unused")}
	built, err := b.Build(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := built.Describe(context.Background(), "toy"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(b.Cache); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a competitor without build lines used the cache: %v", err)
	}
	write("driver.sh", "# edited\n"+describer)
	again, err := b.Build(context.Background(), c)
	if err != nil || again.Key == built.Key {
		t.Errorf("edited: key %s after %s, error %v", again.Key, built.Key, err)
	}
}

func TestPrepare(t *testing.T) {
	c, fsys, count := toy(t, describer)
	fsys["competitors/lost/competitor.json"] = &fstest.MapFile{Data: []byte(
		`{"id":"lost","summary":"s","model":"N:1","language":"c","needs":[{"tool":"no-such-tool-xyz","apt":"xyz"}],"run":["x"]}`)}
	all, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	b := &Builder{Cache: t.TempDir(), Log: &log}
	ready, absent, err := b.Prepare(context.Background(), all, []string{"toy-fast", "lost", "toy", "toy-fast"})
	if err != nil {
		t.Fatal(err)
	}
	if len(ready) != 2 || ready[0].ID() != "toy-fast" || ready[1].ID() != "toy" || builds(t, count) != 1 {
		t.Errorf("ready: %v after %d builds, want toy-fast and toy after 1", ready, builds(t, count))
	}
	if len(absent) != 1 || !absent[0].Missing() || absent[0].Record().Hint != "apt-get install xyz" {
		t.Errorf("absent: %+v", absent)
	}
	if got := ready[0].Record(); got.Competitor != "toy" || got.Model != "1:1" || got.Version != "0" || got.Build == "" || got.Toolchain != "sh, cp" {
		t.Errorf("record: %+v", got)
	}
	if _, yes := ready[0].Declines("fib", "parallel", 2); yes {
		t.Error("fib is declined")
	}
	if reason, yes := ready[0].Declines("fib", "serial", 1); !yes || reason != "the driver has no serial mode" {
		t.Errorf("serial fib: %v %q", yes, reason)
	}
	if reason, yes := ready[0].Declines("spawn", "parallel", 2); !yes || reason != "the driver does not list it" {
		t.Errorf("spawn: %v %q", yes, reason)
	}
	if !strings.Contains(log.String(), "building "+c.ID) {
		t.Errorf("log: %q", log.String())
	}
	if ready, absent, err = b.Prepare(context.Background(), all, nil); err != nil || len(ready) != 2 || len(absent) != 1 {
		t.Errorf("all: %d ready, %d absent, %v", len(ready), len(absent), err)
	}
	if _, _, err = b.Prepare(context.Background(), all, []string{"toi"}); err == nil {
		t.Error("an unknown name is no error")
	}
}

// TestHelpersDieWithTheirGroup: what a tool leaves behind is killed when the
// context ends.
func TestHelpersDieWithTheirGroup(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- runGroup(ctx, command{argv: []string{sh, "-c", "sleep 1000 & echo started; wait"}, stdout: w})
	}()
	if _, err := r.Read(make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
	w.Close()
	// The sleeper held the other end of the pipe: end of file means it is gone.
	if n, err := r.Read(make([]byte, 8)); n != 0 || err == nil || errors.Is(err, syscall.EAGAIN) {
		t.Errorf("read %d, %v, want the end of file", n, err)
	}
}

// TestFetch: what cannot be fetched is missing, unless the build does without.
func TestFetch(t *testing.T) {
	for name, tc := range map[string]struct {
		fetch, build string
		want         string // of the error; "": none
		missing      bool
	}{
		"both well":             {"true", "true", "", false},
		"the build has a copy":  {"false", "true", "", false},
		"nothing to be had":     {"echo cannot reach the registry; false", "false", "toy: the parts cannot be had: ", true},
		"the build is at fault": {"true", "echo syntax error; false", "toy: build failed: exit status 1", false},
	} {
		t.Run(name, func(t *testing.T) {
			c, _, _ := toy(t, describer, `"build": [`, `"fetch": {"what": "the parts", "command": ["{sh}", "-c", "`+tc.fetch+`"], "hint": "plug it in"}, "build": [["{sh}", "-c", "`+tc.build+`"], `)
			_, err := (&Builder{Cache: t.TempDir()}).Build(context.Background(), c)
			var missing *Missing
			if is := errors.As(err, &missing); is != tc.missing {
				t.Fatalf("got error %v, want a *Missing: %v", err, tc.missing)
			}
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tc.want)) {
				t.Errorf("got error %v, want %q", err, tc.want)
			}
			if tc.missing && (!strings.Contains(missing.Reason, "cannot reach the registry (see ") || missing.Hint != "plug it in") {
				t.Errorf("got %+v, want the command's last words, where its log is, and the hint", missing)
			}
		})
	}
}
