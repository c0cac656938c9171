// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package fuzz

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/iredismodule/redismodule/internal/resp"
	"github.com/iredismodule/redismodule/rmtest"
)

// client is a connection to a server.
type client struct {
	conn     net.Conn
	reader   *bufio.Reader
	protocol int
}

func newClient(s *rmtest.Server, protocol int) *client {
	conn, err := net.Dial("unix", s.Addr())
	if err != nil {
		panic(err)
	}
	c := &client{conn: conn, reader: bufio.NewReader(conn), protocol: protocol}
	if protocol == 3 {
		if b, err := c.do("HELLO", "3"); err != nil || b[0] != '%' {
			panic(fmt.Sprintf("HELLO: %q, %v", b, err))
		}
	}
	return c
}

func (c *client) send(words ...string) error {
	if err := c.conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return err
	}
	_, err := c.conn.Write(resp.AppendCommand(nil, words...))
	return err
}

// read reads a whole reply.
func (c *client) read() ([]byte, error) { return resp.AppendRaw(nil, c.reader) }

func (c *client) do(words ...string) ([]byte, error) {
	if err := c.send(words...); err != nil {
		return nil, err
	}
	return c.read()
}

// every is a server with internal/testmod/everymod in one of the modes.
type every struct {
	server     *rmtest.Server
	clients    [2]*client
	other      *client // of RESP2
	replica    *client // of the replica, if there is one
	subscriber *client
	memory     int
	able       able
}

func startEvery(f *testing.F, mode string, replica bool) *every {
	f.Helper()
	e := &every{server: rmtest.Start(f, rmtest.Options{
		Modules: []rmtest.Module{{Path: rmtest.Build(f, "github.com/iredismodule/redismodule/internal/testmod/everymod"), Args: []string{"rm-mode=" + mode}}},
		Config:  []string{"appendonly yes", "appendfsync no", "auto-aof-rewrite-percentage 0", "save ''", "repl-diskless-sync-delay 0", "hz 100"},
		TCP:     replica,
	})}
	e.clients = [2]*client{newClient(e.server, 2), newClient(e.server, 3)}
	e.other, e.subscriber = newClient(e.server, 2), newClient(e.server, 2)
	if _, err := e.subscriber.do("SUBSCRIBE", "news"); err != nil {
		f.Fatal(err)
	}
	kind, major, minor, _ := e.server.Version()
	e.able = ableOf(kind, major, minor, mode)
	if replica {
		e.replica = newClient(e.server.Replica(), 2)
	}
	return e
}

// usedMemory is what the server has when there are no data.
func (e *every) usedMemory(tb testing.TB) int {
	for range 3 {
		for _, words := range [][]string{{"FLUSHALL"}, {"e.dict", "free"}} {
			if b, err := e.other.do(words...); err != nil || b[0] != '+' {
				tb.Fatalf("%q: %q, %v", words, b, err)
			}
		}
	}
	n, err := strconv.Atoi(e.info(tb, "memory", "used_memory"))
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

// info is a field of INFO.
func (e *every) info(tb testing.TB, section, field string) string {
	b, err := e.other.do("INFO", section)
	if err != nil {
		tb.Fatal(err)
	}
	_, text, _ := strings.Cut(string(b), "\n"+field+":")
	text, _, _ = strings.Cut(text, "\r")
	return text
}

// trial is one program on a server.
type trial struct {
	*every
	t    *testing.T
	m    *model
	c    *client
	sent []string
}

func (r *trial) fail(format string, args ...any) {
	r.t.Helper()
	r.t.Fatalf("%s\nRESP%d\n%s", fmt.Sprintf(format, args...), r.c.protocol, strings.Join(r.sent, "\n"))
}

// check compares the bytes of a reply with what it should be.
func (r *trial) check(b []byte, err error, want any, protocol int) {
	r.t.Helper()
	if err != nil {
		r.fail("no reply: %v", err)
	}
	if n, err := decodeLoosely(b, protocol); err != nil {
		r.fail("%q: %v", cut(b), err)
	} else if err := differs(n, want, protocol); err != nil {
		r.fail("%v", err)
	}
}

// must is a command of the harness.
func (r *trial) must(c *client, words ...string) node {
	r.t.Helper()
	b, err := c.do(words...)
	if err != nil {
		r.fail("%q: %v", words, err)
	}
	n, err := decode(b, c.protocol)
	if err != nil || n.kind == '-' {
		r.fail("%q: %s, %v", words, n.show(), err)
	}
	return n
}

// until waits for a condition.
func (r *trial) until(what string, holds func() bool) {
	r.t.Helper()
	for begun := time.Now(); !holds(); time.Sleep(time.Millisecond) {
		if time.Since(begun) > patience {
			r.fail("%s has not come", what)
		}
	}
}

// command sends a command of a program and compares the reply.
func (r *trial) command(words []string) {
	r.t.Helper()
	b, err := r.c.do(words...)
	if _, waits := r.m.peek(words).(waits); waits {
		r.fail("%q should have waited: %q", words, b)
	}
	r.check(b, err, r.m.apply(words), r.c.protocol)
}

// blocks tells whether a command waits for ever.
func (r *trial) blocks(words []string) bool {
	_, waits := r.m.peek(words).(waits)
	words = filtered(words)
	return waits || len(words) == 3 && words[0] == "e.block" && words[1] == "wait"
}

// waiting has a client of its own send a command, and waits until the server has blocked it.
func (r *trial) waiting(words ...string) (c *client, id string) {
	c = newClient(r.server, 2)
	id = r.must(c, "CLIENT", "ID").text
	r.must(c, "SELECT", strconv.Itoa(r.m.db))
	if err := c.send(words...); err != nil {
		r.fail("%v", err)
	}
	r.until("a blocked client", func() bool {
		return strings.Contains(r.must(r.other, "CLIENT", "LIST", "ID", id).text, " flags=b")
	})
	return c, id
}

// step runs a step.
func (r *trial) step(words []string) {
	r.t.Helper()
	m := r.m
	switch words[0] {
	case stepRestore:
		b, err := r.c.do("DUMP", words[1])
		if err != nil {
			r.fail("%v", err)
		}
		v := m.dbs[m.db][words[1]]
		n, err := decode(b, r.c.protocol)
		if err != nil || (n.kind == '_') != (v == nil) {
			r.fail("%s, %v", n.show(), err)
		}
		if v == nil {
			return
		}
		b, err = r.c.do("RESTORE", words[2], "0", n.text, "REPLACE")
		r.check(b, err, ok, r.c.protocol)
		w := v.clone()
		w.at = 0
		m.dbs[m.db][words[2]] = w
	case stepServe:
		wait := []string{"e.pop", words[1], "wait"}
		if !r.blocks(wait) {
			r.command(wait)
			return
		}
		c, _ := r.waiting(wait...)
		defer c.conn.Close()
		push := []string{"e.list", words[1], "push", "tail", words[2]}
		b, err := r.c.do(push...)
		r.check(b, err, m.apply(push), r.c.protocol)
		b, err = c.read()
		r.check(b, err, m.apply(wait), 2)
	case stepKill:
		c, id := r.waiting("e.block", "wait", words[1])
		r.must(r.other, "CLIENT", "KILL", "ID", id)
		if b, err := c.read(); err == nil {
			r.fail("a killed client got %q", b)
		}
	case stepUnblock:
		c, id := r.waiting("e.block", "wait", words[1])
		defer c.conn.Close()
		r.must(r.other, "CLIENT", "UNBLOCK", id)
		b, err := c.read()
		r.check(b, err, words[1], 2)
	case stepLater:
		done := func() string { return r.must(r.other, "e.event", "", "done").text }
		before := done()
		b, err := r.c.do("e.event", words[1], "later", words[2], words[3])
		r.check(b, err, ok, r.c.protocol)
		r.until("what was to run later", func() bool { return done() != before })
		db := 0
		if slices.Contains([]string{"timer", "timers", "thread in its database"}, words[2]) {
			db = m.db
		}
		v := newValue("string")
		v.str = []byte(words[3])
		m.dbs[db][words[1]] = v
	default:
		if r.blocks(words) {
			r.command([]string{"e.pop", "", "no such operation"}) // it is for a client of its own
			return
		}
		r.command(words)
	}
}

// seedsOfArea is how many programs there are that are mostly of one area, seedsOfMore of each of those that came later.
const (
	seedsOfArea = 12
	seedsOfMore = 8
)

// mayGrow is how many bytes a server may have more after rounds of the same commands than before: a key that stays open with
// each use of one comes to a multiple.
const (
	rounds  = 12
	mayGrow = 128 << 10
)

// steady sends the same commands in rounds. Whatever the first ones make that stays is there then: the next ones must not make more.
func (e *every) steady(tb testing.TB, list [][]string) {
	tb.Helper()
	round := func() int {
		for range rounds {
			for _, words := range list {
				if _, err := e.other.do(words...); err != nil {
					tb.Fatalf("%q: %v", words, err)
				}
			}
		}
		return e.usedMemory(tb)
	}
	round()
	before := round()
	if more := round() - before; more > mayGrow {
		tb.Errorf("the server's memory grows by %d bytes in %d rounds of %d commands", more, rounds, len(list))
	}
}

// handmade are programs for what random bytes do not come to.
func handmade() (list [][]byte) {
	for mode := range byte(16) { // sorted sets, and their ranges: from 0, 1 and 2 to 2, with all modes, and taken from
		var b []byte
		for n := range byte(3) {
			b = append(b, 5, 0, 0, n, 1, 'a'+n, 0)
		}
		for least := range byte(3) {
			for greatest := least; greatest < 3; greatest++ {
				b = append(b, 6, 0, 0, 0, 0, least, greatest, mode, 0, 0, 2, 0, 0, 0, 0, 2)
			}
		}
		b = append(b, 6, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, mode, 0, 0, 0, 3)
		list = append(list, b)
	}
	for mode := range byte(16) { // fields of a hash: new ones and the same again, one alone and with others
		list = append(list, []byte{3, 0, 0, 2, 1, 'a', 1, '1', 3, mode, 0, 2, 1, 'a', 1, '2', 3, mode, 0, 4, 1, 'b', 1, '3', 1, 'a', 1, '4', 4, 1, 'a', 1, 1, 'b', 0, 0, 0, 0, 0, 0, 0, 0})
	}
	for value := range byte(16) { // a config of integers at its limits: by the number of the integer, and by that of the others
		number := func(which, index byte) []byte {
			return []byte{19, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, value, 0, which, index}
		}
		list = append(list, slices.Concat(number(0, 8), number(0, 7), number(8, 8), number(0, 7), number(9, 8), number(0, 7)))
	}
	var fields []byte // a field of a hash that ends, asked for, set again, asked for again
	for _, op := range []byte{0, 1, 3, 4, 6, 3, 1, 2, 3, 1, 4} {
		fields = append(append(append(fields, firstMore+5), make([]byte, 21)...), op)
	}
	return append(list, fields)
}

// patience is how long anything is waited for.
const patience = time.Minute

// harness tells whether a step is more than a command.
func harness(words []string) bool { return words[0] == stepMulti || strings.Contains(words[0], " ") }

// transaction runs commands in MULTI.
func (r *trial) transaction(list [][]string) {
	r.t.Helper()
	r.must(r.c, "MULTI")
	var queued [][]string
	for _, words := range list {
		b, err := r.c.do(words...)
		if err != nil {
			r.fail("%v", err)
		}
		if b[0] == '-' { // the server knows that it is wrong
			if want, bad := r.m.peek(words).(failure); !bad {
				r.fail("%q: %q, and should be %#v", words, b, want)
			}
			r.must(r.c, "DISCARD")
			return
		}
		queued = append(queued, words)
	}
	b, err := r.c.do("EXEC")
	if err != nil {
		r.fail("%v", err)
	}
	n, err := decodeLoosely(b, r.c.protocol)
	if err != nil || n.kind != '*' || len(n.elems) != len(queued) {
		r.fail("EXEC: %s, %v", n.show(), err)
	}
	r.m.inside++
	for i, words := range queued {
		if err := differs(n.elems[i], r.m.apply(words), r.c.protocol); err != nil {
			r.fail("%q: %v", words, err)
		}
	}
	r.m.inside--
	r.m.finish()
}

// contents compares the data with the model, by the server's own commands.
func (r *trial) contents() {
	r.t.Helper()
	r.c = r.other
	was := r.m.db
	for db, keys := range r.m.dbs {
		if db > 2 && len(keys) == 0 {
			continue
		}
		r.m.db = db
		r.must(r.c, "SELECT", strconv.Itoa(db))
		names := unsorted{}
		for key := range keys {
			names = append(names, key)
		}
		ask := func(want any, words ...string) {
			r.t.Helper()
			b, err := r.c.do(words...)
			if n, e := decode(b, 2); err != nil || e != nil {
				r.fail("%q: %q, %v, %v", words, b, err, e)
			} else if err := differs(n, want, 2); err != nil {
				r.fail("database %d, %q: %v", db, words, err)
			}
		}
		ask(names, "KEYS", "*")
		for key, v := range keys {
			ask(status(v.kind), "TYPE", key)
			at := v.at
			if at == 0 {
				at = -1
			}
			ask(at, "PEXPIRETIME", key)
			switch v.kind {
			case "string":
				ask(string(v.str), "GET", key)
			case "list":
				ask(anys(v.list), "LRANGE", key, "0", "-1")
			case "hash":
				ask(r.m.builtin("hgetall", []string{key}), "HGETALL", key)
				for field, at := range v.ends {
					ask([]any{at}, "HPEXPIRETIME", key, "FIELDS", "1", field)
				}
			case "set":
				ask(r.m.builtin("smembers", []string{key}), "SMEMBERS", key)
			case "zset":
				ask(r.m.zsetOp(key, "range", []string{"-inf", "inf", ""}), "ZRANGE", key, "0", "-1", "WITHSCORES")
			case "stream":
				list := []any{}
				for _, e := range v.entries {
					list = append(list, []any{e.id.String(), anys(e.fields)})
				}
				ask(list, "XRANGE", key, "-", "+")
			case "every-doc":
				ask(anys(v.doc), "e.type", key, "get")
			case "every-str":
				ask(r.m.structOp(key, "get", nil), "e.struct", key, "get")
			}
		}
	}
	r.m.db = was
	r.must(r.c, "SELECT", "0")
}

// again has the data come another way, and compares the digest.
func (r *trial) again(way byte) {
	r.t.Helper()
	before := r.must(r.other, "DEBUG", "DIGEST").text
	digest := func(c *client, what string) {
		r.t.Helper()
		if after := r.must(c, "DEBUG", "DIGEST").text; after != before {
			r.fail("the digest is %s, and after %s %s", before, what, after)
		}
	}
	switch {
	case way%16 == 15:
		r.must(r.other, "BGREWRITEAOF")
		r.until("the end of the rewriting", func() bool {
			return r.info(r.t, "persistence", "aof_rewrite_in_progress") == "0" && r.info(r.t, "persistence", "aof_rewrite_scheduled") == "0"
		})
		if s := r.info(r.t, "persistence", "aof_last_bgrewrite_status"); s != "ok" {
			r.fail("the rewriting: %s", s)
		}
		fallthrough
	case way%4 == 1:
		r.must(r.other, "DEBUG", "LOADAOF")
		digest(r.other, "loading the append only file")
		r.contents()
	case way%4 == 2:
		r.must(r.other, "DEBUG", "RELOAD")
		digest(r.other, "saving and loading")
		r.contents()
	case way%4 == 3 && r.replica != nil:
		offset, err := strconv.Atoi(r.info(r.t, "replication", "master_repl_offset"))
		if err != nil {
			r.fail("%v", err)
		}
		r.until("the replica", func() bool {
			_, text, _ := strings.Cut(r.must(r.replica, "INFO", "replication").text, "\nslave_repl_offset:")
			text, _, _ = strings.Cut(text, "\r")
			n, err := strconv.Atoi(text)
			return err == nil && n >= offset
		})
		digest(r.replica, "replication")
	}
}

// peek is apply without what it changes.
func (m *model) peek(words []string) any {
	words = filtered(words)
	if len(words) != 3 || words[0] != "e.pop" || words[2] != "wait" {
		if words[0] == "e.block" {
			return nil
		}
		return m.copy().apply(words)
	}
	if v := m.dbs[m.db][words[1]]; v == nil {
		return waits{}
	}
	return nil
}

func (m *model) copy() *model {
	c := *m
	for i, db := range m.dbs {
		c.dbs[i] = map[string]*stored{}
		for key, v := range db {
			c.dbs[i][key] = v.clone()
		}
	}
	c.heard, c.work = slices.Clone(m.heard), slices.Clone(m.work)
	c.dict = map[string]int64{}
	for k, n := range m.dict {
		c.dict[k] = n
	}
	return &c
}

// FuzzCommands runs programs of commands on a server with internal/testmod/everymod, whose commands use the typed
// API between them. A model in Go says what each replies, in RESP2 and RESP3, alone, in MULTI, and called by a
// command, and what the data are afterwards. The same data come from the append only file, a file, or are at a
// replica; the server lives, and memory and values go.
func FuzzCommands(f *testing.F) {
	servers := []*every{startEvery(f, "resident", true), startEvery(f, "portable", false)}
	if kind, major, _, _ := servers[0].server.Version(); kind == "redis" && major < 7 {
		f.Skip("the commands need Redis 7.0")
	}
	for _, e := range servers {
		e.able.lruUnit = true
		// The times of each command are many kilobytes, from its first run on.
		if b, err := e.other.do("CONFIG", "SET", "latency-tracking", "no"); err != nil || b[0] != '+' {
			f.Fatalf("CONFIG: %q, %v", b, err)
		}
		for _, words := range [][]string{{"SET", "k", "v"}, {"e.key", "k", "lru", "10"}} {
			b, err := e.other.do(words...)
			if err != nil {
				f.Fatal(err)
			}
			e.able.lruUnit = e.able.lruUnit && !bytes.HasPrefix(b, []byte("-"))
		}
	}
	for _, e := range servers {
		e.usedMemory(f)
		e.memory = e.usedMemory(f)
	}
	random := rand.New(rand.NewPCG(1, 2))
	var same [][]string // commands of all areas
	addSeeds := func(n byte, seed []byte) {
		f.Add(seed)
		if n != 0 {
			return
		}
		for _, words := range program(seed[2:]) {
			if first := filtered(words)[0]; !harness(words) && first != "e.block" && first != "e.pop" && first != "SELECT" {
				same = append(same, words)
			}
		}
	}
	for area := range byte(areas) {
		for n := range byte(seedsOfArea) {
			seed := []byte{n, byte(random.IntN(256))}
			for len(seed) < 400 { // most bytes are small: texts are short, and their bytes are what comes next
				next := byte(random.IntN(areas))
				for random.IntN(8) > 0 && owners[next] != owners[area] {
					next = byte(random.IntN(areas))
				}
				seed = append(seed, next)
				for range 3 + random.IntN(8) {
					seed = append(seed, byte(random.IntN(11)))
				}
				if random.IntN(20) == 0 {
					seed = append(seed, byte(235+random.IntN(20)))
				}
			}
			addSeeds(n, seed)
		}
	}
	for area := range byte(moreAreas) { // these between others
		for n := range byte(seedsOfMore) {
			seed := []byte{n, byte(random.IntN(256))}
			for len(seed) < 300 { // a command takes more bytes than it says: of whichever is next, many are of the area
				switch {
				case random.IntN(5) < 2:
					seed = append(seed, firstMore+area+moreAreas*byte(random.IntN(2)))
				case random.IntN(12) == 0:
					seed = append(seed, firstMore+byte(random.IntN(moreAreas)))
				case random.IntN(40) == 0:
					seed = append(seed, byte(235+random.IntN(20)))
				default:
					seed = append(seed, byte(random.IntN(11)))
				}
			}
			addSeeds(n, seed)
		}
	}
	for i, b := range handmade() {
		f.Add(append([]byte{byte(i), 0}, b...))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 2 {
			return
		}
		e := servers[b[0]>>1&1]
		r := &trial{every: e, t: t, m: newModel(), c: e.clients[b[0]&1]}
		r.m.protocol, r.m.able = r.c.protocol, e.able
		for _, words := range [][]string{{"FLUSHALL"}, {"e.dict", "free"}, {"CONFIG", "SET", "every.number", "7", "every.flag", "yes", "every.mode", "two", "every.text", ""}, {"e.event", "", "jobs", "off"}, {"e.event", "", "take"}, {"ACL", "LOG", "RESET"}} {
			r.must(e.other, words...)
		}
		r.must(r.c, "SELECT", "0")
		steps := program(b[2:])
		for i := 0; i < len(steps); i++ {
			r.sent = append(r.sent, fmt.Sprintf("%q", steps[i]))
			if steps[i][0] != stepMulti {
				r.step(steps[i])
				continue
			}
			var list [][]string
			for n, _ := strconv.Atoi(steps[i][1]); n > 0 && i+1 < len(steps) && !harness(steps[i+1]); n-- {
				i++
				r.sent = append(r.sent, fmt.Sprintf("%q", steps[i]))
				list = append(list, steps[i])
			}
			r.transaction(list)
		}
		r.command([]string{"e.event", "", "take"})
		r.contents()
		r.again(b[1])
		for _, text := range r.m.news {
			b, err := e.subscriber.read()
			r.check(b, err, []any{"message", "news", text}, 2)
		}
		docs, structs := r.m.values()
		want := fmt.Sprintf("docs=%d,structs=%d,words=%d", docs, structs, len(r.m.dict))
		r.until("the end of what is freed: "+want, func() bool { return e.info(t, "every", "every_values") == want })
		r.until("the end of what was blocked", func() bool {
			n := r.must(e.other, "e.rest", "values")
			return n.elems[2].text == "0"
		})
	})
	if !f.Failed() {
		for _, e := range servers {
			if grown := e.usedMemory(f) - e.memory; grown > 1<<20 {
				f.Errorf("the server's memory has grown by %d bytes", grown)
			}
			e.steady(f, same)
		}
	}
}
