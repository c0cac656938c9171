// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package callgrind reads the profiles that valgrind's tool callgrind writes: how
// many instructions each function ran itself.
//
// What a function called is in the file too, as the inclusive cost of each call. It
// is left out: where a program changes its stack in a way that callgrind does not
// see, as from C to a goroutine and back, inclusive costs mean nothing.
package callgrind

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Function is a function of an object file.
type Function struct {
	// Object is the path of the program or shared library, as callgrind has it.
	Object string
	// Name is the function's name, or its address in an object without symbols. What
	// callgrind adds for the depth of recursion, '2, is not in it: a stack that is
	// left by no return looks like recursion.
	Name string
}

// Profile is the content of one file, which is one thread's.
type Profile struct {
	// Thread is the thread's number, from 1; 0 when the threads are not separate.
	Thread int
	// Trigger says what made callgrind write the file.
	Trigger string
	// Self is how many instructions each function ran, without those it called.
	Self map[Function]uint64
}

// Total returns the instructions of all functions that leave accepts not.
func (p *Profile) Total(leave func(Function) bool) uint64 {
	var sum uint64
	for f, n := range p.Self {
		if leave == nil || !leave(f) {
			sum += n
		}
	}
	return sum
}

// Parse reads one profile of instructions. A file whose sum is not the one that it
// gives itself is an error.
func Parse(r io.Reader) (*Profile, error) {
	p := &parser{
		profile:   &Profile{Self: map[Function]uint64{}},
		objects:   map[string]string{},
		functions: map[string]string{},
		column:    -1,
		positions: 1,
	}
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	number := 0
	for in.Scan() {
		number++
		if err := p.line(strings.TrimSpace(in.Text())); err != nil {
			return nil, fmt.Errorf("callgrind: line %d: %w", number, err)
		}
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("callgrind: %w", err)
	}
	if !p.hasTotal {
		return nil, errors.New("callgrind: the file does not end with its total")
	}
	if sum := p.profile.Total(nil); sum != p.total {
		return nil, fmt.Errorf("callgrind: the functions have %d instructions, the file says %d", sum, p.total)
	}
	return p.profile, nil
}

// event is the name of the column that is read: instructions.
const event = "Ir"

type parser struct {
	profile            *Profile
	objects, functions map[string]string // names by the number that stands for them
	current            Function
	column             int  // of event among the costs
	positions          int  // numbers in front of the costs
	skip               bool // the next line belongs to a call or a jump
	total              uint64
	hasTotal           bool
}

func (p *parser) line(s string) error {
	if s == "" || s[0] == '#' {
		return nil
	}
	if s[0] == '+' || s[0] == '-' || s[0] == '*' || '0' <= s[0] && s[0] <= '9' {
		return p.cost(s)
	}
	if p.skip {
		return errors.New("no line of numbers behind a call")
	}
	if key, value, ok := strings.Cut(s, "="); ok && !strings.ContainsAny(key, ": ") {
		return p.position(key, value)
	}
	if key, value, ok := strings.Cut(s, ":"); ok {
		return p.header(key, strings.TrimSpace(value))
	}
	return fmt.Errorf("%.40q is of no known kind", s)
}

func (p *parser) header(key, value string) (err error) {
	switch key {
	case "thread":
		p.profile.Thread, err = strconv.Atoi(value)
	case "desc":
		if what, ok := strings.CutPrefix(value, "Trigger:"); ok {
			p.profile.Trigger = strings.TrimSpace(what)
		}
	case "positions":
		p.positions = len(strings.Fields(value))
	case "events":
		p.column = -1
		for i, name := range strings.Fields(value) {
			if name == event {
				p.column = i
			}
		}
		if p.column < 0 {
			err = fmt.Errorf("events %q are without %s", value, event)
		}
	case "totals":
		p.total, err = p.numberIn(strings.Fields(value))
		p.hasTotal = true
	}
	return err
}

// position reads a line that says what the next costs belong to.
func (p *parser) position(key, value string) (err error) {
	switch key {
	case "ob":
		p.current.Object, err = name(p.objects, value)
	case "fn":
		p.current.Name, err = name(p.functions, value)
		p.current.Name = withoutDepth(p.current.Name)
	case "cob": // of the callee, which may give a name its number
		_, err = name(p.objects, value)
	case "cfn":
		_, err = name(p.functions, value)
	case "calls", "jump", "jcnd":
		p.skip = true
	case "fl", "fi", "fe", "cfi", "cfl":
	default:
		err = fmt.Errorf("unknown position %q", key)
	}
	return err
}

// withoutDepth takes the depth of recursion from a function's name.
func withoutDepth(s string) string {
	if i := strings.LastIndexByte(s, '\''); i > 0 && i < len(s)-1 && strings.Trim(s[i+1:], "0123456789") == "" {
		return s[:i]
	}
	return s
}

// name resolves "name", "(number) name", which gives the name a number, and
// "(number)", which stands for it.
func name(known map[string]string, value string) (string, error) {
	number, rest, ok := strings.Cut(value, ")")
	if !ok || number[0] != '(' || strings.Trim(number[1:], "0123456789") != "" {
		return value, nil
	}
	if rest = strings.TrimSpace(rest); rest != "" {
		known[number] = rest
		return rest, nil
	}
	if rest, ok = known[number]; !ok {
		return "", fmt.Errorf("nothing has the number %s)", number)
	}
	return rest, nil
}

func (p *parser) cost(s string) error {
	if p.skip {
		p.skip = false
		return nil
	}
	fields := strings.Fields(s)
	if len(fields) < p.positions {
		return fmt.Errorf("%q has fewer than %d positions", s, p.positions)
	}
	n, err := p.numberIn(fields[p.positions:])
	if err != nil {
		return err
	}
	if p.current.Name == "" {
		return errors.New("a cost in front of the first function")
	}
	p.profile.Self[p.current] += n
	return nil
}

// numberIn returns the event's column; what is missing at the end of a line is 0.
func (p *parser) numberIn(costs []string) (uint64, error) {
	if p.column < 0 {
		return 0, errors.New("a cost in front of the line of events")
	}
	if p.column >= len(costs) {
		return 0, nil
	}
	return strconv.ParseUint(costs[p.column], 10, 64)
}
