// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package fuzz

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

func (m *model) typeOp(key, op string, args []string) any {
	const kind = "every-doc"
	if op == "set" {
		m.put(key, kind).doc = args
		return whole(len(args))
	}
	if op == "spoil" {
		if _, good := integer(args[0]); !good {
			return notInteger
		}
	}
	v, err := m.get(key, kind)
	switch {
	case err != nil:
		return err
	case v == nil && op == "replace":
		return noKey
	case v == nil:
		return nil
	}
	old := anys(v.doc)
	switch op {
	case "replace":
		v.doc = args
	case "again":
		v.at = 0
		return whole(len(v.doc))
	case "spoil":
		return ok
	}
	return old
}

func anys[T any](list []T) []any {
	all := []any{}
	for _, e := range list {
		all = append(all, e)
	}
	return all
}

func (m *model) structOp(key, op string, args []string) any {
	const kind = "every-str"
	n, good := int64(0), true
	if len(args) > 0 {
		n, good = integer(args[0])
	}
	if !good {
		return notInteger
	}
	if op == "set" {
		m.put(key, kind).record = record{n, float64(n) / 8, args[0], []int64{n, -n}, slices.Clone(args[1:]), "id\x00\x00"}
		return whole(len(args) - 1)
	}
	v, err := m.get(key, kind)
	switch {
	case err != nil:
		return err
	case v == nil && op != "add":
		return nil
	case v == nil:
		v = m.put(key, kind)
		v.record.id = "\x00\x00\x00\x00"
	}
	r := &v.record
	switch op {
	case "add":
		r.number += n
		r.times = append(r.times, r.number)
		r.tags = append(r.tags, args[1])
		return r.number
	case "tag":
		switch {
		case n < 0 || n >= int64(len(r.tags)):
			return outOfRange
		case args[1] == "":
			r.tags = slices.Delete(r.tags, int(n), int(n)+1)
		default:
			r.tags[n] = args[1]
		}
	case "again":
		v.at = 0
	case "get":
		return []any{r.number, r.ratio, r.name, anys(r.times), anys(r.tags), r.id}
	}
	return whole(len(r.tags))
}

// seek returns the keys in order, and the place of the one that an operator says; it is outside of them for none.
func (m *model) seek(op, key string) (list []string, at int, good bool) {
	list = sortedKeys(m.dict)
	at, there := slices.BinarySearch(list, key)
	switch op {
	case "^":
		return list, 0, true
	case "$":
		return list, len(list) - 1, true
	case "==":
		if !there {
			return list, -1, true
		}
		return list, at, true
	case ">=":
		return list, at, true
	case ">":
		if there {
			at++
		}
		return list, at, true
	case "<=":
		if !there {
			at--
		}
		return list, at, true
	case "<":
		return list, at - 1, true
	}
	return nil, 0, false
}

func (m *model) dictOp(op string, args []string) any {
	switch op {
	case "add", "replace":
		n, good := integer(args[1])
		if !good {
			return notInteger
		}
		_, there := m.dict[args[0]]
		if !there || op == "replace" {
			m.dict[args[0]] = n
		}
		return !there
	case "get", "delete":
		n, there := m.dict[args[0]]
		if op == "delete" {
			delete(m.dict, args[0])
		}
		if !there {
			return nil
		}
		return []any{n, strconv.FormatInt(n, 10)}
	case "len":
		return []any{whole(len(m.dict)), whole(len(m.dict))}
	case "free":
		clear(m.dict)
		return ok
	}
	list, at, good := m.seek(args[0], args[1])
	switch {
	case !good && args[0] == "?":
		return outOfRange
	case !good:
		return noOperation
	}
	if op == "walk" {
		got := []any{}
		sought, over := true, at < 0 || at >= len(list)
		for _, c := range args[2] {
			switch {
			case over || sought:
			case c == 'p':
				at--
			default:
				at++
			}
			sought, over = false, over || at < 0 || at >= len(list)
			if over {
				got = append(got, nil)
			} else {
				got = append(got, list[at])
			}
		}
		return got
	}
	step := 1
	if hasLetter(args[2], 'b') {
		step = -1
	}
	wordsOf, values := []any{}, []any{}
	for ; at >= 0 && at < len(list); at += step {
		n := m.dict[list[at]]
		wordsOf = append(wordsOf, list[at], n)
		values = append(values, list[at], strconv.FormatInt(n, 10))
		if hasLetter(args[2], 'd') {
			delete(m.dict, list[at])
		}
	}
	return []any{wordsOf, values}
}

// as is a reply in another protocol than the client's.
type as struct {
	protocol int
	want     any
}

func (m *model) callOp(args []string) any {
	flags, how, command := args[0], args[1], args[2:]
	protocol := 2
	switch {
	case hasLetter(flags, 'a'):
		protocol = m.protocol
	case hasLetter(flags, '3'):
		protocol = 3
	}
	switch {
	case command[0] == "":
		return failure("ERR the name of the command is empty")
	case strings.Contains(command[0], "\x00"):
		return failure("ERR text contains a NUL byte")
	}
	switch name := strings.ToLower(filtered(command)[0]); {
	case !strings.HasPrefix(name, "e.") && !builtins[name]:
		return failure("ERR*")
	case hasLetter(flags, 'w') && (strings.HasPrefix(name, "e.") || !readers[name]):
		return failure("ERR*")
	}
	m.inside++
	before := m.protocol
	m.protocol = protocol
	want := m.apply(command)
	m.protocol = before
	m.inside--
	if f, bad := want.(failure); bad {
		if strings.HasPrefix(string(f), "ERR wrong number of arguments") {
			return failure("ERR*") // the server may say more
		}
		return f
	}
	switch {
	case hasLetter(how, 'w'):
		if protocol == 2 {
			return as{2, loose(want)}
		}
		return loose(want)
	case hasLetter(how, 'v'), !hasLetter(how, 'o'):
	default:
		inner := want
		want = judge(func(n node) error {
			if n.kind != '*' || len(n.elems) != 2 || n.elems[0].kind != '$' || !strings.HasPrefix(n.elems[0].text, "Reply") {
				return fmt.Errorf("%s is no type and reply", n.show())
			}
			return differs(n.elems[1], inner, protocol)
		})
	}
	if protocol == 3 && m.protocol == 2 {
		return judge(func(n node) error {
			if n.kind == '-' && strings.HasPrefix(n.text, "ERR the client speaks RESP2") {
				return nil
			}
			return differs(n, want, 2)
		})
	}
	return as{protocol, want}
}

// loose is a reply that was put together anew: what a call has got tells no status from a string.
func loose(want any) any {
	switch w := want.(type) {
	case status:
		return string(w)
	case []any:
		list := []any{}
		for _, e := range w {
			list = append(list, loose(e))
		}
		return list
	case setOf:
		return setOf(loose([]any(w)).([]any))
	case ordered:
		return ordered(loose([]any(w)).([]any))
	case as:
		return as{w.protocol, loose(w.want)}
	}
	return want
}

func replyOp(op string, args []string) any {
	if op == "panic" {
		return judge(func(n node) error {
			if n.kind != '*' || len(n.elems) != 3 || n.elems[0].text != args[0] || n.elems[2].kind != '-' && n.elems[1].kind != '-' {
				return fmt.Errorf("%s is no completed reply", n.show())
			}
			return nil
		})
	}
	want, _ := toldReply(args)
	return want
}

// toldReply is a reply that is told in words.
func toldReply(args []string) (want any, rest []string) {
	if len(args) < 2 || len(args[0]) != 1 {
		return noSpec, nil
	}
	text := args[1]
	n, good := integer(text)
	rest = args[2:]
	if strings.Contains("asmid#", args[0]) {
		switch {
		case !good:
			return notInteger, nil
		case strings.Contains("asm", args[0]) && (n < 0 || n > 20):
			return noSpec, nil
		}
	}
	switch args[0] {
	case "i":
		return n, rest
	case "d":
		return float64(n) / 8, rest
	case "#":
		return n != 0, rest
	case "b":
		return text, rest
	case "+":
		return status("ok" + strconv.Itoa(len(text))), rest
	case "-":
		return failure("MY error " + strconv.Itoa(len(text))), rest
	case "_", "0":
		return nil, rest
	case "(":
		return bigInt("123456789012345678901234567890"), rest
	case "=":
		return verbatim(text), rest
	case "a", "s", "m":
		if args[0] == "m" {
			n *= 2
		}
		list := []any{}
		for range n {
			var e any
			e, rest = toldReply(rest)
			if f, bad := e.(failure); bad && !strings.HasPrefix(string(f), "MY") {
				return f, nil
			}
			list = append(list, e)
		}
		switch args[0] {
		case "s":
			return setOf(list), rest
		case "m":
			return ordered(list), rest
		}
		return list, rest
	}
	return noSpec, nil
}

// line is a text as an error has it.
var line = strings.NewReplacer("\r", " ", "\n", " ", "\x00", " ")

func (m *model) blockOp(op string, args []string) any {
	text := args[0]
	if m.inside > 0 {
		return failure("ERR*")
	}
	switch op {
	case "fail":
		return failure(line.Replace("ERR failed " + text))
	case "exit", "die", "none":
		return failure("ERR*")
	case "error":
		return failure(line.Replace("BLOCKED " + text))
	case "refuse":
		return failure(line.Replace("ERR refused " + text))
	case "do":
		return "done " + text
	case "fork":
		if !m.able.forks {
			return failure("ERR*")
		}
		code := 3 * len(text)
		if code > 253 { // what is no status
			code = 254
		}
		return fmt.Sprint(text, " ", code, " 0")
	}
	return text
}

func (m *model) popOp(key string) any {
	v, err := m.get(key, "list")
	defer m.settle(key)
	switch {
	case err != nil:
		return err
	case v == nil && m.inside > 0:
		return failure("ERR*")
	case v == nil:
		return waits{}
	}
	e := v.list[0]
	v.list = v.list[1:]
	return e
}

// waits is no reply yet.
type waits struct{}

// values counts the values of the module's types.
func (m *model) values() (docs, structs int64) {
	for _, db := range m.dbs {
		for _, v := range db {
			switch v.kind {
			case "every-doc":
				docs++
			case "every-str":
				structs++
			}
		}
	}
	return docs, structs
}

func (m *model) restOp(op string, args []string) any {
	switch op {
	case "publish":
		if args[0] != "news" {
			return int64(0)
		}
		m.news = append(m.news, args[1])
		return int64(1)
	case "config":
		return []any{m.number, m.flag, m.mode, m.text}
	case "server":
		return judge(func(n node) error {
			if !strings.Contains(map[bool]string{true: "t1", false: "f0"}[args[0] == "redis_version"], n.text) {
				return fmt.Errorf("%s for %q", n.show(), args[0])
			}
			return nil
		})
	case "strings":
		return []any{whole(strings.Compare(args[0], args[1])), args[0] == args[1], whole(len(args[0]) + len(args[1]) + 1), args[0] + args[1] + "!"}
	}
	return judge(func(n node) error { // values; what is freed in the background may be there yet
		docs, structs := m.values()
		if n.kind != '*' || len(n.elems) != 4 {
			return fmt.Errorf("%s", n.show())
		}
		for i, least := range []int64{docs, structs, 0, 0} {
			got, good := integer(n.elems[i].text)
			if !good || got < least || i == 3 && got != 0 {
				return fmt.Errorf("%s, and there are %d values and %d structs", n.show(), docs, structs)
			}
		}
		return nil
	})
}

func aclOp(op string, args []string) any {
	if op == "user" {
		return judge(func(n node) error {
			want := map[bool]string{true: "t1", false: "f0"}[args[0] == "default"]
			if n.kind != '*' || len(n.elems) != 2 || !strings.Contains(want, n.elems[0].text) || n.elems[1].kind != '_' && n.elems[1].text != "default" {
				return fmt.Errorf("%s for %q", n.show(), args[0])
			}
			return nil
		})
	}
	key := args[1]
	switch args[0] {
	case "":
		return []any{false, false, false, false}
	case "allkeys +@all":
		return []any{true, true, true, false}
	case "~k1 +get":
		return []any{key == "k1", key == "k1", key == "k1", false}
	case "%R~k* +get":
		k := strings.HasPrefix(key, "k")
		return []any{k, false, k, false}
	case "&k1 allkeys -@all":
		return []any{true, true, false, key == "k1"}
	}
	return "refused"
}

// builtins are the server's own commands that the model knows, readers those of them that only read.
var (
	builtins = wordsOf("get set del rpush lrange hset hgetall zadd sadd smembers type rename copy incrby append exists ping echo strlen pexpireat persist move flushdb swapdb hpexpireat hpersist")
	readers  = wordsOf("get lrange hgetall smembers type exists ping echo strlen")
)

func wordsOf(list string) map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(list) {
		all[w] = true
	}
	return all
}

var builtinArity = map[string]int{
	"get": 1, "set": 2, "del": -1, "rpush": -2, "lrange": 3, "hset": 3, "hgetall": 1, "zadd": 3, "sadd": -2, "smembers": 1, "type": 1, "rename": 2,
	"copy": 2, "incrby": 2, "append": 2, "exists": 1, "ping": 0, "echo": 1, "strlen": 1, "pexpireat": 2, "persist": 1, "select": 1, "config": -2,
	"move": 2, "flushdb": 0, "swapdb": 2, "hpexpireat": 5, "hpersist": 4, "acl": 2,
}

func (m *model) builtin(name string, args []string) any {
	n, known := builtinArity[name]
	switch {
	case !known, strings.HasPrefix(name, "hp") && !m.able.fieldTimes:
		return failure("ERR unknown command*")
	case n >= 0 && len(args) != n || len(args) < -n:
		return failure("ERR wrong number of arguments*")
	}
	var key string
	if len(args) > 0 {
		key = args[0]
	}
	db := m.dbs[m.db]
	v := db[key]
	is := func(kind string) bool { return v == nil || v.kind == kind }
	defer m.settle(key)
	switch name {
	case "ping":
		return status("PONG")
	case "echo":
		return key
	case "select":
		n, good := integer(key)
		if !good || n < 0 || n >= int64(len(m.dbs)) {
			return failure("ERR*")
		}
		m.db = int(n)
		return ok
	case "config":
		return m.config(args)
	case "acl":
		return m.aclLog()
	case "flushdb":
		for _, start := range []bool{true, false} {
			m.heard = append(m.heard, fmt.Sprint("flush ", start, " ", m.db))
		}
		clear(db)
		return ok
	case "swapdb":
		a, good1 := integer(key)
		b, good2 := integer(args[1])
		if !good1 || !good2 || min(a, b) < 0 || max(a, b) >= int64(len(m.dbs)) {
			return failure("ERR*")
		}
		m.dbs[a], m.dbs[b] = m.dbs[b], m.dbs[a]
		m.heard = append(m.heard, fmt.Sprint("swap ", a, " ", b))
		return ok
	case "move":
		to, good := integer(args[1])
		switch {
		case !good || to < 0 || to >= int64(len(m.dbs)) || int(to) == m.db:
			return failure("ERR*")
		case v == nil || m.dbs[to][key] != nil:
			return int64(0)
		}
		delete(db, key)
		m.dbs[to][key] = v
		return int64(1)
	case "hpexpireat", "hpersist":
		if !is("hash") {
			return wrongType
		}
		return m.fieldTime(v, name, args)
	case "set":
		m.put(key, "string").str = []byte(args[1])
		m.event("set", key, true)
		return ok
	case "get", "strlen":
		switch {
		case !is("string"):
			return wrongType
		case name == "strlen":
			return v.length()
		case v == nil:
			return nil
		}
		return string(v.str)
	case "append":
		if !is("string") {
			return wrongType
		}
		n := m.appendTo(key, args[1])
		m.event("append", key, true)
		return n
	case "incrby":
		by, good := integer(args[1])
		switch {
		case !good:
			return notInteger
		case !is("string"):
			return wrongType
		}
		old := int64(0)
		if v != nil {
			if old, good = integer(string(v.str)); !good {
				return notInteger
			}
		}
		if by > 0 && old > math.MaxInt64-by || by < 0 && old < math.MinInt64-by {
			return failure("ERR increment or decrement would overflow")
		}
		v, _ = m.make(key, "string")
		v.str = strconv.AppendInt(nil, old+by, 10)
		m.event("incrby", key, true)
		return old + by
	case "del":
		n := int64(0)
		for _, k := range args {
			if db[k] != nil {
				delete(db, k)
				n++
			}
		}
		return n
	case "exists":
		return int64(map[bool]int{true: 1}[v != nil])
	case "type":
		if v == nil {
			return status("none")
		}
		return status(v.kind)
	case "rpush":
		if !is("list") {
			return wrongType
		}
		v, _ = m.make(key, "list")
		v.list = append(v.list, args[1:]...)
		return v.length()
	case "lrange":
		_, good1 := integer(args[1])
		_, good2 := integer(args[2])
		switch {
		case !good1 || !good2:
			return notInteger
		case !is("list"):
			return wrongType
		}
		got := []any{}
		for i, e := range m.listOp(key, "range", append(slices.Clone(args[1:]), "")).([]any) {
			if i%2 == 1 {
				got = append(got, e)
			}
		}
		return got
	case "hset":
		if !is("hash") {
			return wrongType
		}
		v, _ = m.make(key, "hash")
		_, there := v.hash[args[1]]
		v.hash[args[1]] = args[2]
		delete(v.ends, args[1])
		return int64(map[bool]int{false: 1}[there])
	case "hgetall":
		if !is("hash") {
			return wrongType
		}
		var got mapping
		if v != nil {
			for f, s := range v.hash {
				got = append(got, f, s)
			}
		}
		return got
	case "zadd":
		score, good := scoreOf(args[1])
		switch {
		case !good || math.IsNaN(score):
			return notFloat
		case !is("zset"):
			return wrongType
		}
		v, _ = m.make(key, "zset")
		_, there := v.zset[args[2]]
		v.zset[args[2]] = score
		return int64(map[bool]int{false: 1}[there])
	case "sadd":
		return m.setOp(key, "add", append([]string{""}, args[1:]...))
	case "smembers":
		return m.setOp(key, "members", []string{""})
	case "rename":
		if v == nil {
			return noKey
		}
		delete(db, key)
		db[args[1]] = v
		return ok
	case "copy":
		switch {
		case key == args[1]:
			return failure("ERR*")
		case v == nil || db[args[1]] != nil:
			return int64(0)
		}
		db[args[1]] = v.clone()
		return int64(1)
	case "pexpireat":
		at, good := integer(args[1])
		switch {
		case !good:
			return notInteger
		case v == nil:
			return int64(0)
		}
		v.at = at
		return int64(1)
	}
	had := v != nil && v.at != 0 // persist
	if had {
		v.at = 0
	}
	return int64(map[bool]int{true: 1}[had])
}

func (m *model) appendTo(key, text string) any {
	v, _ := m.make(key, "string")
	v.str = append(v.str, text...)
	return v.length()
}

func (v *stored) clone() *stored {
	w := *v
	w.str, w.list, w.entries, w.doc = slices.Clone(v.str), slices.Clone(v.list), slices.Clone(v.entries), slices.Clone(v.doc)
	w.hash, w.ends, w.zset = map[string]string{}, maps.Clone(v.ends), map[string]float64{}
	for k, s := range v.hash {
		w.hash[k] = s
	}
	for k, s := range v.zset {
		w.zset[k] = s
	}
	w.record.times, w.record.tags = slices.Clone(v.record.times), slices.Clone(v.record.tags)
	return &w
}

// config is CONFIG SET NAME VALUE and CONFIG GET NAME.
func (m *model) config(args []string) any {
	name := strings.ToLower(args[1])
	if strings.EqualFold(args[0], "get") {
		var text string
		switch name {
		case "every.number":
			text = strconv.FormatInt(m.number, 10)
		case "every.flag":
			text = map[bool]string{true: "yes", false: "no"}[m.flag]
		case "every.mode":
			text = []string{1: "one", 2: "two"}[m.mode]
		case "every.text":
			text = m.text
		default:
			return mapping{}
		}
		return judge(func(n node) error { // the name may be as it was asked for
			if len(n.elems) != 2 || !strings.EqualFold(n.elems[0].text, name) || n.elems[1].text != text {
				return fmt.Errorf("%s is not %q", n.show(), text)
			}
			return nil
		})
	}
	stored := args[2]
	low := strings.ToLower(stored)
	switch name {
	case "every.number":
		n, good := integer(stored)
		if !good || n < -5 || n > 1000 || n == 13 {
			return failure("ERR*")
		}
		m.number = n
	case "every.flag":
		if low != "yes" && low != "no" {
			return failure("ERR*")
		}
		m.flag = low == "yes"
	case "every.mode":
		if low != "one" && low != "two" {
			return failure("ERR*")
		}
		m.mode = map[string]int64{"one": 1, "two": 2}[low]
	case "every.text":
		if strings.HasPrefix(stored, "c") {
			return failure("ERR*")
		}
		m.text = stored
	default:
		return failure("ERR*")
	}
	return ok
}
