package competitors

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"

	"github.com/mnbench/mnbench/workloads"
)

// LoadOne reads the manifest of one competitor of a tree, or the one that has
// a variant of that name. Others in the tree are not looked at more than that
// takes, so that a tree of another version may have manifests which this one
// does not understand.
func LoadOne(tree fs.FS, name string) (*Competitor, *Variant, error) {
	files, err := fs.Glob(tree, "competitors/*/"+manifestName)
	if err != nil {
		return nil, nil, err
	}
	var names []string
	var broken error
	for _, file := range files {
		c, err := load(tree, file)
		folder := path.Base(path.Dir(file))
		if err != nil {
			if folder == name {
				return nil, nil, err
			}
			broken = errors.Join(broken, err)
			continue
		}
		if len(c.Sources) == 0 {
			c.Sources = []string{path.Dir(file)}
		}
		if v := c.Variant(name); v != nil {
			return c, v, nil
		}
		if c.ID == name {
			return c, &c.Variants[0], nil
		}
		for _, v := range c.Variants {
			names = append(names, v.ID)
		}
	}
	if len(files) == 0 {
		return nil, nil, fmt.Errorf("no competitors/*/%s in it", manifestName)
	}
	return nil, nil, errors.Join(workloads.Unknown("runtime", name, names), broken)
}

// Alias builds a variant and makes it an entrant under another id, so that it
// can stand beside itself: as of another revision, or with env set on top.
func (b *Builder) Alias(ctx context.Context, c *Competitor, variant, id string, env map[string]string) (*Entrant, error) {
	built, err := b.Build(ctx, c)
	if err != nil {
		return nil, err
	}
	describe, err := built.Describe(ctx, variant)
	if err != nil {
		return nil, err
	}
	own := *c
	v := *c.Variant(variant)
	v.ID, v.Env = id, maps.Clone(v.Env)
	if v.Env == nil {
		v.Env = map[string]string{}
	}
	maps.Copy(v.Env, env)
	own.Variants = []Variant{v}
	own.Declines = slices.Clone(c.Declines)
	for i := range own.Declines {
		if own.Declines[i].Variant == variant {
			own.Declines[i].Variant = id
		}
	}
	as := *built
	as.Competitor = &own
	return &Entrant{Built: &as, Variant: &own.Variants[0], Describe: describe}, nil
}
