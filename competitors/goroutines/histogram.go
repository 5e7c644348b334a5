package main

import (
	"math/bits"
	"sort"
)

type histogramLine struct {
	Type    string      `json:"type"`
	Name    string      `json:"name"`
	Unit    string      `json:"unit"`
	Buckets [][2]uint64 `json:"buckets"`
}

// histogram counts events by the largest number of their bucket.
type histogram struct {
	name, unit string
	counts     map[uint64]uint64
}

var histograms []*histogram

// observed adds an event to the distribution of this name.
func observed(name, unit string, value uint64) {
	for _, h := range histograms {
		if h.name == name {
			h.counts[bucketBound(value)]++
			return
		}
	}
	histograms = append(histograms, &histogram{name, unit, map[uint64]uint64{bucketBound(value): 1}})
}

// bucketBound is the largest number in the bucket of a value. Numbers below 256
// have a bucket each; above, each power of two has 128 of them, so that none is
// wider than 1% of its numbers.
func bucketBound(value uint64) uint64 {
	shift := max(0, bits.Len64(value)-8)
	return value | (1<<shift - 1)
}

func emitHistograms() error {
	for _, h := range histograms {
		line := histogramLine{"histogram", h.name, h.unit, [][2]uint64{}}
		for bound, count := range h.counts {
			line.Buckets = append(line.Buckets, [2]uint64{bound, count})
		}
		sort.Slice(line.Buckets, func(i, j int) bool { return line.Buckets[i][0] < line.Buckets[j][0] })
		if err := emit(line); err != nil {
			return err
		}
	}
	return nil
}
