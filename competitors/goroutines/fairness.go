package main

import (
	"sync"
	"sync/atomic"
)

func init() {
	register(workload{"fairness", []paramSpec{{"threads", 1}, {"chunks", 1}, {"steps", 0}}, func(p params) state {
		s := &fairness{chunks: p["chunks"], steps: p["steps"], gate: make(chan struct{}),
			snapshot: make([]uint64, p["threads"]), runners: make([]runner, p["threads"])}
		for i := range s.runners {
			s.runners[i].x = uint64(i)
		}
		return s
	}})
}

// fairness has equal goroutines that compute without a pause: how far are the
// others when the first one is done?
type fairness struct {
	chunks   uint64
	steps    uint64 // of a chunk
	gate     chan struct{}
	done     atomic.Bool // somebody is
	snapshot []uint64    // chunks that each had done by then
	runners  []runner
}

type runner struct {
	x      uint64
	chunks atomic.Uint64 // done
	_      [48]byte      // the rest of a cache line
}

func (s *fairness) run(r *runner) {
	<-s.gate
	x := r.x
	for i := uint64(1); i <= s.chunks; i++ {
		x = busy(s.steps, x)
		r.chunks.Store(i)
	}
	r.x = x
	if !s.done.Swap(true) {
		for i := range s.runners {
			s.snapshot[i] = s.runners[i].chunks.Load()
		}
	}
}

func (s *fairness) parallel() {
	var all sync.WaitGroup
	all.Add(len(s.runners))
	for i := range s.runners {
		go func() {
			defer all.Done()
			s.run(&s.runners[i])
		}()
	}
	close(s.gate)
	all.Wait()
}

func (s *fairness) serial() {
	for i := range s.runners {
		for range s.chunks {
			s.runners[i].x = busy(s.steps, s.runners[i].x)
		}
	}
}

func (s *fairness) result() (units, answer uint64) {
	for i := range s.runners {
		answer += s.runners[i].x
	}
	return uint64(len(s.runners)) * s.chunks, answer
}

func (s *fairness) observe(event func(name, unit string, value uint64)) {
	if !s.done.Load() {
		return // it was the serial mode
	}
	sum, squares := 0.0, 0.0
	for _, chunks := range s.snapshot {
		share := float64(chunks) / float64(s.chunks)
		sum += share
		squares += share * share
		event("behind the first", "percent", 100-chunks*100/s.chunks)
	}
	event("Jain index", "permille", uint64(1000*sum*sum/(float64(len(s.snapshot))*squares)+0.5))
}
