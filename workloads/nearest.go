package workloads

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Nearest returns the name in among that was most likely meant by name, or ""
// when nothing is near. Near is a slip or two (two letters swapped count as
// two; a third of the letters of a long name), as long as a letter stays; or a
// beginning of three letters or more that only one name has. The first of
// equals wins.
func Nearest(name string, among []string) string {
	name = strings.ToLower(name)
	slips := len(name) / 3
	switch {
	case len(name) <= 3:
		slips = 1
	case len(name) <= 7:
		slips = 2
	}
	best, distance := "", slips+1
	for _, a := range among {
		d := levenshtein.ComputeDistance(name, strings.ToLower(a))
		if d < distance && d < max(len(name), len(a)) {
			best, distance = a, d
		}
	}
	if best != "" || len(name) < 3 {
		return best
	}
	for _, a := range among {
		if !strings.HasPrefix(strings.ToLower(a), name) {
			continue
		}
		if best != "" {
			return ""
		}
		best = a
	}
	return best
}

// UnknownError says that there is no thing of this kind with this name.
type UnknownError struct {
	Kind    string   // "workload", "suite", "runtime" …
	Name    string   // what was asked for
	Nearest string   // what was likely meant, or ""
	Have    []string // what there is
}

// Unknown makes an [UnknownError] with the nearest of have.
func Unknown(kind, name string, have []string) error {
	return &UnknownError{Kind: kind, Name: name, Nearest: Nearest(name, have), Have: have}
}

func (e *UnknownError) Error() string {
	s := fmt.Sprintf("unknown %s %q", e.Kind, e.Name)
	switch {
	case e.Nearest != "":
		return s + fmt.Sprintf("; did you mean %q?", e.Nearest)
	case len(e.Have) == 0:
		return s + "; there is none"
	default:
		return s + "; there is " + strings.Join(e.Have, ", ")
	}
}
