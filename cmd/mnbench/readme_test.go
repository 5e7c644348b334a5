package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestReadme runs the commands of the README: every fenced block that begins
// with "```sh test", one after the other in one folder, as a person would who
// reads it from top to bottom. Other blocks (what needs root, or long) are
// only looked at: the subcommands of mnbench in them must exist.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	tested, others := shellBlocks(string(text))
	if len(tested) == 0 {
		t.Fatal("README.md has no block that begins with ```sh test")
	}
	dir := t.TempDir()
	mnbench, err := exec.LookPath("mnbench")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(mnbench, filepath.Join(dir, "bin", "mnbench")); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "HOME="+t.TempDir(), "MNBENCH_CACHE="+t.TempDir(), "GOCACHE="+goEnv(t, "GOCACHE"), "CI=true")
	for _, block := range tested {
		cmd := exec.Command("bash", "-e", "-o", "pipefail", "-c", block)
		cmd.Dir, cmd.Env = dir, env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v from\n%s\n%s", err, block, out)
		}
	}
	for _, block := range append(tested, others...) {
		for _, verb := range verbs(block) {
			if c, _, err := newRoot(discard(t)).Find([]string{verb}); err != nil || c.Name() != verb {
				t.Errorf("there is no mnbench %s, which stands in\n%s", verb, block)
			}
		}
	}
}

// shellBlocks returns the fenced blocks marked sh, those with "test" apart.
func shellBlocks(text string) (tested, others []string) {
	var block []string
	var fence string // of the block we are in
	for _, line := range strings.Split(text, "\n") {
		mark := strings.TrimSpace(line)
		switch {
		case fence == "" && strings.HasPrefix(mark, "```"):
			fence, block = mark, nil
		case fence != "" && mark == "```":
			switch all := strings.Join(block, "\n"); strings.Join(strings.Fields(fence), " ") {
			case "```sh test":
				tested = append(tested, all)
			case "```sh":
				others = append(others, all)
			}
			fence = ""
		default:
			block = append(block, line)
		}
	}
	return tested, others
}

var word = regexp.MustCompile(`^[a-z]+$`)

// verbs are the subcommands that a block calls.
func verbs(block string) []string {
	var out []string
	for _, line := range strings.Split(block, "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		for i := range words {
			if filepath.Base(words[i]) == "mnbench" && i+1 < len(words) && word.MatchString(words[i+1]) {
				out = append(out, words[i+1])
			}
		}
	}
	return out
}

func TestShellBlocks(t *testing.T) {
	text := "a\n```sh test\nmnbench list\nbin/mnbench run smoke # two\n```\n```sh\nmake run\n```\n```\nx\n```\n```json\n{}\n```\n"
	tested, others := shellBlocks(text)
	if len(tested) != 1 || len(others) != 1 || others[0] != "make run" {
		t.Fatalf("tested %q, others %q", tested, others)
	}
	if have := strings.Join(verbs(tested[0]), " "); have != "list run" {
		t.Errorf("verbs %q", have)
	}
}
