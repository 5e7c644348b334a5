package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestInstalledAlone: `go install` of this package gives a binary that needs no
// source tree: in an empty folder, with nothing of its own at home or in a
// cache, it builds drivers from what is embedded and measures with them.
func TestInstalledAlone(t *testing.T) {
	bin, home, work := t.TempDir(), t.TempDir(), t.TempDir()
	install := exec.Command("go", "install", "github.com/mnbench/mnbench/cmd/mnbench")
	install.Env = append(os.Environ(), "GOBIN="+bin)
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("go install: %v\n%s", err, out)
	}
	cmd := exec.Command(filepath.Join(bin, "mnbench"), "run", "smoke", "spawn", "--runtimes", "goroutines,pthreads")
	cmd.Dir = work
	// Only the Go tool's own cache is shared: compiling the standard library
	// anew would prove nothing about mnbench.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "GOCACHE=" + goEnv(t, "GOCACHE")}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("mnbench run: %v\n%s%s", err, out, &stderr)
	}
	for _, runtime := range []string{"goroutines", "pthreads"} {
		if !regexp.MustCompile(`(?m)^ ` + runtime + ` +[0-9.]+ [num]?s`).Match(out) {
			t.Errorf("no result of %s in\n%s%s", runtime, out, &stderr)
		}
	}
	records, err := filepath.Glob(filepath.Join(work, "mnbench-spawn-*.jsonl"))
	if err != nil || len(records) != 1 {
		t.Errorf("records %v, %v; want one", records, err)
	}
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatalf("go env %s: %v", name, err)
	}
	return strings.TrimSpace(string(out))
}
