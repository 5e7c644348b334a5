package main

import (
	"sync"
	"time"
)

func init() {
	declared := []paramSpec{{"hogs", 1}, {"steps", 0}, {"ticks", 1}, {"period_us", 1}}
	register(workload{"hog", declared, func(p params) state {
		s := &hog{steps: p["steps"], period: time.Duration(p["period_us"]) * time.Microsecond, gate: make(chan struct{}),
			late: make([]uint64, p["ticks"]), x: make([]uint64, p["hogs"])}
		for i := range s.x {
			s.x[i] = uint64(i) + 1
		}
		return s
	}})
}

// hog has a goroutine that wants to run at fixed moments, among goroutines that
// compute without a pause.
type hog struct {
	steps  uint64 // of each hog
	period time.Duration
	gate   chan struct{}
	begin  time.Time // of all periods; set before the gate opens
	ticked uint64
	late   []uint64 // ns, by tick
	x      []uint64 // by hog: first the seed of its sequence, then its end
}

func (s *hog) tick() {
	<-s.gate
	for i := range s.late {
		due := s.begin.Add(time.Duration(i+1) * s.period)
		time.Sleep(time.Until(due))
		s.late[i] = uint64(max(0, time.Since(due)))
		s.ticked++
	}
}

func (s *hog) compute(i int) {
	<-s.gate
	s.x[i] = busy(s.steps, s.x[i])
}

func (s *hog) parallel() {
	var all sync.WaitGroup
	all.Add(1 + len(s.x))
	go func() {
		defer all.Done()
		s.tick()
	}()
	for i := range s.x {
		go func() {
			defer all.Done()
			s.compute(i)
		}()
	}
	s.begin = time.Now()
	close(s.gate)
	all.Wait()
}

func (s *hog) serial() {
	for range s.late {
		s.ticked++
	}
	for i := range s.x {
		s.x[i] = busy(s.steps, s.x[i])
	}
}

func (s *hog) result() (units, answer uint64) {
	answer = s.ticked
	for _, x := range s.x {
		answer += x
	}
	return uint64(len(s.late)), answer
}

func (s *hog) observe(event func(name, unit string, value uint64)) {
	if s.begin.IsZero() {
		return // it was the serial mode
	}
	for _, late := range s.late {
		event("lateness", "ns", late)
	}
}
