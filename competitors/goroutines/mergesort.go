package main

import "sync"

const insertionSize = 16 // spans of up to so many are sorted by insertion

func init() {
	register(workload{"mergesort", []paramSpec{{"n", 1}, {"cutoff", 1}}, func(p params) state {
		s := &mergesort{cutoff: int(min(p["cutoff"], p["n"])), a: make([]uint32, p["n"]), scratch: make([]uint32, p["n"])}
		x := uint64(1)
		for i := range s.a {
			x = busy(1, x)
			s.a[i] = uint32(x >> 33)
		}
		return s
	}})
}

// mergesort sorts; above the cutoff another goroutine sorts the left half.
type mergesort struct {
	cutoff  int
	a       []uint32
	scratch []uint32
}

func mergesortInsertion(a []uint32) {
	for i := 1; i < len(a); i++ {
		key, k := a[i], i
		for ; k > 0 && a[k-1] > key; k-- {
			a[k] = a[k-1]
		}
		a[k] = key
	}
}

// mergesortMerge merges the two sorted parts of a, of which the second begins at middle.
func mergesortMerge(a, scratch []uint32, middle int) {
	copy(scratch, a[:middle])
	left, right, into := 0, middle, 0
	for left < middle && right < len(a) {
		if a[right] < scratch[left] {
			a[into] = a[right]
			right++
		} else {
			a[into] = scratch[left]
			left++
		}
		into++
	}
	copy(a[into:], scratch[left:middle])
}

func plainMergesort(a, scratch []uint32) {
	if len(a) <= insertionSize {
		mergesortInsertion(a)
		return
	}
	middle := len(a) / 2
	plainMergesort(a[:middle], scratch[:middle])
	plainMergesort(a[middle:], scratch[middle:])
	mergesortMerge(a, scratch, middle)
}

func (s *mergesort) sort(a, scratch []uint32) {
	if len(a) <= s.cutoff {
		plainMergesort(a, scratch)
		return
	}
	middle := len(a) / 2
	var left sync.WaitGroup
	left.Add(1)
	go func() {
		defer left.Done()
		s.sort(a[:middle], scratch[:middle])
	}()
	s.sort(a[middle:], scratch[middle:])
	left.Wait()
	mergesortMerge(a, scratch, middle)
}

func (s *mergesort) parallel() { s.sort(s.a, s.scratch) }

func (s *mergesort) serial() { plainMergesort(s.a, s.scratch) }

func (s *mergesort) result() (units, answer uint64) {
	for i, key := range s.a {
		answer += uint64(key) * uint64(i+1)
	}
	return uint64(len(s.a)), answer
}
