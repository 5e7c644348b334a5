package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
)

// serve is the Go side: what examples/echo.c and examples/http.c do, as it is written
// in Go. It prints the port that it listens on, and serves until it is killed.
func serve(what string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	switch what {
	case "echo":
		return serveEcho(l)
	case "http":
		return serveHTTP(l)
	}
	return fmt.Errorf("%q: echo or http", what)
}

func serveEcho(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			buffer := make([]byte, 4096)
			for {
				n, err := c.Read(buffer)
				if err != nil {
					return
				}
				if _, err := c.Write(buffer[:n]); err != nil {
					return
				}
			}
		}()
	}
}

func serveHTTP(l net.Listener) error {
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, "Hello from a goroutine.   \n")
	}))
}
