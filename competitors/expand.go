package competitors

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/mnbench/mnbench/workloads"
)

var placeholder = regexp.MustCompile(`\{([A-Za-z][A-Za-z0-9_+. -]*)\}`)

// expand replaces {name} by its value; a name that is not there is an error.
func expand(arg string, vals map[string]string) (string, error) {
	return expandWith(arg, vals, func(v string) string { return v })
}

func expandWith(arg string, vals map[string]string, each func(string) string) (string, error) {
	var err error
	out := placeholder.ReplaceAllStringFunc(arg, func(m string) string {
		name := m[1 : len(m)-1]
		v, ok := vals[name]
		if !ok && err == nil {
			err = fmt.Errorf("unknown placeholder %s%s", m, nearest(name, vals))
		}
		return each(v)
	})
	return out, err
}

func nearest(name string, vals map[string]string) string {
	var names []string
	for n := range vals {
		names = append(names, n)
	}
	slices.Sort(names)
	if n := workloads.Nearest(name, names); n != "" {
		return fmt.Sprintf(" (did you mean {%s}?)", n)
	}
	return " (known here: {" + strings.Join(names, "}, {") + "})"
}

func expandAll(args []string, vals map[string]string) ([]string, error) {
	out := make([]string, 0, len(args))
	for _, a := range args {
		s, err := expand(a, vals)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// expandGlobs is expandAll for build lines: an argument with "*" becomes the
// files that match. Only the manifest's own "*" counts: values are literal.
func expandGlobs(args []string, vals map[string]string) ([]string, error) {
	var out []string
	for _, a := range args {
		if !strings.Contains(a, "*") {
			s, err := expand(a, vals)
			if err != nil {
				return nil, err
			}
			out = append(out, s)
			continue
		}
		pattern, err := expandWith(a, vals, quoteGlob)
		if err != nil {
			return nil, err
		}
		files, err := filepath.Glob(pattern)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a, err)
		}
		files = slices.DeleteFunc(files, func(f string) bool { return strings.HasSuffix(f, "_test.go") })
		if len(files) == 0 {
			return nil, fmt.Errorf("%s matches no file (are its folders among sources?)", a)
		}
		out = append(out, files...)
	}
	return out, nil
}

var globSpecial = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)

func quoteGlob(s string) string { return globSpecial.Replace(s) }
