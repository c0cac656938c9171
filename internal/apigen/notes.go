// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"strings"
)

// splitNotes cuts a notes column at the semicolons outside parentheses.
func splitNotes(s string) []string {
	var list []string
	depth, start := 0, 0
	for i, c := range s {
		switch c {
		case '(', '{':
			depth++
		case ')', '}':
			depth--
		case ';':
			if depth == 0 {
				list = append(list, strings.TrimSpace(s[start:i]))
				start = i + 1
			}
		}
	}
	if rest := strings.TrimSpace(s[start:]); rest != "" {
		list = append(list, rest)
	}
	return list
}

// droppedNotes is the starts of notes that say nothing to a reader of the Go
// documentation: they concern the C headers, or repeat another column.
var droppedNotes = []string{
	"GetApi names ", "gated by REDISMODULE_EXPERIMENTAL_API", "not in the generated reference",
	"undocumented in the generated reference", "real API function", "redis>=", "redis-8", "valkey only",
	"double-arg", "double-ret", "double-out", "float-arg", "float-ret", "long-double-arg", "long-double-ret",
	"long-double-out", "struct-by-value", "takes RedisModule",
}

// parseNotes takes the notes column of functions.tsv apart: exact versions
// replace those of the since columns, the rest becomes documentation.
func (f *function) parseNotes(notes string) error {
	for _, note := range splitNotes(notes) {
		switch key, value, _ := strings.Cut(note, ":"); {
		case strings.HasPrefix(note, "first="), strings.HasPrefix(note, "first-valkey="):
			name, version, _ := strings.Cut(note, "=")
			if !sincePattern.MatchString(version) {
				return fmt.Errorf("note %q: not a version", note)
			}
			if name == "first" {
				f.sinceRedis = version
			} else {
				f.sinceValkey = version
			}
		case hasAnyPrefix(note, droppedNotes):
		case key == "free-with":
			f.doc = append(f.doc, fmt.Sprintf("The caller owns the result: free it with %s.", strings.TrimSpace(value)))
		case key == "out":
			f.doc = append(f.doc, fmt.Sprintf("C writes to: %s.", strings.ReplaceAll(strings.ReplaceAll(strings.TrimSpace(value), ",", ", "), "(", " (")))
		case key == "callback":
			f.doc = append(f.doc, fmt.Sprintf("Callback: %s.", strings.TrimSpace(value)))
		case note == "result borrowed":
			f.doc = append(f.doc, "The result is borrowed: it belongs to the server or to what it was read from.")
		case strings.HasPrefix(note, "variadic "):
			f.doc = append(f.doc, fmt.Sprintf("Variable arguments: %s.", strings.Trim(strings.TrimPrefix(note, "variadic "), "()")))
		default:
			f.doc = append(f.doc, sentence(note))
		}
	}
	return nil
}

func hasAnyPrefix(s string, list []string) bool {
	for _, p := range list {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// sentence gives a note a capital and a full stop. A first word that is a name of C
// keeps its spelling.
func sentence(s string) string {
	if first, _, _ := strings.Cut(s, " "); first == strings.ToLower(first) && !strings.ContainsAny(first, "_=()") {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	return strings.TrimSuffix(s, ".") + "."
}

// sinceText words the two since columns.
func sinceText(redis, valkey string) string {
	switch {
	case redis == "-" && valkey == "-":
		return "no released server provides it"
	case redis == "-":
		return "since Valkey " + valkey + ", not in Redis"
	case redis == "unreleased":
		return "not in a Redis release yet"
	case valkey == "-":
		return "since Redis " + redis + ", not in Valkey"
	}
	return "since Redis " + redis + ", Valkey " + valkey
}

// capital is s with its first letter in upper case.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
