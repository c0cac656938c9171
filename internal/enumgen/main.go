// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// output is the generated file, below the folder of package rm.
const output = "zenums.go"

func main() {
	dir := "."
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	if err := run(dir); err != nil {
		fmt.Fprintln(os.Stderr, "enumgen:", err)
		os.Exit(1)
	}
}

// run writes the file in a folder, unless it is current.
func run(dir string) error {
	list, err := enums(dir, filepath.Join(dir, ".."))
	if err != nil {
		return err
	}
	text, err := emit(list)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, output)
	if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, text) {
		return nil
	}
	return os.WriteFile(path, text, 0o644)
}
