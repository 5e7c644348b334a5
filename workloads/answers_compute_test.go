package workloads

import (
	"math"
	"slices"
)

func init() {
	closedForms["balanced"] = func(p map[string]uint64) Answer {
		a := Answer{Units: p["n"]}
		for i := range p["n"] {
			a.Answer ^= advance(p["steps"], i)
		}
		return a
	}
	closedForms["nqueens"] = func(p map[string]uint64) Answer {
		// The On-Line Encyclopedia of Integer Sequences, A000170, from n = 4 on.
		solutions := []uint64{2, 10, 4, 40, 92, 352, 724, 2680, 14200, 73712, 365596, 2279184, 14772512}
		return Answer{Units: safeBoards(nil, int(p["n"]), int(p["depth"])), Answer: solutions[p["n"]-4]}
	}
	closedForms["mergesort"] = func(p map[string]uint64) Answer {
		a := Answer{Units: p["n"]}
		keys := make([]uint64, p["n"])
		next := generator()
		for i := range keys {
			keys[i] = next() >> 33
		}
		slices.Sort(keys)
		for i, key := range keys {
			a.Answer += key * uint64(i+1)
		}
		return a
	}
	closedForms["matmul"] = matmulForm
	closedForms["heat"] = heatForm
	closedForms["bfs"] = bfsForm
	closedForms["treesearch"] = treesearchForm
}

// generator gives the numbers x1, x2, ... that definitions speak of.
func generator() func() uint64 {
	x := uint64(1)
	return func() uint64 {
		x = x*6364136223846793005 + 1442695040888963407
		return x
	}
}

// safeBoards counts the boards with more queens than there are, and at most
// depth, of which none attacks another; queens[r] is the column in row r.
func safeBoards(queens []int, n, depth int) uint64 {
	row := len(queens)
	if row == min(depth, n) {
		return 0
	}
	count := uint64(0)
	for column := range n {
		safe := true
		for r, c := range queens {
			safe = safe && c != column && c-column != row-r && column-c != row-r
		}
		if safe {
			count += 1 + safeBoards(append(queens[:row:row], column), n, depth)
		}
	}
	return count
}

// matmulForm makes no product: the sum over i, j of (i*n+j+1) * sum over k of
// A[i][k]*B[k][j] is taken apart into sums over the columns of A and rows of B.
func matmulForm(p map[string]uint64) Answer {
	n := p["n"]
	next := generator()
	columns, weighted := make([]uint64, n), make([]uint64, n) // of A: sums over i of A[i][k], of A[i][k]*i*n
	for i := range n {
		for k := range n {
			v := next() >> 54
			columns[k] += v
			weighted[k] += v * i * n
		}
	}
	a := Answer{Units: n * n * n}
	for k := range n {
		row, weightedRow := uint64(0), uint64(0) // of B: sums over j of B[k][j], of B[k][j]*(j+1)
		for j := range n {
			v := next() >> 54
			row += v
			weightedRow += v * (j + 1)
		}
		a.Answer += weighted[k]*row + columns[k]*weightedRow
	}
	return a
}

// heatForm knows no strips.
func heatForm(p map[string]uint64) Answer {
	n := int(p["n"])
	next := generator()
	now, then := make([][]float64, n+2), make([][]float64, n+2)
	for i := range now {
		now[i] = make([]float64, n+2)
		for j := range now[i] {
			now[i][j] = float64(next() >> 54)
		}
		then[i] = slices.Clone(now[i])
	}
	for range p["steps"] {
		for i := 1; i <= n; i++ {
			for j := 1; j <= n; j++ {
				v := now[i][j]
				repeat := 1
				if i > n/3 && i <= 2*n/3 {
					repeat = 10
				}
				for range repeat {
					v = (((now[i-1][j]+now[i+1][j])+(now[i][j-1]+now[i][j+1]))/4 + v) / 2
				}
				then[i][j] = v
			}
		}
		now, then = then, now
	}
	a := Answer{Units: p["n"] * p["n"] * p["steps"]}
	for i := 1; i <= n; i++ {
		for j := 1; j <= n; j++ {
			a.Answer += math.Float64bits(now[i][j])
		}
	}
	return a
}

// bfsForm is the search with one queue.
func bfsForm(p map[string]uint64) Answer {
	next := generator()
	graph := make([]uint32, p["nodes"]*p["degree"])
	for i := range graph {
		graph[i] = uint32((next() >> 32) * p["nodes"] >> 32)
	}
	distance := make([]int, p["nodes"])
	for i := range distance {
		distance[i] = -1
	}
	distance[0] = 0
	queue := []uint32{0}
	for at := 0; at < len(queue); at++ {
		u := uint64(queue[at])
		for _, v := range graph[u*p["degree"] : (u+1)*p["degree"]] {
			if distance[v] < 0 {
				distance[v] = distance[u] + 1
				queue = append(queue, v)
			}
		}
	}
	a := Answer{Units: uint64(len(queue)) * p["degree"]}
	for _, u := range queue {
		a.Answer += uint64(distance[u]+1) * uint64(u+1)
	}
	return a
}

// treesearchForm keeps what is to be visited in a list.
func treesearchForm(p map[string]uint64) Answer {
	mix := func(z uint64) uint64 {
		z ^= z >> 30
		z *= 0xbf58476d1ce4e5b9
		z ^= z >> 27
		z *= 0x94d049bb133111eb
		return z ^ z>>31
	}
	a := Answer{}
	list := []uint64{}
	visit := func(hash, children uint64) {
		a.Units++
		a.Answer += advance(p["work"], hash)
		for range children {
			hash += 0x9e3779b97f4a7c15
			list = append(list, mix(hash))
		}
	}
	visit(mix(1), p["roots"])
	for len(list) > 0 {
		hash := list[len(list)-1]
		list = list[:len(list)-1]
		children := uint64(0)
		if (hash>>32)*1000000/(1<<32) < p["chance"] {
			children = p["children"]
		}
		visit(hash, children)
	}
	return a
}
