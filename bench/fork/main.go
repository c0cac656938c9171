// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command fork measures what the fork protocol adds to a fork of the server: the
// time of the server's fork call (latest_fork_usec) over many BGSAVEs, without and
// with a callback that may run in a child, each beside nothing and beside 8 busy goroutines.
// Each round is a line, with the median and the worst of its saves.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/iredismodule/redismodule/bench/internal/local"
	"github.com/iredismodule/redismodule/bench/internal/results"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "fork:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	fs := flag.NewFlagSet("fork", flag.ContinueOnError)
	server := fs.String("server", "", "server binary, or a command that becomes it (default: RM_SERVER, else redis-server)")
	module := fs.String("go", "", "shared object of the Go module")
	saves := fs.Int("saves", 10, "saves of each situation in a round")
	rounds := fs.Int("rounds", 5, "rounds")
	keys := fs.Int("keys", 100_000, "keys in the database")
	if err := fs.Parse(args); err != nil {
		return err
	}
	path, err := filepath.Abs(*module) // the server runs in a folder of its own
	if err != nil {
		return err
	}
	servers := map[string]*local.Server{}
	for _, protocol := range []string{"no", "yes"} {
		s, err := local.Start(*server, "--loadmodule", path, "--enable-debug-command", "yes", "--save", "")
		if err != nil {
			return err
		}
		defer s.Stop()
		servers[protocol] = s
		commands := [][]string{{"DEBUG", "POPULATE", strconv.Itoa(*keys)}}
		if protocol == "yes" {
			commands = append(commands, []string{"g.child"})
		}
		for _, c := range commands {
			if _, err := s.Do(c...); err != nil {
				return err
			}
		}
	}
	for range *rounds {
		for _, busy := range []struct{ n, beside string }{{"0", "nothing"}, {"8", "goroutines"}} {
			for _, protocol := range []string{"no", "yes"} {
				took, err := forks(servers[protocol], busy.n, *saves)
				if err != nil {
					return err
				}
				name := results.Name("Fork", "n", *keys, "beside", busy.beside, "protocol", protocol)
				figures := results.Latencies(took)
				fmt.Fprintln(out, results.Line(name, *saves, figures[0], figures[len(figures)-1]))
			}
		}
	}
	return nil
}

// forks saves beside busy goroutines and returns the times of the forks.
func forks(s *local.Server, busy string, saves int) (took []time.Duration, err error) {
	if _, err := s.Do("g.busy", busy); err != nil {
		return nil, err
	}
	for range saves {
		saved, err := s.Save()
		if err != nil {
			return nil, fmt.Errorf("%w%s", err, s.LogTail())
		}
		took = append(took, saved.Fork)
	}
	_, err = s.Do("g.busy", "0")
	return took, err
}
