// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// unpackSource unpacks a source package, with Debian's patches, into a folder that
// must not be there. The arguments are suite, package and folder. With orUpstream it is
// the upstream release without the patches where the mirror has only that: a mirror
// drops the rest when a newer package is out, and its index may be behind.
func unpackSource(dir, mirror string, orUpstream bool, args []string, out io.Writer) (err error) {
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
	if _, err := a.run("apt-get", "-q", "--error-on=any", "update"); err != nil {
		return err
	}
	if _, err := a.run("apt-get", "-q", "source", "--download-only", args[1]); err != nil {
		if !orUpstream {
			return err
		}
		if _, err := a.run("apt-get", "-q", "source", "--download-only", "--tar-only", args[1]); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: the upstream release, without Debian's patches\n", args[1])
		return a.unpackTar(to)
	}
	description, err := a.only("*.dsc")
	if err != nil {
		return err
	}
	// apt has checked the files already.
	_, err = a.run("dpkg-source", "--no-check", "--no-copy", "-x", description, to)
	return err
}

// unpackTar unpacks the upstream release that was downloaded.
func (a *apt) unpackTar(to string) error {
	tar, err := a.only("*.orig.tar.*")
	if err != nil {
		return err
	}
	if err := os.Mkdir(to, 0o755); err != nil {
		return err
	}
	_, err = a.run("tar", "-x", "--strip-components=1", "-f", tar, "-C", to)
	return err
}

// only returns the one downloaded file that matches a pattern.
func (a *apt) only(pattern string) (string, error) {
	files, err := filepath.Glob(filepath.Join(a.dir, "debs", pattern))
	if err != nil {
		return "", err
	}
	if len(files) != 1 {
		return "", fmt.Errorf("apt-get source left %d files %s", len(files), pattern)
	}
	return files[0], nil
}
