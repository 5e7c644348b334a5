package main

import "sync"

func init() {
	declared := []paramSpec{{"roots", 1}, {"children", 1}, {"chance", 0}, {"depth", 1}, {"work", 0}}
	register(workload{"treesearch", declared, func(p params) state {
		return &treesearch{roots: p["roots"], children: p["children"], chance: p["chance"], depth: p["depth"], work: p["work"],
			firsts: make([]treeCount, p["roots"])}
	}})
}

// treesearch walks a tree whose shape comes out of hashes, so that nobody knows
// how large a branch is.
type treesearch struct {
	roots    uint64
	children uint64
	chance   uint64 // of a node having children, in millionths
	depth    uint64 // nodes above it have a goroutine for each child
	work     uint64 // steps of computing for each node
	firsts   []treeCount
	found    treeCount
}

type treeCount struct {
	nodes uint64
	sum   uint64 // of what was computed for them
}

// treeMix is SplitMix64's mixing function.
func treeMix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func treeChild(hash, number uint64) uint64 {
	return treeMix(hash + (number+1)*0x9e3779b97f4a7c15)
}

func (s *treesearch) hasChildren(hash uint64) bool {
	return (hash>>32)*1000000>>32 < s.chance
}

func (s *treesearch) visit(hash uint64, found *treeCount) {
	found.nodes++
	found.sum += busy(s.work, hash)
}

func (s *treesearch) plain(hash uint64, found *treeCount) {
	s.visit(hash, found)
	if s.hasChildren(hash) {
		for i := range s.children {
			s.plain(treeChild(hash, i), found)
		}
	}
}

func (s *treesearch) node(hash, depth uint64) treeCount {
	var found treeCount
	if depth >= s.depth || !s.hasChildren(hash) {
		s.plain(hash, &found)
		return found
	}
	return s.branch(hash, depth, make([]treeCount, s.children))
}

// branch counts a node and all below it, with a goroutine for each child.
func (s *treesearch) branch(hash, depth uint64, children []treeCount) treeCount {
	var found treeCount
	s.visit(hash, &found)
	var all sync.WaitGroup
	all.Add(len(children))
	for i := range children {
		go func() {
			defer all.Done()
			children[i] = s.node(treeChild(hash, uint64(i)), depth+1)
		}()
	}
	all.Wait()
	for _, child := range children {
		found.nodes += child.nodes
		found.sum += child.sum
	}
	return found
}

func (s *treesearch) parallel() { s.found = s.branch(treeMix(1), 0, s.firsts) }

func (s *treesearch) serial() {
	s.visit(treeMix(1), &s.found)
	for i := range s.roots {
		s.plain(treeChild(treeMix(1), i), &s.found)
	}
}

func (s *treesearch) result() (units, answer uint64) {
	return s.found.nodes, s.found.sum
}
