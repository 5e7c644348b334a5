package main

import (
	"encoding/binary"
	"os"
	"sync"
)

func init() {
	declared := []paramSpec{{"threads", 1}, {"reads", 1}, {"blocks", 1}, {"words", 1}}
	register(workload{"files", declared, func(p params) state {
		s := &files{reads: p["reads"], blocks: p["blocks"], readers: make([]fileReader, p["threads"])}
		for i := range s.readers {
			s.readers[i].block = make([]byte, 8*p["words"])
		}
		must(s.make(make([]byte, 8*p["words"])))
		return s
	}})
}

// files has goroutines that read blocks at random places in a file that is in
// the page cache.
type files struct {
	file    *os.File
	reads   uint64 // of each reader
	blocks  uint64
	readers []fileReader
}

type fileReader struct {
	block []byte
	sum   uint64
}

// make makes the file. It loses its name at once, so that nothing is left
// behind whatever happens.
func (s *files) make(block []byte) (err error) {
	if s.file, err = os.CreateTemp("", "mnbench-files-"); err != nil {
		return err
	}
	if err := os.Remove(s.file.Name()); err != nil {
		return err
	}
	x := uint64(1)
	for range s.blocks {
		for at := 0; at < len(block); at += 8 {
			x = busy(1, x)
			binary.LittleEndian.PutUint64(block[at:], x)
		}
		if _, err := s.file.Write(block); err != nil {
			return err
		}
	}
	return nil
}

func (s *files) release() { s.file.Close() }

func (s *files) read(i int) {
	const step = 8 * 64 // one word in 64 is added up
	r := &s.readers[i]
	y, sum := uint64(i), uint64(0)
	for range s.reads {
		y = busy(1, y)
		at := y >> 32 * s.blocks >> 32
		_, err := s.file.ReadAt(r.block, int64(at)*int64(len(r.block)))
		must(err)
		for k := 0; k < len(r.block); k += step {
			sum += binary.LittleEndian.Uint64(r.block[k:])
		}
	}
	r.sum = sum
}

func (s *files) parallel() {
	var all sync.WaitGroup
	all.Add(len(s.readers))
	for i := range s.readers {
		go func() {
			defer all.Done()
			s.read(i)
		}()
	}
	all.Wait()
}

func (s *files) serial() {
	for i := range s.readers {
		s.read(i)
	}
}

func (s *files) result() (units, answer uint64) {
	for i := range s.readers {
		answer += s.readers[i].sum
	}
	return uint64(len(s.readers)) * s.reads, answer
}
