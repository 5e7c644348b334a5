package workloads

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"sort"
)

// idPattern is what a workload, a suite or a parameter may be called: names
// that are also good file names, C identifiers (with _ for -) and shell words.
var idPattern = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)

// Workload is one defined piece of concurrent work.
type Workload struct {
	ID         string  `json:"id"`               // also the name of its folder
	Summary    string  `json:"summary"`          // one line for lists
	Stresses   string  `json:"stresses"`         // what it stresses, a sentence or two
	Definition string  `json:"definition"`       // exact enough to write it in another language
	Unit       string  `json:"unit"`             // unit of work, singular: "thread" as in ns per thread
	Memory     string  `json:"memory,omitempty"` // it measures memory, which grows with this parameter
	Serial     bool    `json:"serial"`           // its serial mode is a meaningful baseline
	Params     []Spec  `json:"params"`           // in order
	Answers    []Known `json:"answers"`          // for every size of every suite, at least
}

// Spec declares one parameter. Min and Max belong to the range.
type Spec struct {
	Name    string `json:"name"`
	Doc     string `json:"doc"`
	Min     uint64 `json:"min"`
	Max     uint64 `json:"max"`
	Default uint64 `json:"default"`
	Below   string `json:"below,omitempty"` // the value must be less than that of this parameter

	// Optional: it was added later, and is left out where it has its default, so that cells keep
	// their names, and drivers that do not know it can do the others.
	Optional bool `json:"optional,omitempty"`
}

// Known is an answer that is known beforehand, for one set of parameters.
type Known struct {
	Params Params `json:"params"`
	Answer
}

// Answer is what a correct execution reports.
type Answer struct {
	Units  uint64 `json:"units"`         // units of work done
	Answer uint64 `json:"answer,string"` // a string in JSON, so that no reader rounds it
}

func loadWorkload(fsys fs.FS, folder string) (*Workload, error) {
	file := path.Join(folder, "workload.json")
	w := &Workload{}
	if err := readStrict(fsys, file, w); err != nil {
		return nil, err
	}
	if err := w.check(folder); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return w, nil
}

// check makes sure that a workload is complete and agrees with itself.
func (w *Workload) check(folder string) error {
	if w.ID != folder {
		return fmt.Errorf("id: want %q, the name of the folder, have %q", folder, w.ID)
	}
	if !idPattern.MatchString(w.ID) {
		return fmt.Errorf("id: %q does not match %s", w.ID, idPattern)
	}
	for _, t := range []struct{ key, text string }{
		{"summary", w.Summary}, {"stresses", w.Stresses}, {"definition", w.Definition}, {"unit", w.Unit},
	} {
		if t.text == "" {
			return fmt.Errorf("%s: missing", t.key)
		}
	}
	if err := w.checkParams(); err != nil {
		return err
	}
	if w.Memory != "" && !slices.ContainsFunc(w.Params, func(p Spec) bool { return p.Name == w.Memory }) {
		return fmt.Errorf("memory: %q is none of the parameters", w.Memory)
	}
	seen := map[string]bool{}
	for i, k := range w.Answers {
		ps, err := w.Resolve(k.Params.Map())
		if err != nil {
			return fmt.Errorf("answers[%d]: %w", i, err)
		}
		if len(k.Params) != len(ps) {
			return fmt.Errorf("answers[%d]: params: want all of them, have %s", i, k.Params)
		}
		if seen[ps.String()] {
			return fmt.Errorf("answers[%d]: %s is given twice", i, ps)
		}
		seen[ps.String()] = true
		if k.Units < 1 {
			return fmt.Errorf("answers[%d]: units: want at least 1, have %d", i, k.Units)
		}
		w.Answers[i].Params = ps
	}
	return nil
}

func (w *Workload) checkParams() error {
	at := map[string]int{}
	for i, s := range w.Params {
		if !idPattern.MatchString(s.Name) {
			return fmt.Errorf("params[%d]: name: %q does not match %s", i, s.Name, idPattern)
		}
		if _, dup := at[s.Name]; dup {
			return fmt.Errorf("params[%d]: name: %s is given twice", i, s.Name)
		}
		at[s.Name] = i
		if s.Doc == "" {
			return fmt.Errorf("params[%d]: %s: doc: missing", i, s.Name)
		}
		if s.Max <= s.Min {
			return fmt.Errorf("params[%d]: %s: max: want more than min, which is %d, have %d", i, s.Name, s.Min, s.Max)
		}
		if s.Default < s.Min || s.Default > s.Max {
			return fmt.Errorf("params[%d]: %s: default: %d is outside %d to %d", i, s.Name, s.Default, s.Min, s.Max)
		}
	}
	for i, s := range w.Params {
		if _, ok := at[s.Below]; s.Below != "" && (!ok || s.Below == s.Name) {
			return fmt.Errorf("params[%d]: %s: below: there is no other parameter %q", i, s.Name, s.Below)
		}
	}
	if _, err := w.Resolve(nil); err != nil {
		return fmt.Errorf("the defaults do not fit together: %w", err)
	}
	return nil
}

// Resolve fills the defaults into the given parameters and returns all of them
// in the workload's order, but for optional ones that have their default. A name
// that the workload does not have is an [UnknownError] with the nearest; a value
// out of its range is an error that states the range.
func (w *Workload) Resolve(given map[string]uint64) (Params, error) {
	names := make([]string, len(w.Params))
	ps := make(Params, 0, len(w.Params))
	for i, s := range w.Params {
		v, ok := given[s.Name]
		if !ok {
			v = s.Default
		}
		if v < s.Min || v > s.Max {
			return nil, fmt.Errorf("%s: %s=%d is out of range: choose %d to %d", w.ID, s.Name, v, s.Min, s.Max)
		}
		names[i] = s.Name
		if !s.Optional || v != s.Default {
			ps = append(ps, Param{s.Name, v})
		}
	}
	for _, s := range w.Params {
		v, _ := ps.Get(s.Name)
		if limit, ok := ps.Get(s.Below); ok && v >= limit {
			return nil, fmt.Errorf("%s: %s=%d is out of range: it must be less than %s=%d", w.ID, s.Name, v, s.Below, limit)
		}
	}
	unknown := []string{}
	for name := range given {
		if !slices.Contains(names, name) {
			unknown = append(unknown, name)
		}
	}
	sort.Strings(unknown) // a map has no order, an error message should
	errs := []error{}
	for _, name := range unknown {
		errs = append(errs, fmt.Errorf("%s: %w", w.ID, Unknown("parameter", name, names)))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return ps, nil
}

// Known returns the answer for resolved parameters, if it is known.
func (w *Workload) Known(ps Params) (Answer, bool) {
	key := ps.String()
	for _, k := range w.Answers {
		if k.Params.String() == key {
			return k.Answer, true
		}
	}
	return Answer{}, false
}
