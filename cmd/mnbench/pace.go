package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/mnbench/mnbench/competitors"
	"github.com/mnbench/mnbench/internal/engine"
	"github.com/mnbench/mnbench/results"
)

// pace is how long invocations have taken on this machine, in seconds, by cell
// and number of iterations. It is kept beside the built drivers, so that a dry
// run can say how long a run takes.
type pace map[string]float64

const paceFile = "pace.json"

func paceName() (string, error) {
	dir, err := competitors.DefaultCache()
	return filepath.Join(dir, paceFile), err
}

// loadPace returns an empty pace where nothing has been kept yet.
func loadPace() (pace, error) {
	name, err := paceName()
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return pace{}, nil
	}
	if err != nil {
		return nil, err
	}
	p := pace{}
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, fmt.Errorf("%s: %w; remove it", name, err)
	}
	return p, nil
}

// keepPace adds what a record tells.
func keepPace(rec *results.Record) error {
	old, err := loadPace()
	if err != nil {
		return err
	}
	maps.Copy(old, paceOf(rec))
	data, err := json.Marshal(old)
	if err != nil {
		return err
	}
	name, err := paceName()
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "tmp-pace-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

func paceKey(c results.Cell, iterations int) string {
	return fmt.Sprintf("%v x %d", c, iterations)
}

// paceOf is the mean of the timed invocations of each cell.
func paceOf(rec *results.Record) pace {
	sum, n := pace{}, map[string]float64{}
	for _, in := range rec.Invocations {
		if in.Invocation.Invocation < 0 || in.Status != results.OK {
			continue
		}
		key := paceKey(rec.Run.Plan.Cells[in.Cell], rec.Run.Plan.Iterations+rec.Run.Plan.Warmup)
		sum[key] += time.Duration(in.WallNS).Seconds()
		n[key]++
	}
	for key := range sum {
		sum[key] /= n[key]
	}
	return sum
}

// estimate is how long the cells take, checks included, judged by those that are
// known, which it counts. Without any: 0.
func (p pace) estimate(plan engine.Plan, cells []results.Cell) (total time.Duration, known int) {
	var seconds float64
	for _, c := range cells {
		if s, ok := p[paceKey(c, plan.Iterations+plan.Warmup)]; ok {
			seconds += s
			known++
		}
	}
	if known == 0 {
		return 0, 0
	}
	seconds *= float64(len(cells)) / float64(known) // the others as long as these
	each := float64(plan.Invocations) + checkShare
	return time.Duration(seconds * each * float64(time.Second)), known
}

// checkShare is what the check before timing takes, of an invocation.
const checkShare = 0.5

// howLong says it for people; of a plan without a budget.
func (p pace) howLong(plan engine.Plan, cells []results.Cell) string {
	d, known := p.estimate(plan, cells)
	switch {
	case known == 0:
		return "how long it takes is known once some of it has been measured on this machine"
	case known < len(cells)/2: // too few to say the same of the others
		return fmt.Sprintf("about %s for the %d of %d cells that have been measured on this machine before; of the others it is not known",
			clock(time.Duration(float64(d)*float64(known)/float64(len(cells)))), known, len(cells))
	case known < len(cells):
		return fmt.Sprintf("about %s, judged by the %d of %d cells that have been measured on this machine before",
			clock(d), known, len(cells))
	default:
		return fmt.Sprintf("about %s, judged by earlier runs on this machine", clock(d))
	}
}
