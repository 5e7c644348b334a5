package workloads

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"
)

// Suite is a named list of workloads with their sizes, and how often each of
// them is measured.
type Suite struct {
	ID          string      `json:"id"` // also the name of its file
	Summary     string      `json:"summary"`
	Invocations int         `json:"invocations"`        // driver processes per cell
	Iterations  int         `json:"iterations"`         // timed ones in each process
	Warmup      int         `json:"warmup"`             // untimed ones before them
	Workers     []int       `json:"workers"`            // each cell once per worker count
	Timeout     Duration    `json:"timeout"`            // of one invocation
	Serial      bool        `json:"serial,omitempty"`   // also the serial mode of workloads where it means something
	Runtimes    []string    `json:"runtimes,omitempty"` // who takes part when nobody is named; default: all variants that are not optional
	Cells       []SuiteCell `json:"cells"`              //
}

// SuiteCell is one workload at one size.
type SuiteCell struct {
	Workload string   `json:"workload"`
	Params   Params   `json:"params"`             // after Load: all of them, in the workload's order
	Runtimes []string `json:"runtimes,omitempty"` // only these competitors or variants
	Except   []string `json:"except,omitempty"`   // or all but these
}

// Includes reports whether the cell is meant for this variant of this competitor.
func (c SuiteCell) Includes(competitor, variant string) bool {
	named := func(list []string) bool {
		for _, r := range list {
			if r == competitor || r == variant {
				return true
			}
		}
		return false
	}
	return (len(c.Runtimes) == 0 || named(c.Runtimes)) && !named(c.Except)
}

// Duration is a time.Duration that is written like "20s" in JSON.
type Duration time.Duration

// UnmarshalText reads what time.ParseDuration reads.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

// MarshalText writes it the same way.
func (d Duration) MarshalText() ([]byte, error) {
	return []byte(time.Duration(d).String()), nil
}

// loadSuite reads a suite and resolves the parameters of its cells.
func (c *Catalogue) loadSuite(fsys fs.FS, file string) (*Suite, error) {
	s := &Suite{}
	if err := readStrict(fsys, file, s); err != nil {
		return nil, err
	}
	if want := strings.TrimSuffix(path.Base(file), ".json"); s.ID != want {
		return nil, fmt.Errorf("%s: id: want %q, the name of the file, have %q", file, want, s.ID)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for i := range s.Cells {
		cell := &s.Cells[i]
		w, err := c.Workload(cell.Workload)
		if err != nil {
			return nil, fmt.Errorf("%s: cells[%d]: %w", file, i, err)
		}
		if cell.Params, err = w.Resolve(cell.Params.Map()); err != nil {
			return nil, fmt.Errorf("%s: cells[%d]: %w", file, i, err)
		}
		for j, other := range s.Cells[:i] {
			if other.Workload == cell.Workload && other.Params.String() == cell.Params.String() {
				return nil, fmt.Errorf("%s: cells[%d]: the same as cells[%d]", file, i, j)
			}
		}
	}
	return s, nil
}

// check makes sure that the suite says what it takes to run it.
func (s *Suite) check() error {
	if !idPattern.MatchString(s.ID) {
		return fmt.Errorf("id: %q does not match %s", s.ID, idPattern)
	}
	if s.Summary == "" {
		return fmt.Errorf("summary: missing")
	}
	for _, n := range []struct {
		key        string
		have, want int
	}{
		{"invocations", s.Invocations, 1}, {"iterations", s.Iterations, 1}, {"warmup", s.Warmup, 0},
		{"workers (their number)", len(s.Workers), 1}, {"cells (their number)", len(s.Cells), 1},
	} {
		if n.have < n.want {
			return fmt.Errorf("%s: want at least %d, have %d", n.key, n.want, n.have)
		}
	}
	seen := map[int]bool{}
	for _, w := range s.Workers {
		if w < 1 || seen[w] {
			return fmt.Errorf("workers: want different numbers of at least 1, have %v", s.Workers)
		}
		seen[w] = true
	}
	if s.Timeout <= 0 {
		return fmt.Errorf(`timeout: want more than nothing, as in "20s"`)
	}
	for i, c := range s.Cells {
		if len(c.Runtimes) > 0 && len(c.Except) > 0 {
			return fmt.Errorf("cells[%d]: runtimes and except: choose one", i)
		}
	}
	return nil
}
