package main

import (
	"errors"
	"fmt"
	"strings"
)

// Exit codes: one table for the whole tool.
const (
	exitOK           = 0
	exitRegression   = 1
	exitUsage        = 2
	exitInvalid      = 3
	exitInconclusive = 4
	exitNothing      = 5
	exitInterrupted  = 130
)

// exitTable says what the codes mean, in the order of the help.
var exitTable = []struct {
	code    int
	meaning string
}{
	{exitOK, "success, no regression"},
	{exitRegression, "a regression was found"},
	{exitUsage, "wrong usage, or the environment does not allow it: unknown names, unreadable files, a full disk"},
	{exitInvalid, "results are invalid: wrong answers, crashes, time-outs, drivers that do not build or speak"},
	{exitInconclusive, "inconclusive: the measurements do not decide"},
	{exitNothing, "nothing was measured"},
	{exitInterrupted, "interrupted (Ctrl-C or a termination request); what was finished is kept"},
}

// exitLines formats those codes of the table that a command can end with.
func exitLines(codes ...int) string {
	var b strings.Builder
	for _, row := range exitTable {
		for _, c := range codes {
			if c == row.code {
				fmt.Fprintf(&b, "  %-3d  %s\n", row.code, row.meaning)
			}
		}
	}
	return b.String()
}

// errInterrupted is the cause of a context that an interrupt has ended.
var errInterrupted = errors.New("interrupted")

// coded is an error that ends the program with a code of its own.
type coded struct {
	code int
	err  error
}

func (c *coded) Error() string { return c.err.Error() }
func (c *coded) Unwrap() error { return c.err }

// withCode makes err end the program with that code.
func withCode(code int, err error) error { return &coded{code, err} }

// codeOf is the exit code that an error asks for; exitUsage when it does not
// say: names, files and the machine are what is left to go wrong.
func codeOf(err error) int {
	var c *coded
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &c):
		return c.code
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	}
	return exitUsage
}
