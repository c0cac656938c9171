// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// buildServer builds a server with the allocator that its source brings along, and prints the path of
// the program: Debian's programs use the system's, which cannot defragment. The arguments are suite
// and package, and the folder of a source that is unpacked already. What is built stays.
func buildServer(dir, mirror string, args []string, out io.Writer) error {
	if len(args) != 2 && len(args) != 3 {
		return errors.New("build takes a suite, a package and perhaps the folder of its source")
	}
	s, err := suiteByName(args[0])
	if err != nil {
		return err
	}
	kind := args[1]
	tree := filepath.Join(dir, "built", s.name+"-"+kind)
	program := filepath.Join(tree, "src", kind+"-server")
	if _, err := os.Stat(program); err == nil {
		_, err = fmt.Fprintln(out, program)
		return err
	}
	if err := os.RemoveAll(tree); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(tree), 0o755); err != nil {
		return err
	}
	if len(args) == 3 {
		err = copySource(args[2], tree)
	} else {
		err = unpackSource(dir, mirror, true, []string{s.name, kind, tree}, io.Discard)
	}
	if err != nil {
		return err
	}
	// The scripts that internal/moduleapi puts there are in the way of make.
	for _, tool := range []string{"server", "cli", "benchmark"} {
		if err := os.RemoveAll(filepath.Join(tree, "src", kind+"-"+tool)); err != nil {
			return err
		}
	}
	args = []string{"-C", filepath.Join(tree, "src"), "-j2", "MALLOC=jemalloc", "OPTIMIZATION=-O2", "BUILD_TLS=no", "USE_SYSTEMD=no"}
	header, err := os.ReadFile(filepath.Join(tree, "src", "zmalloc.h"))
	if err != nil {
		return err
	}
	// Debian's patch for the system's allocator compares two names that are both unknown, and so equal,
	// where it is not asked for.
	if bytes.Contains(header, []byte("USE_SYSTEM_JEMALLOC == yes")) {
		args = append(args, "REDIS_CFLAGS=-DUSE_SYSTEM_JEMALLOC=1")
	}
	if err := quietly("make", append(args, kind+"-server")...); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, program)
	return err
}

// copySource copies what a build needs, with its times, by which make decides.
func copySource(from, to string) error {
	if err := os.Mkdir(to, 0o755); err != nil {
		return err
	}
	for _, part := range []string{"src", "deps", "utils"} {
		if err := quietly("cp", "-a", filepath.Join(from, part), to); err != nil {
			return err
		}
	}
	return nil
}

// quietly runs a program. The error has the end of what it said.
func quietly(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		out = bytes.TrimSpace(out)
		return fmt.Errorf("%s: %w\n%s", name, err, out[max(0, len(out)-2000):])
	}
	return nil
}
