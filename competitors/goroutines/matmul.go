package main

import "sync"

func init() {
	register(workload{"matmul", []paramSpec{{"n", 1}, {"cutoff", 1}}, func(p params) state {
		n := int(p["n"])
		s := &matmul{n: n, cutoff: int(min(p["cutoff"], p["n"])), a: make([]float64, n*n), b: make([]float64, n*n), c: make([]float64, n*n)}
		x := uint64(1)
		for _, m := range [][]float64{s.a, s.b} {
			for i := range m {
				x = busy(1, x)
				m[i] = float64(x >> 54)
			}
		}
		return s
	}})
}

// matmul multiplies matrices by halving: the quarters of a product are made by goroutines.
type matmul struct {
	n, cutoff int
	a, b, c   []float64 // n*n, by rows
}

type matmulRange struct{ from, count int }

func (r matmulRange) half(second bool) matmulRange {
	first := (r.count + 1) / 2
	if second {
		return matmulRange{r.from + first, r.count - first}
	}
	return matmulRange{r.from, first}
}

// matmulBlock stands for c[rows][columns] += a[rows][inner] * b[inner][columns].
type matmulBlock struct{ rows, columns, inner matmulRange }

// eighth number 0..7: in the first half of inner the four quarters, then the same in the second.
func (m matmulBlock) eighth(number int) matmulBlock {
	return matmulBlock{
		inner: m.inner.half(number>>2&1 == 1), rows: m.rows.half(number>>1&1 == 1), columns: m.columns.half(number&1 == 1),
	}
}

func (s *matmul) kernel(m matmulBlock) {
	for i := m.rows.from; i < m.rows.from+m.rows.count; i++ {
		c := s.c[i*s.n+m.columns.from:][:m.columns.count]
		for k := m.inner.from; k < m.inner.from+m.inner.count; k++ {
			a, b := s.a[i*s.n+k], s.b[k*s.n+m.columns.from:][:len(c)]
			for j := range c {
				c[j] += a * b[j]
			}
		}
	}
}

func (s *matmul) small(m matmulBlock) bool {
	return m.rows.count <= s.cutoff && m.columns.count <= s.cutoff && m.inner.count <= s.cutoff
}

func (s *matmul) plain(m matmulBlock) {
	if s.small(m) {
		s.kernel(m)
		return
	}
	for i := range 8 {
		s.plain(m.eighth(i))
	}
}

func (s *matmul) multiply(m matmulBlock) {
	if s.small(m) {
		s.kernel(m)
		return
	}
	for second := 0; second < 8; second += 4 {
		var children sync.WaitGroup
		children.Add(3)
		for i := range 3 {
			go func() {
				defer children.Done()
				s.multiply(m.eighth(second + i))
			}()
		}
		s.multiply(m.eighth(second + 3))
		children.Wait()
	}
}

func (s *matmul) whole() matmulBlock {
	all := matmulRange{0, s.n}
	return matmulBlock{all, all, all}
}

func (s *matmul) parallel() { s.multiply(s.whole()) }

func (s *matmul) serial() { s.plain(s.whole()) }

func (s *matmul) result() (units, answer uint64) {
	for i, value := range s.c {
		answer += uint64(value) * uint64(i+1)
	}
	n := uint64(s.n)
	return n * n * n, answer
}
