package results

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"github.com/mnbench/mnbench/results/stat"
)

// tailShares are the percentiles that are worked out of each distribution.
var tailShares = []float64{0.5, 0.9, 0.99, 0.999, 0.9999}

// mostEvents bounds what one cell's distribution may take of memory: beyond
// that many events it is left out.
const mostEvents = 5_000_000

// Tail is what is known of a distribution that a driver measured, over all
// invocations of a cell.
type Tail struct {
	Name        string
	Unit        string
	Events      int
	Percentiles []Percentile // of tailShares
	Max         uint64
}

// Percentile is the value that a share of the events does not exceed.
type Percentile struct {
	Share float64
	stat.Interval
}

// Name is how people call it: "p50", "p99.9".
func (p Percentile) Name() string {
	return "p" + strconv.FormatFloat(math.Round(p.Share*1e6)/1e4, 'g', -1, 64)
}

// MarshalJSON writes {"name","unit","events","percentiles":{"p50":{...},...},"max"}.
func (t Tail) MarshalJSON() ([]byte, error) {
	out := struct {
		Name        string                   `json:"name"`
		Unit        string                   `json:"unit"`
		Events      int                      `json:"events"`
		Percentiles map[string]stat.Interval `json:"percentiles"`
		Max         uint64                   `json:"max"`
	}{t.Name, t.Unit, t.Events, map[string]stat.Interval{}, t.Max}
	for _, p := range t.Percentiles {
		out.Percentiles[p.Name()] = p.Interval
	}
	return json.Marshal(out)
}

// tails gathers the distributions of a cell's invocations, by name.
type tails []*tailSample

type tailSample struct {
	name, unit string
	events     uint64
	sample     stat.Sample // a list for each invocation
	max        uint64
}

// add takes in the histograms of one invocation.
func (ts *tails) add(histograms []Histogram) {
	for _, h := range histograms {
		i := slices.IndexFunc(*ts, func(t *tailSample) bool { return t.name == h.Name && t.unit == h.Unit })
		if i < 0 {
			i = len(*ts)
			*ts = append(*ts, &tailSample{name: h.Name, unit: h.Unit})
		}
		(*ts)[i].add(h)
	}
}

func (t *tailSample) add(h Histogram) {
	var values []float64
	for _, b := range h.Buckets {
		bound, count := b[0], b[1]
		if count == 0 {
			continue
		}
		t.max = max(t.max, bound)
		// In two steps: their sum might overflow.
		if t.events > mostEvents || count > mostEvents {
			t.events = mostEvents + 1
			return
		}
		t.events += count
		for range count {
			values = append(values, max(float64(bound)+t.offset(), 1))
		}
	}
	t.sample = append(t.sample, values)
}

// offset is what values are increased by for the estimators, which want them
// positive; percentiles are values, so it is taken off them again. No time has
// it: 0 ns is not worth telling from 1.
func (t *tailSample) offset() float64 {
	if t.unit == "ns" {
		return 0
	}
	return 1
}

// summarise leaves out distributions without events, and those with too many.
func (ts tails) summarise(o stat.Options) []Tail {
	var out []Tail
	for _, t := range ts {
		if t.events == 0 || t.events > mostEvents {
			continue
		}
		tail := Tail{Name: t.name, Unit: t.unit, Events: int(t.events), Max: t.max}
		for _, share := range tailShares {
			p := stat.Percentile(t.sample, share, o)
			p.Median, p.Lo, p.Hi = p.Median-t.offset(), p.Lo-t.offset(), p.Hi-t.offset()
			tail.Percentiles = append(tail.Percentiles, Percentile{share, p})
		}
		out = append(out, tail)
	}
	return out
}

// Tail returns the named distribution of a cell, or nil.
func (c *CellSummary) Tail(name string) *Tail {
	for i := range c.Tails {
		if c.Tails[i].Name == name {
			return &c.Tails[i]
		}
	}
	return nil
}
