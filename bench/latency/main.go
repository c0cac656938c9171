// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command latency measures how long a server's clients wait, without pipelining: for PING, for
// a command of a C module and of a Go module, and for a blocked command that a thread
// of the C module's pool or a goroutine answers. Beside them nothing goes on, or threads of
// the C module or goroutines compute and allocate, or goroutines only compute, or a client sends pipelines of PING, or processes
// of other programs compute on every processor. The situations take turns, in one
// run; each line is one measurement.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/iredismodule/redismodule/bench/internal/local"
	"github.com/iredismodule/redismodule/bench/internal/results"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "latency:", err)
		os.Exit(1)
	}
}

// config is what the command line says.
type config struct {
	server, c, goModule, goArgs string
	rounds, busy, foreign       int
	clients                     []int
	each                        time.Duration
}

func parse(args []string) (cfg config, err error) {
	var clients string
	fs := flag.NewFlagSet("latency", flag.ContinueOnError)
	fs.StringVar(&cfg.server, "server", "", "server binary, or a command that becomes it (default: RM_SERVER, else redis-server)")
	fs.StringVar(&cfg.c, "c", "", "shared object of the C twin")
	fs.StringVar(&cfg.goModule, "go", "", "shared object of the Go module")
	fs.StringVar(&cfg.goArgs, "goargs", "", "load arguments of the Go module, separated by spaces")
	fs.IntVar(&cfg.busy, "busy", 8, "busy threads or goroutines")
	fs.IntVar(&cfg.foreign, "foreign", 8, "processes of other programs; 0 leaves that situation out")
	fs.StringVar(&clients, "clients", "1,4,50", "clients that send at the same time")
	fs.IntVar(&cfg.rounds, "rounds", 5, "rounds")
	fs.DurationVar(&cfg.each, "each", time.Second, "time of one measurement")
	if err := fs.Parse(args); err != nil {
		return cfg, err
	}
	if cfg.c == "" || cfg.goModule == "" || fs.NArg() > 0 {
		return cfg, fmt.Errorf("-c and -go are needed, and nothing else")
	}
	if cfg.clients, err = local.Numbers(clients); err != nil {
		return cfg, err
	}
	for _, path := range []*string{&cfg.c, &cfg.goModule} { // the server runs in a folder of its own
		if *path, err = filepath.Abs(*path); err != nil {
			return cfg, err
		}
	}
	return cfg, nil
}

// situation is what goes on beside the clients.
type situation struct {
	name  string
	begin func() (end func() error, err error)
}

func situations(s *local.Server, cfg config) []situation {
	busy := func(command string) func() (func() error, error) {
		return func() (func() error, error) {
			_, err := s.Do(command, fmt.Sprint(cfg.busy))
			return func() error {
				_, err := s.Do(command, "0")
				return err
			}, err
		}
	}
	all := []situation{
		{"nothing", func() (func() error, error) { return func() error { return nil }, nil }},
		{"threads", busy("c.busy")},
		{"goroutines", busy("g.busy")},
		{"computing", busy("g.compute")},
		{"pipelines", func() (func() error, error) { return s.Pipelines("PING"), nil }},
	}
	if cfg.foreign > 0 {
		all = append(all, situation{"foreign", func() (func() error, error) { return foreign(cfg.foreign) }})
	}
	return all
}

// foreign starts processes that compute.
func foreign(n int) (end func() error, err error) {
	var started []*exec.Cmd
	end = func() error {
		for _, p := range started {
			_ = p.Process.Kill()
			_ = p.Wait()
		}
		return nil
	}
	for range n {
		p := exec.Command("sh", "-c", "while :; do :; done")
		if err := p.Start(); err != nil {
			return nil, fmt.Errorf("%w%v", err, end())
		}
		started = append(started, p)
	}
	return end, nil
}

// operation is what the clients send.
type operation struct {
	op, impl string
	words    []string
}

var operations = []operation{
	{"ping", "builtin", []string{"PING"}},
	{"noop", "c", []string{"c.noop"}},
	{"noop", "go", []string{"g.noop"}},
	{"blocked", "c", []string{"c.pool", "100"}},
	{"blocked", "go", []string{"g.pool", "100"}},
}

func run(args []string, out io.Writer) error {
	cfg, err := parse(args)
	if err != nil {
		return err
	}
	s, err := local.Start(cfg.server, append([]string{"--loadmodule", cfg.c, "--loadmodule", cfg.goModule}, strings.Fields(cfg.goArgs)...)...)
	if err != nil {
		return err
	}
	defer s.Stop()
	for round := range cfg.rounds {
		for _, beside := range situations(s, cfg) {
			end, err := beside.begin()
			if err != nil {
				return err
			}
			time.Sleep(cfg.each / 10)
			err = measureAll(s, cfg, round, beside.name, out)
			if endErr := end(); err == nil {
				err = endErr
			}
			if err != nil {
				return fmt.Errorf("beside %s: %w%s", beside.name, err, s.LogTail())
			}
		}
	}
	return nil
}

func measureAll(s *local.Server, cfg config, round int, beside string, out io.Writer) error {
	for _, clients := range cfg.clients {
		for i := range operations {
			o := operations[(i+round)%len(operations)]
			took, elapsed, err := local.Load(s, o.words, clients, cfg.each)
			if err != nil {
				return fmt.Errorf("%v: %w", o.words, err)
			}
			name := results.Name("Latency", "op", o.op, "impl", o.impl, "clients", clients, "beside", beside)
			fmt.Fprintln(out, results.Line(name, len(took), append(results.Latencies(took),
				results.Metric{Value: float64(len(took)) / elapsed.Seconds(), Unit: "cmds/s"})...))
		}
	}
	return nil
}
