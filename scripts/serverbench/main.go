// Serverbench sets the example servers of runtime/examples beside the same servers
// in Go: echo (net) and HTTP/1.1 (net/http). Both get the same CPUs and as many
// workers (GOMAXPROCS), the client has other CPUs, and in every round each cell runs
// with each server in turn: one process of server and client each time.
//
//	go run ./scripts/serverbench [flags]
//
// It prints medians over the rounds, and of the ratios to Go's in the same round also
// the lowest and the highest: throughput, latencies, and the CPU time that the server
// took for a message, which is what holds on a machine that does other things besides.
// There are no figures with errors in them: a message that goes wrong ends it.
//
// A client is closed-loop: each connection sends, waits for the whole answer, and
// sends again. The echo client is in this folder; HTTP is loaded by wrk. On its own
// CPUs the client may be what is busiest: then throughput and latency say
// little, and CPU time says it. With the server's CPUs it shares what the server leaves.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/mnbench/mnbench/internal/host"
)

// options say what is measured.
type options struct {
	rounds      int
	duration    time.Duration
	only        string
	build       string // the make's BUILD of the runtime
	serverCPUs  []int
	clientCPUs  []int
	variants    string
	connections []int
	sizes       []int
}

func main() {
	told, err := asTold(os.Args[1:])
	if !told {
		err = run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "serverbench:", err)
		os.Exit(1)
	}
}

// asTold is what this program does when it has started itself: it is a server, or a client.
func asTold(args []string) (told bool, err error) {
	switch {
	case len(args) == 2 && args[0] == "serve":
		return true, serve(args[1])
	case len(args) > 0 && args[0] == "load":
		return true, loadAsTold(args[1:])
	}
	return false, nil
}

func run() error {
	o, err := parse()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	servers, err := contestants(o)
	if err != nil {
		return err
	}
	cells, err := plan(o)
	if err != nil {
		return err
	}
	fmt.Printf("server on CPUs %s with %d workers, client on CPUs %s; %d rounds of %s\n",
		host.FormatCPUs(o.serverCPUs), len(o.serverCPUs), host.FormatCPUs(o.clientCPUs), o.rounds, o.duration)
	for _, c := range cells {
		results, err := measure(ctx, o, c, servers)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		report(os.Stdout, c, results)
	}
	return nil
}

func parse() (options, error) {
	o := options{connections: []int{100, 1000}, sizes: []int{64, 4096}}
	half := func(cpus []int) (server, client string) {
		n := len(cpus) / 2
		if n == 0 {
			return host.FormatCPUs(cpus), host.FormatCPUs(cpus)
		}
		return host.FormatCPUs(cpus[:n]), host.FormatCPUs(cpus[n:])
	}
	cpus, err := host.Affinity(0)
	if err != nil {
		return o, err
	}
	server, client := half(cpus)
	flag.IntVar(&o.rounds, "rounds", 7, "how often each cell runs with each server")
	flag.DurationVar(&o.duration, "duration", 2*time.Second, "how long at a time")
	flag.StringVar(&o.only, "only", "", "cells whose name contains this, as echo or 1000")
	flag.StringVar(&o.build, "build", "runtime/_build", "where make -C runtime examples has put them: BUILD")
	flag.StringVar(&server, "server-cpus", server, "CPUs of the server, and so how many workers")
	flag.StringVar(&client, "client-cpus", client, "CPUs of the client")
	flag.StringVar(&o.variants, "variants", "mn-uring,mn-epoll,go", "servers: mn, mn-uring, mn-epoll, go")
	flag.Parse()
	if flag.NArg() > 0 {
		return o, fmt.Errorf("%s: there are no arguments but flags", strings.Join(flag.Args(), " "))
	}
	if o.serverCPUs, err = host.ParseCPUs(server); err != nil {
		return o, fmt.Errorf("-server-cpus: %w", err)
	}
	if o.clientCPUs, err = host.ParseCPUs(client); err != nil {
		return o, fmt.Errorf("-client-cpus: %w", err)
	}
	if o.rounds < 1 || o.duration <= 0 {
		return o, fmt.Errorf("-rounds and -duration: at least one, and more than nothing")
	}
	return o, nil
}
