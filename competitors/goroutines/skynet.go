package main

const skynetChildren = 10

func init() {
	register(workload{"skynet", []paramSpec{{"depth", 1}}, func(p params) state {
		s := &skynet{leaves: 1}
		for range p["depth"] {
			s.leaves *= skynetChildren
		}
		return s
	}})
}

// skynet is a tree of goroutines, ten children to each, down to leaves that
// bring their numbers. Children hand their results over through one channel
// with room for all of them, which each node makes.
type skynet struct {
	leaves uint64
	done   skynetResult
}

type skynetResult struct {
	value   uint64
	created uint64 // goroutines below
}

func skynetNode(first, leaves uint64) skynetResult {
	if leaves == 1 {
		return skynetResult{value: first}
	}
	children := make(chan skynetResult, skynetChildren)
	share := leaves / skynetChildren
	for i := range uint64(skynetChildren) {
		go func() { children <- skynetNode(first+i*share, share) }()
	}
	var all skynetResult
	for range skynetChildren {
		child := <-children
		all.value += child.value
		all.created += child.created + 1
	}
	return all
}

func plainSkynet(first, leaves uint64) uint64 {
	if leaves == 1 {
		return first
	}
	sum, share := uint64(0), leaves/skynetChildren
	for i := range uint64(skynetChildren) {
		sum += plainSkynet(first+i*share, share)
	}
	return sum
}

func (s *skynet) parallel() { s.done = skynetNode(0, s.leaves) }

func (s *skynet) serial() {
	s.done = skynetResult{value: plainSkynet(0, s.leaves)}
}

func (s *skynet) result() (units, answer uint64) {
	if s.done.created == 0 { // it was the serial mode
		for n := s.leaves; n > 1; n /= skynetChildren {
			s.done.created += n
		}
	}
	return s.done.created, s.done.value
}
