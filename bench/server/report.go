// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// benchLine returns a line in the Go benchmark format.
func benchLine(opName, implName string, s sample) string {
	return fmt.Sprintf("BenchmarkServer/op=%s/impl=%s %d %.1f ns/op %.1f main-ns/op %.0f cmds/s",
		opName, implName, s.n, s.perOp(), s.mainPerOp(), s.rate())
}

// allocLine returns the allocations of an implementation in the same format.
func allocLine(opName, implName string, a allocSample) string {
	n := float64(a.n)
	return fmt.Sprintf("BenchmarkServerAllocs/op=%s/impl=%s %d %.4f allocs/cmd %.2f B/cmd %d GCs %d goroutines",
		opName, implName, a.n, float64(a.mallocs)/n, float64(a.bytes)/n, a.gcs, a.goroutines)
}

// results holds the samples of every round by op and implementation.
type results map[string]map[string][]sample

func (r results) add(opName, implName string, s sample) {
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

// median returns the middle of v, which must not be empty and is left as it is.
func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	m := len(s) / 2
	if len(s)%2 == 1 {
		return s[m]
	}
	return (s[m-1] + s[m]) / 2
}

// rotated returns v starting at element k, so that over the rounds every
// implementation has every place in the order.
func rotated[T any](v []T, k int) []T {
	k %= len(v)
	return slices.Concat(v[k:], v[:k])
}

// writeRatios prints, per op, each implementation against the baseline. The
// lines cannot be mistaken for benchmark lines.
func writeRatios(w io.Writer, r results, ops []op, impls []impl) error {
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
			fmt.Fprintf(tw, "# %s\t%s\t%.1f", o.name, im.name, median(ns))
			if q := ratios(s, base); len(q) > 0 {
				fmt.Fprintf(tw, "\t%.3f\t%.3f\t%.3f", median(q), slices.Min(q), slices.Max(q))
			} else {
				fmt.Fprint(tw, "\t-\t-\t-")
			}
			fmt.Fprintln(tw)
		}
	}
	return tw.Flush()
}
