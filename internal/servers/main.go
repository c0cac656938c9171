// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "servers:", err)
		os.Exit(1)
	}
}

const usage = `usage:
	servers list  [-dir D]
	servers fetch [-dir D] [-mirror URL] [-force] SUITE...
	servers path  [-dir D] NAME
	servers source [-dir D] [-mirror URL] [-or-upstream] SUITE PACKAGE FOLDER
	servers build [-dir D] [-mirror URL] SUITE PACKAGE [FOLDER]`

// run is main with its surroundings as parameters.
func run(args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New(usage)
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	dir := flags.String("dir", "", "folder of the servers (default: .servers beside go.mod)")
	mirror := flags.String("mirror", os.Getenv("RM_DEBIAN_MIRROR"), "Debian mirror (default: the one in the system's apt sources)")
	force := flags.Bool("force", false, "fetch again what is there")
	orUpstream := flags.Bool("or-upstream", false, "source: the release without Debian's patches, where the mirror has only that")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	if *dir == "" {
		top, err := projectRoot()
		if err != nil {
			return err
		}
		*dir = filepath.Join(top, ".servers")
	}
	abs, err := filepath.Abs(*dir)
	if err != nil {
		return err
	}
	switch args[0] {
	case "list":
		return list(abs, out)
	case "fetch":
		return fetch(abs, *mirror, *force, flags.Args(), out)
	case "path":
		return printPath(abs, flags.Args(), out)
	case "source":
		return unpackSource(abs, *mirror, *orUpstream, flags.Args(), out)
	case "build":
		return buildServer(abs, *mirror, flags.Args(), out)
	}
	return fmt.Errorf("unknown command %q\n%s", args[0], usage)
}

// projectRoot returns the folder with go.mod at or above the working folder.
func projectRoot() (string, error) {
	wd, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := wd; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod at or above %s; give the folder with -dir", wd)
		}
	}
}

func list(dir string, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tSUITE\tCPU\tVERSION\tFETCHED")
	for _, s := range servers() {
		version, fetched := s.suite.lastSeen[s.kind], "no"
		if got, err := fetchedVersions(s.suite.root(dir)); err == nil {
			version, fetched = got[s.kind], "yes"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", s.name(), s.suite.name, s.suite.arch, version, fetched)
	}
	return w.Flush()
}

func fetch(dir, mirror string, force bool, names []string, out io.Writer) error {
	if len(names) == 0 {
		return fmt.Errorf("which suite? one or more of %s", strings.Join(suiteNames(), " "))
	}
	var todo []suite
	for _, name := range names {
		s, err := suiteByName(name)
		if err != nil {
			return err
		}
		todo = append(todo, s)
	}
	if mirror == "" {
		var err error
		if mirror, err = systemMirror("/etc/apt"); err != nil {
			return err
		}
	}
	for _, s := range todo {
		if _, err := fetchedVersions(s.root(dir)); err == nil && !force {
			fmt.Fprintf(out, "%s: is there\n", s.name)
			continue
		}
		if err := fetchSuite(s, dir, mirror); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		versions, err := fetchedVersions(s.root(dir))
		if err != nil {
			return err
		}
		for _, kind := range s.kinds {
			fmt.Fprintf(out, "%s: %s-%s\n", s.name, kind, versions[kind])
		}
	}
	return nil
}

func printPath(dir string, names []string, out io.Writer) error {
	if len(names) != 1 {
		return errors.New("path takes one name; see list")
	}
	s, err := serverByName(dir, names[0])
	if err != nil {
		return err
	}
	command, err := s.command(dir, runtime.GOARCH)
	if err != nil {
		return err
	}
	for _, word := range command {
		if strings.ContainsAny(word, " \t\n") {
			return fmt.Errorf("%q has a space, and RM_SERVER is split on spaces; choose another -dir", word)
		}
	}
	_, err = fmt.Fprintln(out, strings.Join(command, " "))
	return err
}
