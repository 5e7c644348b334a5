package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

const cacheLine = 64 // bytes

func init() {
	register(workload{"migrate", []paramSpec{{"threads", 2}, {"rounds", 1}, {"bytes", cacheLine}, {"wakers", 1}, {"hold_us", 0}}, func(p params) state {
		s := &migrate{rounds: p["rounds"], lines: p["bytes"] / cacheLine, hold: time.Duration(p["hold_us"]) * time.Microsecond,
			gate: make(chan struct{}), sums: make([]uint64, p["threads"]), walks: make([][]walk, p["threads"]),
			called: make([]chan struct{}, p["threads"]), turn: make([]chan struct{}, p["wakers"])}
		for i := range s.called {
			s.called[i] = make(chan struct{}, s.rounds)
			s.walks[i] = make([]walk, 0, s.rounds)
		}
		for i := range s.turn {
			s.turn[i] = make(chan struct{}, s.rounds)
		}
		return s
	}})
}

// migrate has goroutines with a warm set of memory that are woken where they
// ran last, or where they did not.
type migrate struct {
	rounds  uint64
	lines   uint64 // of each set
	hold    time.Duration
	gate    chan struct{}
	called  []chan struct{} // a walker's, with room for all calls: a semaphore
	turn    []chan struct{} // a waker's
	replies atomic.Uint64
	sums    []uint64 // of the sets at their end
	walks   [][]walk // by walker and round
}

type walk struct {
	took  time.Duration
	moved bool
}

type line struct {
	word uint64
	_    [cacheLine - 8]byte
}

// getcpu is the number of the system call, which package syscall does not have.
var getcpu = map[string]uintptr{"amd64": 309, "arm64": 168}[runtime.GOARCH]

// processor is the one that the calling goroutine runs on.
func processor() (cpu uint32) {
	syscall.RawSyscall(getcpu, uintptr(unsafe.Pointer(&cpu)), 0, 0)
	return cpu
}

// reply says that one more walk is done. The last but one of a round calls the
// waker of the next.
func (s *migrate) reply() {
	replies, walkers := s.replies.Add(1), uint64(len(s.called))
	if round := (replies + 1) / walkers; (replies+1)%walkers == 0 && round < s.rounds {
		s.turn[round%uint64(len(s.turn))] <- struct{}{}
	}
}

// newSet is not on the goroutine's stack, where no slice of this size can be.
func (s *migrate) newSet(i int) []line {
	set := make([]line, s.lines)
	for j := range set {
		set[j].word = uint64(i)*s.lines + uint64(j)
	}
	return set
}

func step(set []line) {
	for j := range set {
		set[j].word = busy(1, set[j].word)
	}
}

func sum(set []line) (all uint64) {
	for j := range set {
		all += set[j].word
	}
	return all
}

func (s *migrate) walker(i int) {
	<-s.gate
	set, walks := s.newSet(i), s.walks[i]
	last := processor()
	for range s.rounds {
		<-s.called[i]
		begin := time.Now()
		step(set)
		took := time.Since(begin)
		here := processor()
		walks = append(walks, walk{took, here != last})
		last = here
		s.reply()
	}
	s.sums[i], s.walks[i] = sum(set), walks
}

func (s *migrate) waker(k int) {
	<-s.gate
	x := uint64(0)
	for r := uint64(k); r < s.rounds; r += uint64(len(s.turn)) {
		if r > 0 {
			<-s.turn[k]
		}
		for _, called := range s.called {
			called <- struct{}{}
		}
		enough, begin := (r+1)*uint64(len(s.called))-1, time.Now()
		for s.replies.Load() < enough && time.Since(begin) < s.hold {
			x = busy(100, x)
		}
	}
	runtime.KeepAlive(x)
}

func (s *migrate) parallel() {
	var all sync.WaitGroup
	all.Add(len(s.called) + len(s.turn))
	for i := range s.called {
		go func() {
			defer all.Done()
			s.walker(i)
		}()
	}
	for k := range s.turn {
		go func() {
			defer all.Done()
			s.waker(k)
		}()
	}
	close(s.gate)
	all.Wait()
}

func (s *migrate) serial() {
	for i := range s.sums {
		set := s.newSet(i)
		for range s.rounds {
			step(set)
		}
		s.sums[i] = sum(set)
	}
}

func (s *migrate) result() (units, answer uint64) {
	for _, sum := range s.sums {
		answer += sum
	}
	return uint64(len(s.sums)) * s.rounds, answer
}

func (s *migrate) observe(event func(name, unit string, value uint64)) {
	moved, all := uint64(0), uint64(0)
	for _, walks := range s.walks {
		for _, w := range walks {
			name := "walk time, stayed"
			if w.moved {
				name = "walk time, moved"
				moved++
			}
			event(name, "ns", uint64(w.took))
		}
		all += uint64(len(walks))
	}
	if all > 0 { // not after the serial mode
		event("share that moved", "percent", 100*moved/all)
	}
}
