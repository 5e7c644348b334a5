package main

func init() {
	register(workload{"fib", []paramSpec{{"n", 2}, {"cutoff", 0}, {"leaf", 0}}, func(p params) state {
		return &fib{n: p["n"], cutoff: p["cutoff"], leaf: p["leaf"]}
	}}, "leaf")
}

// fib is naive Fibonacci: above the cutoff a child computes fib(n-1), its
// parent fib(n-2). The child hands its result over through a channel with room
// for it, so that it can end before its parent looks: measured, that was
// cheaper than a WaitGroup and a shared record.
type fib struct {
	n, cutoff uint64
	leaf      uint64 // steps of a leaf; 0: it is plain recursion
	done      fibResult
}

type fibResult struct {
	value   uint64
	created uint64 // goroutines, by this call and those below it
}

func (s *fib) compute(n uint64) fibResult {
	if n < 2 || n <= s.cutoff {
		return fibResult{value: s.plain(n)}
	}
	child := make(chan fibResult, 1)
	go func() { child <- s.compute(n - 1) }()
	right := s.compute(n - 2)
	left := <-child
	return fibResult{left.value + right.value, left.created + right.created + 1}
}

// plain is a part of the tree without goroutines.
func (s *fib) plain(n uint64) uint64 {
	if s.leaf > 0 {
		return busy(s.leaf, n)
	}
	return plainFib(n)
}

func plainFib(n uint64) uint64 {
	if n < 2 {
		return n
	}
	return plainFib(n-1) + plainFib(n-2)
}

func (s *fib) parallel() { s.done = s.compute(s.n) }

func (s *fib) serial() {
	if s.leaf > 0 {
		s.done.value = s.tree(s.n)
	} else {
		s.done.value = plainFib(s.n)
	}
}

// tree is the tree without goroutines, where its leaves are not plain recursion.
func (s *fib) tree(n uint64) uint64 {
	if n < 2 || n <= s.cutoff {
		return s.plain(n)
	}
	return s.tree(n-1) + s.tree(n-2)
}

func (s *fib) result() (units, answer uint64) {
	if s.done.created == 0 { // it was the serial mode
		return s.threads(s.n), s.done.value
	}
	return s.done.created, s.done.value
}

// threads is how many the parallel form creates for fib(n).
func (s *fib) threads(n uint64) uint64 {
	before, last := uint64(0), uint64(0)
	for i := max(2, s.cutoff+1); i <= n; i++ {
		before, last = last, last+before+1
	}
	return last
}
