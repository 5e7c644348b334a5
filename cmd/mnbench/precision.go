package main

import (
	"math"

	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/results/stat"
)

// precision guides a run with a time budget to the cells whose times are known
// worst. A group is decided when all its times are known very well, or known
// well and all ranks are clear.
type precision struct {
	groups  [][]int // indices of the cells that are compared with each other
	groupOf []int
	samples []stat.Sample
	costs   []*stat.Resampled // of samples; nil: to be made anew
	needs   []float64
	stale   []bool // groups whose needs are to be worked out anew
}

// Half of an interval, as a share of its median.
const (
	known     = 0.05
	knownWell = 0.01
)

func newPrecision(cells []results.Cell) *precision {
	p := &precision{
		groupOf: make([]int, len(cells)), samples: make([]stat.Sample, len(cells)),
		costs: make([]*stat.Resampled, len(cells)), needs: make([]float64, len(cells)),
	}
	place := map[string]int{}
	for i, c := range cells {
		g, ok := place[c.Group()]
		if !ok {
			g = len(p.groups)
			place[c.Group()] = g
			p.groups = append(p.groups, nil)
		}
		p.groups[g] = append(p.groups[g], i)
		p.groupOf[i] = g
	}
	p.stale = make([]bool, len(p.groups))
	for g := range p.stale {
		p.stale[g] = true
	}
	return p
}

// Saw implements engine.Guide.
func (p *precision) Saw(m results.Measured) {
	if m.Invocation.Invocation < 0 || m.Status != results.OK {
		return
	}
	p.samples[m.Cell] = append(p.samples[m.Cell], costsOf(m))
	p.costs[m.Cell] = nil
	p.stale[p.groupOf[m.Cell]] = true
}

// costsOf is the cost of a unit of work in each timed sample.
func costsOf(m results.Measured) []float64 {
	out := make([]float64, 0, len(m.Timed))
	for _, point := range m.Timed {
		if v, ok := point.PerUnit(); ok {
			out = append(out, v)
		}
	}
	return out
}

// Needs implements engine.Guide: half the width of each cell's interval, as a
// share of its median; +Inf while there are too few invocations for one that
// supposes nothing.
func (p *precision) Needs() []float64 {
	for g, cells := range p.groups {
		if !p.stale[g] {
			continue
		}
		p.stale[g] = false
		widest := 0.0
		for _, c := range cells {
			p.needs[c] = p.width(c)
			widest = max(widest, p.needs[c])
		}
		if widest <= knownWell || widest <= known && p.ranked(cells) {
			for _, c := range cells {
				p.needs[c] = 0
			}
		}
	}
	return p.needs
}

func (p *precision) width(c int) float64 {
	if p.costs[c] == nil {
		p.costs[c] = stat.Resample(p.samples[c], stat.Options{}, uint64(c))
	}
	i := p.costs[c].Interval()
	if !i.Bounded() || stat.Has(i.Warnings, stat.FewInvocations) || stat.Has(i.Warnings, stat.OneInvocation) {
		return math.Inf(1)
	}
	return (i.Hi - i.Lo) / 2 / i.Median
}

// ranked reports whether no two of the cells share a rank.
func (p *precision) ranked(cells []int) bool {
	costs := make([]*stat.Resampled, len(cells))
	for i, c := range cells {
		costs[i] = p.costs[c]
	}
	for _, place := range stat.Rank(costs) {
		if place.Tied || place.Rank == 0 {
			return false
		}
	}
	return true
}
