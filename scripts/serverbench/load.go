package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// A load is what a client saw.
type load struct {
	Messages  int
	Elapsed   time.Duration
	P50, P99  time.Duration
	ServerCPU time.Duration
}

// loadAsTold is the echo client as a process of its own, so that all of it is on the client's
// CPUs: ADDRESS PID CONNECTIONS SIZE DURATION. It prints a load.
func loadAsTold(args []string) error {
	var pid, connections, size int
	var d time.Duration
	if len(args) != 5 {
		return fmt.Errorf("load: %d arguments, there are 5", len(args))
	}
	if _, err := fmt.Sscan(args[1]+" "+args[2]+" "+args[3], &pid, &connections, &size); err != nil {
		return fmt.Errorf("load: %w", err)
	}
	d, err := time.ParseDuration(args[4])
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	debug.SetGCPercent(-1) // it keeps 8 bytes for every fourth message, and ends soon
	got, err := echoLoad(args[0], pid, connections, size, d)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(got)
}

// echoLoad sends messages of so many bytes on so many connections to the echo server
// that this process is, each when the answer to the one before has come. It runs on the
// calling kernel thread and uses epoll by itself: a client has to cost less than what it loads.
func echoLoad(address string, pid, connections, size int, d time.Duration) (load, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	c, err := newEchoClient(address, connections, size)
	if err != nil {
		return load{}, err
	}
	defer c.close()
	if err := c.runFor(d / 4); err != nil { // warm up
		return load{}, err
	}
	// The server's CPU time is read here, as another process might have to wait for a CPU.
	before, err := cpuTime(pid)
	if err != nil {
		return load{}, err
	}
	c.messages, c.latencies = 0, nil
	began := time.Now()
	if err := c.runFor(d); err != nil {
		return load{}, err
	}
	got := load{Messages: c.messages, Elapsed: time.Since(began)}
	after, err := cpuTime(pid)
	if err != nil {
		return load{}, err
	}
	got.ServerCPU = after - before
	slices.Sort(c.latencies)
	if n := len(c.latencies); n > 0 {
		got.P50, got.P99 = c.latencies[n/2], c.latencies[n*99/100]
	}
	return got, nil
}

type echoClient struct {
	epoll   int
	conns   []echoConn
	message []byte
	buffer  []byte

	messages  int
	latencies []time.Duration // of every fourth
}

type echoConn struct {
	fd   int
	sent time.Time
	got  int
	mark byte // changes with each message
}

func newEchoClient(address string, connections, size int) (*echoClient, error) {
	to, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil {
		return nil, err
	}
	c := &echoClient{message: make([]byte, size), buffer: make([]byte, size+1)}
	if c.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	at := &unix.SockaddrInet4{Port: to.Port, Addr: [4]byte(to.IP.To4())}
	for i := range connections {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err == nil {
			c.conns = append(c.conns, echoConn{fd: fd})
			err = unix.Connect(fd, at)
		}
		if err == nil {
			err = unix.SetNonblock(fd, true)
		}
		if err == nil {
			err = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		}
		if err == nil {
			err = unix.EpollCtl(c.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)})
		}
		if err == nil {
			err = c.send(&c.conns[i])
		}
		if err != nil {
			c.close()
			return nil, fmt.Errorf("connection %d: %w", i, err)
		}
	}
	return c, nil
}

func (c *echoClient) close() {
	for _, x := range c.conns {
		unix.Close(x.fd)
	}
	unix.Close(c.epoll)
}

func (c *echoClient) send(x *echoConn) error {
	x.mark++
	c.message[0], c.message[len(c.message)-1] = x.mark, x.mark
	x.got = 0
	x.sent = time.Now()
	n, err := unix.Write(x.fd, c.message)
	if err == nil && n != len(c.message) {
		err = fmt.Errorf("sent %d bytes of %d", n, len(c.message))
	}
	return err
}

func (c *echoClient) runFor(d time.Duration) error {
	events := make([]unix.EpollEvent, 128)
	for end := time.Now().Add(d); time.Now().Before(end); {
		n, err := unix.EpollWait(c.epoll, events, int(d.Milliseconds())+1)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		for _, e := range events[:n] {
			if err := c.receive(&c.conns[e.Fd]); err != nil {
				return fmt.Errorf("connection %d: %w", e.Fd, err)
			}
		}
	}
	return nil
}

func (c *echoClient) receive(x *echoConn) error {
	n, err := unix.Read(x.fd, c.buffer)
	switch {
	case err == unix.EAGAIN:
		return nil
	case err != nil:
		return err
	case n == 0:
		return fmt.Errorf("the server has closed it")
	case x.got == 0 && c.buffer[0] != x.mark, x.got+n > len(c.message):
		return fmt.Errorf("that is not what was sent")
	}
	x.got += n
	if x.got < len(c.message) {
		return nil
	}
	if c.buffer[n-1] != x.mark {
		return fmt.Errorf("that does not end as what was sent")
	}
	c.messages++
	if c.messages%4 == 0 {
		c.latencies = append(c.latencies, time.Since(x.sent))
	}
	return c.send(x)
}
