// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command queue measures work that threads of a module's own have a server do: an INCR,
// again and again, from 1, 10 and 1,000 of them, by a C module's threads that take
// the server's lock (impl=c), by goroutines that take it (impl=lock, raw layer), and by
// goroutines in Do (impl=go). The server is idle, or one client keeps it busy with
// pipelines of PING. The figures are the times of one round, the rounds per second, how
// many threads the process had at most, and the worst time of a PING beside it.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/iredismodule/redismodule/bench/internal/local"
	"github.com/iredismodule/redismodule/bench/internal/results"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "queue:", err)
		os.Exit(1)
	}
}

// way is how the work gets to the server.
type way struct {
	impl  string
	begin func(n, rounds int) []string
	took  string
}

var ways = []way{
	{"c", func(n, rounds int) []string { return []string{"c.lock", strconv.Itoa(n), strconv.Itoa(rounds)} }, "c.took"},
	{"lock", func(n, rounds int) []string { return []string{"g.do", strconv.Itoa(n), strconv.Itoa(rounds), "lock"} }, "g.took"},
	{"go", func(n, rounds int) []string { return []string{"g.do", strconv.Itoa(n), strconv.Itoa(rounds)} }, "g.took"},
}

func run(args []string, out io.Writer) error {
	fs := flag.NewFlagSet("queue", flag.ContinueOnError)
	server := fs.String("server", "", "server binary, or a command that becomes it (default: RM_SERVER, else redis-server)")
	cModule := fs.String("c", "", "shared object of the C twin")
	goModule := fs.String("go", "", "shared object of the Go module")
	goArgs := fs.String("goargs", "", "load arguments of the Go module, separated by spaces")
	cycles := fs.Int("cycles", 100_000, "rounds of one measurement")
	rounds := fs.Int("rounds", 3, "measurements of each")
	if err := fs.Parse(args); err != nil {
		return err
	}
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
	for range *rounds {
		for _, beside := range []string{"nothing", "pipelines"} {
			for _, n := range []int{1, 10, 1000} {
				for _, w := range ways {
					line, err := measure(s, beside, n, w, *cycles)
					if err != nil {
						return fmt.Errorf("impl %s: %w%s", w.impl, err, s.LogTail())
					}
					fmt.Fprintln(out, line)
				}
			}
		}
	}
	return nil
}

// measure makes one measurement and returns its line.
func measure(s *local.Server, beside string, n int, w way, cycles int) (_ string, err error) {
	if beside == "pipelines" {
		end := s.Pipelines("PING")
		defer func() {
			if endErr := end(); err == nil {
				err = endErr
			}
		}()
	}
	begin := time.Now()
	if _, err := s.Do(w.begin(n, cycles)...); err != nil {
		return "", err
	}
	threads, worst, elapsed := 0, time.Duration(0), time.Duration(0)
	var reply string
	for reply == "" {
		ping := time.Now()
		if _, err := s.Do("PING"); err != nil {
			return "", err
		}
		worst = max(worst, time.Since(ping))
		threads = max(threads, threadsOf(s.PID()))
		elapsed = time.Since(begin)
		if reply, err = s.Do(w.took); err != nil {
			return "", err
		}
		if elapsed > 5*time.Minute {
			return "", fmt.Errorf("no end")
		}
		time.Sleep(2 * time.Millisecond)
	}
	words := strings.Fields(reply)
	units := []string{"ns/op", "p50-ns", "p999-ns", "max-ns"}
	if len(words) != len(units) {
		return "", fmt.Errorf("%s answers %q", w.took, reply)
	}
	var figures []results.Metric
	for i, unit := range units {
		ns, err := strconv.ParseFloat(words[i], 64)
		if err != nil {
			return "", err
		}
		figures = append(figures, results.Metric{Value: ns, Unit: unit})
	}
	figures = append(figures, results.Metric{Value: float64(cycles) / elapsed.Seconds(), Unit: "rounds/s"},
		results.Metric{Value: float64(threads), Unit: "threads"}, results.Metric{Value: float64(worst.Nanoseconds()), Unit: "ping-max-ns"})
	return results.Line(results.Name("Queue", "impl", w.impl, "n", n, "beside", beside), cycles, figures...), nil
}

// threadsOf reads how many threads a process has.
func threadsOf(pid int) int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(text), "\nThreads:\t")
	line, _, _ := strings.Cut(rest, "\n")
	n, _ := strconv.Atoi(line)
	return n
}
