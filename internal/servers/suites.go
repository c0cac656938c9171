// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// suite is one set of packages: a Debian release for one CPU.
type suite struct {
	name string
	// arch is the CPU, in Go's and Debian's spelling, which agree here.
	arch string
	// from are the releases that apt looks at; the newest that fits wins, but from
	// backports come only packages that the release itself does not have.
	from []string
	// kinds are the servers in it, "redis" or "valkey".
	kinds []string
	// lastSeen has the version of each kind when this table was written.
	lastSeen map[string]string
}

var suites = []suite{
	{
		name: "bullseye", arch: "amd64", from: []string{"bullseye"},
		kinds: []string{"redis"}, lastSeen: map[string]string{"redis": "6.0.16"},
	},
	{
		name: "bookworm", arch: "amd64", from: []string{"bookworm"},
		kinds: []string{"redis"}, lastSeen: map[string]string{"redis": "7.0.15"},
	},
	{
		name: "bookworm-backports", arch: "amd64", from: []string{"bookworm", "bookworm-backports"},
		kinds: []string{"valkey"}, lastSeen: map[string]string{"valkey": "8.0.1"},
	},
	{
		name: "trixie", arch: "amd64", from: []string{"trixie"},
		kinds: []string{"redis", "valkey"}, lastSeen: map[string]string{"redis": "8.0.2", "valkey": "8.1.1"},
	},
	{
		name: "sid", arch: "amd64", from: []string{"sid"},
		kinds: []string{"redis", "valkey"}, lastSeen: map[string]string{"redis": "8.0.6", "valkey": "9.1.2"},
	},
	{
		name: "bookworm-arm64", arch: "arm64", from: []string{"bookworm"},
		kinds: []string{"redis"}, lastSeen: map[string]string{"redis": "7.0.15"},
	},
	{
		name: "trixie-arm64", arch: "arm64", from: []string{"trixie"},
		kinds: []string{"redis", "valkey"}, lastSeen: map[string]string{"redis": "8.0.2", "valkey": "8.1.1"},
	},
}

// root returns the folder with the unpacked packages.
func (s suite) root(dir string) string { return filepath.Join(dir, s.name) }

func suiteNames() []string {
	var names []string
	for _, s := range suites {
		names = append(names, s.name)
	}
	return names
}

func suiteByName(name string) (suite, error) {
	i := slices.IndexFunc(suites, func(s suite) bool { return s.name == name })
	if i < 0 {
		return suite{}, fmt.Errorf("no suite %q; there are %s", name, strings.Join(suiteNames(), " "))
	}
	return suites[i], nil
}

// server is one server of a suite.
type server struct {
	suite suite
	kind  string
}

// name returns the name that stays when the suite gets a newer server.
func (s server) name() string { return s.kind + "-" + s.suite.name }

// versionName returns the name by version, such as redis-8.0.2 or redis-8.0.2-arm64.
func (s server) versionName(version string) string {
	name := s.kind + "-" + version
	if s.suite.arch != "amd64" {
		name += "-" + s.suite.arch
	}
	return name
}

// servers returns all servers of all suites.
func servers() []server {
	var all []server
	for _, s := range suites {
		for _, kind := range s.kinds {
			all = append(all, server{s, kind})
		}
	}
	return all
}

// serverByName finds a fetched server by either of its names.
func serverByName(dir, name string) (server, error) {
	var lacking *server
	for _, s := range servers() {
		versions, err := fetchedVersions(s.suite.root(dir))
		switch {
		case err == nil && (name == s.name() || name == s.versionName(versions[s.kind])):
			return s, nil
		case err != nil && (name == s.name() || name == s.versionName(s.suite.lastSeen[s.kind])):
			lacking = &s
		}
	}
	if lacking != nil {
		return server{}, fmt.Errorf("%s is not fetched: go run ./internal/servers fetch %s", name, lacking.suite.name)
	}
	return server{}, fmt.Errorf("no server %q; see go run ./internal/servers list", name)
}
