package main

import "sync"

func init() {
	declared := []paramSpec{{"producers", 1}, {"consumers", 1}, {"capacity", 1}, {"items", 1}}
	register(workload{"channel", declared, func(p params) state {
		return &channel{items: p["items"], producers: p["producers"], gate: make(chan struct{}),
			queue: make(chan uint64, p["capacity"]), sums: make([]uint64, p["consumers"])}
	}})
}

// channel has producers and consumers at the two ends of one channel.
type channel struct {
	items     uint64
	producers uint64
	gate      chan struct{}
	queue     chan uint64
	sums      []uint64 // by consumer
}

func (s *channel) produce(first, last uint64) {
	<-s.gate
	for item := first; item <= last; item++ {
		s.queue <- item
	}
}

func (s *channel) consume() uint64 {
	<-s.gate
	sum := uint64(0)
	for item := range s.queue {
		sum += item
	}
	return sum
}

func (s *channel) parallel() {
	var producing, consuming sync.WaitGroup
	producing.Add(int(s.producers))
	consuming.Add(len(s.sums))
	next := uint64(1)
	for i := range s.producers {
		share := s.items / s.producers
		if i < s.items%s.producers {
			share++
		}
		first, last := next, next+share-1
		next += share
		go func() {
			defer producing.Done()
			s.produce(first, last)
		}()
	}
	for i := range s.sums {
		go func() {
			defer consuming.Done()
			s.sums[i] = s.consume()
		}()
	}
	close(s.gate)
	producing.Wait()
	close(s.queue)
	consuming.Wait()
}

func (s *channel) serial() {
	sum := uint64(0)
	for item := uint64(1); item <= s.items; item++ {
		sum += item
	}
	s.sums[0] = sum
}

func (s *channel) result() (units, answer uint64) {
	for _, sum := range s.sums {
		answer += sum
	}
	return s.items, answer
}
