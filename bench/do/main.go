// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command do measures work that threads of a module's own have a server do: an INCR,
// again and again, from 1, 10 and 1,000 of them, by a C module's threads that take
// the server's lock, by goroutines that take it (raw layer), and by goroutines in Do. The
// server is idle, or one client keeps it busy with pipelines of PING. For each it
// prints the rounds per second, the time of one (mean, median, p99.9, worst), how
// many threads the process had at most, and the worst time of a PING beside it.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/iredismodule/redismodule/bench/internal/local"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "do:", err)
		os.Exit(1)
	}
}

func run() error {
	server := flag.String("server", "redis-server", "server binary")
	cModule := flag.String("c", "", "shared object of the C twin")
	goModule := flag.String("go", "", "shared object of the Go module")
	goArgs := flag.String("goargs", "", "load arguments of the Go module, separated by spaces")
	rounds := flag.Int("rounds", 100_000, "rounds of one measurement")
	flag.Parse()
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
	fmt.Printf("# %d rounds; times in microseconds\n", *rounds)
	fmt.Printf("%-6s %5s %-8s %9s %9s %9s %9s %9s %8s %9s\n", "server", "from", "by", "rounds/s", "mean", "median", "p99.9", "worst", "threads", "PING")
	for _, busy := range []bool{false, true} {
		for _, n := range []int{1, 10, 1000} {
			for _, way := range []struct{ name, begin, last, took string }{
				{"C lock", "c.lock", "", "c.took"}, {"Go lock", "g.do", "lock", "g.took"}, {"Do", "g.do", "", "g.took"},
			} {
				words := []string{way.begin, fmt.Sprint(n), fmt.Sprint(*rounds)}
				if way.last != "" {
					words = append(words, way.last)
				}
				if err := measure(s, busy, n, way.name, words, way.took, *rounds); err != nil {
					return fmt.Errorf("%s: %w", way.name, err)
				}
			}
		}
	}
	return nil
}

// measure makes one run and prints its line.
func measure(s *local.Server, busy bool, n int, by string, words []string, took string, rounds int) error {
	name := "idle"
	stop := make(chan struct{})
	ended := make(chan error, 1)
	if busy {
		name = "busy"
		go func() { ended <- pipelines(s, stop) }()
	} else {
		ended <- nil
	}
	begin := time.Now()
	if _, err := s.Do(words...); err != nil {
		return err
	}
	threads, worst, elapsed := 0, time.Duration(0), time.Duration(0)
	var reply string
	for reply == "" {
		ping := time.Now()
		if _, err := s.Do("PING"); err != nil {
			return err
		}
		worst = max(worst, time.Since(ping))
		threads = max(threads, threadsOf(s.PID()))
		elapsed = time.Since(begin)
		var err error
		if reply, err = s.Do(took); err != nil {
			return err
		}
		if elapsed > 5*time.Minute {
			return fmt.Errorf("no end")
		}
		time.Sleep(2 * time.Millisecond)
	}
	close(stop)
	if err := <-ended; err != nil {
		return err
	}
	var t [4]float64
	for i, f := range strings.Fields(reply) {
		ns, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return err
		}
		t[i] = ns / 1000
	}
	fmt.Printf("%-6s %5d %-8s %9.0f %9.1f %9.1f %9.0f %9.0f %8d %9d\n", name, n, by,
		float64(rounds)/elapsed.Seconds(), t[0], t[1], t[2], t[3], threads, worst.Microseconds())
	return nil
}

// pipelines sends PING, 50 in one piece, until stop.
func pipelines(s *local.Server, stop chan struct{}) error {
	conn, err := net.Dial("unix", s.Socket)
	if err != nil {
		return err
	}
	defer conn.Close()
	const n = 50
	request := bytes.Repeat(local.Encode("PING"), n)
	reply := make([]byte, 1<<12)
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		if _, err := conn.Write(request); err != nil {
			return err
		}
		for got := 0; got < n*len("+PONG\r\n"); {
			k, err := conn.Read(reply)
			if err != nil {
				return err
			}
			got += k
		}
	}
}

// threadsOf reads how many threads a process has.
func threadsOf(pid int) int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(text), "\nThreads:\t")
	line, _, _ := strings.Cut(rest, "\n")
	n, _ := strconv.Atoi(line)
	return n
}
