// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package fuzz

import (
	"strconv"
	"strings"
)

// areas is how many kinds of steps there are by any byte, moreAreas how many came later: they have the bytes from firstMore on, so that
// older inputs stay what they are.
const (
	areas     = 22
	moreAreas = 7
	firstMore = 220
)

// areaOf is the kind of step that a byte stands for.
func areaOf(n byte) byte {
	if n < firstMore {
		return n % areas
	}
	return areas + (n-firstMore)%moreAreas
}

// The steps of a program that are more than a command begin with a word that no command has.
const (
	stepRestore = "dump and restore"     // the value of a key into another
	stepServe   = "wait, then be pushed" // one client waits for an element, another one pushes it
	stepKill    = "wait, then be killed"
	stepUnblock = "wait, then be unblocked"
	stepLater   = "have run later" // a key is written when the command is over
	stepMulti   = "multi"          // the next commands are a transaction
)

// owners are the beginnings of the keys that the areas have.
var owners = [areas + moreAreas]string{"string", "list", "list", "hash", "hash", "zset", "zset", "zset", "stream", "stream", "set", "k", "type", "struct", "k", "k", "k", "string", "k", "k", "list", "k",
	"string", "string", "string", "string", "k", "hash", "k"}

// program makes steps of bytes.
func program(b []byte) (steps [][]string) {
	c := &choices{b}
	take, pick := c.take, c.pick
	own := "k" // most keys are for one type, so that what comes next finds something
	key := func() string {
		return pick(own+"1", own+"1", own+"2", own+"1", own+"1", own+"2", "k1", "k2", "", "k\x00\r\n")
	}
	text := func() string {
		if n := int(take()); n < 40 {
			return c.bytes(n)
		}
		return pick("a", "b", "c", "", "12", strings.Repeat("long", 40), "\r\n\x00")
	}
	texts := func() (list []string) {
		for range take() % 6 {
			list = append(list, text())
		}
		return list
	}
	integer := func() string {
		return pick("0", "1", "2", "-1", "-2", "-3", "3", "10", "1000", "x", "", "01", "9223372036854775807", "-9223372036854775808", "12345678901234567890", "1.5")
	}
	score := func() string {
		return pick("0", "1", "2", "-3", "0.1", "1e3", "inf", "-inf", "NaN", "x", "", "9007199254740993", "1e-300", " 1")
	}
	mode := func(letters string) (s string) {
		n := take()
		for i := range letters {
			if n>>i&1 != 0 {
				s += letters[i : i+1]
			}
		}
		return s
	}
	id := func() string {
		return pick("-", "+", "1-1", "1-2", "1-3", "2", "5-0", "18446744073709551615-18446744073709551614", "x", "", "1-x", "0-1", "9999999999999")
	}
	var spec func(depth int) []string
	spec = func(depth int) []string {
		kind := pick("i", "d", "#", "b", "+", "-", "_", "0", "(", "=", "a", "s", "m", "?")
		switch kind {
		case "i", "d", "#":
			return []string{kind, integer()}
		case "a", "s", "m":
			n := int(take() % 4)
			if depth > 3 {
				n = 0
			}
			list := []string{kind, strconv.Itoa(n)}
			if kind == "m" {
				n *= 2
			}
			for range n {
				list = append(list, spec(depth+1)...)
			}
			return list
		}
		return []string{kind, text()}
	}
	var command func(area byte, depth int) []string
	builtin := func() []string {
		own = owners[int(take())%areas]
		return [][]string{
			{"SET", key(), text()}, {"GET", key()}, {"DEL", key(), key()}, {"RPUSH", key(), text(), text()}, {"LRANGE", key(), integer(), integer()},
			{"HSET", key(), text(), text()}, {"HGETALL", key()}, {"ZADD", key(), score(), text()}, {"SADD", key(), text()}, {"SMEMBERS", key()}, {"TYPE", key()},
			{"RENAME", key(), key()}, {"COPY", key(), key()}, {"INCRBY", key(), integer()}, {"APPEND", key(), text()}, {"EXISTS", key()}, {"PING"}, {"ECHO", text()},
			{"STRLEN", key()}, {"PERSIST", key()}, {"NOSUCH", text()}, {"GET"},
		}[int(take())%22]
	}
	command = func(area byte, depth int) []string {
		of := func(name string, list ...string) []string { return append([]string{"e." + name, key()}, list...) }
		own = owners[areaOf(area)]
		with := func(list []string, more []string) []string { return append(list, more...) }
		switch areaOf(area) {
		case 0:
			return [][]string{of("str", "set", text()), of("str", "get"), of("str", "append", text()), of("str", "cut", integer()), of("str", "poke", integer(), text()), of("str", "copy"), of("str", "double")}[int(take())%7]
		case 1:
			return [][]string{with(of("list", "push", pick("tail", "head", "end")), texts()), of("list", "pop", pick("head", "tail", "end"), integer()), of("list", "get", integer()), of("list", "set", integer(), text())}[int(take())%4]
		case 2:
			return [][]string{of("list", "insert", integer(), text()), of("list", "delete", integer()), of("list", "range", integer(), integer(), mode("b")), of("list", "thin", integer(), integer())}[int(take())%4]
		case 3:
			return with(of("hash", "set", mode("nxc?")), texts())
		case 4:
			return [][]string{with(of("hash", "get", text()), texts()), of("hash", "exists", text()), with(of("hash", "del", text()), texts()), of("hash", "scan", mode("ds"))}[int(take())%4]
		case 5:
			return of("zset", pick("add", "incr"), mode("xngl?"), score(), text())
		case 6:
			return [][]string{of("zset", "rem", text()), of("zset", "score", text()), of("zset", "range", score(), score(), mode("()bp")), of("zset", "take", score(), score(), mode("()b")), of("zset", "scan", mode("s"))}[int(take())%5]
		case 7:
			end := func() string { return pick("-", "+", "[a", "(a", "[", "(", "[c", "x", "", "-x", "(long") }
			return of("zset", "lex", end(), end(), mode("bp-+"))
		case 8:
			return [][]string{with(of("stream", "add", id()), texts()), of("stream", "auto", text(), text()), of("stream", "auto", text())}[int(take())%3]
		case 9:
			return [][]string{of("stream", "del", id()), of("stream", "delrange", id(), id()), of("stream", "trim", mode("?"), integer()), of("stream", "trimid", mode("?"), id()), of("stream", "range", id(), id(), mode("xbid"))}[int(take())%5]
		case 10:
			return [][]string{with(of("set", "add", mode("q")), texts()), with(of("set", "remove", mode("q")), texts()), of("set", "contains", text()), of("set", "len"), of("set", "pop"), of("set", "random"), of("set", "members", mode("bd")), of("set", "scan", mode("s"))}[int(take())%8]
		case 11:
			return [][]string{of("key", pick("type", "look", "delete", "unlink", "lives", "persist")), of("key", "again", text()), of("key", pick("at", "ttl", "lru", "lfu"), integer())}[int(take())%3]
		case 12:
			return [][]string{with(of("type", "set", text()), texts()), of("type", "get"), of("type", "replace", text()), of("type", "again"), of("type", "spoil", integer())}[int(take())%5]
		case 13:
			return [][]string{with(of("struct", "set", integer()), texts()), of("struct", "add", integer(), text()), of("struct", "tag", integer(), text()), of("struct", "get"), of("struct", "again")}[int(take())%5]
		case 14:
			op := func() string { return pick("^", "$", "==", ">=", ">", "<=", "<", "?", "x") }
			return with([]string{"e.dict"}, [][]string{{"add", text(), integer()}, {"replace", text(), integer()}, {"get", text()}, {"delete", text()}, {"len"}, {"range", op(), text(), mode("sbd")}, {"walk", op(), text(), pick("n", "nnn", "pp", "npnpnp", "nnnnnnnpp", "")}, {"free"}}[int(take())%8])
		case 15:
			inner := builtin()
			if take()&1 != 0 && depth < 3 {
				inner = command(take(), depth+1)
			}
			return append([]string{"e.call", "do", "r" + pick("", "a", "3") + mode("we"), mode("pTBNV") + pick("", "w", "v", "o")}, inner...)
		case 16:
			return append([]string{"e.reply", pick("value", "recorded", "postponed", "direct", "panic")}, spec(0)...)
		case 17:
			return [][]string{{"e.db", "set", pick("0", "1", "2", "15", "16", "-1", "x", "9223372036854775807"), key(), text()}, {"e.db", "size"}, {"e.db", "random"}, {"e.db", "keys", mode("sb")}, {"SELECT", pick("0", "1", "2", "16", "x")}}[int(take())%5]
		case 18:
			return []string{"e.block", pick("go", "fail", "exit", "die", "none", "do", "finish", "reply", "twice", "error", "unblock", "late", "abort", "refuse", "timer"), text()}
		case 19:
			config := pick("every.number", "every.flag", "every.mode", "every.text", "every.none", "EVERY.NUMBER")
			return [][]string{{"e.rest", "publish", pick("news", "nothing", text()), text()}, {"e.rest", "values"}, {"e.rest", "config"}, {"e.rest", "server", pick("redis_version", "no_such", "")}, {"e.rest", "strings", text(), text()},
				{"e.acl", "ask", pick("", "allkeys +@all", "~k1 +get", "%R~k* +get", "&k1 allkeys -@all", "bad", "+nosuch"), key()}, {"e.acl", "user", pick("default", "nobody", text())},
				{"CONFIG", "GET", config}, {"CONFIG", "SET", config, pick(integer(), text(), "yes", "no", "NO", "one", "TWO", "13", "1001", "-5")}}[int(take())%9]
		case 22:
			via := []string{"e.via", mode("dorikn") + pick("", "", "", "k", "kk", "di", "p", "g")}
			if depth < 3 {
				return append(via, command(take(), depth+1)...)
			}
			return append(via, builtin()...)
		case 23:
			return [][]string{of("event", "send", pick("string", "module", "list", "none"), text()), of("event", "take"), of("event", "jobs", pick("on", "on", "off")), {"SET", key(), text()}, {"APPEND", key(), text()}, {"INCRBY", key(), integer()}}[int(take())%6]
		case 24:
			switch n := take(); {
			case n%8 == 0:
				return []string{"e.block", "fork", text()}
			case depth > 0:
				return builtin()
			}
			return []string{stepLater, key(), pick("timer", "timers", "ticker", "oneshot", "post", "thread", "thread in its database"), text()}
		case 25:
			db := func() string { return pick("0", "1", "2", "1", "0", "x", "16", "-1") }
			return [][]string{{"FLUSHDB"}, {"SWAPDB", db(), db()}, {"MOVE", key(), db()}, {"MOVE", key(), db()}, {"SELECT", pick("0", "1")}, {"SET", key(), text()}}[int(take())%6]
		case 26:
			kind := pick("strmap", "textmap", "bytesmap", "strs", "texts", "bytes", "ints", "reals", "keys")
			if kind == "keys" {
				return with([]string{"e.many", kind, mode("f")}, builtin())
			}
			list := []string{"e.many", kind, mode("r")}
			for range take() % 6 {
				list = append(list, pick(text(), integer()))
			}
			return list
		case 27:
			field := func() string { return pick("a", "b", "c", "") }
			return [][]string{with(of("hash", "set", mode("nxc")), []string{field(), text(), field(), text()}), {"HPEXPIREAT", key(), pick("33000000000000", "33000000000001", "34000000000000"), "FIELDS", "1", field()}, {"HPERSIST", key(), "FIELDS", "1", field()},
				of("hash", "ends", field()), of("hash", "first"), of("hash", "del", field()), {"HSET", key(), field(), text()}, {"COPY", key(), key()}}[int(take())%8]
		case 28:
			if take()%3 == 0 {
				return []string{"ACL", "LOG", "100"}
			}
			return []string{"e.acl", "log", pick("every", "default", "nobody", text()), pick("k1", "get", text()), pick("auth", "command", "key", "channel")}
		case 20: // any number of words
			list := []string{"e." + pick("str", "list", "hash", "zset", "stream", "set", "key", "type", "struct", "dict", "call", "reply", "db", "block", "rest", "acl", "pop")}
			return append(list, texts()...)
		}
		return builtin()
	}
	for len(c.rest) > 0 && len(steps) < 60 {
		switch n := take(); {
		case n < 235:
			steps = append(steps, command(n, 0))
		case n < 240:
			own = owners[int(take())%areas]
			steps = append(steps, []string{stepRestore, key(), key()})
		case n < 244:
			own = "list"
			steps = append(steps, []string{stepServe, key(), text()})
		case n < 246:
			steps = append(steps, []string{stepKill, text()})
		case n < 248:
			steps = append(steps, []string{stepUnblock, text()})
		default:
			steps = append(steps, []string{stepMulti, strconv.Itoa(int(n - 247))})
		}
	}
	return steps
}
