package main

import (
	"bytes"
	"context"
	"errors"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

func TestInterruptible(t *testing.T) {
	var said bytes.Buffer
	exited := make(chan int, 1)
	ctx := interruptible(&said, func(code int) { exited <- code })
	defer signal.Reset()
	raise := func(s syscall.Signal) {
		t.Helper()
		if err := syscall.Kill(syscall.Getpid(), s); err != nil {
			t.Fatal(err)
		}
	}
	raise(syscall.SIGTERM)
	<-ctx.Done()
	if err := context.Cause(ctx); !errors.Is(err, errInterrupted) {
		t.Errorf("cause %v, want %v", err, errInterrupted)
	}
	raise(syscall.SIGPIPE) // counts only when it is the first
	raise(syscall.SIGINT)
	if code := <-exited; code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
	if !strings.Contains(said.String(), "exiting at once") {
		t.Errorf("it says %q", said.String())
	}
}
