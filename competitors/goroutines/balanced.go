package main

import "sync"

func init() {
	register(workload{"balanced", []paramSpec{{"n", 1}, {"steps", 0}}, func(p params) state {
		s := &balanced{steps: p["steps"], x: make([]uint64, p["n"])}
		for i := range s.x {
			s.x[i] = uint64(i)
		}
		return s
	}})
}

// balanced has computing goroutines, all with the same amount of work.
type balanced struct {
	steps uint64
	x     []uint64 // first the seeds of the sequences, then their ends
}

func (s *balanced) parallel() {
	var all sync.WaitGroup
	all.Add(len(s.x))
	for i := range s.x {
		go func() {
			defer all.Done()
			s.x[i] = busy(s.steps, s.x[i])
		}()
	}
	all.Wait()
}

func (s *balanced) serial() {
	for i := range s.x {
		s.x[i] = busy(s.steps, s.x[i])
	}
}

func (s *balanced) result() (units, answer uint64) {
	for _, x := range s.x {
		answer ^= x
	}
	return uint64(len(s.x)), answer
}
