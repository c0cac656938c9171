// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// target is a server and the source that its tests are in.
type target struct {
	// name is kind and version of the source.
	name string
	// kind is the name of the source package, and of the server's programs.
	kind string
	// suite is the Debian release, in the words of internal/servers.
	suite string
	// other is a Debian release with an older version, for units where two versions speak with each other;
	// "" leaves these units out.
	other string
}

var targets = []target{
	{"redis-7.0.15", "redis", "bookworm", ""},
	{"valkey-8.1.1", "valkey", "trixie", ""},
	{"valkey-9.1.2", "valkey", "sid", "trixie"},
}

func targetNames() []string {
	var names []string
	for _, t := range targets {
		names = append(names, t.name)
	}
	return names
}

// chooseTargets returns those of a list, or all.
func chooseTargets(list string) ([]target, error) {
	if list == "" {
		return targets, nil
	}
	var chosen []target
	for _, name := range words(list) {
		i := slices.IndexFunc(targets, func(t target) bool { return t.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no server %q; there are %s", name, strings.Join(targetNames(), " "))
		}
		chosen = append(chosen, targets[i])
	}
	return chosen, nil
}

// servers runs the command internal/servers.
func servers(args ...string) (string, error) {
	cmd := exec.Command("go", append([]string{"run", "-buildvcs=false", "./internal/servers"}, args...)...)
	var said bytes.Buffer
	cmd.Stderr = io.MultiWriter(os.Stderr, &said)
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("servers %s: %w\n%s%s", strings.Join(args, " "), err, out, said.Bytes())
	}
	return strings.TrimSpace(string(out)), nil
}

// source fetches the server's source, once, and has the suite build its modules. What it returns is
// the folder of the source.
func (t target) source(dir string) (string, error) {
	source := filepath.Join(dir, t.name)
	done := filepath.Join(source, "tests", "modules", "built")
	if _, err := os.Stat(done); err == nil {
		return source, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := os.RemoveAll(source); err != nil {
		return "", err
	}
	out, err := servers("source", "-or-upstream", t.suite, t.kind, source)
	if err != nil {
		return "", err
	}
	if out != "" {
		fmt.Println(out)
	}
	if err := command(source, "make", "-s", "-j2", "-C", "tests/modules"); err != nil {
		return "", err
	}
	return source, os.WriteFile(done, nil, 0o644)
}

// programs puts scripts where the suite looks for the server's programs, which run those that
// were fetched.
func (t target) programs(source string) error {
	if _, err := servers("fetch", t.suite); err != nil {
		return err
	}
	path, err := servers("path", t.kind+"-"+t.suite)
	if err != nil {
		return err
	}
	for _, tool := range []string{"server", "cli", "benchmark"} {
		if err := t.program(source, tool, strings.TrimSuffix(path, "server")+tool); err != nil {
			return err
		}
	}
	if t.other == "" {
		return nil
	}
	if _, err := servers("fetch", t.other); err != nil {
		return err
	}
	if path, err = servers("path", t.kind+"-"+t.other); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(source, otherServer), []byte("#!/bin/sh\nexec "+path+" \"$@\"\n"), 0o755)
}

// program puts a script in the place of one program.
func (t target) program(source, tool, command string) error {
	script := "#!/bin/sh\nexec " + command + " \"$@\"\n"
	return os.WriteFile(filepath.Join(source, "src", t.kind+"-"+tool), []byte(script), 0o755)
}

// defragmenting puts a server there that can defragment, which is built for it first.
func (t target) defragmenting(source string) error {
	built, err := servers("build", t.suite, t.kind, source)
	if err != nil {
		return err
	}
	return t.program(source, "server", built)
}

// otherServer is the script for the server of another version, in a tree.
const otherServer = "src/other-server"

// goTree makes a copy of the suite with Go modules in the place of the others. The tests are copied,
// since the suite follows links; the rest is links to the source.
func (t target) goTree(dir, source string) (string, error) {
	tree := filepath.Join(dir, t.name+"-go")
	if err := os.RemoveAll(tree); err != nil {
		return "", err
	}
	tests := filepath.Join(tree, "tests")
	if err := os.CopyFS(tests, os.DirFS(filepath.Join(source, "tests"))); err != nil {
		return "", err
	}
	if err := os.RemoveAll(filepath.Join(tests, "modules")); err != nil {
		return "", err
	}
	entries, err := os.ReadDir(source)
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		if e.Name() == "tests" {
			continue
		}
		if err := os.Symlink(filepath.Join(source, e.Name()), filepath.Join(tree, e.Name())); err != nil {
			return "", err
		}
	}
	return tree, os.Symlink(filepath.Join(dir, "modules"), filepath.Join(tests, "modules"))
}
