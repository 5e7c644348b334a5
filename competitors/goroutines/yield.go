package main

import (
	"runtime"
	"sync"
)

func init() {
	register(workload{"yield", []paramSpec{{"threads", 1}, {"rounds", 1}}, func(p params) state {
		return &yield{rounds: p["rounds"], counted: make([]uint64, p["threads"])}
	}})
}

// yield has goroutines that do nothing but give up the processor.
type yield struct {
	rounds  uint64
	counted []uint64
}

func (s *yield) parallel() {
	var all sync.WaitGroup
	all.Add(len(s.counted))
	for i := range s.counted {
		go func() {
			defer all.Done()
			count := uint64(0)
			for range s.rounds {
				runtime.Gosched()
				count++
			}
			s.counted[i] = count
		}()
	}
	all.Wait()
}

func (s *yield) serial() {
	for i := range s.counted {
		count := uint64(0)
		for range s.rounds {
			count++
		}
		s.counted[i] = count
	}
}

func (s *yield) result() (units, answer uint64) {
	for _, count := range s.counted {
		answer += count
	}
	return uint64(len(s.counted)) * s.rounds, answer
}
