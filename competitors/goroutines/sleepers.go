package main

import (
	"sync"
	"time"
)

func init() {
	register(workload{"sleepers", []paramSpec{{"threads", 1}, {"rounds", 1}, {"period_us", 1}}, func(p params) state {
		return &sleepers{rounds: p["rounds"], period: p["period_us"] * 1000, gate: make(chan struct{}),
			awoken: make([]uint64, p["threads"]), late: make([]uint64, p["threads"]*p["rounds"])}
	}})
}

// sleepers has goroutines that sleep until moments fixed beforehand, and look
// how late they are.
type sleepers struct {
	rounds uint64
	period uint64 // ns
	gate   chan struct{}
	begin  time.Time // of all periods; set before the gate opens
	awoken []uint64  // by goroutine
	late   []uint64  // ns, `rounds` of goroutine 0, then of goroutine 1 ...
}

func (s *sleepers) sleeper(i int) {
	<-s.gate
	for round := uint64(1); round <= s.rounds; round++ {
		due := s.begin.Add(time.Duration(round*s.period + uint64(i)*s.period/uint64(len(s.awoken))))
		time.Sleep(time.Until(due))
		s.late[uint64(i)*s.rounds+round-1] = uint64(max(0, time.Since(due)))
		s.awoken[i]++
	}
}

func (s *sleepers) parallel() {
	var all sync.WaitGroup
	all.Add(len(s.awoken))
	for i := range s.awoken {
		go func() {
			defer all.Done()
			s.sleeper(i)
		}()
	}
	s.begin = time.Now()
	close(s.gate)
	all.Wait()
}

func (s *sleepers) serial() {
	for i := range s.awoken {
		for range s.rounds {
			s.awoken[i]++
		}
	}
}

func (s *sleepers) result() (units, answer uint64) {
	for _, n := range s.awoken {
		answer += n
	}
	return uint64(len(s.awoken)) * s.rounds, answer
}

func (s *sleepers) observe(event func(name, unit string, value uint64)) {
	if s.begin.IsZero() {
		return // it was the serial mode
	}
	for _, late := range s.late {
		event("lateness", "ns", late)
	}
}
