package main

import "sync"

func init() {
	register(workload{"pingpong", []paramSpec{{"pairs", 1}, {"rounds", 1}}, func(p params) state {
		s := &pingpong{rounds: p["rounds"], pairs: make([]pair, p["pairs"])}
		for i := range s.pairs {
			s.pairs[i].changed.L = &s.pairs[i].lock
		}
		return s
	}})
}

// pingpong has two goroutines a pair that hand a counter back and forth.
type pingpong struct {
	rounds uint64
	pairs  []pair
}

type pair struct {
	lock    sync.Mutex
	changed sync.Cond // turn has changed
	turn    int
	counter uint64
}

// play takes the turns of one side.
func (p *pair) play(side int, rounds uint64) {
	for range rounds {
		p.lock.Lock()
		for p.turn != side {
			p.changed.Wait()
		}
		p.counter++
		p.turn = 1 - side
		p.changed.Signal()
		p.lock.Unlock()
	}
}

func (s *pingpong) parallel() {
	var all sync.WaitGroup
	all.Add(2 * len(s.pairs))
	for i := range s.pairs {
		for side := range 2 {
			go func() {
				defer all.Done()
				s.pairs[i].play(side, s.rounds)
			}()
		}
	}
	all.Wait()
}

func (s *pingpong) serial() {
	for i := range s.pairs {
		p := &s.pairs[i]
		for range 2 * s.rounds {
			p.counter++
			p.turn = 1 - p.turn
		}
	}
}

func (s *pingpong) result() (units, answer uint64) {
	for i := range s.pairs {
		answer += s.pairs[i].counter
	}
	return 2 * uint64(len(s.pairs)) * s.rounds, answer
}
