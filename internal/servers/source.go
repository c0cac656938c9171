// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// unpackSource unpacks a source package, with Debian's patches, into a folder that
// must not be there. The arguments are suite, package and folder.
func unpackSource(dir, mirror string, args []string) (err error) {
	if len(args) != 3 {
		return errors.New("source takes a suite, a package and a folder")
	}
	s, err := suiteByName(args[0])
	if err != nil {
		return err
	}
	to, err := filepath.Abs(args[2])
	if err != nil {
		return err
	}
	if mirror == "" {
		if mirror, err = systemMirror("/etc/apt"); err != nil {
			return err
		}
	}
	state := filepath.Join(dir, ".apt", "source")
	if err := os.RemoveAll(state); err != nil {
		return err
	}
	defer func() {
		if e := os.RemoveAll(state); err == nil {
			err = e
		}
	}()
	a, err := newApt(state, mirror, s)
	if err != nil {
		return err
	}
	var sources strings.Builder
	for _, release := range s.from {
		fmt.Fprintf(&sources, "deb-src [signed-by=%s] %s %s main\n", keyring, mirror, release)
	}
	if err := os.WriteFile(filepath.Join(state, "sources.list"), []byte(sources.String()), 0o644); err != nil {
		return err
	}
	for _, command := range [][]string{
		{"apt-get", "-q", "--error-on=any", "update"},
		{"apt-get", "-q", "source", "--download-only", args[1]},
	} {
		if _, err := a.run(command[0], command[1:]...); err != nil {
			return err
		}
	}
	descriptions, err := filepath.Glob(filepath.Join(state, "debs", "*.dsc"))
	if err != nil {
		return err
	}
	if len(descriptions) != 1 {
		return fmt.Errorf("apt-get source %s left %d descriptions", args[1], len(descriptions))
	}
	// apt has checked the files already.
	_, err = a.run("dpkg-source", "--no-check", "-x", descriptions[0], to)
	return err
}
