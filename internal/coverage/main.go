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
	"path/filepath"
)

// output is the document, below the root.
const output = "docs/API_COVERAGE.md"

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "coverage:", err)
		}
		os.Exit(1)
	}
}

// run is main without the process around it.
func run(args []string, stdout io.Writer) error {
	fs := flag.NewFlagSet("coverage", flag.ContinueOnError)
	root := fs.String("root", ".", "the project's folder")
	traces := fs.String("trace", "", "check the tests' Drives lines against the traces in this folder, and write nothing")
	if err := fs.Parse(args); err != nil {
		return err
	}
	a, err := load(*root)
	if err != nil {
		return err
	}
	if *traces != "" {
		return a.check(*traces, stdout)
	}
	text := []byte(a.emit())
	path := filepath.Join(*root, output)
	if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, text) {
		return nil
	}
	return os.WriteFile(path, text, 0o644)
}

// load reads everything below root.
func load(root string) (*api, error) {
	a, err := loadAPI(filepath.Join(root, "api"))
	if err != nil {
		return nil, err
	}
	return a, a.sources(root)
}
