package main

import (
	"sync"
	"sync/atomic"
)

// bfsBatch is how many nodes a goroutine gathers before it reserves room in the
// next frontier.
const bfsBatch = 256

func init() {
	register(workload{"bfs", []paramSpec{{"nodes", 1}, {"degree", 1}, {"chunk", 1}}, func(p params) state {
		nodes, degree := p["nodes"], p["degree"]
		s := &bfs{degree: int(degree), chunk: int(min(p["chunk"], nodes)), neighbours: make([]uint32, nodes*degree),
			levels: make([]uint32, nodes), frontier: make([]uint32, nodes), next: make([]uint32, nodes)}
		x := uint64(1)
		for i := range s.neighbours {
			x = busy(1, x)
			s.neighbours[i] = uint32((x >> 32) * nodes >> 32)
		}
		return s
	}})
}

// bfs is a breadth-first search, level by level: a goroutine for each chunk of
// the frontier.
type bfs struct {
	degree     int
	chunk      int
	neighbours []uint32 // `degree` of node 0, then of node 1 ...
	levels     []uint32 // 0: not reached; 1: the source; 2: its neighbours ...
	frontier   []uint32
	next       []uint32
	held       int    // nodes in the frontier
	level      uint32 // theirs
	found      atomic.Uint64
}

func (s *bfs) of(node uint32) []uint32 {
	return s.neighbours[int(node)*s.degree:][:s.degree]
}

func (s *bfs) expand(frontier []uint32) {
	var batch [bfsBatch]uint32
	count := 0
	for _, node := range frontier {
		for _, neighbour := range s.of(node) {
			level := &s.levels[neighbour]
			if atomic.LoadUint32(level) != 0 || !atomic.CompareAndSwapUint32(level, 0, s.level+1) {
				continue
			}
			batch[count] = neighbour
			if count++; count == len(batch) {
				s.append(batch[:])
				count = 0
			}
		}
	}
	s.append(batch[:count])
}

func (s *bfs) append(batch []uint32) {
	end := s.found.Add(uint64(len(batch)))
	copy(s.next[end-uint64(len(batch)):end], batch)
}

// search does all levels, with what expands one.
func (s *bfs) search(expand func()) {
	s.frontier[0], s.levels[0], s.held = 0, 1, 1
	for s.level = 1; s.held > 0; s.level++ {
		expand()
		s.frontier, s.next = s.next, s.frontier
		s.held = int(s.found.Swap(0))
	}
}

func (s *bfs) parallel() {
	s.search(func() {
		var all sync.WaitGroup
		for from := 0; from < s.held; from += s.chunk {
			part := s.frontier[from:min(from+s.chunk, s.held)]
			all.Add(1)
			go func() {
				defer all.Done()
				s.expand(part)
			}()
		}
		all.Wait()
	})
}

func (s *bfs) serial() {
	s.search(func() {
		found := 0
		for _, node := range s.frontier[:s.held] {
			for _, neighbour := range s.of(node) {
				if s.levels[neighbour] == 0 {
					s.levels[neighbour] = s.level + 1
					s.next[found] = neighbour
					found++
				}
			}
		}
		s.found.Store(uint64(found))
	})
}

func (s *bfs) result() (units, answer uint64) {
	for i, level := range s.levels {
		if level != 0 {
			units += uint64(s.degree)
		}
		answer += uint64(level) * uint64(i+1)
	}
	return units, answer
}
