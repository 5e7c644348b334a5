package competitors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Builder builds drivers and keeps them in a cache. It may be used by several
// goroutines and, with the same cache, by several processes.
type Builder struct {
	Cache string    // folder; "": DefaultCache
	Log   io.Writer // what is being built, a line each; nil: nothing
	// Timeout bounds one build; 0: 15 minutes.
	Timeout time.Duration

	once   sync.Once
	finder *finder
	pruned sync.Once
	logMu  sync.Mutex
}

// BuildError is a build that failed.
type BuildError struct {
	Competitor string
	Command    string // the one that failed
	Err        error
	Tail       string // its last lines of output
	Log        string // file with all of its output
}

func (e *BuildError) Error() string {
	s := fmt.Sprintf("%s: build failed: %v", e.Competitor, e.Err)
	if e.Tail != "" {
		s += "\n" + indent(e.Tail)
	}
	return s + "\n  command: " + e.Command + "\n  full log: " + e.Log
}

func (e *BuildError) Unwrap() error { return e.Err }

const (
	defaultBuildTimeout = 15 * time.Minute
	maxBuildLog         = 16 << 20
	tailLines           = 12
)

// Check looks for the tools that a competitor needs. The error is a *Missing
// when some are not there; the others are returned all the same.
func (b *Builder) Check(ctx context.Context, c *Competitor) ([]Tool, error) {
	b.once.Do(func() {
		if b.finder == nil {
			b.finder = newFinder()
		}
	})
	return b.finder.check(ctx, c)
}

// Build returns the built driver, from the cache when nothing has changed.
// Errors: *Missing (of tools, or of what could not be fetched), *BuildError, the context's, or about the cache folder.
func (b *Builder) Build(ctx context.Context, c *Competitor) (*Built, error) {
	tools, err := b.Check(ctx, c)
	if err != nil {
		return nil, err
	}
	key, err := c.key(tools)
	if err != nil {
		return nil, err
	}
	built := &Built{Competitor: c, Key: key, Tools: tools, src: c.dir}
	if c.External() && len(c.Build) == 0 {
		return built, nil // nothing to keep
	}
	cache := b.Cache
	if cache == "" {
		if cache, err = DefaultCache(); err != nil {
			return nil, err
		}
	}
	if cache, err = filepath.Abs(cache); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cache, 0o777); err != nil {
		return nil, fmt.Errorf("%s: no folder for built drivers: %w; set MNBENCH_CACHE to one that can be written", cache, err)
	}
	entry := filepath.Join(cache, c.ID+"-"+key)
	unlock, err := lock(ctx, entry+".lock", func() { b.say("waiting for another mnbench that builds %s", c.ID) })
	if err != nil {
		return nil, fmt.Errorf("%s: building: %w", c.ID, err)
	}
	defer unlock()
	if _, err := os.Stat(filepath.Join(entry, stampName)); err != nil {
		b.say("building %s (%s)", c.ID, toolchain(tools))
		if err := b.build(ctx, built, cache, entry); err != nil {
			return nil, err
		}
	}
	now := time.Now()
	if err := os.Chtimes(filepath.Join(entry, stampName), now, now); err != nil {
		return nil, fmt.Errorf("%s: %w", c.ID, err)
	}
	built.place(entry)
	b.pruned.Do(func() { prune(cache, now) })
	return built, nil
}

// build makes the entry: in a temporary folder, then renamed into place.
func (b *Builder) build(ctx context.Context, built *Built, cache, entry string) error {
	c := built.Competitor
	tmp, err := os.MkdirTemp(cache, "tmp-"+filepath.Base(entry)+"-")
	if err != nil {
		return fmt.Errorf("%s: building: %w", c.ID, err)
	}
	defer os.RemoveAll(tmp)
	fill := *built
	fill.place(tmp)
	if err := os.Mkdir(fill.out, 0o777); err != nil {
		return fmt.Errorf("%s: building: %w", c.ID, err)
	}
	if !c.External() {
		if err := extract(c, fill.src); err != nil {
			return err
		}
	}
	if err := b.commands(ctx, &fill, entry+".log"); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(tmp, stampName), []byte(toolchain(built.Tools)+"\n"), 0o666); err != nil {
		return fmt.Errorf("%s: building: %w", c.ID, err)
	}
	// What is there now has no stamp: somebody removed it by hand.
	if err := os.RemoveAll(entry); err != nil {
		return fmt.Errorf("%s: building: %w", c.ID, err)
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return fmt.Errorf("%s: building: %w", c.ID, err)
	}
	if err := os.Rename(tmp, entry); err != nil {
		return fmt.Errorf("%s: building: %w", c.ID, err)
	}
	return nil
}

// commands runs the build lines and keeps what they print in a log file.
func (b *Builder) commands(ctx context.Context, built *Built, logName string) error {
	c := built.Competitor
	file, err := os.Create(logName)
	if err != nil {
		return fmt.Errorf("%s: building: %w", c.ID, err)
	}
	defer file.Close()
	timeout := b.Timeout
	if timeout == 0 {
		timeout = defaultBuildTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	vals := built.values()
	env, err := expandMap(c.BuildEnv, vals)
	if err != nil {
		return fmt.Errorf("%s: build_env: %w", c.ID, err)
	}
	r := &builder{built: built, vals: vals, env: environment(buildPasses, env), log: &bounded{w: file, left: maxBuildLog}, logName: logName}
	var fetched error
	if c.Fetch != nil {
		if fetched = r.run(ctx, c.Fetch.Command); ctx.Err() == context.Canceled {
			return ctx.Err()
		}
	}
	for _, line := range c.Build {
		err := r.run(ctx, line)
		var failed, cause *BuildError
		if errors.As(err, &failed) && errors.As(fetched, &cause) {
			return notFetched(c, cause)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// notFetched is a build that lacks what could not be fetched.
func notFetched(c *Competitor, cause *BuildError) *Missing {
	return &Missing{
		Competitor: c.ID, Tool: c.Fetch.What,
		Reason: fmt.Sprintf("%s cannot be had: %s (see %s)", c.Fetch.What, strings.TrimSpace(lastLines(cause.Tail, 1)), cause.Log),
		Hint:   c.Fetch.Hint,
	}
}

// builder runs the commands of one build.
type builder struct {
	built   *Built
	vals    map[string]string
	env     []string
	log     io.Writer
	logName string
}

// run runs one command. The error of one that fails is a *BuildError.
func (r *builder) run(ctx context.Context, line []string) error {
	c := r.built.Competitor
	argv, err := expandGlobs(line, r.vals)
	if err != nil {
		return fmt.Errorf("%s: build: %w", c.ID, err)
	}
	fmt.Fprintf(r.log, "$ %s\n", strings.Join(argv, " "))
	last := &tail{most: 8 << 10}
	both := io.MultiWriter(r.log, last)
	err = runGroup(ctx, command{argv: argv, env: r.env, dir: r.built.src, stdout: both, stderr: both})
	switch {
	case err == nil:
		return nil
	case ctx.Err() == context.Canceled:
		return ctx.Err()
	}
	return &BuildError{
		Competitor: c.ID, Command: strings.Join(argv, " "), Err: err,
		Tail: lastLines(last.String(), tailLines), Log: r.logName,
	}
}

// extract copies the sources out of the embedded tree.
func extract(c *Competitor, to string) error {
	if err := os.Mkdir(to, 0o777); err != nil {
		return fmt.Errorf("%s: building: %w", c.ID, err)
	}
	return c.eachSource(func(name string) error {
		data, err := fs.ReadFile(c.tree, name)
		if err != nil {
			return err
		}
		path := filepath.Join(to, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		return os.WriteFile(path, data, 0o666)
	})
}

func (b *Builder) say(format string, args ...any) {
	if b.Log == nil {
		return
	}
	b.logMu.Lock()
	defer b.logMu.Unlock()
	fmt.Fprintf(b.Log, format+"\n", args...)
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

func indent(s string) string { return "  | " + strings.ReplaceAll(s, "\n", "\n  | ") }
