// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command values measures a data type whose values are Go values, and one whose values are structs in
// memory of the server's, against the same structure in C, from a thousand values to a million: memory
// for each, setting and reading, BGSAVE and what it copies on write, loading, FLUSHALL, and what Go's
// collector takes. Each implementation has a server of its own, with its module and its type alone.
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
	"github.com/iredismodule/redismodule/bench/internal/proc"
	"github.com/iredismodule/redismodule/bench/internal/results"
	"github.com/iredismodule/redismodule/internal/resp"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "values:", err)
		os.Exit(1)
	}
}

// kind is one implementation.
type kind struct {
	impl, module string
	args         []string // of the module
	set, get     string   // commands
	collect      string   // command that runs Go's collector, "" where the values are none of its business
}

func run(args []string, out io.Writer) error {
	fs := flag.NewFlagSet("values", flag.ContinueOnError)
	server := fs.String("server", "", "server binary, or a command that becomes it (default: RM_SERVER, else redis-server)")
	cModule := fs.String("c", "", "shared object of the C twin")
	goModule := fs.String("go", "", "shared object of the Go module")
	numbers := fs.String("n", "1000,10000,100000,1000000", "numbers of values")
	rounds := fs.Int("rounds", 3, "rounds")
	if err := fs.Parse(args); err != nil {
		return err
	}
	sizes, err := local.Numbers(*numbers)
	if err != nil {
		return err
	}
	for _, path := range []*string{cModule, goModule} { // the server runs in a folder of its own
		abs, err := filepath.Abs(*path)
		if err != nil {
			return err
		}
		*path = abs
	}
	kinds := []kind{
		{impl: "c", module: *cModule, set: "c.vset", get: "c.vget"},
		{impl: "struct", module: *goModule, args: []string{"values=struct"}, set: "g.sset", get: "g.sget"},
		{impl: "go", module: *goModule, args: []string{"values=go"}, set: "g.vset", get: "g.vget", collect: "g.collect"},
	}
	for range *rounds {
		for _, n := range sizes {
			for _, k := range kinds {
				if err := measure(*server, k, n, out); err != nil {
					return fmt.Errorf("impl %s, %d values: %w", k.impl, n, err)
				}
			}
		}
	}
	return nil
}

// trial is one server with values of one kind.
type trial struct {
	kind

	s   *local.Server
	n   int
	out io.Writer
}

func measure(server string, k kind, n int, out io.Writer) error {
	s, err := local.Start(server, append(append([]string{"--loadmodule", k.module}, k.args...), "--enable-debug-command", "yes", "--save", "")...)
	if err != nil {
		return err
	}
	defer s.Stop()
	t := &trial{kind: k, s: s, n: n, out: out}
	for _, step := range []func() error{t.insert, t.read, t.save, t.saveBesideWrites, t.flushAndLoad} {
		if err := step(); err != nil {
			return fmt.Errorf("%w%s", err, s.LogTail())
		}
	}
	return nil
}

// print writes a line; pairs are further keys, after n.
func (t *trial) print(op string, times int, pairs []any, figures ...results.Metric) {
	pairs = append([]any{"op", op, "impl", t.impl, "n", t.n}, pairs...)
	fmt.Fprintln(t.out, results.Line(results.Name("Values", pairs...), times, figures...))
}

// memory is what the values may be in.
type memory struct{ server, resident int64 }

func (t *trial) memory() (m memory, err error) {
	info, err := t.s.Info()
	if err != nil {
		return m, err
	}
	if m.server, err = strconv.ParseInt(info["used_memory"], 10, 64); err != nil {
		return m, err
	}
	m.resident, err = proc.Resident(t.s.PID())
	return m, err
}

// collected is what the collector has to tell.
type collected struct {
	took, pauses, cpu                    int64 // of the collection that the command ran
	cpuBefore, countBefore, pausesBefore int64 // of all before it
	heap                                 int64 // bytes in use after it
}

func (t *trial) runCollector() (c collected, err error) {
	if t.collect == "" {
		return c, nil
	}
	r, err := t.s.DoAll(t.collect)
	if err != nil {
		return c, err
	}
	to := []*int64{&c.took, &c.pauses, &c.cpu, &c.cpuBefore, &c.countBefore, &c.pausesBefore, &c.heap}
	if len(r.Elems) != len(to) {
		return c, fmt.Errorf("%s answers %v", t.collect, r)
	}
	for i, e := range r.Elems {
		if *to[i], err = strconv.ParseInt(e.Text, 10, 64); err != nil {
			return c, err
		}
	}
	return c, nil
}

// cpu returns the CPU time of the server's process that f takes.
func (t *trial) cpu(f func() error) (time.Duration, error) {
	before, err := proc.Settled(t.s.PID())
	if err != nil {
		return 0, err
	}
	if err := f(); err != nil {
		return 0, err
	}
	after, err := proc.Settled(t.s.PID())
	return after.Since(before), err
}

const piece = 256 // commands in one write

func key(i int) string { return "value:" + strconv.Itoa(i) }

func (t *trial) setAll(n int) error {
	return t.s.Pipeline(n, piece, func(dst []byte, i int) []byte {
		return resp.AppendCommand(dst, t.set, key(i), strconv.Itoa(i), "the text of value "+strconv.Itoa(i))
	})
}

// insert sets all values. Then it tells what they take, and what the collector had to do.
func (t *trial) insert() error {
	begin, err := t.runCollector()
	if err != nil {
		return err
	}
	before, err := t.memory()
	if err != nil {
		return err
	}
	took, err := t.cpu(func() error { return t.setAll(t.n) })
	if err != nil {
		return err
	}
	end, err := t.runCollector()
	if err != nil {
		return err
	}
	after, err := t.memory()
	if err != nil {
		return err
	}
	n := float64(t.n)
	figures := []results.Metric{{Value: float64(took.Nanoseconds()) / n, Unit: "ns/op"}}
	t.print("memory", t.n, nil, results.Metric{Value: float64(after.server-before.server) / n, Unit: "server-B/value"},
		results.Metric{Value: float64(end.heap-begin.heap) / n, Unit: "heap-B/value"},
		results.Metric{Value: float64(after.resident-before.resident) / n, Unit: "resident-B/value"})
	if t.collect != "" {
		during := end.cpuBefore - begin.cpuBefore - begin.cpu
		figures = append(figures, results.Metric{Value: 100 * float64(during) / float64(took.Nanoseconds()), Unit: "collector-%"},
			results.Metric{Value: float64(end.countBefore - begin.countBefore - 1), Unit: "GCs"})
		t.print("collect", 1, nil, results.Metric{Value: float64(end.took), Unit: "ns/op"},
			results.Metric{Value: float64(end.cpu), Unit: "cpu-ns"}, results.Metric{Value: float64(end.pauses), Unit: "pauses-ns"})
	}
	t.print("insert", t.n, nil, figures...)
	return nil
}

// read reads 100,000 values, each as often as the others.
func (t *trial) read() error {
	const reads = 100_000
	took, err := t.cpu(func() error {
		return t.s.Pipeline(reads, piece, func(dst []byte, i int) []byte {
			return resp.AppendCommand(dst, t.get, key(i*7919%t.n))
		})
	})
	t.print("read", reads, nil, results.Metric{Value: float64(took.Nanoseconds()) / reads, Unit: "ns/op"})
	return err
}

func (t *trial) save() error {
	return t.saveBeside("nothing", func() func() error { return func() error { return nil } })
}

// saveBesideWrites sets values anew while the child saves.
func (t *trial) saveBesideWrites() error {
	return t.saveBeside("writes", func() func() error {
		stop, ended := make(chan struct{}), make(chan error, 1)
		go func() {
			for {
				select {
				case <-stop:
					ended <- nil
					return
				default:
				}
				if err := t.setAll(min(t.n, 10_000)); err != nil {
					ended <- err
					return
				}
			}
		}()
		return func() error {
			close(stop)
			return <-ended
		}
	})
}

func (t *trial) saveBeside(beside string, begin func() (end func() error)) error {
	end := begin()
	saved, err := t.s.Save()
	if endErr := end(); err == nil {
		err = endErr
	}
	t.print("save", 1, []any{"beside", beside}, results.Metric{Value: float64(saved.Elapsed.Nanoseconds()), Unit: "ns/op"},
		results.Metric{Value: float64(saved.CPU.Nanoseconds()), Unit: "child-cpu-ns"},
		results.Metric{Value: float64(saved.Fork.Nanoseconds()), Unit: "fork-ns"}, results.Metric{Value: float64(saved.Copied), Unit: "copied-B"})
	return err
}

// flushAndLoad empties the server, and loads the file of the last save.
func (t *trial) flushAndLoad() error {
	for _, step := range []struct {
		op    string
		words string
		left  int
	}{{"flush", "FLUSHALL SYNC", 0}, {"load", "DEBUG RELOAD NOSAVE", t.n}} {
		begin := time.Now()
		if _, err := t.s.Do(strings.Fields(step.words)...); err != nil {
			return err
		}
		took := time.Since(begin)
		size, err := t.s.Do("DBSIZE")
		if err != nil {
			return err
		}
		if size != strconv.Itoa(step.left) {
			return fmt.Errorf("after %s there are %s values", step.words, size)
		}
		t.print(step.op, t.n, nil, results.Metric{Value: float64(took.Nanoseconds()) / float64(t.n), Unit: "ns/op"})
	}
	return nil
}
