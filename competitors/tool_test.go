package competitors

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeTools lays out programs below a folder and answers for them.
type fakeTools struct {
	*finder
	dir   string
	env   map[string]string
	says  map[string]string // path: what it prints; "!..." makes it fail
	calls int
}

func newFakeTools(t *testing.T) *fakeTools {
	f := &fakeTools{finder: newFinder(), dir: t.TempDir(), env: map[string]string{}, says: map[string]string{}}
	f.getenv = func(name string) string { return f.env[name] }
	f.output = func(_ context.Context, argv []string) (string, error) {
		f.calls++
		said, ok := f.says[strings.Join(argv, " ")]
		if !ok {
			if said, ok = f.says[argv[0]]; !ok {
				return "", fmt.Errorf("no program %s", argv[0])
			}
		}
		if rest, bad := strings.CutPrefix(said, "!"); bad {
			return rest, errors.New("exit status 1")
		}
		return said, nil
	}
	return f
}

// put makes a program and returns its path.
func (f *fakeTools) put(t *testing.T, name, says string) string {
	t.Helper()
	path := filepath.Join(f.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o777); err != nil {
		t.Fatal(err)
	}
	f.says[path] = says
	return path
}

func TestToolSearchOrder(t *testing.T) {
	f := newFakeTools(t)
	old := f.put(t, "bin/javac", "javac 17.0.1")
	f.put(t, "home/bin/javac", "javac 21.0.2")
	f.put(t, "jvm/a/bin/javac", "javac 23")
	f.put(t, "jvm/b/bin/javac", "javac 25.0.1")
	f.put(t, "jvm/c/bin/javac", "!cannot execute")
	f.put(t, "own/jdk/bin/javac", "javac 28")
	f.env["HOME"] = filepath.Join(f.dir, "own")
	need := Need{
		Tool: "javac", Min: "21", Version: []string{"-version"},
		Env: "JAVA_HOME", Path: []string{"bin/javac"}, Dirs: []string{f.dir + "/jvm/*", "~/jdk"},
	}
	tests := []struct {
		name, javaHome, path string
		min                  Version
		want                 string // relative to dir, or a part of the error
	}{
		{"variable first", "home", "bin", "21", "home/bin/javac"},
		{"path when new enough", "", "bin", "11", "bin/javac"},
		{"path too old, newest of the folder", "", "bin", "21", "jvm/b/bin/javac"},
		{"variable too old", "home", "bin", "24", "jvm/b/bin/javac"},
		{"variable leads nowhere", "nowhere", "bin", "17", "bin/javac"},
		{"home folder", "", "", "28", "own/jdk/bin/javac"},
		{"second folder of the path", "", "jvm:bin", "17", "bin/javac"},
		{"nothing", "", "bin", "29", "javac 29 or later: not found in JAVA_HOME (not set), PATH, " + f.dir + "/jvm/*, ~/jdk: " + old + " is 17.0.1, "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f.env["JAVA_HOME"] = ""
			if tt.javaHome != "" {
				f.env["JAVA_HOME"] = filepath.Join(f.dir, tt.javaHome)
			}
			var path []string
			for _, p := range strings.Split(tt.path, ":") {
				path = append(path, filepath.Join(f.dir, p))
			}
			f.env["PATH"] = strings.Join(path, ":")
			need.Min = tt.min
			got, err := f.find(context.Background(), need, nil)
			if err != nil {
				if !strings.HasPrefix(err.Error(), tt.want) {
					t.Errorf("got error %v, want %s", err, tt.want)
				}
				return
			}
			if want := filepath.Join(f.dir, tt.want); got.Path != want {
				t.Errorf("got %s, want %s", got.Path, want)
			}
		})
	}
}

func TestToolBesideFollowsLinks(t *testing.T) {
	f := newFakeTools(t)
	f.put(t, "jdk/bin/javac", "javac 25")
	java := f.put(t, "jdk/bin/java", "")
	if err := os.MkdirAll(filepath.Join(f.dir, "bin"), 0o777); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(f.dir, "bin/javac")
	if err := os.Symlink("../jdk/bin/javac", link); err != nil {
		t.Fatal(err)
	}
	f.says[link] = "javac 25"
	f.env["PATH"] = filepath.Join(f.dir, "bin")
	need := Need{Tool: "javac", Version: []string{"-version"}, Beside: []string{"java"}}
	got, err := f.find(context.Background(), need, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.Path != link || got.Beside["java"] != java {
		t.Errorf("got %+v, want %s with %s beside it", got, link, java)
	}
	need.Beside = []string{"jshell"}
	if _, err := f.find(context.Background(), need, nil); err == nil || !strings.Contains(err.Error(), "has no jshell beside it") {
		t.Errorf("got error %v", err)
	}
}

func TestCheckNamesEverythingThatIsMissing(t *testing.T) {
	f := newFakeTools(t)
	f.put(t, "bin/gcc", "gcc 12")
	f.env["PATH"] = filepath.Join(f.dir, "bin")
	f.says[filepath.Join(f.dir, "bin/gcc")+" -E pthread.h"] = "!pthread.h: No such file or directory\nmore"
	f.says["apt-cache show --no-all-versions --quiet openjdk-21-jdk"] = "!E: No packages found"
	f.says["apt-cache show --no-all-versions --quiet cargo"] = "Package: cargo"
	c := &Competitor{ID: "toy", Needs: []Need{
		{Tool: "gcc", Apt: "gcc"},
		{Tool: "libc headers", Check: []string{"{gcc}", "-E", "pthread.h"}, Apt: "libc6-dev"},
		{Tool: "make", Apt: "make libc6-dev"},
		{Tool: "javac", Apt: "openjdk-21-jdk", Hint: "install a JDK from its maker"},
		{Tool: "cargo", Apt: "cargo-web|cargo", Hint: "use the script"},
		{Tool: "rustc", Apt: "nothing|never", Hint: "use the script"},
	}}
	tools, err := f.check(context.Background(), c)
	var m *Missing
	if !errors.As(err, &m) {
		t.Fatalf("got error %v, want a *Missing", err)
	}
	want := Missing{
		Competitor: "toy", Tool: "libc headers, make, javac, cargo, rustc",
		Reason: "libc headers: not found: pthread.h: No such file or directory; make: not found in PATH; javac: not found in PATH; cargo: not found in PATH; rustc: not found in PATH",
		Hint:   "apt-get install libc6-dev make cargo; install a JDK from its maker; use the script",
	}
	if *m != want {
		t.Errorf("got  %+v\nwant %+v", *m, want)
	}
	if len(tools) != 1 || tools[0].Name != "gcc" {
		t.Errorf("found tools: got %v, want gcc", tools)
	}
	before := f.calls
	if _, err := f.check(context.Background(), c); err == nil || f.calls != before {
		t.Errorf("a second look: error %v, %d more programs run, want none", err, f.calls-before)
	}
}
