package main

import (
	"sync"
	"syscall"
	"time"
)

func init() {
	declared := []paramSpec{{"blockers", 0}, {"calls", 1}, {"call_us", 1}, {"threads", 1}, {"chunks", 1}, {"steps", 0}}
	register(workload{"blocking", declared, func(p params) state {
		s := &blocking{call: time.Duration(p["call_us"]) * time.Microsecond, chunks: p["chunks"], steps: p["steps"],
			calls: p["calls"], gate: make(chan struct{}), late: make([][]uint64, p["blockers"]), x: make([]uint64, p["threads"]),
			made: make([]uint64, p["blockers"])}
		for i := range s.late {
			s.late[i] = make([]uint64, s.calls)
		}
		return s
	}})
}

// blocking has some goroutines in calls that block, while others compute. The
// call sleeps in the kernel: it stands for one of a library that knows nothing
// of goroutines, and is a system call to the runtime like any other.
type blocking struct {
	call   time.Duration // that each call takes
	calls  uint64        // of each blocker
	chunks uint64        // of each goroutine that computes
	steps  uint64        // of a chunk
	gate   chan struct{}
	timed  bool
	made   []uint64   // calls, by blocker
	late   [][]uint64 // ns, by blocker and call
	x      []uint64   // the ends of what was computed
}

func block(time time.Duration) {
	left := syscall.NsecToTimespec(int64(time))
	for {
		err := syscall.Nanosleep(&left, &left)
		if err != syscall.EINTR {
			must(err)
			return
		}
	}
}

func (s *blocking) makeCalls(i int) {
	for n := range s.late[i] {
		due := time.Now().Add(s.call)
		block(s.call)
		s.late[i][n] = uint64(max(0, time.Since(due)))
		s.made[i]++
	}
}

func (s *blocking) compute(i int) {
	x := uint64(i)
	for range s.chunks {
		x = busy(s.steps, x)
	}
	s.x[i] = x
}

func (s *blocking) parallel() {
	var all sync.WaitGroup
	start := func(count int, work func(i int)) {
		all.Add(count)
		for i := range count {
			go func() {
				defer all.Done()
				<-s.gate
				work(i)
			}()
		}
	}
	start(len(s.late), s.makeCalls)
	start(len(s.x), s.compute)
	close(s.gate)
	all.Wait()
	s.timed = true
}

func (s *blocking) serial() {
	for i := range s.made {
		s.made[i] = s.calls
	}
	for i := range s.x {
		s.compute(i)
	}
}

func (s *blocking) result() (units, answer uint64) {
	for _, x := range s.x {
		answer ^= x
	}
	for _, made := range s.made {
		answer += made
	}
	return uint64(len(s.x)) * s.chunks, answer
}

func (s *blocking) observe(event func(name, unit string, value uint64)) {
	if !s.timed {
		return // it was the serial mode
	}
	for _, late := range s.late {
		for _, ns := range late {
			event("lateness", "ns", ns)
		}
	}
}
