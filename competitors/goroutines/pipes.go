package main

import (
	"encoding/binary"
	"io"
	"os"
	"sync"
)

func init() {
	declared := []paramSpec{{"rings", 1}, {"threads", 1}, {"hops", 1}, {"words", 1}}
	register(workload{"pipes", declared, func(p params) state {
		s := &pipes{rings: p["rings"], threads: p["threads"], hops: p["hops"], gate: make(chan struct{})}
		s.members = make([]pipeMember, s.rings*s.threads)
		for i := range s.members {
			s.members[i].message = make([]byte, 8*p["words"])
		}
		return s
	}})
}

// pipes has rings of goroutines that hand messages on, each through the pipe of
// the next one.
type pipes struct {
	rings, threads, hops uint64
	gate                 chan struct{}
	members              []pipeMember // ring by ring
}

type pipeMember struct {
	in, out *os.File // of the pipe that this member reads
	message []byte
	sum     uint64 // of what came here
}

func (s *pipes) acquire() (err error) {
	for i := range s.members {
		m := &s.members[i]
		if m.in, m.out, err = os.Pipe(); err != nil {
			return limited(err, "pipe2", uint64(i))
		}
	}
	return nil
}

func (s *pipes) release() {
	for i := range s.members {
		for _, end := range []*os.File{s.members[i].in, s.members[i].out} {
			if end != nil {
				end.Close()
			}
		}
	}
}

// next is the member after the one at place i.
func (s *pipes) next(i uint64) uint64 {
	place := i % s.threads
	return i - place + (place+1)%s.threads
}

func (s *pipes) member(i uint64) {
	me, next := &s.members[i], s.members[s.next(i)].out
	ring, place := i/s.threads, i%s.threads
	turns := s.hops / s.threads
	if place < s.hops%s.threads {
		turns++
	}
	<-s.gate
	if place == s.threads-1 {
		compose(ring, me.message)
		_, err := next.Write(me.message)
		must(err)
	}
	sum := uint64(0)
	for range turns {
		_, err := io.ReadFull(me.in, me.message)
		must(err)
		sum += sumWords(me.message)
		if hop := binary.LittleEndian.Uint64(me.message); hop < s.hops {
			binary.LittleEndian.PutUint64(me.message, hop+1)
			_, err = next.Write(me.message)
			must(err)
		}
	}
	me.sum = sum
}

// compose makes the first message of a ring, which the member before the first
// one sends.
func compose(ring uint64, message []byte) {
	binary.LittleEndian.PutUint64(message, 1)
	for k := 1; k < len(message)/8; k++ {
		binary.LittleEndian.PutUint64(message[8*k:], ring+uint64(k))
	}
}

func (s *pipes) parallel() {
	var all sync.WaitGroup
	all.Add(len(s.members))
	for i := range s.members {
		go func() {
			defer all.Done()
			s.member(uint64(i))
		}()
	}
	close(s.gate)
	all.Wait()
}

func (s *pipes) serial() {
	for ring := range s.rings {
		i := ring * s.threads
		message := s.members[i].message
		compose(ring, message)
		for hop := uint64(1); hop <= s.hops; hop++ {
			binary.LittleEndian.PutUint64(message, hop)
			s.members[i].sum += sumWords(message)
			i = s.next(i)
		}
	}
}

func (s *pipes) result() (units, answer uint64) {
	for i := range s.members {
		answer += s.members[i].sum
	}
	return s.rings * s.hops, answer
}
