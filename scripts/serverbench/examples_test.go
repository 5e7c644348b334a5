package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mnbench/mnbench/internal/host"
)

// The tests here are clients of the servers in runtime/examples, by both ways of
// waiting for input and output.

const examples = "../../runtime/_build/plain"

// Generous: for a machine that is busy with other tests.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	if told, err := asTold(os.Args[1:]); told {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	// Where the runtime's own tests have them, too.
	out, err := exec.Command("make", "-s", "-C", "../../runtime", "tree-plain", "ONLY=examples/").CombinedOutput()
	if err != nil {
		fmt.Fprintf(os.Stderr, "make -C runtime tree-plain: %v\n%s", err, out)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func eachBackend(t *testing.T, f func(t *testing.T, env []string)) {
	ways := []string{"epoll"}
	hello := exec.Command(filepath.Join(examples, "examples", "hello"))
	hello.Env = append(os.Environ(), "MN_IO=uring")
	if hello.Run() == nil { // else the kernel refuses it
		ways = append(ways, "uring")
	}
	for _, io := range ways {
		t.Run(io, func(t *testing.T) { f(t, []string{"MN_IO=" + io}) })
	}
}

func startExample(t *testing.T, kind string, env []string, before ...string) *server {
	t.Helper()
	program := []string{filepath.Join(examples, "examples", kind), "0"}
	if len(before) > 0 {
		program = append(before, program...)
	}
	cpus, err := host.Affinity(0)
	if err != nil {
		t.Fatal(err)
	}
	s, err := start(t.Context(), contestant{kind, func(string) []string { return program }, env}, kind, cpus)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	return s
}

func dial(t *testing.T, s *server) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", s.address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c.(*net.TCPConn)
}

const get = "GET / HTTP/1.1\r\nHost: here\r\n\r\n"

func TestHTTP(t *testing.T) {
	long := strings.Repeat("x", 9000)
	tests := []struct {
		name, request string
		want          string // statuses; closed: the server ends the connection then
	}{
		{"get", get, "200"},
		{"head", "HEAD / HTTP/1.1\r\nHost: here\r\n\r\n", "200"},
		{"close", "GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n", "200 closed"},
		{"close among others", "GET / HTTP/1.1\r\nhost:here\r\nCONNECTION: te ,\tCLOSE\r\n\r\n", "200 closed"},
		{"no word of it", "GET / HTTP/1.1\r\nHost: here\r\nConnection: closed\r\n\r\n", "200"},
		{"another page", "GET /there HTTP/1.1\r\nHost: here\r\n\r\n", "404"},
		{"a query", "GET /? HTTP/1.1\r\nHost: here\r\n\r\n", "404"},
		{"post", "POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\n\r\nhello", "405"},
		{"a method nobody knows", "BREW /pot HTTP/1.1\r\nHost: here\r\n\r\n", "405"},
		{"a body is skipped", "GET / HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\n\r\n\r\n" + get, "200 200"},
		{"a long body", "GET / HTTP/1.1\r\nHost: here\r\nContent-Length: 50000\r\n\r\n" + strings.Repeat("y", 50000) + get, "200 200"},
		{"too long a body", "GET / HTTP/1.1\r\nHost: here\r\nContent-Length: 99999999999999999999\r\n\r\n" + long, "413 closed"},
		{"chunks", "POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "501 closed"},
		{"no length", "GET / HTTP/1.1\r\nHost: here\r\nContent-Length: -1\r\n\r\n", "400 closed"},
		{"two lengths", "GET / HTTP/1.1\r\nHost: here\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", "400 closed"},
		{"1.0", "GET / HTTP/1.0\r\n\r\n", "200 closed"},
		{"1.0 kept alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n" + get, "200 200"},
		{"no host", "GET / HTTP/1.1\r\n\r\n", "400 closed"},
		{"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400 closed"},
		{"version 2", "GET / HTTP/2.0\r\nHost: here\r\n\r\n", "505 closed"},
		{"no version", "GET /\r\n\r\n", "400 closed"},
		{"no words", "hello\r\n\r\n", "400 closed"},
		{"spaces", "GET  / HTTP/1.1\r\nHost: here\r\n\r\n", "400 closed"},
		{"a method that is none", "G=T / HTTP/1.1\r\nHost: here\r\n\r\n", "400 closed"},
		{"a zero", "GET /\x00 HTTP/1.1\r\nHost: here\r\n\r\n", "400 closed"},
		{"a zero in a header", "GET / HTTP/1.1\r\nHost: here\r\nA: \x00\r\n\r\n", "400 closed"},
		{"a header without a colon", "GET / HTTP/1.1\r\nHost here\r\n\r\n", "400 closed"},
		{"a space before the colon", "GET / HTTP/1.1\r\nHost : here\r\n\r\n", "400 closed"},
		{"a folded line", "GET / HTTP/1.1\r\nHost: here\r\n more\r\n\r\n", "400 closed"},
		{"line feeds alone", "GET / HTTP/1.1\nHost: here\n\n", "400 closed"},
		{"one line too many before", "\r\n" + get + "\r\n" + get, "200 200"},
		{"a long header", "GET / HTTP/1.1\r\nHost: here\r\nA: " + long + "\r\n\r\n", "431 closed"},
		{"a line without end", long, "431 closed"},
		{"one that fits", "GET / HTTP/1.1\r\nHost: here\r\nA: " + long[:8000] + "\r\n\r\n" + get, "200 200"},
		{"pipelined", strings.Repeat(get, 500), strings.TrimSpace(strings.Repeat("200 ", 500))},
		{"good, then bad", get + "?\r\n\r\n" + get, "200 400 closed"},
	}
	eachBackend(t, func(t *testing.T, env []string) {
		s := startExample(t, "http", env)
		for _, test := range tests {
			ok := t.Run(test.name, func(t *testing.T) {
				c := dial(t, s)
				go io.WriteString(c, test.request)
				if got := answers(t, c, test.request, test.want); got != test.want {
					t.Errorf("got %.100s, want %.100s", got, test.want)
				}
			})
			if !ok {
				return // what is wrong with one is wrong with many, and each waits for long
			}
		}
		t.Run("byte by byte", func(t *testing.T) {
			c := dial(t, s)
			request := get + "HEAD / HTTP/1.1\r\nHost: here\r\n\r\nGET /x HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
			go func() {
				for i := range request {
					io.WriteString(c, request[i:i+1])
				}
			}()
			if got, want := answers(t, c, request, "200 200 404 closed"), "200 200 404 closed"; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
		t.Run("gone", func(t *testing.T) {
			for i, part := range []string{"", "GET", get, strings.Repeat(get, 500)} {
				for _, linger := range []int{-1, 0} { // 0: by a reset
					c := dial(t, s)
					c.SetLinger(linger)
					if _, err := io.WriteString(c, part); err != nil {
						t.Fatalf("%d: %v", i, err)
					}
					c.Close()
				}
			}
			c := dial(t, s)
			io.WriteString(c, get)
			if got := answers(t, c, get, "200"); got != "200" {
				t.Errorf("after clients that have gone: %s", got)
			}
		})
		awaitFDs(t, s)
	})
}

// answers reads as many answers as are wanted, and the connection's end where that is.
func answers(t *testing.T, c *net.TCPConn, request, want string) string {
	t.Helper()
	var got []string
	r := bufio.NewReader(c)
	for range strings.Count(strings.TrimSuffix(want, " closed"), " ") + 1 {
		method := "GET"
		if len(got) < strings.Count(request, "HEAD") && !strings.HasPrefix(request, "GET") || strings.Contains(request, "HEAD") && len(got) == 1 {
			method = "HEAD"
		}
		a, err := http.ReadResponse(r, &http.Request{Method: method})
		if err != nil {
			return strings.Join(append(got, err.Error()), " ")
		}
		body, err := io.ReadAll(a.Body)
		if err != nil {
			return strings.Join(append(got, err.Error()), " ")
		}
		switch wantBody := method == "GET"; {
		case wantBody && int64(len(body)) != a.ContentLength, a.ContentLength == 0:
			t.Errorf("%d: %d bytes in place of %d", len(got), len(body), a.ContentLength)
		case a.StatusCode == 405 && a.Header.Get("Allow") == "":
			t.Error("405 without Allow")
		}
		if _, err := http.ParseTime(a.Header.Get("Date")); err != nil {
			t.Errorf("%d: date: %v", len(got), err)
		}
		got = append(got, strconv.Itoa(a.StatusCode))
	}
	if strings.HasSuffix(want, "closed") {
		if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
			return strings.Join(append(got, fmt.Sprintf("%q, %v", rest, err)), " ")
		}
		got = append(got, "closed")
	}
	return strings.Join(got, " ")
}

// awaitFDs waits until the server has closed all connections that the test has closed.
func awaitFDs(t *testing.T, s *server) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if n := sockets(t, s); n == 1 { // it listens
			return
		} else if time.Now().After(end) {
			t.Fatalf("it has %d sockets open, and not only the one that it listens on", n)
		}
	}
}

func sockets(t *testing.T, s *server) int {
	t.Helper()
	folder := fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid)
	fds, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, fd := range fds {
		if to, err := os.Readlink(filepath.Join(folder, fd.Name())); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}

// TestNoMoreFDs: a server that has as many connections as it can waits until one ends.
func TestNoMoreFDs(t *testing.T) {
	for _, kind := range []string{"http", "echo"} {
		eachBackend(t, func(t *testing.T, env []string) {
			s := startExample(t, kind, env, "sh", "-c", `ulimit -n 40 && exec "$0" "$@"`)
			var all []*net.TCPConn
			for range 60 {
				c := dial(t, s)
				if _, err := io.WriteString(c, get); err != nil {
					t.Fatal(err)
				}
				all = append(all, c)
			}
			for i, c := range all { // in the order in which they came
				if _, err := c.Read(make([]byte, 1)); err != nil {
					t.Fatalf("%s: connection %d of %d: %v", kind, i, len(all), err)
				}
				c.Close()
			}
			awaitFDs(t, s)
		})
	}
}

func TestEcho(t *testing.T) {
	eachBackend(t, func(t *testing.T, env []string) {
		s := startExample(t, "echo", env)
		for _, size := range []int{1, 64, 4096, 100000} {
			got, err := echoLoad(s.address(), s.pid(), 20, size, 100*time.Millisecond)
			if err != nil {
				t.Fatalf("%d bytes: %v", size, err)
			}
			if got.Messages == 0 {
				t.Errorf("%d bytes: no message came back", size)
			}
		}

		// One direction ends first.
		c := dial(t, s)
		sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
		go func() {
			c.Write(sent)
			c.CloseWrite()
		}()
		if back, err := io.ReadAll(c); err != nil || !bytes.Equal(back, sent) {
			t.Errorf("%d bytes came back of %d: %v", len(back), len(sent), err)
		}
		c.Close()

		// Clients that send much, read nothing and leave.
		for range 10 {
			c := dial(t, s)
			c.SetLinger(0)
			go c.Write(sent)
			c.Read(make([]byte, 1))
			c.Close()
		}
		awaitFDs(t, s)
	})
}

func TestCurl(t *testing.T) {
	need(t, "curl")
	eachBackend(t, func(t *testing.T, env []string) {
		s := startExample(t, "http", env)
		url := "http://" + s.address() + "/"
		out, err := exec.Command("curl", "-sS", "--max-time", "10", "-w", `%{http_code} %{num_connects}\n`, url, url, url+"none", "-d", "x=y", url).CombinedOutput()
		want := "GET and HEAD only.\n405 1\n" + "GET and HEAD only.\n405 0\n" + "GET and HEAD only.\n405 0\n" + "GET and HEAD only.\n405 0\n"
		if err != nil || string(out) != want {
			t.Errorf("curl -d: %v\n%s", err, out)
		}
		out, err = exec.Command("curl", "-sS", "--max-time", "10", "-w", `%{http_code} %{num_connects}\n`, url, url, url+"none").CombinedOutput()
		hello := "Hello from a green thread.\n"
		if want := hello + "200 1\n" + hello + "200 0\nThere is nothing here.\n404 0\n"; err != nil || string(out) != want {
			t.Errorf("curl: %v\n%s", err, out)
		}
		if out, err = exec.Command("curl", "-sSI", "--http1.0", "--max-time", "10", url).CombinedOutput(); err != nil || !bytes.Contains(out, []byte("Content-Length: 27\r\n")) {
			t.Errorf("curl -I: %v\n%s", err, out)
		}
	})
}

func TestWrk(t *testing.T) {
	need(t, "wrk")
	eachBackend(t, func(t *testing.T, env []string) {
		s := startExample(t, "http", env)
		cpus, err := host.Affinity(0)
		if err != nil {
			t.Fatal(err)
		}
		r, err := wrk(context.Background(), cpus, "http://"+s.address()+"/", 50, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if r.requests == 0 || r.p99 == 0 {
			t.Errorf("wrk saw %+v", r)
		}
		awaitFDs(t, s)
	})
}

func need(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		t.Skipf("there is no %[1]s (scripts/install-tools %[1]s)", tool)
	}
}

// TestIdle: connections that are kept alive and say nothing wake nobody.
func TestIdle(t *testing.T) {
	for _, kind := range []string{"http", "echo"} {
		eachBackend(t, func(t *testing.T, env []string) {
			t.Parallel()
			s := startExample(t, kind, env)
			for range 20 {
				c := dial(t, s)
				io.WriteString(c, get)
				if _, err := c.Read(make([]byte, 1024)); err != nil {
					t.Fatal(err)
				}
			}
			// It comes to rest at some time; then nothing is to happen in a second and a half.
			for end := time.Now().Add(patience); ; {
				before := wakeUps(t, s)
				time.Sleep(1500 * time.Millisecond)
				n := wakeUps(t, s) - before
				if n == 0 {
					return
				}
				if time.Now().After(end) {
					t.Fatalf("%s: %d wake-ups in 1.5 s, doing nothing", kind, n)
				}
			}
		})
	}
}

// wakeUps is how often its kernel threads have left a CPU.
func wakeUps(t *testing.T, s *server) int {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", s.cmd.Process.Pid))
	if err != nil || len(tasks) == 0 {
		t.Fatalf("no threads to look at: %v", err)
	}
	n := 0
	for _, task := range tasks {
		text, err := os.ReadFile(task)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(text), "\n") {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.HasSuffix(name, "_ctxt_switches") {
				k, err := strconv.Atoi(strings.TrimSpace(value))
				if err != nil {
					t.Fatal(err)
				}
				n += k
			}
		}
	}
	return n
}

// TestGoServers: what the examples are set beside works, too.
func TestGoServers(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cpus, err := host.Affinity(0)
	if err != nil {
		t.Fatal(err)
	}
	run := func(kind string) *server {
		argv := func(kind string) []string { return []string{self, "serve", kind} }
		s, err := start(t.Context(), contestant{"go", argv, nil}, kind, cpus)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.stop)
		return s
	}
	echo := run("echo")
	if got, err := echoLoad(echo.address(), echo.pid(), 10, 4096, 50*time.Millisecond); err != nil || got.Messages == 0 {
		t.Errorf("echo: %d messages, %v", got.Messages, err)
	}
	a, err := http.Get("http://" + run("http").address() + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if body, err := io.ReadAll(a.Body); err != nil || a.StatusCode != 200 || len(body) != len("Hello from a green thread.\n") {
		t.Errorf("http: %s, %q, %v", a.Status, body, err)
	}
}

// TestMeasure: a round, with clients that are processes, gives every server a figure of everything.
func TestMeasure(t *testing.T) {
	cpus, err := host.Affinity(0)
	if err != nil {
		t.Fatal(err)
	}
	o := options{rounds: 1, duration: 50 * time.Millisecond, build: examples, variants: "mn,mn-epoll,go",
		serverCPUs: cpus, clientCPUs: cpus}
	servers, err := contestants(o)
	if err != nil {
		t.Fatal(err)
	}
	c := cell{"echo", "echo", 10, 4096}
	results, err := measure(t.Context(), o, c, servers)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	report(&out, c, results)
	for _, who := range servers {
		if got := results[who.name]; len(got) != 1 || got[0].perSecond <= 0 || got[0].p50 <= 0 || got[0].p99 < got[0].p50 || got[0].cpuMessage <= 0 {
			t.Errorf("%s: %+v", who.name, got)
		}
		if !strings.Contains(out.String(), who.name+" ") {
			t.Errorf("no line of %s in\n%s", who.name, out.String())
		}
	}
}

func TestParseWrk(t *testing.T) {
	const good = `Running 1s test @ http://127.0.0.1:8080/
  1 threads and 50 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.11ms    2.21ms  40.77ms   93.79%
    Req/Sec    67.93k     8.18k   83.24k    72.73%
  Latency Distribution
     50%  559.00us
     75%  753.00us
     90%    2.20ms
     99%   11.52ms
  74215 requests in 1.10s, 10.69MB read
Requests/sec:  67469.21
Transfer/sec:      9.72MB
`
	got, err := parseWrk(good)
	want := wrkReport{74215, 1100 * time.Millisecond, 559 * time.Microsecond, 11520 * time.Microsecond}
	if err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	for _, bad := range []string{"", good + "  Socket errors: connect 0, read 3, write 0, timeout 0\n", good + "  Non-2xx or 3xx responses: 12\n"} {
		if got, err := parseWrk(bad); err == nil {
			t.Errorf("%+v from %.20q", got, bad)
		}
	}
}
