package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// limit is the system's word that there is no more of something. It is a
// result, not a failure.
type limit struct {
	call    string // the system call
	name    string // of the error
	reached uint64 // how many there were by then
}

func (l *limit) Error() string { return fmt.Sprintf("%s: %s at %d", l.call, l.name, l.reached) }

// limited makes a *limit of an error that says that too many files are open, and
// leaves others as they are.
func limited(err error, call string, reached uint64) error {
	names := map[syscall.Errno]string{syscall.EMFILE: "EMFILE", syscall.ENFILE: "ENFILE"}
	for number, name := range names {
		if errors.Is(err, number) {
			if by := new(os.SyscallError); errors.As(err, &by) {
				call = by.Syscall
			}
			return &limit{call, name, reached}
		}
	}
	return err
}

// must is for what can only fail when something is broken.
func must(err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "goroutines driver: %v\n", err)
		os.Exit(exitFailed)
	}
}
