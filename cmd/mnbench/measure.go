package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/mnbench/mnbench/competitors"
	"github.com/mnbench/mnbench/internal/engine"
	"github.com/mnbench/mnbench/internal/host"
	"github.com/mnbench/mnbench/results"
)

// measure carries a job out: lock, build, run, record, table. What is finished
// is in the record whatever happens after it, and the table is made from
// the record, as show makes it.
func measure(ctx context.Context, u *ui, o runOptions, j *job) error {
	unlock, err := lockMachine(ctx, u, os.Args[1:], !o.noWait)
	defer unlock()
	if err != nil {
		return err
	}
	facts := host.Facts() // before the builds make the machine busy
	field, err := prepare(ctx, u, j.cat, ids(j.runtimes))
	if err != nil {
		return err
	}
	field.warn(u)
	if j.resumed != nil {
		if err := j.same(facts, field); err != nil {
			return err
		}
	}
	if len(field.ready) == 0 {
		return field.nobody()
	}
	p, err := j.cells(field.ids())
	if err != nil {
		return err
	}
	if len(p.Cells) == 0 {
		return withCode(exitNothing, errors.New("nothing to measure: the suite leaves the chosen runtimes out"))
	}
	e, err := field.engine(ctx, u, p)
	if err != nil {
		return err
	}
	if p.Budget > 0 {
		e.Guide = newPrecision(p.Cells)
	}
	w, err := j.record(p, facts, field)
	if err != nil {
		return err
	}
	absent := field.absent
	if j.resumed != nil {
		kept, err := results.Open(j.out) // the end of it may have been cut off just now
		if err != nil {
			return errors.Join(err, w.Close())
		}
		e.Before, absent = kept.Invocations, nil
		u.Say("completing %s: %s of %d are there", j.out, count(len(e.Before), "invocation"), p.Total())
	} else if p.Budget > 0 {
		u.Say("measuring %s for at most %v; the record is %s", count(p.Size(), "cell"), p.Budget, j.out)
	} else {
		u.Say("measuring %s, %s in all; the record is %s", count(p.Size(), "cell"), count(p.Total(), "invocation"), j.out)
	}
	sum, err := e.into(ctx, u, w, absent)
	shown, terr := showRecord(u, j, o.json)
	if terr != nil && err == nil {
		err = terr
	}
	if err != nil {
		return err
	}
	if !shown {
		return withCode(exitInterrupted, fmt.Errorf("interrupted: nothing was finished; the record is %s", j.out))
	}
	return verdict(u, j, sum, field)
}

// record opens the record: a new one, or the one to be completed.
func (j *job) record(p engine.Plan, facts results.Host, f *field) (*results.Writer, error) {
	if j.resumed != nil {
		return results.Continue(j.out)
	}
	return results.Create(j.out, j.runLine(p, facts, f))
}

func (j *job) runLine(p engine.Plan, facts results.Host, f *field) results.Run {
	r := results.Run{
		ID: runID(), Time: time.Now().UTC(), Tool: tool(), Args: os.Args[1:], Seed: p.Seed,
		Plan: p.Record(j.suite.ID), Host: facts,
	}
	r.Plan.Units = j.cat.units()
	r.Plan.Memory = j.cat.memory()
	for _, e := range f.ready {
		r.Runtimes = append(r.Runtimes, e.Record())
	}
	return r
}

func runID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// into runs and writes the record, telling how it goes.
func (r *runner) into(ctx context.Context, u *ui, w *results.Writer, absent []competitors.Absent) (*engine.Summary, error) {
	for _, a := range absent {
		if err := w.Unavailable(a.Record()); err != nil {
			return nil, errors.Join(err, w.Close())
		}
	}
	p := newProgress(u)
	defer p.Close()
	r.Recorder, r.Events = w, p.Event
	sum, err := r.Run(ctx)
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	return sum, err
}

// showRecord prints what the record holds, if it holds anything.
func showRecord(u *ui, j *job, asJSON bool) (shown bool, err error) {
	rec, err := results.Open(j.out)
	if err != nil || len(rec.Invocations) == 0 {
		return false, err
	}
	if err := keepPace(rec); err != nil {
		u.Warn("how long this took is not kept for later dry runs: %v", err)
	}
	return true, printRecord(u, rec, showOptions{json: asJSON}, j.cat)
}

// verdict says where everything is and how the run ended.
func verdict(u *ui, j *job, sum *engine.Summary, f *field) error {
	again := "mnbench show " + quoted(j.out)
	u.Say("record: %s", j.out)
	switch {
	case sum.Interrupted:
		return withCode(exitInterrupted, fmt.Errorf("interrupted: what was finished is kept; to see it again: %s", again))
	case sum.Invalid():
		return withCode(exitInvalid, fmt.Errorf("results are not valid: %s; the table's notes say more", invalidCells(sum)))
	case len(f.broken()) > 0:
		return withCode(exitInvalid, fmt.Errorf("%s cannot be built or started: the warnings above say why", strings.Join(f.broken(), ", ")))
	case sum.Measured == 0:
		return withCode(exitNothing, errors.New("nothing was measured: the table's notes say why"))
	}
	if sum.Decided {
		u.Say("ended before the time was over: ranks are clear, and all times are known well")
	}
	u.Say("to see it again: %s; as charts: mnbench plot %s", again, quoted(j.out))
	return nil
}

// invalidCells is "2 cells crash, 1 cell wrong-answer".
func invalidCells(sum *engine.Summary) string {
	n := map[string]int{}
	for _, s := range sum.Cells {
		if s.Invalid() {
			n[string(s)]++
		}
	}
	var parts []string
	for _, s := range slices.Sorted(maps.Keys(n)) {
		parts = append(parts, fmt.Sprintf("%s ended in %s", count(n[s], "cell"), s))
	}
	return strings.Join(parts, ", ")
}
