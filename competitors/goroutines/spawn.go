package main

func init() {
	register(workload{"spawn", []paramSpec{{"n", 1}, {"window", 1}}, func(p params) state {
		s := &spawn{window: p["window"], slots: make([]slot, p["n"])}
		for i := range s.slots {
			s.slots[i] = slot{index: uint64(i), done: make(chan struct{})}
		}
		return s
	}})
}

// spawn creates goroutines and joins the oldest first.
//
// Go has no join. What waits for exactly one goroutine is a channel that it
// closes at its end, or a WaitGroup of its own. Both were measured with
// everything made before the clock starts, as C's array of pthread_t is: the
// channel was the cheaper one by about a tenth, for windows of 1 and 1000 and
// on one and two workers.
type spawn struct {
	window uint64
	slots  []slot
}

type slot struct {
	index uint64
	value uint64
	done  chan struct{}
}

func (s *slot) write() {
	s.value = s.index + 1
	close(s.done)
}

func (s *spawn) parallel() {
	joined := 0
	for created := range s.slots {
		if uint64(created-joined) == s.window {
			<-s.slots[joined].done
			joined++
		}
		go s.slots[created].write()
	}
	for ; joined < len(s.slots); joined++ {
		<-s.slots[joined].done
	}
}

func (s *spawn) serial() {
	for i := range s.slots {
		s.slots[i].value = s.slots[i].index + 1
	}
}

func (s *spawn) result() (units, answer uint64) {
	for i := range s.slots {
		answer += s.slots[i].value
	}
	return uint64(len(s.slots)), answer
}
