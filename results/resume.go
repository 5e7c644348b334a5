package results

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"time"
)

// Continue opens a record whose run was killed or interrupted, to append what
// is missing. What the run left behind its last whole invocation is cut off:
// samples of an invocation that never ended, half a line, the end line.
//
// The record is not checked otherwise: Open reads it first.
func Continue(path string) (*Writer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: the record cannot be continued: %w", path, cause(err))
	}
	off, done, err := committed(path, f)
	if err == nil {
		err = f.Truncate(off)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: the record cannot be continued: %w", path, cause(err))
	}
	return &Writer{path: path, file: f, now: time.Now, off: off, done: done,
		reserve: func(off, size int64) error { return reserve(f, off, size) }}, nil
}

// committed is where the last line ends that stands for itself, and how many
// invocations there are up to it.
func committed(name string, r io.Reader) (off int64, invocations int, err error) {
	in := bufio.NewReaderSize(r, 64<<10)
	var at int64
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			return off, invocations, nil // a line without its end is none
		}
		if err != nil {
			return 0, 0, fmt.Errorf("%s: %w", name, cause(err))
		}
		at += int64(len(line))
		kind, err := typeOf(line)
		switch {
		case err != nil: // half a line, filled up by the file system
			return off, invocations, nil
		case kind == "invocation":
			invocations++
			off = at
		case kind == "run", kind == "unavailable":
			off = at
		}
	}
}

// Complete reports whether the run carried out its plan.
func (r *Record) Complete() bool { return r.End != nil && r.End.Status == Complete }
