// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command fork measures what the fork protocol adds to a fork of the server: the
// time of the server's fork call (latest_fork_usec) over many BGSAVEs, without and
// with a callback that may run in a child, each idle and beside 8 busy goroutines.
// The four situations take turns, in one run.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/iredismodule/redismodule/bench/internal/local"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "fork:", err)
		os.Exit(1)
	}
}

func run() error {
	server := flag.String("server", "redis-server", "server binary")
	module := flag.String("go", "", "shared object of the Go module")
	saves := flag.Int("saves", 50, "saves of each situation")
	keys := flag.Int("keys", 100_000, "keys in the database")
	flag.Parse()
	if *module == "" {
		return fmt.Errorf("-go is needed")
	}
	path, err := filepath.Abs(*module) // the server runs in a folder of its own
	if err != nil {
		return err
	}
	times := map[string][]int{}
	var names []string
	for _, protocol := range []string{"no", "yes"} {
		s, err := local.Start(*server, "--loadmodule", path, "--enable-debug-command", "yes")
		if err != nil {
			return err
		}
		defer s.Stop()
		commands := [][]string{{"DEBUG", "POPULATE", strconv.Itoa(*keys)}}
		if protocol == "yes" {
			commands = append(commands, []string{"g.child"})
		}
		for _, c := range commands {
			if _, err := s.Do(c...); err != nil {
				return err
			}
		}
		for _, busy := range []string{"0", "8"} {
			if _, err := s.Do("g.busy", busy); err != nil {
				return err
			}
			name := fmt.Sprintf("protocol=%-3s goroutines=%s", protocol, busy)
			names = append(names, name)
			for range *saves {
				us, err := save(s)
				if err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
				times[name] = append(times[name], us)
			}
		}
	}
	fmt.Printf("# time of the server's fork, %d saves each, in microseconds\n", *saves)
	for _, n := range names {
		t := times[n]
		slices.Sort(t)
		fmt.Printf("%s  median %6d  p90 %6d  worst %6d\n", n, t[len(t)/2], t[len(t)*9/10], t[len(t)-1])
	}
	return nil
}

// save runs a BGSAVE to its end and returns what the fork took.
func save(s *local.Server) (int, error) {
	if _, err := s.Do("BGSAVE"); err != nil {
		return 0, err
	}
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		info, err := s.Do("INFO", "everything")
		if err != nil {
			return 0, err
		}
		if field(info, "rdb_bgsave_in_progress") == "0" {
			if got := field(info, "rdb_last_bgsave_status"); got != "ok" {
				return 0, fmt.Errorf("the save ended with %q", got)
			}
			return strconv.Atoi(field(info, "latest_fork_usec"))
		}
	}
	return 0, fmt.Errorf("the save did not end")
}

func field(info, name string) string {
	_, rest, _ := strings.Cut(info, "\n"+name+":")
	value, _, _ := strings.Cut(rest, "\r")
	return value
}
