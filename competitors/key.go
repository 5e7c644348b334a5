package competitors

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path"
	"runtime"
	"strings"
)

// Bounds on the sources of one competitor: whoever needs more has probably
// declared a folder of build results or downloads.
const (
	maxSourceFiles = 20_000
	maxSourceBytes = 256 << 20
)

// eachSource calls f for every source file, sorted within each declared
// source, path relative to the tree.
func (c *Competitor) eachSource(f func(name string) error) error {
	files, size := 0, int64(0)
	for _, src := range c.Sources {
		err := fs.WalkDir(c.tree, src, func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if base := path.Base(name); name != src && (base[0] == '.' || base[0] == '_') {
				if d.IsDir() {
					return fs.SkipDir
				}
				return nil
			}
			if !d.Type().IsRegular() {
				return nil
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			files++
			size += info.Size()
			if files > maxSourceFiles || size > maxSourceBytes {
				return fmt.Errorf("more than %d files or %d MiB; declare \"sources\" that hold only sources", maxSourceFiles, maxSourceBytes>>20)
			}
			return f(name)
		})
		if err != nil {
			return fmt.Errorf("%s: sources: %s: %w", c.ID, src, err)
		}
	}
	return nil
}

// key is the content hash of everything that makes the driver what it is:
// manifest (with its build lines), sources, tools and their versions.
func (c *Competitor) key(tools []Tool) (string, error) {
	h := sha256.New()
	part(h, "mnbench driver cache 1", runtime.GOOS, runtime.GOARCH, c.ID, string(c.manifest))
	if c.External() {
		part(h, c.dir) // its argument lists may name files there
	}
	for _, t := range tools {
		part(h, t.Name, t.Path, string(t.Version))
	}
	err := c.eachSource(func(name string) error {
		data, err := fs.ReadFile(c.tree, name)
		part(h, name, string(data))
		return err
	})
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil))[:20], nil
}

// part adds strings so that no two lists of strings give the same bytes.
func part(h hash.Hash, list ...string) {
	for _, s := range list {
		fmt.Fprintf(h, "%d:", len(s))
		io.WriteString(h, s)
	}
}

// toolchain is for people: "gcc 12.2.0, make 4.3".
func toolchain(tools []Tool) string {
	var names []string
	for _, t := range tools {
		if t.Path != "" {
			names = append(names, t.String())
		}
	}
	return strings.Join(names, ", ")
}
