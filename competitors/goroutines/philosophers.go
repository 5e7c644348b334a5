package main

import "sync"

func init() {
	declared := []paramSpec{{"threads", 2}, {"rounds", 1}, {"eat", 0}, {"think", 0}}
	register(workload{"philosophers", declared, func(p params) state {
		return &philosophers{rounds: p["rounds"], eat: p["eat"], think: p["think"], gate: make(chan struct{}),
			forks: make([]dinnerFork, p["threads"]), ends: make([]uint64, p["threads"])}
	}})
}

// philosophers sit around a table; everybody needs the two forks beside the
// plate and takes the lower-numbered one first.
type philosophers struct {
	rounds     uint64
	eat, think uint64 // steps
	gate       chan struct{}
	forks      []dinnerFork
	ends       []uint64 // of each philosopher's own sequence
}

type dinnerFork struct {
	lock sync.Mutex
	used uint64 // guarded by lock
}

// beside returns the forks of a seat in the order in which they are taken.
func (s *philosophers) beside(i int) (first, second *dinnerFork) {
	left, right := i, (i+1)%len(s.forks)
	return &s.forks[min(left, right)], &s.forks[max(left, right)]
}

func (s *philosophers) dine(i int) {
	<-s.gate
	first, second := s.beside(i)
	x := uint64(i)
	for range s.rounds {
		x = busy(s.think, x)
		first.lock.Lock()
		second.lock.Lock()
		first.used++
		second.used++
		x = busy(s.eat, x)
		second.lock.Unlock()
		first.lock.Unlock()
	}
	s.ends[i] = x
}

func (s *philosophers) parallel() {
	var all sync.WaitGroup
	all.Add(len(s.ends))
	for i := range s.ends {
		go func() {
			defer all.Done()
			s.dine(i)
		}()
	}
	close(s.gate)
	all.Wait()
}

func (s *philosophers) serial() {
	for i := range s.ends {
		first, second := s.beside(i)
		x := uint64(i)
		for range s.rounds {
			x = busy(s.think, x)
			first.used++
			second.used++
			x = busy(s.eat, x)
		}
		s.ends[i] = x
	}
}

func (s *philosophers) result() (units, answer uint64) {
	for i := range s.ends {
		answer += s.ends[i] + s.forks[i].used
	}
	return uint64(len(s.ends)) * s.rounds, answer
}
