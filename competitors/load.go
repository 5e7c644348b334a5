package competitors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/mnbench/mnbench/workloads"
)

const manifestName = "competitor.json"

// Models that a manifest may name.
var Models = []string{"1:1", "N:1", "M:N", "async"}

// Load reads the manifest of every folder in competitors/ of tree that has
// one, sorted by id. Ids of variants are unique among all.
func Load(tree fs.FS) ([]*Competitor, error) {
	files, err := fs.Glob(tree, "competitors/*/"+manifestName)
	if err != nil {
		return nil, err
	}
	var all []*Competitor
	for _, file := range files {
		c, err := load(tree, file)
		if err != nil {
			return nil, err
		}
		if want := path.Base(path.Dir(file)); c.ID != want {
			return nil, fmt.Errorf("%s: id: want %q, the name of the folder, have %q", file, want, c.ID)
		}
		if slices.ContainsFunc(c.Declines, func(d Decline) bool { return d.Workload == DeclinesRest }) {
			return nil, fmt.Errorf("%s: declines: name each workload and why it is not done; %q is for runtimes of one's own", file, DeclinesRest)
		}
		if len(c.Sources) == 0 {
			c.Sources = []string{path.Dir(file)}
		}
		all = append(all, c)
	}
	return all, Unique(all)
}

// LoadDir reads an external competitor from its folder.
func LoadDir(dir string) (*Competitor, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	c, err := load(os.DirFS(abs), manifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no %s in it: a competitor is a folder with a manifest (see competitors/PROTOCOL.md)", dir, manifestName)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if len(c.Sources) == 0 {
		c.Sources = []string{"."}
	}
	c.dir = abs
	return c, nil
}

// Unique checks that no two competitors share an id and no two variants do.
func Unique(all []*Competitor) error {
	owner := map[string]string{}
	ids := map[string]bool{}
	for _, c := range all {
		if ids[c.ID] {
			return fmt.Errorf("competitor %s is there twice", c.ID)
		}
		ids[c.ID] = true
		for _, v := range c.Variants {
			if other, ok := owner[v.ID]; ok {
				return fmt.Errorf("variant %s is in both competitors %s and %s", v.ID, other, c.ID)
			}
			owner[v.ID] = c.ID
		}
	}
	return nil
}

func load(tree fs.FS, file string) (*Competitor, error) {
	data, err := fs.ReadFile(tree, file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	c := &Competitor{tree: tree, manifest: data}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(c); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			line := 1 + bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n"))
			return nil, fmt.Errorf("%s:%d: %w", file, line, err)
		}
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("%s: something follows the object", file)
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return c, nil
}

var idForm = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// check validates the manifest and fills in its defaults.
func (c *Competitor) check() error {
	switch {
	case !idForm.MatchString(c.ID):
		return fmt.Errorf("id: want small letters, digits and \"-\", have %q", c.ID)
	case c.Summary == "":
		return errors.New("summary is missing: one line for people")
	case c.Language == "":
		return errors.New("language is missing")
	case len(c.Run) == 0 || c.Run[0] == "":
		return errors.New("run is missing: the command that starts the driver")
	}
	if err := checkModel(c.Model); err != nil {
		return err
	}
	for i, need := range c.Needs {
		if err := need.check(); err != nil {
			return fmt.Errorf("needs[%d]: %w", i, err)
		}
	}
	for _, s := range c.Sources {
		if !fs.ValidPath(s) {
			return fmt.Errorf("sources: %q: want a path below the source tree, with no \"..\" in it", s)
		}
	}
	if len(c.Variants) == 0 {
		c.Variants = []Variant{{ID: c.ID, Summary: c.Summary}}
	}
	for i := range c.Variants {
		v := &c.Variants[i]
		if !idForm.MatchString(v.ID) {
			return fmt.Errorf("variants[%d]: id: want small letters, digits and \"-\", have %q", i, v.ID)
		}
		if v.Model == "" {
			v.Model = c.Model
		}
		if err := checkModel(v.Model); err != nil {
			return fmt.Errorf("variants[%d]: %w", i, err)
		}
	}
	if c.Trace != nil && c.Trace.Env == "" {
		return errors.New("trace: env is missing: the variable that names the file")
	}
	for i, d := range c.Declines {
		if d.Workload == "" || d.Reason == "" {
			return fmt.Errorf("declines[%d]: workload and reason must be given", i)
		}
		if d.Variant != "" && c.Variant(d.Variant) == nil {
			return fmt.Errorf("declines[%d]: no variant %q", i, d.Variant)
		}
	}
	return c.checkPlaceholders()
}

func checkModel(model string) error {
	if !slices.Contains(Models, model) {
		return fmt.Errorf("model: want one of %s, have %q", strings.Join(Models, ", "), model)
	}
	return nil
}

func (n Need) check() error {
	if n.Tool == "" {
		return errors.New("tool is missing")
	}
	if len(n.Check) > 0 && (len(n.Names)+len(n.Path)+len(n.Dirs)+len(n.Version)+len(n.Beside) > 0 || n.Env != "" || n.Min != "") {
		return fmt.Errorf("%s: check stands alone: no names, env, path, dirs, version, min or beside with it", n.Tool)
	}
	if n.Min != "" && len(n.Version) == 0 {
		return fmt.Errorf("%s: min without version, the arguments that make it print its version", n.Tool)
	}
	if n.Pattern != "" {
		re, err := regexp.Compile(n.Pattern)
		if err != nil {
			return fmt.Errorf("%s: pattern: %w", n.Tool, err)
		}
		if re.NumSubexp() < 1 {
			return fmt.Errorf("%s: pattern: no group in %q", n.Tool, n.Pattern)
		}
	}
	for _, d := range n.Dirs {
		if _, err := filepath.Match(d, ""); err != nil || !filepath.IsAbs(strings.TrimPrefix(d, "~")) {
			return fmt.Errorf("%s: dirs: want an absolute path, or one that begins with \"~/\", \"*\" allowed, have %q", n.Tool, d)
		}
	}
	return nil
}

// checkPlaceholders finds misspelt ones now rather than in the middle of a build.
func (c *Competitor) checkPlaceholders() error {
	known := map[string]string{"src": "", "out": ""}
	for _, n := range c.Needs {
		for _, name := range append([]string{n.Tool}, n.Beside...) {
			if _, dup := known[name]; dup {
				return fmt.Errorf("needs: %s is there twice", name)
			}
			known[name] = ""
		}
	}
	try := func(where string, args []string) error {
		for _, a := range args {
			if _, err := expand(a, known); err != nil {
				return fmt.Errorf("%s: %w", where, err)
			}
		}
		return nil
	}
	for _, n := range c.Needs {
		if err := try("needs: "+n.Tool+": check", n.Check); err != nil {
			return err
		}
	}
	if f := c.Fetch; f != nil {
		switch {
		case f.What == "" || f.Hint == "":
			return errors.New("fetch: what and hint must be given")
		case len(f.Command) == 0 || f.Command[0] == "":
			return errors.New("fetch: command is empty")
		case len(c.Build) == 0:
			return errors.New("fetch: there is no build that it is for")
		}
		if err := try("fetch", f.Command); err != nil {
			return err
		}
	}
	for i, b := range c.Build {
		if len(b) == 0 || b[0] == "" {
			return fmt.Errorf("build[%d] is empty", i)
		}
		if err := try(fmt.Sprintf("build[%d]", i), b); err != nil {
			return err
		}
	}
	if err := try("build_env", values(c.BuildEnv)); err != nil {
		return err
	}
	known["workers"] = ""
	if len(c.Build) == 0 {
		delete(known, "out")
	}
	if err := try("run", c.Run); err != nil {
		return err
	}
	if err := try("env", values(c.Env)); err != nil {
		return err
	}
	for _, v := range c.Variants {
		if err := try("variant "+v.ID, append(values(v.Env), v.Args...)); err != nil {
			return err
		}
	}
	return nil
}

func values(m map[string]string) []string {
	var vs []string
	for _, v := range m {
		vs = append(vs, v)
	}
	slices.Sort(vs)
	return vs
}

// Find returns the competitor and variant that a name stands for: the id of a
// variant, or of a competitor for its default variant. The error suggests the
// nearest name.
func Find(all []*Competitor, name string) (*Competitor, *Variant, error) {
	var names []string
	for _, c := range all {
		if v := c.Variant(name); v != nil {
			return c, v, nil
		}
		for _, v := range c.Variants {
			names = append(names, v.ID)
		}
	}
	for _, c := range all {
		if c.ID == name {
			return c, &c.Variants[0], nil
		}
	}
	return nil, nil, workloads.Unknown("runtime", name, names)
}
