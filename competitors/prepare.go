package competitors

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/mnbench/mnbench/internal/protocol"
	"github.com/mnbench/mnbench/results"
)

// Entrant is a variant that is ready to run.
type Entrant struct {
	*Built
	Variant  *Variant
	Describe protocol.Describe
}

// ID is the variant's.
func (e *Entrant) ID() string { return e.Variant.ID }

// Command is the driver's argument list up to the verb, and its environment.
func (e *Entrant) Command(workers int) (argv, env []string, err error) {
	return e.Built.Command(e.Variant.ID, workers)
}

// Declines reports whether the entrant does not do a workload in a mode on so
// many workers, and why.
func (e *Entrant) Declines(workload string, mode results.Mode, workers int) (reason string, yes bool) {
	if most := e.Variant.MaxWorkers; most > 0 && workers > most {
		return fmt.Sprintf("%s has at most %s", e.ID(), results.FormatWorkers(most)), true
	}
	if reason, yes := e.Competitor.Declined(e.Variant.ID, workload); yes {
		return reason, true
	}
	if !e.Describe.Has(workload) {
		if reason, yes := e.Competitor.Declined(e.Variant.ID, DeclinesRest); yes {
			return reason, true
		}
		return "the driver does not list it", true
	}
	if !e.Describe.HasMode(string(mode)) {
		return fmt.Sprintf("the driver has no %s mode", mode), true
	}
	return "", false
}

// Lacks reports whether the driver does not list a workload and the manifest
// does not decline it either.
func (e *Entrant) Lacks(workload string) bool {
	_, declined := e.Competitor.Declined(e.Variant.ID, workload)
	_, rest := e.Competitor.Declined(e.Variant.ID, DeclinesRest)
	return !e.Describe.Has(workload) && !declined && !rest
}

// Record is the entrant as it stands in a record.
func (e *Entrant) Record() results.Runtime {
	return results.Runtime{
		ID: e.Variant.ID, Competitor: e.Competitor.ID, Version: e.Describe.Version,
		Language: e.Competitor.Language, Model: e.Variant.Model, Build: e.Key, Toolchain: e.Toolchain(),
		Floor: e.Competitor.Floor,
	}
}

// Absent is a variant that cannot take part. Err is a *Missing for tools that
// are not there; otherwise building or describing failed.
type Absent struct {
	Variant *Variant
	Err     error
}

// Missing reports whether it is only that tools are not there.
func (a Absent) Missing() bool {
	var m *Missing
	return errors.As(a.Err, &m)
}

// Record is the absentee as it stands in a record.
func (a Absent) Record() results.Unavailable {
	u := results.Unavailable{Type: "unavailable", Runtime: a.Variant.ID}
	var m *Missing
	var b *BuildError
	switch {
	case errors.As(a.Err, &m):
		u.Reason, u.Hint = m.Reason, m.Hint
	case errors.As(a.Err, &b):
		u.Reason, u.Hint = "build failed: "+b.Err.Error()+": "+lastLines(b.Tail, 1), "see "+b.Log
	default:
		u.Reason = strings.ReplaceAll(a.Err.Error(), "\n", "; ")
	}
	return u
}

// Prepare builds and describes the named variants (ids of variants, or of
// competitors for their default variant; none: every variant of all), some at
// a time, and returns them in the order asked. The error is for unknown names
// and a context that ended; what cannot take part is in absent.
func (b *Builder) Prepare(ctx context.Context, all []*Competitor, names []string) (ready []*Entrant, absent []Absent, err error) {
	type choice struct {
		c *Competitor
		v *Variant
	}
	var chosen []choice
	for _, name := range names {
		c, v, err := Find(all, name)
		if err != nil {
			return nil, nil, err
		}
		if !slices.Contains(chosen, choice{c, v}) {
			chosen = append(chosen, choice{c, v})
		}
	}
	if len(names) == 0 {
		for _, c := range all {
			for i := range c.Variants {
				chosen = append(chosen, choice{c, &c.Variants[i]})
			}
		}
	}
	// One build per competitor, however many of its variants take part.
	var order []*Competitor
	for _, ch := range chosen {
		if !slices.Contains(order, ch.c) {
			order = append(order, ch.c)
		}
	}
	builts := make([]*Built, len(order))
	errs := make([]error, len(order))
	slots := make(chan struct{}, max(1, min(4, runtime.NumCPU())))
	var wg sync.WaitGroup
	for i, c := range order {
		wg.Add(1)
		go func() {
			defer wg.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			builts[i], errs[i] = b.Build(ctx, c)
		}()
	}
	wg.Wait()
	for _, ch := range chosen {
		i := slices.Index(order, ch.c)
		err := errs[i]
		var d protocol.Describe
		if err == nil {
			d, err = builts[i].Describe(ctx, ch.v.ID)
		}
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if err != nil {
			absent = append(absent, Absent{ch.v, err})
			continue
		}
		ready = append(ready, &Entrant{Built: builts[i], Variant: ch.v, Describe: d})
	}
	return ready, absent, nil
}
