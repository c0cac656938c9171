// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package fuzz

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// able is what a server can do that others cannot.
type able struct {
	lruUnit    bool // it gets the unit of idle times right
	jobs       bool // after keyspace events
	aclByName  bool // entries of ACL LOG for any name
	fieldTimes bool // fields of hashes end
	fieldTime  bool // and modules are told when
	forks      bool // Go runs in its children
}

func ableOf(kind string, major, minor int, mode string) able {
	redis, valkey := kind == "redis", kind == "valkey"
	atLeast := func(a, b int) bool { return major > a || major == a && minor >= b }
	return able{
		jobs:       valkey || atLeast(7, 2),
		aclByName:  valkey || atLeast(7, 2),
		fieldTimes: redis && atLeast(7, 4) || valkey && atLeast(9, 0),
		fieldTime:  redis && atLeast(8, 0),
		forks:      mode == "resident",
	}
}

// jobsKey has what the module's jobs have written.
const jobsKey = "jobs"

// job is what is done when the command is over.
type job struct {
	db   int
	text string
}

// event is a keyspace event that the module's listener hears.
func (m *model) event(name, key string, ofString bool) {
	m.heard = append(m.heard, fmt.Sprint(name, " ", key, " ", m.db, " ", m.dbs[m.db][key].length(), " ", ofString))
	switch {
	case !m.jobs || key == jobsKey:
	case m.able.jobs:
		m.work = append(m.work, job{m.db, name + ";"})
	default:
		m.heard = append(m.heard, "no job")
	}
}

// finish ends a command of a client, or a transaction: its jobs run.
func (m *model) finish() {
	was := m.db
	for _, j := range m.work {
		m.db = j.db
		m.appendTo(jobsKey, j.text)
		m.event("append", jobsKey, true)
	}
	m.db, m.work = was, nil
}

func (m *model) eventOp(key, op string, args []string) any {
	switch op {
	case "send":
		switch {
		case args[1] == "":
			return failure("ERR the event has no name")
		case strings.Contains(args[1], "\x00"):
			return failure("ERR text contains a NUL byte")
		case args[0] == "string", args[0] == "module":
			m.event(args[1], key, args[0] == "string")
		case args[0] == "none":
			return failure("ERR these are no types of keyspace events")
		}
		return ok
	case "take":
		list := []any{}
		for _, text := range m.heard {
			list = append(list, text)
		}
		m.heard = nil
		return list
	}
	m.jobs = args[0] == "on" // jobs
	return whole(len(m.heard))
}

// filtered is what the module's filter makes of a command.
func filtered(words []string) []string {
	if len(words) < 3 || words[0] != "e.via" {
		return words
	}
	list := slices.Clone(words[2:])
	for _, step := range []byte(words[1]) {
		last := len(list) - 1
		switch {
		case step == 'd' && last > 0:
			list = list[:last]
		case step == 'r':
			list[last] = "replaced"
		case step == 'i':
			list = slices.Insert(list, max(last, 1), "inserted")
		case step == 'k' && last > 0:
			list = slices.Insert(list[:last:last], 1, list[last])
		case step == 'n':
			n := 0
			for i, s := range list {
				n += i + len(s)
			}
			list = append(list, strconv.Itoa(n))
		case step == 'p', step == 'g':
			return words
		}
	}
	return list
}

// denied is an entry of ACL LOG.
type denied struct {
	user, object, reason string
	count                int64
}

// logged adds an entry, or counts it with one of the latest that is the same.
func (m *model) logged(d denied) any {
	if d.user != "every" && !m.able.aclByName {
		return failure("ERR*")
	}
	list := slices.Clone(m.denied)
	d.count = 1
	for i, e := range list[:min(10, len(list))] {
		if e.user == d.user && e.object == d.object && e.reason == d.reason {
			d.count = e.count + 1
			list = slices.Delete(list, i, i+1)
			break
		}
	}
	m.denied = slices.Insert(list, 0, d)
	return ok
}

// aclLog is ACL LOG 100.
func (m *model) aclLog() any {
	want := slices.Clone(m.denied)
	return judge(func(n node) error {
		if n.kind != '*' || len(n.elems) != len(want) {
			return fmt.Errorf("%s are not %v", n.show(), want)
		}
		for i, e := range n.elems {
			fields := map[string]string{}
			for j := 0; j+1 < len(e.elems); j += 2 {
				fields[e.elems[j].text] = e.elems[j+1].text
			}
			w := want[i]
			if fields["count"] != strconv.FormatInt(w.count, 10) || fields["reason"] != w.reason || fields["object"] != w.object || fields["username"] != w.user || fields["context"] != "module" {
				return fmt.Errorf("entry %d is %s, and should be %v", i, e.show(), w)
			}
		}
		return nil
	})
}

func manyOp(op string, args []string) any {
	words := args[1:]
	texts, ints, reals := []any{}, []any{}, []any{}
	for _, s := range words {
		n, good := integer(s)
		if !good {
			n = 0
		}
		texts, ints, reals = append(texts, s), append(ints, n), append(reals, float64(n%1000)/8)
	}
	switch op {
	case "strmap", "textmap", "bytesmap":
		switch {
		case len(words)%2 == 0:
		case hasLetter(args[0], 'r'):
			return failure("ERR invalid reply: the last key of a map is without a value")
		default:
			return noValue
		}
		return ordered(texts)
	case "ints":
		return ints
	case "reals":
		return reals
	case "keys":
		list := []any{int64(7)}
		name := strings.ToLower(words[0])
		first, last := 1, 1
		switch {
		case keyless[name], name == "e.via", name == "ping", name == "echo":
			last = 0
		case name == "del", name == "exists":
			last = len(words) - 1
		case name == "rename":
			last = 2
		}
		switch n, known := moduleArity(name); {
		case !known:
			return failure("ERR unknown command")
		case n >= 0 && len(words)-1 != n, len(words)-1 < -n:
			return failure("ERR the command does not take so many arguments")
		}
		for i := first; i <= last; i++ {
			list = append(list, int64(i))
		}
		return list
	}
	return texts
}

// moduleArity is builtinArity with the module's commands.
func moduleArity(name string) (n int, known bool) {
	switch {
	case name == "e.via" || keyless[name]:
		return -1, true
	case strings.HasPrefix(name, "e."):
		return -2, true
	}
	n, known = builtinArity[name]
	return n, known
}

// fieldTime is HPEXPIREAT or HPERSIST of a field.
func (m *model) fieldTime(v *stored, name string, args []string) any {
	field := args[len(args)-1]
	if v == nil {
		return []any{int64(-2)}
	}
	_, there := v.hash[field]
	_, ends := v.ends[field]
	switch {
	case !there:
		return []any{int64(-2)}
	case name == "hpersist" && !ends:
		return []any{int64(-1)}
	case name == "hpersist":
		delete(v.ends, field)
	default:
		v.ends[field], _ = integer(args[1])
	}
	return []any{int64(1)}
}

// endOf is when a field ends, and the first of them without a name.
func (m *model) endOf(v *stored, field ...string) any {
	if !m.able.fieldTime {
		return failure("ERR*")
	}
	var least any
	if v != nil {
		for f, at := range v.ends {
			if len(field) > 0 && f != field[0] {
				continue
			}
			if least == nil || at < least.(int64) {
				least = at
			}
		}
	}
	return least
}
