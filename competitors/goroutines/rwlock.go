package main

import "sync"

func init() {
	declared := []paramSpec{{"threads", 1}, {"rounds", 1}, {"read_percent", 0}, {"words", 1}}
	register(workload{"rwlock", declared, func(p params) state {
		return &rwlock{rounds: p["rounds"], readPercent: p["read_percent"], gate: make(chan struct{}),
			record: make([]uint64, p["words"]), torn: make([]uint64, p["threads"])}
	}})
}

// rwlock has goroutines that read a shared record and sometimes change it.
type rwlock struct {
	rounds      uint64
	readPercent uint64
	gate        chan struct{}
	lock        sync.RWMutex
	record      []uint64 // guarded by lock; all words are equal
	torn        []uint64 // by goroutine: reads that saw words that differ
}

func (s *rwlock) reads(i int, round uint64) bool {
	return (37*(round%100)+11*(uint64(i)%100))%100 < s.readPercent
}

func (s *rwlock) read() uint64 {
	differ := uint64(0)
	for _, word := range s.record {
		differ |= word ^ s.record[0]
	}
	if differ != 0 {
		return 1
	}
	return 0
}

func (s *rwlock) write() {
	for k := range s.record {
		s.record[k]++
	}
}

func (s *rwlock) worker(i int) {
	<-s.gate
	torn := uint64(0)
	for round := range s.rounds {
		if s.reads(i, round) {
			s.lock.RLock()
			torn += s.read()
			s.lock.RUnlock()
		} else {
			s.lock.Lock()
			s.write()
			s.lock.Unlock()
		}
	}
	s.torn[i] = torn
}

func (s *rwlock) parallel() {
	var all sync.WaitGroup
	all.Add(len(s.torn))
	for i := range s.torn {
		go func() {
			defer all.Done()
			s.worker(i)
		}()
	}
	close(s.gate)
	all.Wait()
}

func (s *rwlock) serial() {
	for i := range s.torn {
		for round := range s.rounds {
			if s.reads(i, round) {
				s.torn[i] += s.read()
			} else {
				s.write()
			}
		}
	}
}

func (s *rwlock) result() (units, answer uint64) {
	for _, word := range s.record {
		answer += word
	}
	for _, torn := range s.torn {
		answer += torn << 32
	}
	return uint64(len(s.torn)) * s.rounds, answer
}
