package competitors

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Tool is a need that is met.
type Tool struct {
	Name    string
	Path    string            // absolute; "" for a check
	Version Version           // "" when not asked for
	Beside  map[string]string // paths of the programs beside it
}

// String is "gcc 12.2.0".
func (t Tool) String() string {
	if t.Version == "" {
		return t.Name
	}
	return t.Name + " " + string(t.Version)
}

// Missing says that a competitor cannot take part because tools are missing.
type Missing struct {
	Competitor string
	Tool       string // the missing ones, "gcc, make"
	Reason     string // what was looked for, where, and what was found instead
	Hint       string // the command that would bring them
}

func (m *Missing) Error() string {
	if m.Hint == "" {
		return fmt.Sprintf("%s: %s", m.Competitor, m.Reason)
	}
	return fmt.Sprintf("%s: %s; to get it: %s", m.Competitor, m.Reason, m.Hint)
}

// probeTimeout bounds one call of a tool that should only print its version.
const probeTimeout = 60 * time.Second

// finder looks for tools and remembers what they printed. It may be used by
// several goroutines.
type finder struct {
	mu   sync.Mutex
	memo map[string]printed // by argument list

	// Replaced in tests.
	getenv func(string) string
	output func(ctx context.Context, argv []string) (string, error)
}

type printed struct {
	out string
	err error
}

func newFinder() *finder {
	return &finder{memo: map[string]printed{}, getenv: os.Getenv, output: toolOutput}
}

// run returns what a command prints; each command is run once.
func (f *finder) run(ctx context.Context, argv []string) (string, error) {
	key := strings.Join(argv, "\x00")
	f.mu.Lock()
	p, ok := f.memo[key]
	f.mu.Unlock()
	if ok {
		return p.out, p.err
	}
	p.out, p.err = f.output(ctx, argv)
	if ctx.Err() == nil {
		f.mu.Lock()
		f.memo[key] = p
		f.mu.Unlock()
	}
	return p.out, p.err
}

// check finds all needs of a competitor. The error is a *Missing that names
// all that are not met, or the context's.
func (f *finder) check(ctx context.Context, c *Competitor) ([]Tool, error) {
	var tools []Tool
	var lost []Need
	var reasons []string
	vals := map[string]string{}
	for _, n := range c.Needs {
		t, err := f.find(ctx, n, vals)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			lost = append(lost, n)
			reasons = append(reasons, err.Error())
			continue
		}
		tools = append(tools, t)
		vals[t.Name] = t.Path
		for name, path := range t.Beside {
			vals[name] = path
		}
	}
	if len(lost) == 0 {
		return tools, nil
	}
	names := make([]string, len(lost))
	for i, n := range lost {
		names[i] = n.Tool
	}
	return tools, &Missing{
		Competitor: c.ID,
		Tool:       strings.Join(names, ", "),
		Reason:     strings.Join(reasons, "; "),
		Hint:       f.hint(ctx, lost),
	}
}

// find meets one need; vals are the tools found so far, for checks.
func (f *finder) find(ctx context.Context, n Need, vals map[string]string) (Tool, error) {
	if len(n.Check) > 0 {
		argv, err := expandAll(n.Check, vals)
		if err != nil { // a tool that it uses is missing itself
			return Tool{}, fmt.Errorf("%s: cannot be looked for", n.Tool)
		}
		if out, err := f.run(ctx, argv); err != nil {
			return Tool{}, fmt.Errorf("%s: not found: %s", n.Tool, firstLine(out, err))
		}
		return Tool{Name: n.Tool}, nil
	}
	var rejected []string
	seen := map[string]bool{}
	for _, place := range f.places(n) {
		var best Tool
		for _, path := range place {
			real, err := filepath.EvalSymlinks(path)
			if err != nil || seen[real] {
				continue
			}
			seen[real] = true
			t, err := f.try(ctx, n, path, real)
			if err != nil {
				rejected = append(rejected, err.Error())
				continue
			}
			if best.Path == "" || !best.Version.AtLeast(t.Version) {
				best = t
			}
		}
		if best.Path != "" {
			return best, nil
		}
	}
	what := n.Tool
	if n.Min != "" {
		what += " " + string(n.Min) + " or later"
	}
	if len(rejected) == 0 {
		return Tool{}, fmt.Errorf("%s: not found in %s", what, f.searched(n))
	}
	return Tool{}, fmt.Errorf("%s: not found in %s: %s", what, f.searched(n), strings.Join(rejected, ", "))
}

// places lists the programs to try: one list per place, in the order of the
// search; within a list the newest wins.
func (f *finder) places(n Need) [][]string {
	var places [][]string
	below := n.Path
	if len(below) == 0 {
		below = n.names()
	}
	if n.Env != "" {
		if v := f.getenv(n.Env); v != "" {
			if len(n.Path) == 0 {
				places = append(places, executables(v))
			} else {
				places = append(places, executables(join(v, n.Path)...))
			}
		}
	}
	for _, dir := range filepath.SplitList(f.getenv("PATH")) {
		if filepath.IsAbs(dir) {
			places = append(places, executables(join(dir, n.names())...))
		}
	}
	for _, pattern := range n.Dirs {
		if below, ok := strings.CutPrefix(pattern, "~/"); ok {
			home := f.getenv("HOME")
			if home == "" {
				continue
			}
			pattern = filepath.Join(globSpecial.Replace(home), below)
		}
		dirs, _ := filepath.Glob(pattern) // checked when the manifest was loaded
		var list []string
		for _, dir := range dirs {
			list = append(list, executables(join(dir, below)...)...)
		}
		places = append(places, list)
	}
	return places
}

func (n Need) names() []string {
	if len(n.Names) > 0 {
		return n.Names
	}
	return []string{n.Tool}
}

func (f *finder) searched(n Need) string {
	var where []string
	if n.Env != "" {
		if v := f.getenv(n.Env); v != "" {
			where = append(where, n.Env+" ("+v+")")
		} else {
			where = append(where, n.Env+" (not set)")
		}
	}
	return strings.Join(append(append(where, "PATH"), n.Dirs...), ", ")
}

func join(dir string, names []string) []string {
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = filepath.Join(dir, name)
	}
	return paths
}

func executables(paths ...string) []string {
	var ok []string
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			ok = append(ok, p)
		}
	}
	return ok
}

// try looks at one program: its version and what lies beside it.
func (f *finder) try(ctx context.Context, n Need, path, real string) (Tool, error) {
	t := Tool{Name: n.Tool, Path: path}
	if len(n.Version) > 0 {
		out, err := f.run(ctx, append([]string{path}, n.Version...))
		if err != nil {
			return t, fmt.Errorf("%s does not work: %s", path, firstLine(out, err))
		}
		if t.Version = versionIn(out, n.Pattern); t.Version == "" {
			return t, fmt.Errorf("%s prints no version: %s", path, firstLine(out, errors.New("nothing")))
		}
		if !t.Version.AtLeast(n.Min) {
			return t, fmt.Errorf("%s is %s", path, t.Version)
		}
	}
	for _, name := range n.Beside {
		beside := filepath.Join(filepath.Dir(real), name)
		if len(executables(beside)) == 0 {
			return t, fmt.Errorf("%s has no %s beside it", path, name)
		}
		if t.Beside == nil {
			t.Beside = map[string]string{}
		}
		t.Beside[name] = beside
	}
	return t, nil
}

// hint is one command that brings everything, where apt can; packages that apt
// is known not to have are replaced by the manifest's own words.
func (f *finder) hint(ctx context.Context, lost []Need) string {
	var packages, others []string
	for _, n := range lost {
		if have := f.packages(ctx, n.Apt); n.Apt != "" && (n.Hint == "" || f.aptHas(ctx, have)) {
			packages = appendNew(packages, have...)
		} else if n.Hint != "" {
			others = appendNew(others, n.Hint)
		}
	}
	if len(packages) > 0 {
		others = append([]string{"apt-get install " + strings.Join(packages, " ")}, others...)
	}
	return strings.Join(others, "; ")
}

// packages are those of a need; of alternatives the first that apt has, or
// else the last.
func (f *finder) packages(ctx context.Context, apt string) []string {
	list := strings.Fields(apt)
	for i, p := range list {
		alternatives := strings.Split(p, "|")
		for _, list[i] = range alternatives {
			if len(alternatives) > 1 && f.aptHas(ctx, list[i:i+1]) {
				break
			}
		}
	}
	return list
}

func (f *finder) aptHas(ctx context.Context, packages []string) bool {
	_, err := f.run(ctx, append([]string{"apt-cache", "show", "--no-all-versions", "--quiet"}, packages...))
	return err == nil
}

func appendNew(list []string, more ...string) []string {
	for _, m := range more {
		found := false
		for _, l := range list {
			found = found || l == m
		}
		if !found {
			list = append(list, m)
		}
	}
	return list
}

// toolOutput runs a tool that ends soon and returns both its outputs.
func toolOutput(ctx context.Context, argv []string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	out := &tail{most: 64 << 10}
	err := runGroup(ctx, command{argv: argv, env: environment(buildPasses), stdout: out, stderr: out})
	return out.String(), err
}

func firstLine(out string, err error) string {
	line, _, _ := strings.Cut(strings.TrimSpace(out), "\n")
	if line == "" {
		return err.Error()
	}
	return strings.TrimSpace(line)
}
