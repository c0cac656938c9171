// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command tail measures what busy threads of a module do to a server's clients:
// throughput and latency (median, p99, p99.9, worst) of PING, of a C module's
// command and of a Go module's command, without pipelining, while 8 threads of
// the C module or 8 goroutines of the Go module compute and allocate, and while
// nobody does. The three situations take turns, in one run. -foreign adds processes of
// other programs that compute all the time.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/iredismodule/redismodule/bench/internal/local"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "tail:", err)
		os.Exit(1)
	}
}

type situation struct {
	name       string
	start, end []string // commands
}

func run() error {
	server := flag.String("server", "redis-server", "server binary")
	cModule := flag.String("c", "", "shared object of the C twin")
	goModule := flag.String("go", "", "shared object of the Go module")
	goArgs := flag.String("goargs", "", "load arguments of the Go module, separated by spaces")
	busy := flag.Int("busy", 8, "busy threads")
	clients := flag.Int("clients", 4, "clients")
	rounds := flag.Int("rounds", 5, "rounds")
	foreign := flag.Int("foreign", 0, "busy processes beside the server")
	each := flag.Duration("each", 2*time.Second, "time of one measurement")
	flag.Parse()
	if *cModule == "" || *goModule == "" {
		return fmt.Errorf("-c and -go are needed")
	}
	// The server runs in a folder of its own.
	for _, path := range []*string{cModule, goModule} {
		abs, err := filepath.Abs(*path)
		if err != nil {
			return err
		}
		*path = abs
	}
	s, err := local.Start(*server, append([]string{"--loadmodule", *cModule, "--loadmodule", *goModule}, strings.Fields(*goArgs)...)...)
	if err != nil {
		return err
	}
	defer s.Stop()
	for range *foreign {
		p := exec.Command("sh", "-c", "while :; do :; done")
		if err := p.Start(); err != nil {
			return err
		}
		defer func() {
			_ = p.Process.Kill()
			_ = p.Wait()
		}()
	}
	n := fmt.Sprint(*busy)
	situations := []situation{
		{name: "idle"},
		{"c-threads", []string{"c.busy", n}, []string{"c.busy", "0"}},
		{"goroutines", []string{"g.busy", n}, []string{"g.busy", "0"}},
	}
	commands := []string{"PING", "c.noop", "g.noop"}
	all := map[string][]time.Duration{}
	elapsed := map[string]time.Duration{}
	for range *rounds {
		for _, sit := range situations {
			if err := do(s, sit.start); err != nil {
				return err
			}
			time.Sleep(200 * time.Millisecond)
			for _, c := range commands {
				key := sit.name + " " + c
				begin := time.Now()
				got, err := load(s, c, *clients, *each)
				if err != nil {
					return fmt.Errorf("%s: %w", key, err)
				}
				elapsed[key] += time.Since(begin)
				all[key] = append(all[key], got...)
			}
			if err := do(s, sit.end); err != nil {
				return err
			}
		}
	}
	fmt.Printf("# %d foreign processes\n", *foreign)
	fmt.Printf("# %d busy threads, %d clients, %d rounds of %v; latencies in microseconds\n", *busy, *clients, *rounds, *each)
	fmt.Printf("%-11s %-7s %9s %9s %9s %9s %9s\n", "beside", "command", "cmds/s", "median", "p99", "p99.9", "worst")
	for _, sit := range situations {
		for _, c := range commands {
			key := sit.name + " " + c
			l := all[key]
			slices.Sort(l)
			at := func(q float64) float64 {
				return float64(l[min(len(l)-1, int(q*float64(len(l))))].Nanoseconds()) / 1000
			}
			fmt.Printf("%-11s %-7s %9.0f %9.0f %9.0f %9.0f %9.0f\n", sit.name, c,
				float64(len(l))/elapsed[key].Seconds(), at(0.5), at(0.99), at(0.999), at(1))
		}
	}
	return nil
}

// do runs a command; no words do nothing.
func do(s *local.Server, words []string) error {
	if len(words) == 0 {
		return nil
	}
	_, err := s.Do(words...)
	return err
}

// load sends one command again and again from several connections and returns
// how long each took.
func load(s *local.Server, command string, clients int, d time.Duration) ([]time.Duration, error) {
	var wg sync.WaitGroup
	results := make([][]time.Duration, clients)
	errs := make([]error, clients)
	end := time.Now().Add(d)
	for i := range clients {
		wg.Go(func() { results[i], errs[i] = client(s, command, end) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return slices.Concat(results...), nil
}

func client(s *local.Server, command string, end time.Time) ([]time.Duration, error) {
	conn, err := net.Dial("unix", s.Socket)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	var took []time.Duration
	request := local.Encode(command)
	reply := make([]byte, 64)
	for now := time.Now(); now.Before(end); {
		if _, err := conn.Write(request); err != nil {
			return nil, err
		}
		n, err := conn.Read(reply)
		if err != nil {
			return nil, err
		}
		if reply[0] == '-' || reply[n-1] != '\n' {
			return nil, fmt.Errorf("reply %q", reply[:n])
		}
		after := time.Now()
		took = append(took, after.Sub(now))
		now = after
	}
	return took, nil
}
