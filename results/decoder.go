package results

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/mnbench/mnbench/results/stat"
)

// MaxLine bounds a line of a record, in bytes. The longest is the run line
// of a large plan: some 200 bytes a cell.
const MaxLine = 32 << 20

// FormatError is damage in a record: where, what, and what to do about it.
type FormatError struct {
	Name string // of the file
	Line int    // from 1; 0: the file as a whole
	Err  error
	Hint string
}

func (e *FormatError) Error() string {
	where := e.Name
	if e.Line > 0 {
		where = fmt.Sprintf("%s: line %d", e.Name, e.Line)
	}
	if e.Hint == "" {
		return fmt.Sprintf("%s: %v", where, e.Err)
	}
	return fmt.Sprintf("%s: %v: %s", where, e.Err, e.Hint)
}

func (e *FormatError) Unwrap() error { return e.Err }

const notARecord = "give the .jsonl file that mnbench run wrote with --out"

// Decoder reads a record line by line in bounded memory.
type Decoder struct {
	name  string
	r     *bufio.Reader
	line  int
	buf   []byte
	cells int
	other map[string]int // unknown line types and how often
	cut   int            // number of a last line that is not whole
	done  bool
}

// NewDecoder reads from r; name stands for it in errors.
func NewDecoder(name string, r io.Reader) *Decoder {
	return &Decoder{name: name, r: bufio.NewReaderSize(r, 64<<10), other: map[string]int{}}
}

// Next returns the next line as *Run, *Unavailable, *Sample, *Invocation or
// *End, and io.EOF behind the last. The first is always the *Run. Damage is
// a *FormatError.
//
// A last line that is cut off is left out: Warnings tells.
func (d *Decoder) Next() (any, error) {
	for !d.done {
		text, err := d.read()
		if err == io.EOF {
			d.done = true
			if d.line == 0 {
				return nil, &FormatError{d.name, 0, errors.New("empty: no run is recorded in it"), notARecord}
			}
			break
		}
		if err != nil {
			return nil, err
		}
		if len(bytes.TrimSpace(text)) == 0 && d.line > 1 {
			continue
		}
		v, err := d.parse(text)
		var bad *syntaxError
		if errors.As(err, &bad) && d.line > 1 && d.last() {
			d.cut, d.done = d.line, true
			break
		}
		if err != nil {
			return nil, d.damage(err)
		}
		if v != nil {
			return v, nil
		}
	}
	return nil, io.EOF
}

// Warnings tells what was left out so far; it is complete after io.EOF.
func (d *Decoder) Warnings() []Warning {
	var ws []Warning
	if d.cut > 0 {
		ws = append(ws, stat.Warn(CutOff,
			"line %d is cut off and was ignored: the run was killed or its disk filled; everything before it is whole", d.cut))
	}
	for _, kind := range sortedKeys(d.other) {
		ws = append(ws, stat.Warn(NewerLines,
			"%d lines of type %.40q were ignored: a newer mnbench wrote them", d.other[kind], kind))
	}
	return ws
}

// Line is the number of the line that Next returned last.
func (d *Decoder) Line() int { return d.line }

// read returns the next line without its newline; the bytes are valid until
// the next call.
func (d *Decoder) read() ([]byte, error) {
	d.buf = d.buf[:0]
	for {
		part, err := d.r.ReadSlice('\n')
		if len(d.buf)+len(part) > MaxLine {
			d.line++
			return nil, d.damage(fmt.Errorf("longer than %d MiB", MaxLine>>20))
		}
		if err == nil || (err == io.EOF && len(d.buf)+len(part) > 0) {
			d.line++
			if len(d.buf) == 0 {
				return part, nil
			}
			d.buf = append(d.buf, part...)
			return d.buf, nil
		}
		if err != bufio.ErrBufferFull {
			if errors.Is(err, syscall.EISDIR) {
				return nil, &FormatError{Name: d.name, Err: errors.New("is a directory"), Hint: notARecord}
			}
			if err != io.EOF {
				err = fmt.Errorf("%s: line %d: %w", d.name, d.line+1, cause(err))
			}
			return nil, err
		}
		d.buf = append(d.buf, part...)
	}
}

// last reports whether nothing but blank space follows.
func (d *Decoder) last() bool {
	for {
		b, err := d.r.ReadByte()
		if err != nil {
			return err == io.EOF
		}
		if b != '\n' && b != '\r' && b != 0 {
			return false
		}
	}
}

func (d *Decoder) parse(text []byte) (any, error) {
	kind, err := typeOf(text)
	if err != nil {
		return nil, err
	}
	if d.line == 1 {
		if kind != "run" {
			return nil, errors.New("not a record: the first line is not a run line")
		}
		return d.run(text)
	}
	switch kind {
	case "sample":
		s := new(Sample)
		if !fastSample(text, s) {
			*s = Sample{}
			if err := unmarshal(text, s); err != nil {
				return nil, err
			}
		}
		if s.Phase != Warmup && s.Phase != Timed {
			return nil, fmt.Errorf("sample of unknown phase %.40q", s.Phase)
		}
		return s, d.checkCell(s.Cell)
	case "invocation":
		inv := new(Invocation)
		if err := unmarshal(text, inv); err != nil {
			return nil, err
		}
		if inv.Status == "" {
			return nil, errors.New("invocation without a status")
		}
		return inv, d.checkCell(inv.Cell)
	case "unavailable":
		u := new(Unavailable)
		return u, unmarshal(text, u)
	case "end":
		e := new(End)
		return e, unmarshal(text, e)
	case "run":
		return nil, errors.New("a second run line: two records in one file")
	case "":
		return nil, errors.New("a line without a type")
	}
	if len(d.other) < 10 { // a broken file must not fill the memory
		d.other[string(kind)]++
	}
	return nil, nil
}

func (d *Decoder) run(text []byte) (*Run, error) {
	var head struct {
		Schema int  `json:"schema"`
		Tool   Tool `json:"tool"`
	}
	if err := unmarshal(text, &head); err != nil {
		return nil, err
	}
	if head.Schema != SchemaVersion {
		by := ""
		if head.Tool.Version != "" {
			by = fmt.Sprintf(" (written by mnbench %.40s)", head.Tool.Version)
		}
		return nil, &FormatError{d.name, 1,
			fmt.Errorf("record format %d%s, this mnbench reads format %d", head.Schema, by, SchemaVersion),
			"use the mnbench that wrote it or a newer one"}
	}
	r := new(Run)
	if err := unmarshal(text, r); err != nil {
		return nil, err
	}
	d.cells = len(r.Plan.Cells)
	return r, nil
}

func (d *Decoder) checkCell(cell int) error {
	if cell < 0 || cell >= d.cells {
		return fmt.Errorf("cell %d, but the plan has %d cells", cell, d.cells)
	}
	return nil
}

// damage says what to do about a line that cannot be right.
func (d *Decoder) damage(err error) error {
	var fe *FormatError
	switch {
	case errors.As(err, &fe):
		return err
	case d.line == 1:
		return &FormatError{d.name, 1, err, notARecord}
	}
	return &FormatError{d.name, d.line, err, fmt.Sprintf(
		"the record is damaged; the %d lines before are good: keep them with  head -n %d %s > mended.jsonl", d.line-1, d.line-1, d.name)}
}

// typeOf reads the type of a line, at no cost when it stands first.
func typeOf(text []byte) (string, error) {
	const first = `{"type":"`
	if rest, ok := bytes.CutPrefix(text, []byte(first)); ok {
		for _, kind := range [...]string{"sample", "invocation"} {
			if len(rest) > len(kind) && string(rest[:len(kind)]) == kind && rest[len(kind)] == '"' {
				return kind, nil
			}
		}
	}
	var t struct {
		Type string `json:"type"`
	}
	err := unmarshal(text, &t)
	return t.Type, err
}

func unmarshal(text []byte, v any) error {
	err := json.Unmarshal(text, v)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return &syntaxError{err}
	}
	return err
}

// syntaxError is a line that is not JSON; the last line of a record may be one.
type syntaxError struct{ err error }

func (e *syntaxError) Error() string { return "not JSON (" + e.err.Error() + ")" }
func (e *syntaxError) Unwrap() error { return e.err }
