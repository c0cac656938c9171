// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// constant is one row of constants.tsv.
type constant struct {
	row           row
	cName, goName string
	group         string
	decl          string // what comes after the name: " = 1", " String = 1"
	isVar         bool
	valkey        bool
	since         string
	notes         []string
	value         string // as in the table, to compare
}

func (a *api) addConstants(rows []row) error {
	byC := map[string]row{}
	for _, r := range rows {
		// The texts of two word groups may be equal.
		key := r.col[0]
		if _, word := wordGroups[r.col[2]]; word {
			key = r.col[2] + " " + key
		}
		if prev, dup := byC[key]; dup {
			if prev.col[1] != r.col[1] {
				return r.errorf("%s is %s here and %s at line %d", r.col[0], r.col[1], prev.col[1], prev.line)
			}
			return r.errorf("%s is listed twice, first at line %d", r.col[0], prev.line)
		}
		byC[key] = r
		if excludedConstants[r.col[0]] != "" {
			a.skipped = append(a.skipped, r.col[0])
			continue
		}
		c, err := parseConstant(r)
		if err != nil {
			return err
		}
		a.consts = append(a.consts, c)
	}
	return a.nameConstants()
}

var (
	constantName = regexp.MustCompile(`^(_?)(REDISMODULE|VALKEYMODULE)_(\w+)$`)
	eventName    = regexp.MustCompile(`^(Redis|Valkey)ModuleEvent_(\w+)$`)
	eventValue   = regexp.MustCompile(`^id=(\d+),dataver=(\d+)$`)
	enumName     = regexp.MustCompile(`^VMSE_\w+$`) // the scripting engine enums of Valkey have their own prefix
)

func parseConstant(r row) (*constant, error) {
	c := &constant{row: r, cName: r.col[0], group: r.col[2], value: r.col[1]}
	if !sincePattern.MatchString(r.col[3]) {
		return nil, r.errorf("%s: since is %q, want a version or -", c.cName, r.col[3])
	}
	cString := c.parseNotes(r.col[3], r.col[4])
	words, isWord := wordGroups[c.group]
	m := constantName.FindStringSubmatch(c.cName)
	switch ev := eventName.FindStringSubmatch(c.cName); {
	case ev != nil:
		v := eventValue.FindStringSubmatch(c.value)
		if v == nil {
			return nil, r.errorf("%s: value is %q, want id=N,dataver=N", c.cName, c.value)
		}
		c.goName, c.isVar, c.valkey = "Event"+ev[2], true, ev[1] == "Valkey"
		c.decl = fmt.Sprintf(" = Event{ID: %s, DataVer: %s}", v[1], v[2])
		return c, nil
	case isWord:
		text := strings.Trim(c.value, `"`)
		if text != c.cName {
			return nil, r.errorf("%s: value is %s, want the same text", c.cName, c.value)
		}
		rest := words.names[c.cName]
		if words.names == nil {
			rest = strings.ToUpper(strings.ReplaceAll(c.cName, "-", "_"))
		}
		if rest == "" {
			return nil, r.errorf("%q has no Go name, see wordGroups in overrides.go", c.cName)
		}
		c.goName, c.decl = words.prefix+rest, fmt.Sprintf(" = %q", text)
		return c, nil
	case m != nil:
		c.goName, c.valkey = m[3], m[2] == "VALKEYMODULE"
	case enumName.MatchString(c.cName):
		c.goName, c.valkey = c.cName, true
	default:
		return nil, r.errorf("%q is neither a REDISMODULE_ nor a VALKEYMODULE_ name", c.cName)
	}
	if cString {
		c.decl = fmt.Sprintf(" = %q", c.value)
		return c, nil
	}
	switch c.value {
	case "+Inf", "-Inf":
		c.isVar, c.decl = true, fmt.Sprintf(" = math.Inf(%s1)", strings.TrimSuffix(c.value, "Inf"))
		return c, nil
	}
	if _, err := strconv.ParseInt(c.value, 10, 64); err != nil {
		if _, err := strconv.ParseUint(c.value, 10, 64); err != nil {
			return nil, r.errorf("%s: value %q is not an integer", c.cName, c.value)
		}
	}
	c.decl = " = " + c.value
	if t := constantTypes[c.cName]; t != "" {
		c.decl = " " + t + c.decl
	}
	return c, nil
}

// parseNotes makes documentation of the notes, and tells whether the value is the
// content of a C string.
func (c *constant) parseNotes(redis, notes string) (cString bool) {
	valkey, as := "-", ""
	for _, note := range splitNotes(notes) {
		key, value, _ := strings.Cut(note, "=")
		switch {
		case key == "valkey":
			valkey, as, _ = strings.Cut(value, " ")
			if strings.HasPrefix(as, "(") {
				c.notes, as = append(c.notes, "Valkey: "+strings.Trim(as, "()")), ""
			}
		case key == "first":
			redis = value
		case note == "C string":
			cString = true
		case note == "valkey only", note == "64-bit", strings.HasPrefix(note, "1<<"),
			note == "double", note == "unknown word makes the call fail",
			strings.HasPrefix(note, "word, space separated"):
			// The value, the since and the group say it.
		default:
			c.notes = append(c.notes, note)
		}
	}
	c.since = sinceText(redis, valkey)
	if as != "" {
		c.since += " (" + as + ")"
	}
	return cString
}

// nameConstants settles names that two rows want. A name of Valkey for the same
// number is left out, for another number it gets a prefix; an internal limit of
// the C header (leading underscore) gives way.
func (a *api) nameConstants() error {
	taken := map[string]*constant{}
	var keep []*constant
	for _, wantInternal := range []bool{false, true} {
		for _, c := range a.consts {
			if strings.HasPrefix(c.cName, "_") != wantInternal {
				continue
			}
			prev := taken[c.goName]
			switch {
			case prev == nil:
			case wantInternal:
				a.skipped = append(a.skipped, c.cName)
				c.goName = ""
				continue
			case c.valkey && !prev.valkey && c.value == prev.value:
				a.skipped = append(a.skipped, c.cName)
				c.goName = ""
				continue
			case c.valkey && !prev.valkey && taken["VALKEY_"+c.goName] == nil:
				c.goName = "VALKEY_" + c.goName
			default:
				return c.row.errorf("%s and %s both become %s", prev.cName, c.cName, c.goName)
			}
			taken[c.goName] = c
		}
	}
	for _, c := range a.consts {
		if c.goName != "" {
			keep = append(keep, c)
		}
	}
	a.consts = keep
	return nil
}

// emitConstants writes the constants and the event variables.
func emitConstants(a *api, names registry) (string, error) {
	var b strings.Builder
	for i, c := range a.consts {
		if err := names.declare(c.goName, c.cName); err != nil {
			return "", c.row.errorf("%v", err)
		}
		if i == 0 || c.group != a.consts[i-1].group || c.isVar != a.consts[i-1].isVar {
			if i > 0 {
				b.WriteString(")\n\n")
			}
			keyword := "const"
			if c.isVar {
				keyword = "var"
			}
			b.WriteString(comment("", capital(c.group)+".") + keyword + " (\n")
		}
		what := c.cName
		if _, word := wordGroups[c.group]; word {
			what = fmt.Sprintf("%q", c.cName)
		}
		text := fmt.Sprintf("%s is %s, %s.", c.goName, what, c.since)
		if what == c.goName {
			text = fmt.Sprintf("%s: %s.", c.goName, c.since)
		}
		for _, n := range c.notes {
			text += " " + sentence(n)
		}
		b.WriteString(comment("\t", text))
		fmt.Fprintf(&b, "\t%s%s\n", c.goName, c.decl)
	}
	if len(a.consts) > 0 {
		b.WriteString(")\n")
	}
	var imports []string
	if strings.Contains(b.String(), "math.Inf(") {
		imports = append(imports, "math")
	}
	return fileHeader(imports...) + "// Constants have their C names, without REDISMODULE_ or VALKEYMODULE_.\n\n" + b.String(), nil
}
