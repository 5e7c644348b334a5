package main

import (
	"sync"
	"sync/atomic"
)

func init() {
	register(workload{"idle", []paramSpec{{"threads", 1}}, func(p params) state {
		return &idle{threads: p["threads"], gate: make(chan struct{})}
	}})
}

// idle has goroutines that wait, all alive at once: what memory each of them
// takes.
type idle struct {
	threads uint64
	gate    chan struct{}
	arrived atomic.Uint64
	sum     atomic.Uint64
	bytes   uint64 // when all waited
}

func (s *idle) parallel() {
	var there, all sync.WaitGroup
	there.Add(int(s.threads))
	all.Add(int(s.threads))
	for range s.threads {
		go func() {
			defer all.Done()
			mine := s.arrived.Add(1)
			there.Done()
			<-s.gate
			s.sum.Add(mine)
		}()
	}
	there.Wait()
	s.bytes = residentBytes()
	close(s.gate)
	all.Wait()
}

func (s *idle) serial() {
	for i := uint64(1); i <= s.threads; i++ {
		s.sum.Add(i)
	}
}

func (s *idle) result() (units, answer uint64) {
	return s.threads, s.sum.Load()
}

func (s *idle) resident() uint64 {
	return s.bytes
}
