// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// versionsFile is in a root that is complete.
const versionsFile = "servers.json"

// fetchedVersions returns the version of each kind of server in a root.
func fetchedVersions(root string) (map[string]string, error) {
	text, err := os.ReadFile(filepath.Join(root, versionsFile))
	if err != nil {
		return nil, err
	}
	var versions map[string]string
	return versions, json.Unmarshal(text, &versions)
}

// fetchSuite makes the root of a suite. An old one is replaced only by a new one that
// is complete.
func fetchSuite(s suite, dir, mirror string) (err error) {
	state := filepath.Join(dir, ".apt", s.name)
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
	// Without this option, a mirror that cannot be reached is only a warning.
	if _, err := a.run("apt-get", "-q", "--error-on=any", "update"); err != nil {
		return err
	}
	var names []string
	for _, kind := range s.kinds {
		names = append(names, kind+"-server")
	}
	packages, err := closure(names, a.show)
	if err != nil {
		return err
	}
	args := []string{"-q", "download"}
	for name, p := range packages {
		if p.version != "" {
			args = append(args, name+"="+p.version)
		}
	}
	slices.Sort(args[2:])
	if _, err := a.run("apt-get", args...); err != nil {
		return err
	}
	next := filepath.Join(state, "root")
	if err := unpack(filepath.Join(state, "debs"), next); err != nil {
		return err
	}
	versions := map[string]string{}
	for _, kind := range s.kinds {
		versions[kind] = upstream(packages[kind+"-server"].version)
		if err := checkLibraries(next, s.arch, server{s, kind}.binary(next)); err != nil {
			return err
		}
	}
	text, err := json.Marshal(versions)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(next, versionsFile), append(text, '\n'), 0o644); err != nil {
		return err
	}
	if err := os.RemoveAll(s.root(dir)); err != nil {
		return err
	}
	return os.Rename(next, s.root(dir))
}

// unpack unpacks all packages of a folder into root.
func unpack(debs, root string) error {
	files, err := filepath.Glob(filepath.Join(debs, "*.deb"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return errors.New("apt-get download left no packages")
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return err
	}
	for _, file := range files {
		if out, err := exec.Command("dpkg", "-x", file, root).CombinedOutput(); err != nil {
			return fmt.Errorf("dpkg -x %s: %w\n%s", filepath.Base(file), err, out)
		}
	}
	// Newer releases have no lib folder in their packages, yet programs ask for their
	// loader there.
	if _, err := os.Lstat(filepath.Join(root, "lib")); errors.Is(err, os.ErrNotExist) {
		return os.Symlink("usr/lib", filepath.Join(root, "lib"))
	}
	return nil
}

// cpu has the names of one CPU.
type cpu struct {
	triplet, loader, emulator string
}

var cpus = map[string]cpu{
	"amd64": {"x86_64-linux-gnu", "ld-linux-x86-64.so.2", "qemu-x86_64"},
	"arm64": {"aarch64-linux-gnu", "ld-linux-aarch64.so.1", "qemu-aarch64"},
}

// libraryDirs returns the folders of the libraries in root.
func libraryDirs(root, arch string) []string {
	var dirs []string
	for _, lib := range []string{"usr/lib", "lib"} {
		dir := filepath.Join(root, lib, cpus[arch].triplet)
		if real, err := filepath.EvalSymlinks(dir); err == nil && !slices.Contains(dirs, real) {
			dirs = append(dirs, real)
		}
	}
	return dirs
}

// find returns the file name in the first of dirs that has it.
func find(dirs []string, name string) (string, error) {
	for _, dir := range dirs {
		file := filepath.Join(dir, name)
		if _, err := os.Stat(file); err == nil {
			return file, nil
		}
	}
	return "", fmt.Errorf("%s is in none of %q", name, dirs)
}

// checkLibraries checks that root has all libraries that file needs, so that none of
// the system's own is mixed in.
func checkLibraries(root, arch, file string) error {
	dirs := libraryDirs(root, arch)
	seen := map[string]bool{}
	for todo := []string{file}; len(todo) > 0; {
		file := todo[0]
		todo = todo[1:]
		if seen[file] {
			continue
		}
		seen[file] = true
		f, err := elf.Open(file)
		if err != nil {
			return err
		}
		needed, err := f.ImportedLibraries()
		f.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		for _, name := range needed {
			lib, err := find(dirs, name)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			todo = append(todo, lib)
		}
	}
	return nil
}

// binary returns the server's program. It has to be started by this name, since it
// goes by it.
func (s server) binary(root string) string {
	return filepath.Join(root, "usr", "bin", s.kind+"-server")
}

// command returns the command that starts the server on a machine with the CPU host.
func (s server) command(dir, host string) ([]string, error) {
	root, arch := s.suite.root(dir), s.suite.arch
	if host != arch {
		emulator := cpus[arch].emulator
		for _, name := range []string{emulator, emulator + "-static"} {
			if path, err := exec.LookPath(name); err == nil {
				return []string{path, "-L", root, s.binary(root)}, nil
			}
		}
		return nil, fmt.Errorf("%s is for %s and needs %s (package qemu-user)", s.name(), arch, emulator)
	}
	dirs := libraryDirs(root, arch)
	loader, err := find(dirs, cpus[arch].loader)
	if err != nil {
		return nil, err
	}
	path := dirs[0]
	for _, d := range dirs[1:] {
		path += ":" + d
	}
	return []string{loader, "--library-path", path, s.binary(root)}, nil
}
