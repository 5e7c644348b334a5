package engine

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mnbench/mnbench/internal/protocol"
)

// pipes lead from the driver's stdout and stderr to us. Our ends do not block.
type pipes struct {
	childOut, childErr *os.File
	out, err           int
}

// pipeSize is what a driver can print between two looks without waiting; the
// most that the kernel gives to everybody.
const pipeSize = 1 << 20

func openPipes() (*pipes, error) {
	p := &pipes{out: -1, err: -1}
	var err error
	if p.out, p.childOut, err = openPipe("stdout"); err != nil {
		return nil, err
	}
	if p.err, p.childErr, err = openPipe("stderr"); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func openPipe(name string) (ours int, theirs *os.File, err error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return -1, nil, fmt.Errorf("pipe: %w", err)
	}
	if err := unix.SetNonblock(fds[0], true); err != nil {
		unix.Close(fds[0])
		unix.Close(fds[1])
		return -1, nil, fmt.Errorf("pipe: %w", err)
	}
	_, _ = unix.FcntlInt(uintptr(fds[0]), unix.F_SETPIPE_SZ, pipeSize) // or it stays as it is
	return fds[0], os.NewFile(uintptr(fds[1]), name), nil
}

func (p *pipes) closeChildEnds() {
	p.childOut.Close()
	if p.childErr != nil {
		p.childErr.Close()
	}
}

func (p *pipes) close() {
	p.closeChildEnds() // again: an error nobody needs
	for _, fd := range []int{p.out, p.err} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}

// collector takes in what a driver prints.
type collector struct {
	pipes  *pipes
	now    func() time.Duration // since the start of the process
	parser *protocol.Parser
	buf    []byte

	empty  time.Duration // the last time at which the pipe was seen empty
	stderr ends
	err    error

	config     *protocol.Config
	configAt   Arrival
	samples    []Sample
	histograms []*protocol.Histogram
	limit      *protocol.Limit
}

func newCollector(p *pipes, want protocol.Expect, now func() time.Duration) *collector {
	return &collector{pipes: p, now: now, parser: protocol.NewParser(want), buf: make([]byte, 64<<10)}
}

// mostStderr bounds what is read of stderr at one look.
const mostStderr = 4 << 20

// drain reads what is in the pipes now. The error is about the content of
// stdout and stays.
func (c *collector) drain() error {
	for read := 0; read < mostStderr; {
		n, err := unix.Read(c.pipes.err, c.buf)
		if err == unix.EINTR {
			continue
		}
		if n <= 0 {
			break
		}
		c.stderr.add(c.buf[:n])
		read += n
	}
	for c.err == nil {
		before := c.now()
		n, err := unix.Read(c.pipes.out, c.buf)
		if err == unix.EINTR {
			continue
		}
		if n <= 0 { // empty, closed, or beyond repair: in each case no more now
			c.empty = before
			break
		}
		at := Arrival{Lo: c.empty, Hi: c.now()}
		c.err = c.parser.Feed(c.buf[:n], func(l protocol.Line) { c.take(l, at) })
	}
	return c.err
}

func (c *collector) take(l protocol.Line, at Arrival) {
	switch l := l.(type) {
	case *protocol.Config:
		c.config, c.configAt = l, at
	case *protocol.Sample:
		c.samples = append(c.samples, Sample{*l, at})
	case *protocol.Histogram:
		c.histograms = append(c.histograms, l)
	case *protocol.Limit:
		c.limit = l
	}
}

// finish hands over everything; the driver has ended.
func (c *collector) finish(o *Outcome) {
	o.OutputErr = c.parser.Close()
	o.Config, o.ConfigAt = c.config, c.configAt
	o.Samples, o.Histograms, o.Limit = c.samples, c.histograms, c.limit
	o.Stderr = c.stderr.String()
}

// ends keeps the beginning and the end of a text of any length: the first
// line of a Go panic and the last of a Python traceback say what happened.
type ends struct {
	head, tail []byte
	skipped    bool
}

const (
	headBytes = 1 << 10
	tailBytes = 3 << 10
)

func (e *ends) add(p []byte) {
	n := min(headBytes-len(e.head), len(p))
	e.head = append(e.head, p[:n]...)
	e.tail = append(e.tail, p[n:]...)
	if over := len(e.tail) - tailBytes; over > 0 {
		e.tail = append(e.tail[:0], e.tail[over:]...)
		e.skipped = true
	}
}

func (e *ends) String() string {
	if e.skipped {
		return string(e.head) + "\n[...]\n" + string(e.tail)
	}
	return string(e.head) + string(e.tail)
}
