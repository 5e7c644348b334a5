package main

import "sync"

func init() {
	declared := []paramSpec{{"producers", 1}, {"consumers", 1}, {"capacity", 1}, {"items", 1}}
	register(workload{"prodcons", declared, func(p params) state {
		s := &prodcons{items: p["items"], producers: p["producers"], sums: make([]uint64, p["consumers"])}
		s.ring.slots = make([]uint64, p["capacity"])
		s.ring.remaining = p["items"]
		s.ring.notEmpty.L = &s.ring.lock
		s.ring.notFull.L = &s.ring.lock
		return s
	}})
}

// prodcons has producers and consumers around a bounded ring buffer. A channel
// is such a buffer, but the work here is to build one from a mutex and two
// condition variables.
type prodcons struct {
	items     uint64
	producers uint64
	ring      ring
	sums      []uint64 // by consumer
}

type ring struct {
	lock      sync.Mutex
	notEmpty  sync.Cond
	notFull   sync.Cond
	slots     []uint64
	head      int // where the oldest is
	held      int
	remaining uint64 // items that nobody has taken yet
}

func (r *ring) put(item uint64) {
	tail := r.head + r.held
	if tail >= len(r.slots) {
		tail -= len(r.slots)
	}
	r.slots[tail] = item
	r.held++
}

func (r *ring) take() uint64 {
	item := r.slots[r.head]
	r.head++
	if r.head == len(r.slots) {
		r.head = 0
	}
	r.held--
	r.remaining--
	return item
}

// produce puts the numbers first to last.
func (r *ring) produce(first, last uint64) {
	for item := first; item <= last; item++ {
		r.lock.Lock()
		for r.held == len(r.slots) {
			r.notFull.Wait()
		}
		r.put(item)
		r.notEmpty.Signal()
		r.lock.Unlock()
	}
}

// consume takes numbers until all are gone and returns their sum.
func (r *ring) consume() uint64 {
	sum := uint64(0)
	for {
		r.lock.Lock()
		for r.held == 0 && r.remaining > 0 {
			r.notEmpty.Wait()
		}
		if r.remaining == 0 {
			r.lock.Unlock()
			return sum
		}
		item := r.take()
		r.notFull.Signal()
		if r.remaining == 0 {
			r.notEmpty.Broadcast() // nothing will come any more
		}
		r.lock.Unlock()
		sum += item
	}
}

func (s *prodcons) parallel() {
	var all sync.WaitGroup
	all.Add(int(s.producers) + len(s.sums))
	next := uint64(1)
	for i := range s.producers {
		share := s.items / s.producers
		if i < s.items%s.producers {
			share++
		}
		first, last := next, next+share-1
		next += share
		go func() {
			defer all.Done()
			s.ring.produce(first, last)
		}()
	}
	for i := range s.sums {
		go func() {
			defer all.Done()
			s.sums[i] = s.ring.consume()
		}()
	}
	all.Wait()
}

func (s *prodcons) serial() {
	sum := uint64(0)
	for item := uint64(1); item <= s.items; item++ {
		s.ring.put(item)
		sum += s.ring.take()
	}
	s.sums[0] = sum
}

func (s *prodcons) result() (units, answer uint64) {
	for _, sum := range s.sums {
		answer += sum
	}
	return s.items, answer
}
