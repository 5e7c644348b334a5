package results

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/mnbench/mnbench/results/stat"
)

// Warning is what qualifies a record or a number taken from it.
type Warning = stat.Warning

// Warnings about a record or a cell of it, beside those of package stat.
const (
	CutOff      stat.Code = "cut-off"      // the last line was not whole
	NewerLines  stat.Code = "newer-lines"  // line types this version does not know
	Uncommitted stat.Code = "uncommitted"  // samples of an unfinished invocation
	Duplicate   stat.Code = "duplicate"    // the same cell or invocation twice
	NoEnd       stat.Code = "no-end"       // the run was killed
	Stopped     stat.Code = "interrupted"  // the run was interrupted
	Noisy       stat.Code = "noisy"        // the machine was busy with other things
	NoBaseline  stat.Code = "no-baseline"  // the baseline has no result to compare with
	SomeFailed  stat.Code = "some-failed"  // some invocations of the cell have no result
	NotSteady   stat.Code = "not-steady"   // many invocations were not steady while timed
	ClockJump   stat.Code = "clock-jump"   // the clocks of the run contradict each other
	OtherSerial stat.Code = "other-serial" // the serial time is that of another variant
)

// Record is a record in memory: the run and its finished invocations. A
// million samples take some 40 MB; use Decoder where even that is too much.
type Record struct {
	Name        string // of the file
	Run         Run
	Unavailable []Unavailable
	Invocations []Measured // in the order of the run
	End         *End       // nil: the run was killed
	Warnings    []Warning  // about the record as a whole
}

// Measured is a finished invocation with its samples.
type Measured struct {
	Invocation
	Warmup   []Point
	Timed    []Point
	Counters map[string]uint64 // summed over the timed samples
}

// Point is what a sample measured.
type Point struct {
	NS       int64
	Units    uint64
	Answer   uint64
	RSSBytes uint64
}

// PerUnit returns nanoseconds per unit of work, and false when the sample
// cannot say: its time or its work is not positive.
func (p Point) PerUnit() (float64, bool) {
	if p.NS <= 0 || p.Units == 0 {
		return 0, false
	}
	return float64(p.NS) / float64(p.Units), true
}

// Open reads the record in a file.
func Open(path string) (*Record, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: the record cannot be read: %w", path, cause(err))
	}
	defer f.Close()
	return Read(path, f)
}

// Read reads a record; name stands for it in errors and warnings. Samples
// without their invocation line are left out, as are repeated invocations:
// the Warnings tell.
func Read(name string, r io.Reader) (*Record, error) {
	d := NewDecoder(name, r)
	rec := &Record{Name: name}
	c := collector{rec: rec, seen: map[[2]int]bool{}}
	for {
		v, err := d.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := c.add(v); err != nil {
			return nil, d.damage(err)
		}
	}
	c.drop()
	rec.Warnings = append(rec.Warnings, d.Warnings()...)
	c.finish()
	return rec, nil
}

// collector puts the lines of a record together.
type collector struct {
	rec     *Record
	seen    map[[2]int]bool // cell and invocation
	open    Measured        // the invocation whose samples are being read
	last    int             // index of its last sample
	phase   Phase           // and the phase of that
	lost    int             // samples dropped
	repeats int             // invocations dropped
}

func (c *collector) add(v any) error {
	switch v := v.(type) {
	case *Run:
		c.rec.Run = *v
		return c.foldCells()
	case *Unavailable:
		c.rec.Unavailable = append(c.rec.Unavailable, *v)
	case *Sample:
		c.rec.End = nil
		c.sample(v)
	case *Invocation:
		c.rec.End = nil
		c.invocation(v)
	case *End:
		c.rec.End = v
	}
	return nil
}

// foldCells warns about cells that the plan names twice; they have one key,
// so summaries put their invocations together.
func (c *collector) foldCells() error {
	seen := map[string]bool{}
	twice := 0
	for _, cell := range c.rec.Run.Plan.Cells {
		if cell.Runtime == "" || cell.Workload == "" {
			return errors.New("a cell of the plan without a runtime or a workload")
		}
		if seen[cell.Key()] {
			twice++
		}
		seen[cell.Key()] = true
	}
	if twice > 0 {
		c.warn(Duplicate, "%d cells stand in the plan more than once; their results are put together", twice)
	}
	return nil
}

func (c *collector) sample(s *Sample) {
	other := s.Cell != c.open.Cell || s.Invocation != c.open.Invocation.Invocation
	again := s.Phase == c.phase && s.Index <= c.last || s.Phase == Warmup && c.phase == Timed
	if c.holds() > 0 && (other || again) {
		c.drop() // a killed run that was continued
	}
	if c.holds() == 0 {
		c.open = Measured{Invocation: Invocation{Cell: s.Cell, Invocation: s.Invocation}}
	}
	c.phase, c.last = s.Phase, s.Index
	p := Point{s.NS, s.Units, s.Answer, s.RSSBytes}
	if s.Phase == Warmup {
		c.open.Warmup = append(c.open.Warmup, p)
		return
	}
	c.open.Timed = append(c.open.Timed, p)
	for name, n := range s.Counters {
		if c.open.Counters == nil {
			c.open.Counters = map[string]uint64{}
		}
		c.open.Counters[name] += n
	}
}

func (c *collector) invocation(inv *Invocation) {
	if c.holds() > 0 && (inv.Cell != c.open.Cell || inv.Invocation != c.open.Invocation.Invocation) {
		c.drop()
	}
	m := c.open
	m.Invocation = *inv
	c.open = Measured{}
	c.phase = ""
	key := [2]int{inv.Cell, inv.Invocation}
	if c.seen[key] {
		c.repeats++
		return
	}
	c.seen[key] = true
	c.rec.Invocations = append(c.rec.Invocations, m)
}

func (c *collector) holds() int { return len(c.open.Warmup) + len(c.open.Timed) }

func (c *collector) drop() {
	c.lost += c.holds()
	c.open = Measured{}
	c.phase = ""
}

func (c *collector) finish() {
	if c.lost > 0 {
		c.warn(Uncommitted, "%d samples of invocations that never finished were ignored", c.lost)
	}
	if c.repeats > 0 {
		c.warn(Duplicate, "%d invocations are in the record more than once; the first of each counts", c.repeats)
	}
	for _, p := range c.rec.Run.Parts {
		if diff := HostDiff(c.rec.Run.Host, p.Host); len(diff) > 0 {
			c.warn(Merged, "shards ran on different machines: compare cells of one size and number of workers only; shard %s differs in %s", p.Shard, strings.Join(diff, ", "))
			break
		}
	}
	c.rec.Warnings = append(c.rec.Warnings, clockDoubts(c.rec)...)
	switch {
	case c.rec.End == nil:
		c.warn(NoEnd, "the run was killed before its end: cells may have fewer invocations than planned, or none")
	case c.rec.End.Status != Complete:
		c.warn(Stopped, "the run was interrupted: cells may have fewer invocations than planned, or none")
	}
}

func (c *collector) warn(code stat.Code, format string, args ...any) {
	c.rec.Warnings = append(c.rec.Warnings, stat.Warn(code, format, args...))
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}
