package main

import "sync"

func init() {
	declared := []paramSpec{{"threads", 1}, {"rounds", 1}, {"inside", 0}, {"outside", 0}}
	register(workload{"mutex", declared, func(p params) state {
		s := &mutex{rounds: p["rounds"], inside: p["inside"], outside: p["outside"], gate: make(chan struct{}), ends: make([]uint64, p["threads"])}
		return s
	}})
}

// mutex has goroutines that take turns at one mutex.
type mutex struct {
	rounds          uint64
	inside, outside uint64 // steps
	gate            chan struct{}
	ends            []uint64 // of each goroutine's own sequence

	lock  sync.Mutex
	count uint64 // guarded by lock, as is x
	x     uint64
}

func (s *mutex) worker(i int) {
	<-s.gate
	y := uint64(i)
	for range s.rounds {
		s.lock.Lock()
		s.count++
		s.x = busy(s.inside, s.x)
		s.lock.Unlock()
		y = busy(s.outside, y)
	}
	s.ends[i] = y
}

func (s *mutex) parallel() {
	var all sync.WaitGroup
	all.Add(len(s.ends))
	for i := range s.ends {
		go func() {
			defer all.Done()
			s.worker(i)
		}()
	}
	close(s.gate)
	all.Wait()
}

func (s *mutex) serial() {
	for i := range s.ends {
		y := uint64(i)
		for range s.rounds {
			s.count++
			s.x = busy(s.inside, s.x)
			y = busy(s.outside, y)
		}
		s.ends[i] = y
	}
}

func (s *mutex) result() (units, answer uint64) {
	answer = s.count + s.x
	for _, y := range s.ends {
		answer += y
	}
	return uint64(len(s.ends)) * s.rounds, answer
}
