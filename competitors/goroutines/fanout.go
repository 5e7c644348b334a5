package main

import "sync"

func init() {
	register(workload{"fanout", []paramSpec{{"n", 1}}, func(p params) state {
		return &fanout{slots: make([]uint64, p["n"])}
	}})
}

// fanout creates n goroutines at once and waits for all of them.
type fanout struct {
	slots []uint64
}

func (s *fanout) parallel() {
	var all sync.WaitGroup
	all.Add(len(s.slots))
	for i := range s.slots {
		go func() {
			defer all.Done()
			s.slots[i] = uint64(i) + 1
		}()
	}
	all.Wait()
}

func (s *fanout) serial() {
	for i := range s.slots {
		s.slots[i] = uint64(i) + 1
	}
}

func (s *fanout) result() (units, answer uint64) {
	for _, value := range s.slots {
		answer += value
	}
	return uint64(len(s.slots)), answer
}
