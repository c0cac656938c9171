// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/iredismodule/redismodule/bench/internal/results"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

// section is a piece of a document.
type section struct {
	name string // in the markers
	text func(f results.File) string
	plot func(f results.File) *figure // nil without
}

// sections are those of docs/BENCHMARKS.md, in its order.
func sections(emulated results.File) []section {
	return []section{
		{"about", aboutText, nil},
		{"limiter", limiterText, limiterPlot},
		{"micro", microText, nil},
		{"commands", commandsText, commandsPlot},
		{"scale", scaleText, scalePlot},
		{"latency", latencyText, latencyPlot},
		{"blocked", blockedText, blockedPlot},
		{"queue", queueText, nil},
		{"values", valuesText, valuesPlot},
		{"fork", forkText, nil},
		{"emulated", func(results.File) string { return emulatedText(emulated) }, nil},
	}
}

func run(args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("report", flag.ContinueOnError)
	file := flags.String("results", "../results/bench.txt", "results")
	emulatedFile := flags.String("emulated", "../results/emulated.txt", "results of make bench-emulated")
	document := flags.String("document", "../../docs/BENCHMARKS.md", "document for the tables; its plots are in the folder plots beside it")
	readme := flags.String("readme", "../../README.md", "document for the short table")
	check := flags.Bool("check", false, "fail if a document would change, instead of writing; what was not measured is no fault")
	show := flags.Bool("print", false, "print the tables and write nothing")
	png := flags.String("png", "", "write the plots as PNG into this folder, and nothing else")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	f, err := results.ReadFile(*file)
	measured := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	emulated, err := results.ReadFile(*emulatedFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	all := sections(emulated)
	switch {
	case *png != "":
		return drawAll(all, f, *png, "png")
	case *show:
		for _, s := range all {
			fmt.Fprintf(stdout, "## %s\n\n%s\n", s.name, s.text(f))
		}
		fmt.Fprintf(stdout, "## README\n\n%s\n", readmeText(f))
		return nil
	}
	err = write(*document, all, f, *check)
	if measured {
		short := []section{{name: "measured", text: readmeText}}
		err = errors.Join(err, write(*readme, short, f, *check))
	}
	if err != nil || *check {
		return err
	}
	return drawAll(all, f, filepath.Join(filepath.Dir(*document), "plots"), "svg")
}

// write puts the sections into a document.
func write(document string, all []section, f results.File, check bool) error {
	was, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	text := string(was)
	for _, s := range all {
		piece := s.text(f)
		if s.plot != nil && s.plot(f) != nil {
			piece += fmt.Sprintf("\n![%s](plots/%s.svg)\n", s.name, s.name)
		}
		if text, err = results.ReplaceSection(text, s.name, piece); err != nil {
			return fmt.Errorf("%s: %w", document, err)
		}
	}
	switch {
	case text == string(was):
		return nil
	case check:
		return fmt.Errorf("%s is not current: bench/report writes it", document)
	}
	return os.WriteFile(document, []byte(text), 0o644)
}

// drawAll writes the plots of the sections that have figures.
func drawAll(all []section, f results.File, folder, format string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, s := range all {
		if s.plot == nil {
			continue
		}
		if p := s.plot(f); p != nil {
			if err := p.save(filepath.Join(folder, s.name+"."+format), format); err != nil {
				return err
			}
		}
	}
	return nil
}
