package competitors

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mnbench/mnbench/internal/protocol"
)

// Built is a driver that can be started.
type Built struct {
	Competitor *Competitor
	Key        string // content hash of sources and toolchain
	Tools      []Tool

	src string // external: the competitor's folder
	out string
}

// Toolchain is for people: "gcc 12.2.0, make 4.3".
func (b *Built) Toolchain() string { return toolchain(b.Tools) }

// place sets the folders of a cache entry.
func (b *Built) place(entry string) {
	if !b.Competitor.External() {
		b.src = filepath.Join(entry, "src")
	}
	b.out = filepath.Join(entry, "out")
}

// values are what placeholders stand for.
func (b *Built) values() map[string]string {
	vals := map[string]string{"src": b.src, "out": b.out}
	for _, t := range b.Tools {
		vals[t.Name] = t.Path
		for name, path := range t.Beside {
			vals[name] = path
		}
	}
	return vals
}

// Command is the driver's argument list up to the verb, and its whole
// environment.
func (b *Built) Command(variant string, workers int) (argv, env []string, err error) {
	c := b.Competitor
	v := c.Variant(variant)
	if v == nil {
		return nil, nil, fmt.Errorf("%s: no variant %q", c.ID, variant)
	}
	vals := b.values()
	vals["workers"] = strconv.Itoa(workers)
	if argv, err = expandAll(append(slices.Clone(c.Run), v.Args...), vals); err != nil {
		return nil, nil, fmt.Errorf("%s: run: %w", c.ID, err)
	}
	all, err := expandMap(c.Env, vals)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: env: %w", c.ID, err)
	}
	own, err := expandMap(v.Env, vals)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: env: %w", c.ID, err)
	}
	return argv, environment(runPasses, all, own), nil
}

func expandMap(m map[string]string, vals map[string]string) (map[string]string, error) {
	out := make(map[string]string, len(m))
	for k, v := range m {
		s, err := expand(v, vals)
		if err != nil {
			return nil, err
		}
		out[k] = s
	}
	return out, nil
}

const describeTimeout = 60 * time.Second

// Describe asks the driver what it is, with one worker.
func (b *Built) Describe(ctx context.Context, variant string) (protocol.Describe, error) {
	argv, env, err := b.Command(variant, 1)
	if err != nil {
		return protocol.Describe{}, err
	}
	argv = append(argv, "describe")
	bad := func(err error) (protocol.Describe, error) {
		return protocol.Describe{}, fmt.Errorf("%s: driver: %s: %w", variant, strings.Join(argv, " "), err)
	}
	ctx, cancel := context.WithTimeout(ctx, describeTimeout)
	defer cancel()
	var out bytes.Buffer
	errs := &tail{most: 4 << 10}
	err = runGroup(ctx, command{argv: argv, env: env, stdout: &bounded{w: &out, left: 1 << 20}, stderr: errs})
	if errors.Is(err, context.Canceled) {
		return protocol.Describe{}, err
	}
	if err != nil {
		if said := lastLines(errs.String(), tailLines); said != "" {
			err = fmt.Errorf("%w\n%s", err, indent(said))
		}
		return bad(err)
	}
	d, err := protocol.ParseDescribe(&out)
	if err != nil {
		return bad(err)
	}
	if d.Runtime != variant && d.Runtime != b.Competitor.ID {
		return bad(fmt.Errorf("it calls itself %q, want %q or %q", d.Runtime, variant, b.Competitor.ID))
	}
	return d, nil
}
