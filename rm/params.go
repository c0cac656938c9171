// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"
	"strconv"
	"strings"
)

// Param is a load argument of a module: "NAME VALUE" or "NAME=VALUE" after the
// path in the loadmodule line. An argument that is left out has its default: what the
// variable of an Int64Param, TextParam or BoolParam held at the first load. A module
// that is loaded again is still in memory, so these are put back; a Param with a Set of
// its own has a Reset for that.
type Param struct {
	// Name of the argument; letter case does not matter.
	Name string
	// Set takes the value. Its error makes the load fail.
	Set func(value string) error
	// Reset, which may be nil, puts the default back, before every load but the first.
	Reset func()

	note   func() (reset func()) // notes the default
	loaded bool                  // there has been a load

	nowhere bool // there is no variable for the value
}

// noting is the note of a variable.
func noting[T any](p *T) func() func() {
	return func() func() {
		first := *p
		return func() { *p = first }
	}
}

// begin puts the defaults in place at the beginning of a load.
func (p *Param) begin() {
	if !p.loaded && p.note != nil {
		p.Reset = p.note()
	}
	if p.loaded && p.Reset != nil {
		p.Reset()
	}
	p.loaded = true
}

// Int64Param is a Param that stores an integer from min to max in p.
func Int64Param(name string, p *int64, min, max int64) Param {
	return Param{Name: name, note: noting(p), nowhere: p == nil, Set: func(v string) error {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < min || n > max {
			return fmt.Errorf("%q is not an integer from %d to %d", v, min, max)
		}
		*p = n
		return nil
	}}
}

// TextParam is a Param that stores its text in p.
func TextParam(name string, p *string) Param {
	return Param{Name: name, note: noting(p), nowhere: p == nil, Set: func(v string) error {
		*p = v
		return nil
	}}
}

// BoolParam is a Param that stores yes or no in p.
func BoolParam(name string, p *bool) Param {
	return Param{Name: name, note: noting(p), nowhere: p == nil, Set: func(v string) error {
		switch strings.ToLower(v) {
		case "yes", "true", "on", "1":
			*p = true
		case "no", "false", "off", "0":
			*p = false
		default:
			return fmt.Errorf("%q is neither yes nor no", v)
		}
		return nil
	}}
}

func checkParams(params []Param) error {
	seen := map[string]bool{}
	for _, p := range params {
		where := fmt.Sprintf("param %q", p.Name)
		key := strings.ToLower(p.Name)
		switch {
		case p.Name == "" || strings.ContainsAny(p.Name, "= "):
			return &fieldError{where, "Name", "is empty or contains '=' or a space"}
		case strings.HasPrefix(key, bindingPrefix):
			return &fieldError{where, "Name", "the prefix " + bindingPrefix + " is taken"}
		case p.nowhere:
			return &fieldError{where, "the variable", "is nil"}
		case p.Set == nil:
			return &fieldError{where, "Set", "is nil"}
		case seen[key]:
			return &fieldError{where, "Name", "is registered twice"}
		}
		seen[key] = true
	}
	return nil
}

// parseParams hands the arguments to their params and returns the others.
func parseParams(params []Param, args Args) (rest Args, err error) {
	for i := range params {
		params[i].begin()
	}
	var others []RStr
	for i := 0; i < args.Len(); i++ {
		name, value, inline := strings.Cut(args.At(i).Clone(), "=")
		p := findParam(params, name)
		if p == nil {
			others = append(others, args.At(i))
			continue
		}
		if !inline {
			i++
			if i == args.Len() {
				return Args{}, fmt.Errorf("load argument %q: its value is missing", name)
			}
			value = args.At(i).Clone()
		}
		if err := p.Set(value); err != nil {
			return Args{}, fmt.Errorf("load argument %q: %w", name, err)
		}
	}
	return ArgsOf(others...), nil
}

func findParam(params []Param, name string) *Param {
	for i := range params {
		if strings.EqualFold(params[i].Name, name) {
			return &params[i]
		}
	}
	return nil
}
