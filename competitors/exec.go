package competitors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// command is a helper program: a compiler, a version query, `describe`.
type command struct {
	argv, env      []string
	dir            string
	stdout, stderr io.Writer
}

// runGroup runs a command in a process group of its own and kills the whole
// group when the context ends or mnbench dies.
func runGroup(ctx context.Context, c command) error {
	// Pdeathsig fires when the *thread* that started the child ends, so that
	// thread is kept until the child is done.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, c.argv[0], c.argv[1:]...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = c.env, c.dir, c.stdout, c.stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second // a grandchild that left the group may hold the pipe
	err := cmd.Run()
	switch {
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("%s: not done in time", c.argv[0])
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return err
}

// tail is a writer that keeps the last bytes; it never fails.
type tail struct {
	most int
	buf  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if len(t.buf) > 2*t.most {
		t.buf = append(t.buf[:0], t.buf[len(t.buf)-t.most:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return string(t.buf[max(0, len(t.buf)-t.most):]) }

// errFull ends a command that prints more than its output may hold.
var errFull = errors.New("too much output")

// bounded is a writer that takes so many bytes and then fails.
type bounded struct {
	w    io.Writer
	left int64
}

func (b *bounded) Write(p []byte) (int, error) {
	if int64(len(p)) > b.left {
		return 0, errFull
	}
	n, err := b.w.Write(p)
	b.left -= int64(n)
	return n, err
}
