// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"text/tabwriter"
)

// instructionsConfig is what the command line of "instructions" says.
type instructionsConfig struct {
	c, goModule string // shared objects with the same commands
	prefix      string // of the commands, in both
	steady      string // what is preloaded into the servers
	server      string
	ops         []op
	runs        int
	table       string // file of the results to compare with
	update      bool   // write it instead
	sameOnly    bool   // do nothing when the table is of other tools
	profile     string // file for the instructions by function
}

func parseInstructions(args []string) (instructionsConfig, error) {
	var cfg instructionsConfig
	var ops string
	fs := flag.NewFlagSet("instructions", flag.ContinueOnError)
	fs.StringVar(&cfg.c, "c", "", "shared object of the C twin")
	fs.StringVar(&cfg.goModule, "go", "", "shared object of the Go module, with the same prefix")
	fs.StringVar(&cfg.prefix, "prefix", "x.", "prefix of the commands in both")
	fs.StringVar(&cfg.steady, "steady", "", "bench/native/steady.c as a shared object")
	fs.StringVar(&cfg.server, "server", defaultServer(), "server binary, or a command that becomes it")
	fs.StringVar(&ops, "ops", groupAll+","+groupTypes, "operations: names and the groups "+groups)
	fs.IntVar(&cfg.runs, "runs", 2, "how often all is counted, each time in new servers; more than one are compared with each other")
	fs.StringVar(&cfg.table, "table", "", "results to compare with")
	fs.BoolVar(&cfg.update, "update", false, "write the table instead of comparing with it")
	fs.BoolVar(&cfg.sameOnly, "same-only", false, "count nothing when the table is of another server, toolchain or machine")
	fs.StringVar(&cfg.profile, "profile", "", "file for the instructions of each operation by function")
	if err := fs.Parse(args); err != nil {
		return cfg, err
	}
	switch {
	case fs.NArg() > 0:
		return cfg, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	case cfg.c == "" || cfg.goModule == "" || cfg.steady == "":
		return cfg, errors.New("-c, -go and -steady are needed")
	case cfg.runs < 1:
		return cfg, errors.New("-runs must be at least 1")
	case cfg.table == "" && (cfg.update || cfg.sameOnly):
		return cfg, errors.New("-update and -same-only need -table")
	}
	var err error
	if cfg.ops, err = selectOps(ops); err != nil {
		return cfg, err
	}
	for _, path := range []*string{&cfg.c, &cfg.goModule, &cfg.steady} {
		// The servers run in folders of their own.
		if *path, err = filepath.Abs(*path); err != nil {
			return cfg, err
		}
		if _, err := os.Stat(*path); err != nil {
			return cfg, err
		}
	}
	return cfg, nil
}

// runInstructions counts, prints, and compares with the table or writes it.
func runInstructions(args []string, stdout io.Writer) error {
	cfg, err := parseInstructions(args)
	if err != nil {
		return err
	}
	before, err := readTable(cfg.table)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(interrupted)

	var runs []pairs
	var tools tools
	for range cfg.runs {
		c, g, err := startPair(cfg)
		if err != nil {
			return err
		}
		if tools, err = readTools(c); err != nil {
			stopPair(c, g)
			return err
		}
		if other := before.tools.difference(tools); cfg.sameOnly && other != "" {
			stopPair(c, g)
			fmt.Fprintf(stdout, "instructions: skipped: %s\n", other)
			return nil
		}
		run, err := countPair(cfg, c, g, interrupted)
		stopPair(c, g)
		if err != nil {
			return err
		}
		runs = append(runs, run)
	}
	now := tableOf(tools, cfg.ops, runs)
	now.print(stdout, before)
	if cfg.profile != "" {
		if err := writeProfile(cfg.profile, cfg, runs[0]); err != nil {
			return err
		}
	}
	if worst, op := apart(cfg.ops, runs); len(runs) > 1 {
		fmt.Fprintf(stdout, "%d runs: at most %.3f %% apart (%s)", len(runs), worst*100, op)
		part, op := partApart(cfg.ops, runs)
		fmt.Fprintf(stdout, ", Go's part at most %.2f %% (%s)\n", part*100, op)
		if worst > mostApart {
			return fmt.Errorf("the runs are %.2f %% apart at op %s, more than %.1f %%", worst*100, op, mostApart*100)
		}
	}
	switch other := before.tools.difference(tools); {
	case cfg.update:
		return before.with(now).write(cfg.table)
	case cfg.table == "":
		return nil
	case other != "":
		fmt.Fprintf(stdout, "instructions: not compared: %s\n", other)
		return nil
	}
	return before.compare(now, stdout)
}

// mostApart is how much the instructions of one implementation may differ between two
// runs.
const mostApart = 0.005

// pair is an operation counted in both implementations.
type pair struct{ c, g counted }

// pairs is what one run counted, by op.
type pairs map[string]pair

func startPair(cfg instructionsConfig) (c, g *countedServer, err error) {
	var errC, errG error
	var both sync.WaitGroup
	both.Go(func() { c, errC = startCounted(cfg, cfg.c) })
	both.Go(func() { g, errG = startCounted(cfg, cfg.goModule) })
	both.Wait()
	if err := errors.Join(errC, errG); err != nil {
		stopPair(c, g)
		return nil, nil, err
	}
	// The place of a command in the server's table depends on the others.
	nc, errC := c.commandCount()
	ng, errG := g.commandCount()
	if err := errors.Join(errC, errG); err != nil || nc != ng {
		stopPair(c, g)
		return nil, nil, cmp.Or(err, fmt.Errorf("the server has %s commands with the C twin, %s with the Go module", nc, ng))
	}
	return c, g, nil
}

func stopPair(servers ...*countedServer) {
	var all sync.WaitGroup
	for _, s := range servers {
		if s != nil {
			all.Go(s.stop)
		}
	}
	all.Wait()
}

// countPair counts all operations, in both servers at the same time: what is counted
// does not depend on how fast it runs.
func countPair(cfg instructionsConfig, c, g *countedServer, interrupted <-chan os.Signal) (pairs, error) {
	run := pairs{}
	for _, o := range cfg.ops {
		select {
		case sig := <-interrupted:
			return nil, fmt.Errorf("stopped by signal: %v", sig)
		default:
		}
		var p pair
		var errC, errG error
		var both sync.WaitGroup
		both.Go(func() { p.c, errC = c.count(o, cfg.prefix) })
		both.Go(func() { p.g, errG = g.count(o, cfg.prefix) })
		both.Wait()
		if err := errors.Join(errC, errG); err != nil {
			return nil, err
		}
		if !bytes.Equal(p.c.reply, p.g.reply) {
			return nil, fmt.Errorf("op %s: C answers %.60q, Go %.60q", o.name, p.c.reply, p.g.reply)
		}
		run[o.name] = p
	}
	return run, nil
}

// apart returns the largest difference of an implementation between the runs, as a part
// of its smallest count, and its op.
func apart(ops []op, runs []pairs) (worst float64, name string) {
	c, nameC := spread(ops, runs, func(p pair) float64 { return p.c.perCommand() })
	g, nameG := spread(ops, runs, func(p pair) float64 { return p.g.perCommand() })
	if c > g {
		return c, nameC
	}
	return g, nameG
}

// partApart returns the same of what Go needs more than C.
func partApart(ops []op, runs []pairs) (worst float64, name string) {
	return spread(ops, runs, func(p pair) float64 { return p.g.perCommand() - p.c.perCommand() })
}

func spread(ops []op, runs []pairs, of func(pair) float64) (worst float64, name string) {
	for _, o := range ops {
		low, high := math.Inf(1), math.Inf(-1)
		for _, run := range runs {
			n := of(run[o.name])
			low, high = min(low, n), max(high, n)
		}
		if d := (high - low) / math.Abs(low); d >= worst {
			worst, name = d, o.name
		}
	}
	return worst, name
}

// print writes the results, and the difference before if there was any.
func (t table) print(w io.Writer, before table) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "op\tC\tGo\tmore\tratio\tmore in the table\t")
	for _, r := range t.rows {
		was := "-"
		if b, ok := before.row(r.op); ok {
			was = fmt.Sprintf("%.1f", b.more())
		}
		fmt.Fprintf(tw, "%s\t%.1f\t%.1f\t%.1f\t%.3f\t%s\t\n", r.op, r.c, r.g, r.more(), r.ratio(), was)
	}
	tw.Flush()
}
