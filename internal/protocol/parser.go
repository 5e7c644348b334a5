package protocol

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

const maxLine = 1 << 20 // bytes in a line, newline not counted

// Expect is what a run was asked for.
type Expect struct {
	Warmup     int // warm-up iterations
	Iterations int // timed iterations
}

// Limits bound what a driver may print, so that one that floods its output
// fills neither memory nor disk.
type Limits struct {
	Line  int   // bytes in a line
	Total int64 // bytes in all
	Lines int   // lines in all
}

// LimitsFor is generous for an honest driver: 4 KiB a sample on average and
// 1000 lines besides the samples.
func LimitsFor(e Expect) Limits {
	n := e.Warmup + e.Iterations
	return Limits{Line: maxLine, Total: 16<<20 + 4096*int64(n), Lines: 1000 + n}
}

// Error is a complaint about the output of a driver.
type Error struct {
	Line int // from 1
	Err  error
}

func (e *Error) Error() string {
	return fmt.Sprintf("line %d of the driver's output: %v", e.Line, e.Err)
}
func (e *Error) Unwrap() error { return e.Err }

// Errors of a Parser beside those about a line's content.
var (
	ErrFlood   = errors.New("too much output")
	ErrNoEnd   = errors.New("the output stops without an \"end\" line")
	ErrSilence = errors.New("no output at all")
)

// Parser takes the output of `DRIVER run` in pieces of any size and checks it
// line by line against what was asked: config first, warm-up samples before
// timed ones, indexes in order, counts as asked, nothing after end.
// After an error it stays in that error.
type Parser struct {
	want  Expect
	lim   Limits
	buf   []byte // the line that is not complete yet
	total int64
	lines int
	err   error

	config  bool
	samples [2]int // warm-up, timed
	limit   bool
	end     bool
}

// NewParser returns a parser for one run within LimitsFor(want).
func NewParser(want Expect) *Parser { return NewParserLimits(want, LimitsFor(want)) }

// NewParserLimits is NewParser with limits of one's own.
func NewParserLimits(want Expect, lim Limits) *Parser { return &Parser{want: want, lim: lim} }

// Feed takes the next piece of output and calls each for every complete line
// in it. The first error is returned, now and ever after.
func (p *Parser) Feed(data []byte, each func(Line)) error {
	if p.err != nil {
		return p.err
	}
	for len(data) > 0 {
		nl := bytes.IndexByte(data, '\n')
		piece := data
		if nl >= 0 {
			piece = data[:nl+1]
		}
		data = data[len(piece):]
		p.total += int64(len(piece))
		switch {
		case p.total > p.lim.Total:
			return p.fail(fmt.Errorf("%w: more than %d bytes", ErrFlood, p.lim.Total))
		case len(p.buf)+len(bytes.TrimSuffix(piece, []byte{'\n'})) > p.lim.Line:
			return p.fail(fmt.Errorf("%w: a line of more than %d bytes", ErrFlood, p.lim.Line))
		}
		if nl < 0 {
			p.buf = append(p.buf, piece...)
			return nil
		}
		line := piece
		if len(p.buf) > 0 {
			line = append(p.buf, piece...)
			p.buf = line[:0]
		}
		if p.lines+1 > p.lim.Lines {
			return p.fail(fmt.Errorf("%w: more than %d lines", ErrFlood, p.lim.Lines))
		}
		l, err := decode(line)
		if err == nil {
			err = p.check(l)
		}
		if err != nil {
			return p.fail(err)
		}
		p.lines++
		each(l)
	}
	return nil
}

// Close says that the output is over: a run must have reached its end line,
// and without a limit have all its samples.
func (p *Parser) Close() error {
	switch {
	case p.err != nil:
		return p.err
	case len(p.buf) > 0:
		return p.fail(fmt.Errorf("the output stops inside a line: %s", quote(p.buf)))
	case p.end:
		return nil
	case p.lines == 0:
		p.err = ErrSilence
	default:
		p.err = fmt.Errorf("%w (after line %d; %d of %d timed samples)", ErrNoEnd, p.lines, p.samples[1], p.want.Iterations)
	}
	return p.err
}

func (p *Parser) fail(err error) error {
	p.err = &Error{Line: p.lines + 1, Err: err}
	p.buf = nil
	return p.err
}

// check holds a line against the lines before it and against what was asked.
func (p *Parser) check(l Line) error {
	if p.end {
		return fmt.Errorf("%s after end", l.kind())
	}
	if _, ok := l.(*Config); ok {
		if p.config {
			return errors.New("a second config")
		}
		p.config = true
		return nil
	}
	if !p.config {
		return fmt.Errorf("%s before config", l.kind())
	}
	switch l := l.(type) {
	case *Sample:
		return p.checkSample(l)
	case *Limit:
		if p.limit {
			return errors.New("a second limit")
		}
		p.limit = true
	case *End:
		if !p.limit && p.samples != [2]int{p.want.Warmup, p.want.Iterations} {
			return fmt.Errorf("end after %d warm-up and %d timed samples, asked for %d and %d",
				p.samples[0], p.samples[1], p.want.Warmup, p.want.Iterations)
		}
		p.end = true
	}
	return nil
}

func (p *Parser) checkSample(s *Sample) error {
	if p.limit {
		return errors.New("sample after limit")
	}
	phase, asked := 0, p.want.Warmup
	if s.Phase == Timed {
		phase, asked = 1, p.want.Iterations
		if p.samples[0] != p.want.Warmup {
			return fmt.Errorf("timed sample after %d warm-up samples, asked for %d", p.samples[0], p.want.Warmup)
		}
	}
	if p.samples[phase] == asked {
		return fmt.Errorf("more than %d %s samples", asked, s.Phase)
	}
	if s.Index != p.samples[phase] {
		return fmt.Errorf("%s sample with index %d, want %d", s.Phase, s.Index, p.samples[phase])
	}
	p.samples[phase]++
	return nil
}

// Read reads a whole run from r and returns its lines: for tests and tools; the
// engine feeds a Parser as the output comes.
func Read(r io.Reader, want Expect) ([]Line, error) {
	p := NewParser(want)
	var lines []Line
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if ferr := p.Feed(buf[:n], func(l Line) { lines = append(lines, l) }); ferr != nil {
			return lines, ferr
		}
		if err == io.EOF {
			return lines, p.Close()
		}
		if err != nil {
			return lines, fmt.Errorf("reading the driver's output: %w", err)
		}
	}
}
