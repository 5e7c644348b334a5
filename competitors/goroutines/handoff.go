package main

import "sync"

func init() {
	register(workload{"handoff", []paramSpec{{"pairs", 1}, {"items", 1}}, func(p params) state {
		s := &handoff{items: p["items"], gate: make(chan struct{}), meetings: make([]chan uint64, p["pairs"]), sums: make([]uint64, p["pairs"])}
		for i := range s.meetings {
			s.meetings[i] = make(chan uint64)
		}
		return s
	}})
}

// handoff has pairs of goroutines of which one sends numbers to the other
// through a channel without room, so that each send waits until it is taken.
type handoff struct {
	items    uint64
	gate     chan struct{} // closed when all are there
	meetings []chan uint64
	sums     []uint64
}

func (s *handoff) send(pair int) {
	<-s.gate
	for item := uint64(1); item <= s.items; item++ {
		s.meetings[pair] <- item
	}
}

func (s *handoff) receive(pair int) {
	<-s.gate
	sum := uint64(0)
	for range s.items {
		sum += <-s.meetings[pair]
	}
	s.sums[pair] = sum
}

func (s *handoff) parallel() {
	var all sync.WaitGroup
	all.Add(2 * len(s.meetings))
	for i := range s.meetings {
		for _, side := range []func(int){s.send, s.receive} {
			go func() {
				defer all.Done()
				side(i)
			}()
		}
	}
	close(s.gate)
	all.Wait()
}

func (s *handoff) serial() {
	for i := range s.sums {
		for item := uint64(1); item <= s.items; item++ {
			s.sums[i] += item
		}
	}
}

func (s *handoff) result() (units, answer uint64) {
	for _, sum := range s.sums {
		answer += sum
	}
	return uint64(len(s.sums)) * s.items, answer
}
