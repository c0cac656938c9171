// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/iredismodule/redismodule/bench/internal/results"
)

// line returns what an implementation of the op took.
func (o op) line(implName string, s sample) string {
	return results.Line(o.benchmark(implName), s.n, results.Metric{Value: s.perOp(), Unit: "ns/op"},
		results.Metric{Value: s.mainPerOp(), Unit: "main-ns/op"}, results.Metric{Value: s.rate(), Unit: "cmds/s"})
}

// benchmark returns the name of the op's benchmark.
func (o op) benchmark(implName string) string {
	switch o.group {
	case groupLimiter:
		return results.Name("Limiter", "impl", implName)
	case groupScale:
		return results.Name("Scale", "of", o.of, "impl", implName, "n", o.n)
	}
	return results.Name("Server", "op", o.name, "impl", implName)
}

// allocLine returns the allocations of an implementation in the same format.
func allocLine(opName, implName string, a allocSample) string {
	n := float64(a.n)
	return results.Line(results.Name("ServerAllocs", "op", opName, "impl", implName), a.n,
		results.Metric{Value: float64(a.mallocs) / n, Unit: "allocs/cmd"}, results.Metric{Value: float64(a.bytes) / n, Unit: "B/cmd"},
		results.Metric{Value: float64(a.gcs), Unit: "GCs"}, results.Metric{Value: float64(a.goroutines), Unit: "goroutines"})
}

// samples holds the samples of every round by op and implementation.
type samples map[string]map[string][]sample

func (r samples) add(opName, implName string, s sample) {
	if r[opName] == nil {
		r[opName] = map[string][]sample{}
	}
	r[opName][implName] = append(r[opName][implName], s)
}

// ratios pairs the samples of two implementations by round.
func ratios(s, base []sample) []float64 {
	out := make([]float64, min(len(s), len(base)))
	for i := range out {
		out[i] = s[i].perOp() / base[i].perOp()
	}
	return out
}

// rotated returns v starting at element k, so that over the rounds every
// implementation has every place in the order.
func rotated[T any](v []T, k int) []T {
	k %= len(v)
	return slices.Concat(v[k:], v[:k])
}

// writeRatios prints, per op, each implementation against the baseline. The
// lines cannot be mistaken for benchmark lines.
func writeRatios(w io.Writer, r samples, ops []op, impls []impl) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tw, "# OP\tIMPL\tns/op (median)\tratio to impl=%s (median)\tmin\tmax\n", baseline)
	for _, o := range ops {
		base := r[o.name][baseline]
		for _, im := range impls {
			s := r[o.name][im.name]
			if len(s) == 0 {
				continue
			}
			ns := make([]float64, len(s))
			for i := range s {
				ns[i] = s[i].perOp()
			}
			fmt.Fprintf(tw, "# %s\t%s\t%.1f", o.name, im.name, results.Median(ns))
			if q := ratios(s, base); len(q) > 0 {
				fmt.Fprintf(tw, "\t%.3f\t%.3f\t%.3f", results.Median(q), slices.Min(q), slices.Max(q))
			} else {
				fmt.Fprint(tw, "\t-\t-\t-")
			}
			fmt.Fprintln(tw)
		}
	}
	return tw.Flush()
}
