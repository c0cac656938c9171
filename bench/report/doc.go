// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command report makes tables and plots of a file of results: it writes what stands between the
// markers in docs/BENCHMARKS.md and README.md, and the plots in docs/plots.
//
//	cd bench/report && go run .
//	go run . -results ../out/bench.txt -print        # the tables of another run, to look at
//	go run . -results ../out/bench.txt -png /tmp/x   # its plots as PNG, to look at
//
// It is a module of its own, so that nobody who uses the library has to do with what
// draws the plots.
package main
