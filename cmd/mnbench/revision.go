package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/mnbench/mnbench/competitors"
)

// side is one of the two that a gate compares.
type side struct {
	name    string // "base" or "head"
	ref     string // as given
	commit  string // of a revision; "": a folder as it is now
	c       *competitors.Competitor
	variant string
}

// String is "base: v1.2 (4f0c1d2)".
func (s side) String() string {
	if s.commit == "" {
		return fmt.Sprintf("%s: folder %s", s.name, s.ref)
	}
	return fmt.Sprintf("%s: %s (%.12s)", s.name, s.ref, s.commit)
}

// findSide finds the competitor named runtime in a git revision of the
// repository in the folder repo, or in a folder. What begins with "." or "/"
// is a folder; of anything else a revision of that name comes first.
func findSide(ctx context.Context, name, ref, repo, runtime string) (side, error) {
	s := side{name: name, ref: ref}
	folder := ref
	if !strings.HasPrefix(ref, ".") && !strings.HasPrefix(ref, "/") {
		commit, err := resolve(ctx, repo, ref)
		info, serr := os.Stat(ref)
		switch {
		case err == nil:
			s.commit = commit
			if folder, err = export(ctx, repo, commit); err != nil {
				return s, fmt.Errorf("--%s %s: %w", name, ref, err)
			}
		case serr != nil || !info.IsDir():
			return s, fmt.Errorf("--%s %s: %w", name, ref, err)
		}
	}
	if err := s.load(folder, runtime); err != nil {
		return s, fmt.Errorf("--%s %s: %w", name, ref, err)
	}
	return s, nil
}

// load takes the competitor from a source tree of mnbench, or from a folder
// that is a competitor itself.
func (s *side) load(folder, runtime string) error {
	if info, err := os.Stat(folder); err != nil {
		return err
	} else if !info.IsDir() {
		return errors.New("neither a git revision nor a folder")
	}
	if _, err := os.Stat(filepath.Join(folder, "competitor.json")); err == nil {
		c, err := competitors.LoadDir(folder)
		if err != nil {
			return err
		}
		s.c, s.variant = c, c.Variants[0].ID
		if v := c.Variant(runtime); v != nil {
			s.variant = v.ID
		}
		return nil
	}
	c, v, err := competitors.LoadOne(os.DirFS(folder), runtime)
	if err != nil {
		return err
	}
	s.c, s.variant = c, v.ID
	return nil
}

var errNoGit = errors.New("git is not installed: apt-get install git, or give two folders")

// git runs a git command in a folder and returns what it prints.
func git(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, errNoGit
	}
	if err != nil {
		first, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
		return nil, fmt.Errorf("git %s: %s", args[0], orReason(first, err))
	}
	return out.Bytes(), nil
}

func orReason(said string, err error) string {
	if said == "" {
		return err.Error()
	}
	return said
}

// resolve returns the commit that a revision means.
func resolve(ctx context.Context, repo, ref string) (string, error) {
	out, err := git(ctx, repo, "rev-parse", "--verify", "--end-of-options", ref+"^{commit}")
	if err == nil {
		return strings.TrimSpace(string(out)), nil
	}
	shallow, serr := git(ctx, repo, "rev-parse", "--is-shallow-repository")
	switch {
	case errors.Is(serr, errNoGit):
		return "", serr
	case serr != nil:
		return "", fmt.Errorf("%w; --repo names the repository; or give two folders", serr)
	case strings.TrimSpace(string(shallow)) != "true":
		return "", fmt.Errorf("no such revision or folder; git fetch brings what only the remote has")
	}
	tip, depth := ancestry(ref)
	switch {
	case depth == 1:
		return "", fmt.Errorf("not in this shallow checkout: its own commit is enough (depth 1): git fetch --depth=1 origin %s; or fetch-depth: 0 for actions/checkout", ref)
	case tip == "HEAD" || tip == "@":
		return "", fmt.Errorf("not in this shallow checkout: it takes a depth of %d: git fetch --depth=%d, or fetch-depth: %d for actions/checkout",
			depth, depth, depth)
	}
	return "", fmt.Errorf("not in this shallow checkout: it takes a depth of %d: git fetch --depth=%d origin %s; or fetch-depth: 0 for actions/checkout", depth, depth, tip)
}

var ancestor = regexp.MustCompile(`^(.+?)((?:~\d*|\^)+)$`)

// ancestry takes a revision such as main~3 apart: the name that it starts
// from, and how many commits of that a checkout must hold, here 4.
func ancestry(ref string) (tip string, depth int) {
	m := ancestor.FindStringSubmatch(ref)
	if m == nil {
		return ref, 1
	}
	depth = 1
	for _, up := range regexp.MustCompile(`~\d*|\^`).FindAllString(m[2], -1) {
		n, err := strconv.Atoi(strings.TrimPrefix(up, "~"))
		if err != nil {
			n = 1
		}
		depth += n
	}
	return m[1], depth
}

// export unpacks the tree of a commit below the cache folder, once, and
// returns where. The folder of a repository below its root is exported alone.
func export(ctx context.Context, repo, commit string) (string, error) {
	cache, err := competitors.DefaultCache()
	if err != nil {
		return "", err
	}
	prefix, err := git(ctx, repo, "rev-parse", "--show-prefix")
	if err != nil {
		return "", err
	}
	name := "tree-" + commit
	if p := strings.Trim(strings.TrimSpace(string(prefix)), "/"); p != "" {
		name += "-" + strings.ReplaceAll(p, "/", "-")
	}
	to := filepath.Join(cache, name)
	if _, err := os.Stat(to); err == nil {
		return to, nil
	}
	data, err := git(ctx, repo, "archive", "--format=tar", commit)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(cache, 0o777); err != nil {
		return "", err
	}
	tmp, err := os.MkdirTemp(cache, "tmp-tree-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	if err := untar(bytes.NewReader(data), tmp); err != nil {
		return "", err
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return "", err
	}
	if err := os.Rename(tmp, to); err != nil {
		if _, there := os.Stat(to); there == nil {
			return to, nil // somebody else was faster
		}
		return "", err
	}
	return to, nil
}

// untar unpacks files and folders; links are left out, as builds leave them out.
func untar(r io.Reader, to string) error {
	in := tar.NewReader(r)
	for {
		h, err := in.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("git archive: %w", err)
		}
		if !filepath.IsLocal(h.Name) {
			return fmt.Errorf("git archive: %q leads out of the tree", h.Name)
		}
		name := filepath.Join(to, h.Name)
		switch h.Typeflag {
		case tar.TypeDir:
			err = os.MkdirAll(name, 0o777)
		case tar.TypeReg:
			if err = os.MkdirAll(filepath.Dir(name), 0o777); err == nil {
				err = unpack(in, name, os.FileMode(h.Mode)&0o777)
			}
		}
		if err != nil {
			return err
		}
	}
}

func unpack(in io.Reader, name string, mode os.FileMode) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode|0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, in)
	return errors.Join(err, f.Close())
}
