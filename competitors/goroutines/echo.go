package main

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"time"
)

func init() {
	declared := []paramSpec{{"connections", 1}, {"words", 1}, {"rounds", 1}}
	register(workload{"echo", declared, func(p params) state {
		s := &echo{rounds: p["rounds"], gate: make(chan struct{}), lines: make([]echoLine, p["connections"])}
		for i := range s.lines {
			l := &s.lines[i]
			l.question, l.answer = make([]byte, 8*p["words"]), make([]byte, 8*p["words"])
			l.took = make([]uint64, p["rounds"])
			x := uint64(i)
			for at := 0; at < len(l.question); at += 8 {
				x = busy(1, x)
				binary.LittleEndian.PutUint64(l.question[at:], x)
			}
		}
		return s
	}})
}

// echo has connections over the loopback, a goroutine at each end, and one
// message on its way on each.
type echo struct {
	rounds uint64
	gate   chan struct{}
	lines  []echoLine
	timed  bool
}

type echoLine struct {
	client, server   net.Conn
	question, answer []byte   // the client's and the server's buffer
	took             []uint64 // ns, by round
	sum              uint64   // of what the client received
}

func (s *echo) acquire() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return limited(err, "socket", 0)
	}
	defer listener.Close()
	for i := range s.lines {
		l := &s.lines[i]
		if l.client, err = net.Dial("tcp", listener.Addr().String()); err != nil {
			return limited(err, "socket", uint64(i))
		}
		if l.server, err = listener.Accept(); err != nil {
			return limited(err, "accept4", uint64(i))
		}
	}
	return nil
}

func (s *echo) release() {
	for i := range s.lines {
		for _, end := range []net.Conn{s.lines[i].client, s.lines[i].server} {
			if end != nil {
				end.Close() // again, when all went well
			}
		}
	}
}

func (l *echoLine) serve() {
	defer l.server.Close()
	for {
		if _, err := io.ReadFull(l.server, l.answer); err == io.EOF {
			return
		} else {
			must(err)
		}
		_, err := l.server.Write(l.answer)
		must(err)
	}
}

func (l *echoLine) ask() {
	defer l.client.Close()
	sum := uint64(0)
	start := time.Now()
	for round := range l.took {
		_, err := l.client.Write(l.question)
		must(err)
		_, err = io.ReadFull(l.client, l.question)
		must(err)
		end := time.Now()
		l.took[round] = uint64(end.Sub(start))
		start = end
		sum += l.take()
	}
	l.sum = sum
}

// take adds the message up and makes the next one of it.
func (l *echoLine) take() uint64 {
	sum := sumWords(l.question)
	binary.LittleEndian.PutUint64(l.question, busy(1, binary.LittleEndian.Uint64(l.question)))
	return sum
}

// sumWords is the sum of the 64-bit words in a buffer.
func sumWords(buffer []byte) (sum uint64) {
	for ; len(buffer) >= 8; buffer = buffer[8:] {
		sum += binary.LittleEndian.Uint64(buffer)
	}
	return sum
}

func (s *echo) parallel() {
	var all sync.WaitGroup
	all.Add(2 * len(s.lines))
	for _, end := range []func(*echoLine){(*echoLine).serve, (*echoLine).ask} {
		for i := range s.lines {
			go func() {
				defer all.Done()
				<-s.gate
				end(&s.lines[i])
			}()
		}
	}
	close(s.gate)
	all.Wait()
	s.timed = true
}

func (s *echo) serial() {
	for i := range s.lines {
		for range s.rounds {
			s.lines[i].sum += s.lines[i].take()
		}
	}
}

func (s *echo) result() (units, answer uint64) {
	for i := range s.lines {
		answer += s.lines[i].sum
	}
	return uint64(len(s.lines)) * s.rounds, answer
}

func (s *echo) observe(event func(name, unit string, value uint64)) {
	if !s.timed {
		return // it was the serial mode
	}
	for i := range s.lines {
		for _, took := range s.lines[i].took {
			event("latency", "ns", took)
		}
	}
}
