// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bufio"
	"errors"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// source is one entry of apt's sources.
type source struct {
	uris, suites, components []string
}

// releases are the names under which a mirror of Debian has what it has; names with a
// suffix (-security, -updates) may be elsewhere.
var releases = []string{
	"oldoldstable", "oldstable", "stable", "testing", "unstable",
	"bullseye", "bookworm", "trixie", "forky", "duke", "sid",
}

// systemMirror returns the address of the Debian mirror in the apt sources below etc.
func systemMirror(etc string) (string, error) {
	files := []string{filepath.Join(etc, "sources.list")}
	for _, pattern := range []string{"*.list", "*.sources"} {
		more, err := filepath.Glob(filepath.Join(etc, "sources.list.d", pattern))
		if err != nil {
			return "", err
		}
		files = append(files, more...)
	}
	var all []source
	for _, file := range files {
		text, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		if strings.HasSuffix(file, ".sources") {
			all = append(all, parseStanzas(string(text))...)
		} else {
			all = append(all, parseLines(string(text))...)
		}
	}
	if uri := pickMirror(all); uri != "" {
		return uri, nil
	}
	return "", errors.New("no Debian mirror in this system's apt sources; give one with -mirror")
}

// pickMirror chooses the entry that is a mirror of Debian itself. Others may use the
// same release names, so a folder named debian is preferred.
func pickMirror(all []source) string {
	first := ""
	for _, s := range all {
		plain := slices.ContainsFunc(s.suites, func(name string) bool { return slices.Contains(releases, name) })
		if !plain || !slices.Contains(s.components, "main") {
			continue
		}
		for _, uri := range s.uris {
			if u, err := url.Parse(uri); err == nil && path.Base(strings.TrimSuffix(u.Path, "/")) == "debian" {
				return uri
			}
			if first == "" {
				first = uri
			}
		}
	}
	return first
}

// parseLines reads the format of one line for each entry.
func parseLines(text string) []source {
	var all []source
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "deb")
		if !ok || rest == "" || rest[0] != ' ' && rest[0] != '\t' {
			continue
		}
		rest = strings.TrimSpace(rest)
		if strings.HasPrefix(rest, "[") {
			if _, rest, ok = strings.Cut(rest, "]"); !ok {
				continue
			}
		}
		if f := strings.Fields(rest); len(f) >= 3 {
			all = append(all, source{f[:1], f[1:2], f[2:]})
		}
	}
	return all
}

// parseStanzas reads the format of one stanza for each entry.
func parseStanzas(text string) []source {
	var all []source
	for _, fields := range parseControl(text) {
		if !slices.Contains(strings.Fields(fields["types"]), "deb") || strings.EqualFold(fields["enabled"], "no") {
			continue
		}
		all = append(all, source{
			strings.Fields(fields["uris"]), strings.Fields(fields["suites"]), strings.Fields(fields["components"]),
		})
	}
	return all
}

// parseControl reads the stanzas of a Debian control file; field names are lowered.
func parseControl(text string) []map[string]string {
	var all []map[string]string
	fields, last := map[string]string{}, ""
	flush := func() {
		if len(fields) > 0 {
			all = append(all, fields)
		}
		fields, last = map[string]string{}, ""
	}
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, len(text)+1)
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.TrimSpace(line) == "":
			flush()
		case line[0] == '#':
		case line[0] == ' ' || line[0] == '\t':
			if last != "" {
				fields[last] += "\n" + strings.TrimSpace(line)
			}
		default:
			name, value, _ := strings.Cut(line, ":")
			last = strings.ToLower(name)
			fields[last] = strings.TrimSpace(value)
		}
	}
	flush()
	return all
}
