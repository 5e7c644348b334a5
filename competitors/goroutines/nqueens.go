package main

import (
	"math/bits"
	"sync"
)

func init() {
	register(workload{"nqueens", []paramSpec{{"n", 4}, {"depth", 1}}, func(p params) state {
		return &nqueens{depth: uint32(min(p["depth"], p["n"])), all: 1<<p["n"] - 1}
	}})
}

// nqueens counts the ways to place n queens; in the first rows every safe place
// is a goroutine.
type nqueens struct {
	depth uint32
	all   uint32 // a bit for each column
	done  nqueensResult
}

type nqueensResult struct {
	value   uint64
	created uint64 // goroutines below
}

// search has queens in the rows before row, which attack columns, left and right.
func (s *nqueens) search(row, columns, left, right uint32) nqueensResult {
	if row >= s.depth {
		return nqueensResult{value: s.plain(columns, left, right)}
	}
	free := s.all &^ (columns | left | right)
	children := make([]nqueensResult, bits.OnesCount32(free))
	var all sync.WaitGroup
	all.Add(len(children))
	for i := range children {
		place := free & -free
		free &= free - 1
		go func() {
			defer all.Done()
			children[i] = s.search(row+1, columns|place, (left|place)<<1, (right|place)>>1)
		}()
	}
	all.Wait()
	var sum nqueensResult
	for _, child := range children {
		sum.value += child.value
		sum.created += child.created + 1
	}
	return sum
}

func (s *nqueens) plain(columns, left, right uint32) uint64 {
	if columns == s.all {
		return 1
	}
	count := uint64(0)
	for free := s.all &^ (columns | left | right); free != 0; free &= free - 1 {
		place := free & -free
		count += s.plain(columns|place, (left|place)<<1, (right|place)>>1)
	}
	return count
}

// places is how many goroutines the parallel form creates below.
func (s *nqueens) places(row, columns, left, right uint32) uint64 {
	if row == s.depth {
		return 0
	}
	count := uint64(0)
	for free := s.all &^ (columns | left | right); free != 0; free &= free - 1 {
		place := free & -free
		count += 1 + s.places(row+1, columns|place, (left|place)<<1, (right|place)>>1)
	}
	return count
}

func (s *nqueens) parallel() { s.done = s.search(0, 0, 0, 0) }

func (s *nqueens) serial() { s.done = nqueensResult{value: s.plain(0, 0, 0)} }

func (s *nqueens) result() (units, answer uint64) {
	if s.done.created == 0 { // it was the serial mode
		return s.places(0, 0, 0, 0), s.done.value
	}
	return s.done.created, s.done.value
}
