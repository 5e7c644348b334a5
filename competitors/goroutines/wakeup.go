package main

import (
	"sync"
	"time"
)

func init() {
	declared := []paramSpec{{"rounds", 1}, {"period_us", 1}, {"hogs", 0}, {"steps", 0}}
	register(workload{"wakeup", declared, func(p params) state {
		s := &wakeup{period: time.Duration(p["period_us"]) * time.Microsecond, steps: p["steps"], gate: make(chan struct{}),
			took: make([]uint64, p["rounds"]), x: make([]uint64, p["hogs"])}
		s.changed.L = &s.lock
		for i := range s.x {
			s.x[i] = uint64(i)
		}
		return s
	}})
}

// wakeup measures from the signal to the running goroutine, with and without
// others that compute.
type wakeup struct {
	period time.Duration
	steps  uint64 // of each hog
	gate   chan struct{}
	begin  time.Time // of all periods; set before the gate opens

	lock    sync.Mutex
	changed sync.Cond
	sent    time.Time // of the last signal; zero: it was taken. Guarded by lock

	woken uint64
	took  []uint64 // ns, by round
	x     []uint64 // by hog: first the seed of its sequence, then its end
}

func (s *wakeup) await() {
	<-s.gate
	for i := range s.took {
		s.lock.Lock()
		for s.sent.IsZero() {
			s.changed.Wait()
		}
		s.took[i] = uint64(max(0, time.Since(s.sent)))
		s.sent = time.Time{}
		s.woken++
		s.changed.Signal()
		s.lock.Unlock()
	}
}

func (s *wakeup) signal() {
	<-s.gate
	for i := range s.took {
		time.Sleep(time.Until(s.begin.Add(time.Duration(i+1) * s.period)))
		s.lock.Lock()
		for !s.sent.IsZero() {
			s.changed.Wait()
		}
		s.sent = time.Now()
		s.changed.Signal()
		s.lock.Unlock()
	}
}

func (s *wakeup) compute(i int) {
	<-s.gate
	s.x[i] = busy(s.steps, s.x[i])
}

func (s *wakeup) parallel() {
	var all sync.WaitGroup
	all.Add(2 + len(s.x))
	for _, side := range []func(){s.await, s.signal} {
		go func() {
			defer all.Done()
			side()
		}()
	}
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

func (s *wakeup) serial() {
	for range s.took {
		s.woken++
	}
	for i := range s.x {
		s.x[i] = busy(s.steps, s.x[i])
	}
}

func (s *wakeup) result() (units, answer uint64) {
	answer = s.woken
	for _, x := range s.x {
		answer += x
	}
	return uint64(len(s.took)), answer
}

func (s *wakeup) observe(event func(name, unit string, value uint64)) {
	if s.begin.IsZero() {
		return // it was the serial mode
	}
	for _, took := range s.took {
		event("latency", "ns", took)
	}
}
