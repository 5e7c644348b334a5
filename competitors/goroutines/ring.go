package main

import "sync"

func init() {
	register(workload{"ring", []paramSpec{{"threads", 1}, {"hops", 1}}, func(p params) state {
		s := &tokenRing{hops: p["hops"], mailboxes: make([]chan uint64, p["threads"]), sums: make([]uint64, p["threads"])}
		for i := range s.mailboxes {
			s.mailboxes[i] = make(chan uint64, 1)
		}
		return s
	}})
}

// tokenRing has goroutines that hand a token on, each through the mailbox of the
// next one: a channel with room for one.
type tokenRing struct {
	hops      uint64
	mailboxes []chan uint64
	sums      []uint64
}

func (s *tokenRing) member(i int) {
	threads := len(s.mailboxes)
	mine, next := s.mailboxes[i], s.mailboxes[(i+1)%threads]
	turns := s.hops / uint64(threads)
	if uint64(i) < s.hops%uint64(threads) {
		turns++
	}
	sum := uint64(0)
	for range turns {
		token := <-mine
		sum += token
		if token != s.hops {
			next <- token + 1
		}
	}
	s.sums[i] = sum
}

func (s *tokenRing) parallel() {
	var all sync.WaitGroup
	all.Add(len(s.mailboxes))
	for i := range s.mailboxes {
		go func() {
			defer all.Done()
			s.member(i)
		}()
	}
	s.mailboxes[0] <- 1
	all.Wait()
}

func (s *tokenRing) serial() {
	i := 0
	for token := uint64(1); token <= s.hops; token++ {
		s.sums[i] += token
		if i++; i == len(s.sums) {
			i = 0
		}
	}
}

func (s *tokenRing) result() (units, answer uint64) {
	for _, sum := range s.sums {
		answer += sum
	}
	return s.hops, answer
}
