package main

import "sync"

func init() {
	register(workload{"barrier", []paramSpec{{"threads", 1}, {"rounds", 1}, {"work", 0}}, func(p params) state {
		n := p["threads"]
		s := &barrier{rounds: p["rounds"], work: p["work"], gate: make(chan struct{}), sums: make([]uint64, n)}
		s.boards = [2][]uint64{make([]uint64, n), make([]uint64, n)}
		s.all.changed.L = &s.all.lock
		s.all.size = int(n)
		return s
	}})
}

// barrier has goroutines that work in step: compute, wait for all, look at the
// neighbour's result.
type barrier struct {
	rounds uint64
	work   uint64 // steps of each goroutine and round
	gate   chan struct{}
	boards [2][]uint64 // for even and odd rounds: a slot for each goroutine
	sums   []uint64
	all    cyclicBarrier
}

// cyclicBarrier is what Go programs write for themselves, as the standard
// library has none.
type cyclicBarrier struct {
	lock    sync.Mutex
	changed sync.Cond // generation has changed
	size    int
	arrived int
	// A number and not a bool: who wakes late must not take the next
	// generation for its own.
	generation uint64
}

func (b *cyclicBarrier) wait() {
	b.lock.Lock()
	defer b.lock.Unlock()
	b.arrived++
	if b.arrived == b.size {
		b.arrived = 0
		b.generation++
		b.changed.Broadcast()
		return
	}
	for mine := b.generation; mine == b.generation; {
		b.changed.Wait()
	}
}

func (s *barrier) worker(i int) {
	<-s.gate
	x, sum, neighbour := uint64(i), uint64(0), (i+1)%len(s.sums)
	for round := uint64(1); round <= s.rounds; round++ {
		board := s.boards[round%2]
		x = busy(s.work, x)
		board[i] = x + round
		s.all.wait()
		sum += board[neighbour]
	}
	s.sums[i] = sum
}

func (s *barrier) parallel() {
	var all sync.WaitGroup
	all.Add(len(s.sums))
	for i := range s.sums {
		go func() {
			defer all.Done()
			s.worker(i)
		}()
	}
	close(s.gate)
	all.Wait()
}

func (s *barrier) serial() {
	x, board := s.boards[0], s.boards[1]
	for i := range x {
		x[i] = uint64(i)
	}
	for round := uint64(1); round <= s.rounds; round++ {
		for i := range x {
			x[i] = busy(s.work, x[i])
			board[i] = x[i] + round
		}
		for i := range s.sums {
			s.sums[i] += board[(i+1)%len(board)]
		}
	}
}

func (s *barrier) result() (units, answer uint64) {
	for _, sum := range s.sums {
		answer += sum
	}
	return uint64(len(s.sums)) * s.rounds, answer
}
