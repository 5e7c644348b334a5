package main

import "sync"

func init() {
	declared := []paramSpec{{"n", 1}, {"heavy_percent", 0}, {"heavy", 0}, {"light", 0}}
	register(workload{"imbalanced", declared, func(p params) state {
		s := &imbalanced{jobs: make([]job, p["n"])}
		heavyThreads := p["n"] * p["heavy_percent"] / 100
		for i := range s.jobs {
			s.jobs[i] = job{steps: p["light"], x: uint64(i)}
			if uint64(i) < heavyThreads {
				s.jobs[i].steps = p["heavy"]
			}
		}
		return s
	}})
}

// imbalanced has computing goroutines, of which the first few do most of the work.
type imbalanced struct {
	jobs []job
}

type job struct {
	steps uint64
	x     uint64 // first the seed of the sequence, then its end
}

func (s *imbalanced) parallel() {
	var all sync.WaitGroup
	all.Add(len(s.jobs))
	for i := range s.jobs {
		go func() {
			defer all.Done()
			s.jobs[i].x = busy(s.jobs[i].steps, s.jobs[i].x)
		}()
	}
	all.Wait()
}

func (s *imbalanced) serial() {
	for i := range s.jobs {
		s.jobs[i].x = busy(s.jobs[i].steps, s.jobs[i].x)
	}
}

func (s *imbalanced) result() (units, answer uint64) {
	for i := range s.jobs {
		answer ^= s.jobs[i].x
	}
	return uint64(len(s.jobs)), answer
}
