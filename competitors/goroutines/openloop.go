package main

import (
	"math"
	"sync"
	"time"
)

func init() {
	declared := []paramSpec{{"requests", 1}, {"interval_ns", 1}, {"short", 0}, {"long", 0}}
	register(workload{"openloop", declared, func(p params) state {
		s := &openloop{requests: make([]request, p["requests"])}
		x, due := uint64(1), 0.0
		for i := range s.requests {
			x = busy(1, x)
			due -= math.Log(1-float64(x>>11)*0x1p-53) * float64(p["interval_ns"])
			x = busy(1, x)
			s.requests[i] = request{due: time.Duration(due), steps: p["short"], x: uint64(i)}
			if (x>>32)*1000>>32 < 5 {
				s.requests[i].steps = p["long"]
			}
		}
		return s
	}})
}

// openloop has requests that come when they come: a goroutine for each, and the
// time from when it was due.
type openloop struct {
	begin    time.Time
	requests []request
}

type request struct {
	due   time.Duration // from the beginning
	steps uint64
	x     uint64 // first the seed of the sequence, then its end
	took  uint64 // ns
}

func (s *openloop) parallel() {
	var all sync.WaitGroup
	all.Add(len(s.requests))
	s.begin = time.Now()
	for i := range s.requests {
		r := &s.requests[i]
		due := s.begin.Add(r.due)
		time.Sleep(time.Until(due))
		go func() {
			defer all.Done()
			r.x = busy(r.steps, r.x)
			r.took = uint64(max(0, time.Since(due)))
		}()
	}
	all.Wait()
}

func (s *openloop) serial() {
	for i := range s.requests {
		r := &s.requests[i]
		r.x = busy(r.steps, r.x)
	}
}

func (s *openloop) result() (units, answer uint64) {
	for i := range s.requests {
		answer += s.requests[i].x
	}
	return uint64(len(s.requests)), answer
}

func (s *openloop) observe(event func(name, unit string, value uint64)) {
	if s.begin.IsZero() {
		return // it was the serial mode
	}
	for i := range s.requests {
		event("latency", "ns", s.requests[i].took)
	}
}
