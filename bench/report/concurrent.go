// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/iredismodule/redismodule/bench/internal/results"
)

// besides are the situations, and how they are called.
var besides = []struct{ key, name string }{
	{"nothing", "nothing else"},
	{"pipelines", "a client that pipelines"},
	{"threads", "8 busy threads of a C module"},
	{"goroutines", "8 busy goroutines"},
	{"computing", "8 goroutines that only compute"},
	{"foreign", "a full machine"},
}

var quantiles = []struct{ unit, name string }{{"p50-ns", "median"}, {"p99-ns", "p99"}, {"p999-ns", "p99.9"}, {"max-ns", "worst"}}

// clientsOf returns the numbers of clients that were measured.
func clientsOf(f results.File) (all []int) {
	for _, s := range f.Distinct("Latency", "clients") {
		n, _ := strconv.Atoi(s) // names of the vocabulary may be no numbers
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}

// command is one of the commands whose latency is compared.
type command struct{ op, impl, name string }

var (
	plain   = []command{{"ping", "builtin", "PING"}, {"noop", "c", "command in C"}, {"noop", "go", "command in Go"}}
	blocked = []command{{"blocked", "c", "answered by a C thread"}, {"blocked", "go", "answered by a goroutine"}}
)

// latencies is a table of commands in the situations, for numbers of clients.
func latencies(f results.File, commands []command, clients []int) (*table, int) {
	columns := []string{"beside", "clients", "command"}
	for _, q := range quantiles {
		columns = append(columns, q.name)
	}
	t := newTable(append(columns, "commands per second")...)
	rows := 0
	for _, n := range clients {
		for _, b := range besides {
			for _, c := range commands {
				keys := []any{"op", c.op, "impl", c.impl, "clients", n, "beside", b.key}
				cells := []string{b.name, strconv.Itoa(n), c.name}
				found := false
				for _, q := range quantiles {
					v, ok := f.Median("Latency", q.unit, keys...)
					found = found || ok
					cells = append(cells, cell(v, ok, duration))
				}
				rate, ok := f.Median("Latency", "cmds/s", keys...)
				if found {
					rows++
					t.row(append(cells, cell(rate, ok, amount))...)
				}
			}
		}
	}
	return t, rows
}

func latencyText(f results.File) string {
	clients := clientsOf(f)
	if len(clients) > 1 {
		clients = clients[len(clients)/2 : len(clients)/2+1] // the others are in the file
	}
	t, rows := latencies(f, plain, clients)
	return text(t, rows, "Time until a client without pipelining has its reply; medians of the rounds, the worst too. Compare within a situation: PING has nothing of a module, and what it waits "+
		"for, everybody waits for. Go's runtime runs at most GOMAXPROCS of the busy goroutines at a time, the kernel all of the busy threads. Busy ones allocate, too, so that collections give others their turn early; those that only compute give theirs up when Go's scheduler sends them a signal, "+
		"after 10 ms, and the server's thread waits for that as any goroutine does. On a full machine everything "+
		"waits for the kernel to give it a processor.")
}

func blockedText(f results.File) string {
	t, rows := latencies(f, blocked, clientsOf(f))
	meaning := "A command that blocks its client until work beside the server's thread has the answer: a pool of 4 threads in C, `rm.Go` in Go. The work itself is nearly nothing, so this is what the way there and back costs. " +
		"Beside busy goroutines the one that answers waits for its turn: Go's scheduler lets each compute for up to 10 ms. Work that computes for long belongs into few goroutines, or calls runtime.Gosched."
	if g, ok := f.Ratio("Latency", "p50-ns", "go", "c", "op", "blocked", "clients", 1, "beside", "nothing"); ok {
		meaning += fmt.Sprintf(" One client in an idle server waits %.2f of the time in Go that it waits in C.", g)
	}
	return text(t, rows, meaning)
}

func queueText(f results.File) string {
	t := newTable("from", "beside", "by", "a round: mean", "median", "p99.9", "rounds per second", "worst PING")
	rows := 0
	ns := f.Distinct("Queue", "n")
	for _, n := range ns {
		for _, b := range besides {
			for _, way := range []struct{ impl, name string }{{"c", "the server's lock in C"}, {"lock", "the lock in Go"}, {"go", "`Do`"}} {
				keys := []any{"impl", way.impl, "n", n, "beside", b.key}
				mean, ok := f.Median("Queue", "ns/op", keys...)
				if !ok {
					continue
				}
				rows++
				cells := []string{n, b.name, way.name, duration(mean)}
				for _, unit := range []string{"p50-ns", "p999-ns"} {
					v, ok := f.Median("Queue", unit, keys...)
					cells = append(cells, cell(v, ok, duration))
				}
				rate, ok := f.Median("Queue", "rounds/s", keys...)
				ping, hasPing := f.Median("Queue", "ping-max-ns", keys...)
				t.row(append(cells, cell(rate, ok, amount), cell(ping, hasPing, duration))...)
			}
		}
	}
	return text(t, rows, "An INCR by so many threads or goroutines of a module's own, each waiting for its own. A thread that takes the lock of an idle server is not slowed down by "+
		"anybody; `Do` brings each function to the server's thread, which costs a wake-up of it each time, and pays when there are many, or clients to serve: look at the "+
		"rounds per second from 1,000, and at the PING beside.")
}

func latencyPlot(f results.File) *figure { return latencyFigure(f, plain, clientsOf(f)) }

func blockedPlot(f results.File) *figure { return latencyFigure(f, blocked, clientsOf(f)) }

// latencyFigure has the median and p99 of the commands in each situation, a plot for each
// number of clients.
func latencyFigure(f results.File, commands []command, clients []int) *figure {
	fig := &figure{width: 720}
	for _, n := range clients {
		d := &dots{}
		for _, c := range commands {
			l := looks[c.impl]
			l.name = c.name + ": median"
			d.series = append(d.series, l)
			l.name, l.shape = c.name+": p99", hollow{l.shape}
			d.series = append(d.series, l)
		}
		found := false
		for _, b := range besides {
			var values []float64
			for _, c := range commands {
				for _, unit := range []string{"p50-ns", "p99-ns"} {
					v, ok := f.Median("Latency", unit, "op", c.op, "impl", c.impl, "clients", n, "beside", b.key)
					found = found || ok
					values = append(values, v)
				}
			}
			d.add("beside "+b.name, values...)
		}
		if !found {
			continue
		}
		p := d.plot(fmt.Sprintf("%d clients: time until the reply", n))
		if n == 1 {
			p.Title.Text = "1 client: time until the reply"
		}
		logAxis(&p.X, duration)
		if len(fig.plots) > 0 {
			p.Legend = newPlot("").Legend // the first has it
		} else {
			p.Y.Max += 0.7 * float64(len(d.series)) // room for it above the rows
		}
		fig.plots = append(fig.plots, row(p))
		fig.height += height(len(besides)) + 54
	}
	if len(fig.plots) == 0 {
		return nil
	}
	return fig
}
