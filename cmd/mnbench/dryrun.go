package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/mnbench/mnbench/competitors"
	"github.com/mnbench/mnbench/internal/host"
	"github.com/mnbench/mnbench/results"
)

// dryRun prints what a job would do. It looks for tools, but builds nothing.
func dryRun(ctx context.Context, u *ui, o runOptions, j *job) error {
	var ready []string
	var absent []results.Unavailable
	b := &competitors.Builder{}
	for _, v := range j.runtimes {
		c, _, err := competitors.Find(j.cat.competitors, v.ID)
		if err != nil {
			return err
		}
		_, err = b.Check(ctx, c)
		var missing *competitors.Missing
		switch {
		case errors.As(err, &missing):
			absent = append(absent, competitors.Absent{Variant: v, Err: err}.Record())
		case err != nil:
			return err
		default:
			ready = append(ready, v.ID)
		}
	}
	p, err := j.cells(ready)
	if err != nil {
		return err
	}
	past, err := loadPace()
	if err != nil {
		return err
	}
	mine := p.Shard.Takes(p.Cells)
	var cells []results.Cell
	for i, c := range p.Cells {
		if mine[i] {
			cells = append(cells, c)
		}
	}
	if o.json {
		takes, known := past.estimate(p, cells)
		return u.printJSON(struct {
			Plan        results.Plan          `json:"plan"`
			Seed        uint64                `json:"seed"`
			Timeout     string                `json:"timeout"`
			Out         string                `json:"out"`
			Unavailable []results.Unavailable `json:"unavailable"`
			Seconds     float64               `json:"estimated_seconds,omitempty"` // judged by so many cells:
			Known       int                   `json:"estimated_by_cells"`
		}{p.Record(j.suite.ID), p.Seed, p.Timeout.String(), j.out, append([]results.Unavailable{}, absent...),
			takes.Seconds(), known})
	}
	fmt.Fprintf(u.out, "%s: a check each, then %s of %s after %s of warm-up, time-out %v\n",
		count(p.Size(), "cell"), count(p.Invocations, "invocation"), count(p.Iterations, "iteration"),
		count(p.Warmup, "iteration"), p.Timeout)
	if p.Budget > 0 {
		fmt.Fprintf(u.out, "then more where intervals are widest, for at most %v in all\n", p.Budget)
	}
	if p.Budget == 0 {
		fmt.Fprintln(u.out, past.howLong(p, cells))
	}
	fmt.Fprintf(u.out, "CPUs %s, seed %d, record %s\n\n", host.FormatCPUs(p.CPUs), p.Seed, j.out)
	w := tabwriter.NewWriter(u.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "WORKLOAD\tWORKERS\tRUNTIMES")
	for _, g := range dryGroups(cells) {
		fmt.Fprintf(w, "%s\t%s\t%s\n", g[0], g[1], g[2])
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, a := range absent {
		u.Warn("%s cannot take part: %s", a.Runtime, withCure(a))
	}
	return nil
}

// dryGroups are the rows of the table: workload, workers, runtimes.
func dryGroups(cells []results.Cell) [][3]string {
	var rows [][3]string
	at := map[string]int{}
	for _, c := range cells {
		i, ok := at[c.Group()]
		if !ok {
			how := strconv.Itoa(c.Workers)
			if c.Mode == results.Serial {
				how = "sequential"
			}
			i = len(rows)
			at[c.Group()] = i
			rows = append(rows, [3]string{strings.TrimSpace(c.Workload + " " + c.Params.String()), how, ""})
		}
		rows[i][2] = strings.TrimPrefix(rows[i][2]+", "+c.Runtime, ", ")
	}
	return rows
}
