package main

import (
	"math"
	"sync"
)

// dearRelaxations is how often the middle third is relaxed in a step, the others
// once. That costs about four times as much.
const dearRelaxations = 10

func init() {
	register(workload{"heat", []paramSpec{{"n", 1}, {"steps", 1}, {"strips", 1}}, func(p params) state {
		n := int(p["n"])
		s := &heat{n: n, steps: p["steps"], now: make([]float64, (n+2)*(n+2)), next: make([]float64, (n+2)*(n+2))}
		x := uint64(1)
		for i := range s.now {
			x = busy(1, x)
			s.now[i], s.next[i] = float64(x>>54), float64(x>>54)
		}
		row := 1
		for i := range p["strips"] {
			rows := p["n"] / p["strips"]
			if i < p["n"]%p["strips"] {
				rows++
			}
			s.strips = append(s.strips, heatStrip{row, row + int(rows)})
			row += int(rows)
		}
		return s
	}})
}

// heat is heat in a plate, in strips of rows: a goroutine for each strip and step.
type heat struct {
	n         int
	steps     uint64
	strips    []heatStrip
	now, next []float64 // (n+2)*(n+2), by rows; the outermost ones never change
}

type heatStrip struct{ from, to int } // rows 1..n; to is not in it

func (s *heat) relax(strip heatStrip) {
	width := s.n + 2
	for i := strip.from; i < strip.to; i++ {
		up, row, down := s.now[(i-1)*width:][:width], s.now[i*width:][:width], s.now[(i+1)*width:][:width]
		into := s.next[i*width:][:width]
		times := 1
		if i > s.n/3 && i <= 2*s.n/3 {
			times = dearRelaxations
		}
		for j := 1; j < width-1; j++ {
			around, v := (up[j]+down[j])+(row[j-1]+row[j+1]), row[j]
			for range times {
				v = (around*0.25 + v) * 0.5
			}
			into[j] = v
		}
	}
}

func (s *heat) parallel() {
	for range s.steps {
		var all sync.WaitGroup
		all.Add(len(s.strips))
		for _, strip := range s.strips {
			go func() {
				defer all.Done()
				s.relax(strip)
			}()
		}
		all.Wait()
		s.now, s.next = s.next, s.now
	}
}

func (s *heat) serial() {
	for range s.steps {
		for _, strip := range s.strips {
			s.relax(strip)
		}
		s.now, s.next = s.next, s.now
	}
}

func (s *heat) result() (units, answer uint64) {
	for i := 1; i <= s.n; i++ {
		for _, v := range s.now[i*(s.n+2)+1:][:s.n] {
			answer += math.Float64bits(v)
		}
	}
	return uint64(s.n) * uint64(s.n) * s.steps, answer
}
