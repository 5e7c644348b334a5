package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Writer appends one run to a record file. It is not for concurrent use.
//
// An invocation and its samples reach the file in one write. When that write
// fails half-way (a full disk) the file is cut back to the last whole
// invocation, so what is on the disk is a readable record at every moment.
// Space for the next invocation is reserved ahead where the file system can
// do that, so a disk that fills is noticed before a finished invocation has
// nowhere to go. The first error stays: every later call returns it again.
type Writer struct {
	path    string
	file    file
	reserve func(off, size int64) error
	now     func() time.Time
	off     int64  // end of the last whole block
	pending []byte // samples of the invocation in flight
	cell    int    // its cell
	inv     int    // its number
	largest int64  // size of the largest block so far
	done    int    // invocations stored
	torn    bool   // half a block is in the file and could not be cut off
	err     error
}

type file interface {
	io.WriteCloser
	Truncate(size int64) error
}

// minReserve is the least room kept free ahead of the end, in bytes: most
// invocations are a few kilobytes.
const minReserve = 64 << 10

// Create makes the record file, and its folder where that is missing, and
// writes the run line. It never overwrites: a file that exists is an error.
func Create(path string, run Run) (*Writer, error) {
	if dir := filepath.Dir(path); dir != "." {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return nil, fmt.Errorf("%s: the folder for the record cannot be made: %w", path, err)
		}
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s: %w: a record is never overwritten; choose another name or move it away", path, fs.ErrExist)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: the record cannot be made: %w", path, cause(err))
	}
	w := &Writer{path: path, file: f, now: time.Now,
		reserve: func(off, size int64) error { return reserve(f, off, size) }}
	if err := w.start(run); err != nil {
		f.Close()
		os.Remove(path) // nothing but a part of the run line was in it
		return nil, err
	}
	return w, nil
}

func (w *Writer) start(run Run) error {
	run.Type, run.Schema = "run", SchemaVersion
	if err := w.line(run); err != nil {
		return err
	}
	if err := w.reserve(w.off, minReserve); err != nil {
		return fmt.Errorf("%s: no room for a record: %w; free some space first", w.path, cause(err))
	}
	return nil
}

// Unavailable records a runtime that cannot take part.
func (w *Writer) Unavailable(u Unavailable) error {
	u.Type = "unavailable"
	return w.line(u)
}

// Sample takes a sample of the invocation in flight. It reaches the file
// together with its invocation, and is forgotten if that never comes.
func (w *Writer) Sample(s Sample) error {
	if w.err != nil {
		return w.err
	}
	if len(w.pending) > 0 && (s.Cell != w.cell || s.Invocation != w.inv) {
		return fmt.Errorf("%s: sample of cell %d, invocation %d before invocation %d of cell %d was closed",
			w.path, s.Cell, s.Invocation, w.inv, w.cell)
	}
	w.cell, w.inv = s.Cell, s.Invocation
	s.Type = "sample"
	var err error
	w.pending, err = appendLine(w.pending, s)
	if err != nil {
		return fmt.Errorf("%s: %w", w.path, err)
	}
	return nil
}

// Discard forgets the samples taken since the last invocation: the one in
// flight was interrupted.
func (w *Writer) Discard() { w.pending = w.pending[:0] }

// Invocation stores an invocation with the samples taken for it. When it
// returns nil they are in the file.
func (w *Writer) Invocation(inv Invocation) error {
	if w.err != nil {
		return w.err
	}
	if len(w.pending) > 0 && (inv.Cell != w.cell || inv.Invocation != w.inv) {
		return fmt.Errorf("%s: invocation %d of cell %d closes the samples of invocation %d of cell %d",
			w.path, inv.Invocation, inv.Cell, w.inv, w.cell)
	}
	inv.Type = "invocation"
	block, err := appendLine(w.pending, inv)
	if err != nil {
		return fmt.Errorf("%s: %w", w.path, err)
	}
	w.pending = block[:0]
	w.largest = max(w.largest, int64(len(block)))
	if err := w.block(block); err != nil {
		return err
	}
	w.done++
	if err := w.reserve(w.off, max(minReserve, 2*w.largest)); err != nil {
		w.err = fmt.Errorf("%s: no room for another invocation: %w; all %d finished invocations are stored; free some space and run again",
			w.path, cause(err), w.done)
	}
	return w.err
}

// End writes the last line: complete tells whether the plan was carried out
// or the run was interrupted. After an error it tries all the same, so that a
// record that met a full disk is still closed properly where room allows.
func (w *Writer) End(complete bool) error {
	w.Discard()
	end := End{Type: "end", Time: w.now().UTC(), Status: Interrupted}
	if complete {
		end.Status = Complete
	}
	first := w.err
	if w.torn {
		return first
	}
	w.err = nil
	err := w.line(end)
	if first != nil {
		w.err = first
		return first
	}
	return err
}

// Close closes the file and gives back the space reserved ahead.
func (w *Writer) Close() error {
	w.Discard()
	var trimmed error
	if !w.torn {
		trimmed = w.file.Truncate(w.off)
	}
	closed := w.file.Close()
	if w.err != nil {
		return w.err
	}
	if err := errors.Join(trimmed, closed); err != nil {
		w.err = fmt.Errorf("%s: closing the record: %w", w.path, cause(err))
	}
	return w.err
}

func (w *Writer) line(v any) error {
	if w.err != nil {
		return w.err
	}
	data, err := appendLine(nil, v)
	if err != nil {
		return fmt.Errorf("%s: %w", w.path, err)
	}
	return w.block(data)
}

// block writes whole lines or nothing.
func (w *Writer) block(data []byte) error {
	n, err := w.file.Write(data)
	if err == nil && n < len(data) {
		err = io.ErrShortWrite
	}
	if err == nil {
		w.off += int64(n)
		return nil
	}
	w.err = fmt.Errorf("%s: the record cannot be continued: %w; the %d invocations before are stored; free some space and run again",
		w.path, cause(err), w.done)
	if n > 0 {
		if terr := w.file.Truncate(w.off); terr != nil {
			w.torn = true
			w.err = fmt.Errorf("%w (and its last line is cut off: %w)", w.err, cause(terr))
		}
	}
	return w.err
}

func appendLine(to []byte, v any) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return to, fmt.Errorf("%T cannot be recorded: %w", v, err)
	}
	to = append(to, data...)
	return append(to, '\n'), nil
}

// cause strips "write PATH:" from a path error: the caller names the file.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
