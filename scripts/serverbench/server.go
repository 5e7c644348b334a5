package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/mnbench/mnbench/internal/host"
	"golang.org/x/sys/unix"
)

// A contestant is a runtime with a server of each kind.
type contestant struct {
	name    string
	command func(kind string) []string
	env     []string
}

func contestants(o options) ([]contestant, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	example := func(kind string) []string { return []string{filepath.Join(o.build, "examples", kind), "0"} }
	var all []contestant
	for _, name := range strings.Split(o.variants, ",") {
		c := contestant{name: name, command: example}
		switch name {
		case "mn":
		case "mn-uring", "mn-epoll":
			c.env = []string{"MN_IO=" + strings.TrimPrefix(name, "mn-")}
		case "go":
			c.command = func(kind string) []string { return []string{self, "serve", kind} }
		default:
			return nil, fmt.Errorf("-variants: %q: mn, mn-uring, mn-epoll or go", name)
		}
		if _, err := os.Stat(c.command("echo")[0]); err != nil {
			return nil, fmt.Errorf("%w (make -C runtime examples builds them)", err)
		}
		all = append(all, c)
	}
	return all, nil
}

// A server is one process of it.
type server struct {
	cmd  *exec.Cmd
	port int
}

// start runs a contestant's server on these CPUs; it ends with stop or with ctx.
func start(ctx context.Context, c contestant, kind string, cpus []int) (*server, error) {
	argv := c.command(kind)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	n := strconv.Itoa(len(cpus))
	cmd.Env = append(append(os.Environ(), "MN_WORKERS="+n, "GOMAXPROCS="+n), c.env...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := host.OnCPUs(cpus, cmd.Start); err != nil {
		return nil, err
	}
	s := &server{cmd: cmd}
	line, err := bufio.NewReader(out).ReadString('\n') // as "echo on 127.0.0.1:4711"
	if err == nil {
		line = strings.Trim(line, "/\n")
		s.port, err = strconv.Atoi(line[strings.LastIndex(line, ":")+1:])
	}
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("%s: no port from it: %w", strings.Join(argv, " "), err)
	}
	return s, nil
}

func (s *server) address() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

func (s *server) stop() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

func (s *server) pid() int { return s.cmd.Process.Pid }

// cpuTime is what a process has used, in user and kernel mode.
func cpuTime(pid int) (time.Duration, error) {
	var t unix.Timespec
	clock := int32(^pid<<3 | 2) // the process's CPU clock, see clock_getcpuclockid(3)
	if err := unix.ClockGettime(clock, &t); err != nil {
		return 0, fmt.Errorf("CPU time of process %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}
