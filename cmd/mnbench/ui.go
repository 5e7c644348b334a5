package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/mattn/go-isatty"
	"golang.org/x/sys/unix"

	"github.com/mnbench/mnbench/results"
)

// ui is where output goes. The rules:
//
//   - stdout carries results and nothing else: tables, lists, JSON, help that
//     was asked for. It can be piped into a program.
//   - stderr carries everything about how it is going: progress, warnings,
//     errors, where files were written.
//   - Colour only on a terminal, and never with NO_COLOR, CI=true or TERM=dumb.
//   - A bar that redraws itself only where stderr is such a terminal (NO_COLOR
//     does not forbid it); elsewhere whole lines, as few as tell the story.
//   - Lines say who speaks: "mnbench:" for an error that ends the program,
//     "warning:" for what should be known of results that stand.
//
// It may be used by several goroutines.
type ui struct {
	in    io.Reader
	out   *sticky
	err   io.Writer
	table results.TableOptions // what stdout can show
	live  bool                 // stderr can be redrawn
	width func() int           // of stderr, in columns; it may change

	mu   sync.Mutex
	draw func() // draws what is live on the last line; nil: nothing is
}

func newUI(in io.Reader, out, err *os.File) *ui {
	return &ui{
		in: in, out: &sticky{w: out}, err: err, table: tableOptions(out), live: terminal(err),
		width: func() int { return cmp.Or(columns(err), 80) },
	}
}

// tableOptions are colours, letters and width that suit a terminal; anything
// else gets plain ASCII, as wide as COLUMNS says.
func tableOptions(out *os.File) results.TableOptions {
	if !terminal(out) {
		width, _ := strconv.Atoi(os.Getenv("COLUMNS"))
		return results.TableOptions{Width: width}
	}
	o := results.TableOptions{Colour: os.Getenv("NO_COLOR") == "", Unicode: utf8Locale()}
	o.Width = columns(out)
	return o
}

// columns is the width of a terminal, 0 when it does not know.
func columns(f *os.File) int {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}

// utf8Locale follows the order in which the C library looks.
func utf8Locale() bool {
	locale := cmp.Or(os.Getenv("LC_ALL"), os.Getenv("LC_CTYPE"), os.Getenv("LANG"))
	return strings.Contains(strings.ReplaceAll(strings.ToUpper(locale), "-", ""), "UTF8")
}

// terminal reports whether a person looks at f.
func terminal(f *os.File) bool {
	return isatty.IsTerminal(f.Fd()) && os.Getenv("TERM") != "dumb" && !inCI()
}

func inCI() bool {
	switch strings.ToLower(os.Getenv("CI")) {
	case "", "false", "0":
		return false
	}
	return true
}

// Say tells how it is going, in a line of its own.
func (u *ui) Say(format string, args ...any) { u.line(fmt.Sprintf(format, args...)) }

// Warn tells what qualifies the results.
func (u *ui) Warn(format string, args ...any) { u.line("warning: " + fmt.Sprintf(format, args...)) }

// Error tells why the program ends. An interrupt was told when it came.
func (u *ui) Error(err error) {
	u.line("mnbench: " + err.Error())
}

// Write takes whole lines for stderr, so that other packages can log here.
func (u *ui) Write(p []byte) (int, error) {
	u.line(strings.TrimSuffix(string(p), "\n"))
	return len(p), nil
}

func (u *ui) line(text string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.clear()
	fmt.Fprintln(u.err, text)
	if u.draw != nil {
		u.draw()
	}
}

// showBar makes draw keep the last line, which is only done where ui is live;
// nil takes it away. draw is called with u.mu held.
func (u *ui) showBar(draw func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.clear()
	u.draw = draw
}

// redraw draws the last line anew, if there is a live one.
func (u *ui) redraw() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.draw != nil {
		u.draw()
	}
}

func (u *ui) clear() {
	if u.draw != nil {
		fmt.Fprint(u.err, "\r\x1b[K")
	}
}

// sticky remembers the first error of a writer: results that did not reach
// stdout must not look like success. A reader that has seen enough (a closed
// pipe, as with head) is no error: the rest is for nobody.
type sticky struct {
	w    io.Writer
	err  error
	gone bool
}

func (s *sticky) Write(p []byte) (int, error) {
	if s.err != nil || s.gone {
		return len(p), s.err
	}
	n, err := s.w.Write(p)
	if errors.Is(err, unix.EPIPE) {
		s.gone = true
		return len(p), nil
	}
	if err != nil {
		s.err = fmt.Errorf("stdout: the results could not be written: %w", err)
	}
	return n, err
}
