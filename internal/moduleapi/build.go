// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// folder has this command, and the Go modules in folders of their names.
const folder = "internal/moduleapi"

// modules returns the names of the Go modules.
func modules() ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if _, err := os.Stat(filepath.Join(folder, e.Name(), "main.go")); err == nil {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// build builds Go modules into dir, and removes what else is there.
func build(dir, tags string, names []string) error {
	out := filepath.Join(dir, "modules")
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, name := range names {
		so := filepath.Join(out, name+".so")
		if err := command(".", "go", "build", "-buildvcs=false", "-tags="+tags, "-buildmode=c-shared", "-o", so, "./"+folder+"/"+name); err != nil {
			return err
		}
		if err := os.Chmod(so, 0o755); err != nil {
			return err
		}
	}
	return nil
}

var modulePath = regexp.MustCompile(`tests/modules/(\w+)\.so`)

// unit is a unit of a suite.
type unit struct {
	name string
	// needs are the modules that it loads.
	needs []string
	// two tells that a server of another version takes part.
	two bool
	// defrag tells that the server is to defragment, which needs one that is built for it.
	defrag bool
}

// units reads the units of a suite.
func units(source string) ([]unit, error) {
	files, err := filepath.Glob(filepath.Join(source, "tests", "unit", "moduleapi", "*.tcl"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errors.New("the source has no units")
	}
	var all []unit
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		u := unit{name: strings.TrimSuffix(filepath.Base(file), ".tcl"), two: strings.Contains(string(text), "needs:other-server"),
			defrag: strings.Contains(string(text), "activedefrag yes")}
		for _, m := range modulePath.FindAllStringSubmatch(string(text), -1) {
			if !slices.Contains(u.needs, m[1]) {
				u.needs = append(u.needs, m[1])
			}
		}
		all = append(all, u)
	}
	return all, nil
}
