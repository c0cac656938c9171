// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/iredismodule/redismodule/bench/internal/results"
)

// allocCommands is how many commands -allocs sends per op, by its size.
var allocCommands = [...]int{small: 100_000, big: 10_000, huge: 1_000, vast: 100}

func main() {
	run, args := run, os.Args[1:]
	if len(args) > 0 {
		switch args[0] {
		case "instructions":
			run, args = runInstructions, args[1:]
		case "header":
			run, args = runHeader, args[1:]
		case "docs":
			run, args = runDocs, args[1:]
		}
	}
	err := run(args, os.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench/server:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout io.Writer) error {
	cfg, err := parseFlags(args)
	if err != nil {
		return err
	}
	for i := range cfg.impls {
		im := &cfg.impls[i]
		if im.path == "" {
			continue
		}
		// The server loads it from a folder of its own.
		if im.path, err = filepath.Abs(im.path); err != nil {
			return err
		}
		if _, err := os.Stat(im.path); err != nil {
			return fmt.Errorf("module of impl %s: %w", im.name, err)
		}
	}
	pins, err := pin(cfg)
	if err != nil {
		return err
	}
	out := stdout
	if cfg.out != "" {
		f, err := os.Create(cfg.out)
		if err != nil {
			return err
		}
		defer f.Close()
		out = f
	}
	b := &bench{cfg: cfg, pins: pins, out: out, results: samples{}}
	defer b.stop()
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(interrupted)
	b.interrupted = interrupted
	if err := b.start(); err != nil {
		return err
	}
	if err := b.measure(); err != nil {
		return err
	}
	if err := writeRatios(stdout, b.results, cfg.ops, cfg.impls); err != nil {
		return err
	}
	return b.allocs()
}

// runHeader prints the settings of a run; it starts a server for its version.
func runHeader(args []string, stdout io.Writer) error {
	fs := flag.NewFlagSet("header", flag.ContinueOnError)
	server := fs.String("server", defaultServer(), "server binary, or a command that becomes it")
	if err := fs.Parse(args); err != nil {
		return err
	}
	s, err := startServer(config{server: *server}, pinning{}, nil)
	if err != nil {
		return err
	}
	defer s.stop()
	version, err := s.version()
	if err != nil {
		return err
	}
	_, err = io.WriteString(stdout, results.Header(version))
	return err
}

// bench is one run of the program.
type bench struct {
	cfg         config
	pins        pinning
	out         io.Writer
	servers     []*server
	targets     map[string][]*target // by op, in the order of the implementations
	results     samples
	interrupted <-chan os.Signal
}

func (b *bench) stop() {
	for _, s := range b.servers {
		s.stop()
	}
}

// start starts the servers and checks that all implementations answer the same.
func (b *bench) start() error {
	groups := [][]impl{b.cfg.impls}
	if b.cfg.split {
		groups = nil
		for _, im := range b.cfg.impls {
			groups = append(groups, []impl{im})
		}
	}
	b.targets = map[string][]*target{}
	for _, g := range groups {
		s, err := startServer(b.cfg, b.pins, g)
		if err != nil {
			return err
		}
		b.servers = append(b.servers, s)
		if err := seedOps(s, b.cfg.ops, ""); err != nil {
			return err
		}
		for _, im := range g {
			if err := b.addTargets(s, im); err != nil {
				return err
			}
		}
	}
	version, err := b.servers[0].version()
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "%spinned: %s\nsplit: %t\npipeline: %d x %d\n",
		results.Header(version), b.pins, b.cfg.split, b.cfg.inflight, b.cfg.batch)
	return nil
}

func (b *bench) addTargets(s *server, im impl) error {
	for _, o := range b.cfg.ops {
		if !o.has(im) {
			continue
		}
		t, err := newTarget(s, b.cfg, im, o)
		if err != nil {
			return err
		}
		if ts := b.targets[o.name]; len(ts) > 0 && o.forms[im.name].requests == nil && !bytes.Equal(t.reply, ts[0].reply) {
			return fmt.Errorf("%s%s answers %.60q, but %s%s answers %.60q",
				im.prefix, o.cmd, t.reply, ts[0].impl.prefix, o.cmd, ts[0].reply)
		}
		b.targets[o.name] = append(b.targets[o.name], t)
	}
	return nil
}

// measure runs the rounds. The client's own garbage collection is held back
// while the server works and done between the rounds.
func (b *bench) measure() error {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for round := range b.cfg.rounds + 1 {
		runtime.GC()
		for _, o := range b.cfg.ops {
			got, err := b.measureOp(b.targets[o.name], round)
			if err != nil {
				return err
			}
			if round == 0 {
				continue // warm-up
			}
			for i, t := range b.targets[o.name] {
				b.results.add(o.name, t.impl.name, got[i])
				if _, err := fmt.Fprintln(b.out, o.line(t.impl.name, got[i])); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// measureOp measures all implementations of an op. They take turns in short
// slices, so that a disturbance from outside hits all of them alike.
func (b *bench) measureOp(targets []*target, round int) ([]sample, error) {
	order := make([]int, len(targets))
	for i := range order {
		order[i] = i
	}
	got := make([]sample, len(targets))
	for slice := range b.cfg.slices {
		for _, i := range rotated(order, round+slice) {
			select {
			case sig := <-b.interrupted:
				return nil, fmt.Errorf("stopped by signal: %v", sig)
			default:
			}
			t := targets[i]
			s, err := t.measure(sliceLen(t.n, b.cfg.slices, slice), b.cfg.inflight)
			if err != nil {
				return nil, fmt.Errorf("%w%s", err, t.srv.LogTail())
			}
			got[i] = got[i].plus(s)
		}
	}
	return got, nil
}

// sliceLen returns the size of one of the slices that n is cut into; their sum is n.
func sliceLen(n, slices, slice int) int {
	return n*(slice+1)/slices - n*slice/slices
}

// allocs prints the allocations of the implementations that can tell.
func (b *bench) allocs() error {
	if !b.cfg.allocs {
		return nil
	}
	found := false
	for _, o := range b.cfg.ops {
		for _, t := range b.targets[o.name] {
			a, ok, err := t.measureAllocs(allocCommands[o.size], b.cfg.inflight)
			if err != nil {
				return fmt.Errorf("%w%s", err, t.srv.LogTail())
			}
			if !ok {
				continue
			}
			found = true
			if _, err := fmt.Fprintln(b.out, allocLine(o.name, t.impl.name, a)); err != nil {
				return err
			}
		}
	}
	if !found {
		return errors.New("-allocs: no implementation has a memstats command")
	}
	return nil
}
