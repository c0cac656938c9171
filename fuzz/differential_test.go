// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package fuzz

import (
	"bufio"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/iredismodule/redismodule/internal/resp"
	"github.com/iredismodule/redismodule/rmtest"
)

func TestMain(m *testing.M) { os.Exit(rmtest.Main(m)) }

// twin is a server with one half of internal/testmod/twinmod, and its clients of RESP2 and RESP3.
type twin struct {
	server  *rmtest.Server
	clients [3]net.Conn // the last one is the harness's own, of RESP2
	readers [3]*bufio.Reader
	aof     int64 // how much of it is known to be the same
	memory  int
}

func startTwin(f *testing.F, module rmtest.Module) *twin {
	f.Helper()
	w := &twin{server: rmtest.Start(f, rmtest.Options{
		Modules: []rmtest.Module{module},
		Config:  []string{"appendonly yes", "appendfsync no", "auto-aof-rewrite-percentage 0", "save ''"},
	})}
	for i := range w.clients {
		w.clients[i] = w.server.RawConn()
		w.readers[i] = bufio.NewReader(w.clients[i])
	}
	if reply, err := w.do(1, "HELLO", "3"); err != nil || !strings.HasPrefix(reply, "%") {
		f.Fatalf("HELLO: %q, %v", reply, err)
	}
	return w
}

// do sends a command and returns the bytes of its reply.
func (w *twin) do(client int, words ...string) (string, error) {
	c := w.clients[client]
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return "", err
	}
	if _, err := c.Write(resp.AppendCommand(nil, words...)); err != nil {
		return "", err
	}
	b, err := resp.AppendRaw(nil, w.readers[client])
	return string(b), err
}

// errorStats are the counts of errors, by their codes.
func (w *twin) errorStats(t *testing.T) string {
	text, err := w.do(0, "INFO", "errorstats")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// timers counts those that have run, for a client of its own: the others may be in a transaction.
func (w *twin) timers(t *testing.T) string {
	n, err := w.do(2, "w.done")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// written is what the append only file has got since the last time.
func (w *twin) written(t *testing.T) string {
	files, err := filepath.Glob(filepath.Join(w.server.Dir(), "appendonlydir", "*.incr.aof"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	part := string(b[w.aof:])
	w.aof = int64(len(b))
	return part
}

// usedMemory is what the server has, when it has no data.
func (w *twin) usedMemory(tb testing.TB) int {
	for range 3 {
		if _, err := w.do(0, "FLUSHALL"); err != nil {
			tb.Fatal(err)
		}
	}
	text, err := w.do(0, "INFO", "memory")
	if err != nil {
		tb.Fatal(err)
	}
	_, text, _ = strings.Cut(text, "used_memory:")
	text, _, _ = strings.Cut(text, "\r")
	n, _ := strconv.Atoi(text)
	return n
}

// growth is what rounds of the same commands add when such have gone before.
func (w *twin) growth(tb testing.TB, list [][]string) int {
	round := func() int {
		for range rounds {
			for _, words := range list {
				if _, err := w.do(0, words...); err != nil {
					tb.Fatalf("%q: %v", words, err)
				}
			}
			if _, err := w.do(0, "DISCARD"); err != nil {
				tb.Fatal(err)
			}
		}
		return w.usedMemory(tb)
	}
	round()
	before := round()
	return round() - before
}

// ops is how many kinds of commands there are by any byte, moreOps how many came later: they have the last bytes, so that older inputs
// stay what they are.
const (
	ops     = 33
	moreOps = 6
)

// commandsOf makes commands of bytes.
func commandsOf(b []byte) (list [][]string) {
	c := &choices{b}
	take, pick := c.take, c.pick
	key := func() string { return pick("k1", "k2", "k3", "", "k\x00\r\n") }
	text := func() string {
		if n := int(take()); n < 40 {
			return c.bytes(n)
		}
		return pick("a", "b", "c", "", "12", strings.Repeat("long", 40))
	}
	number := func() string {
		return pick("0", "1", "2", "-3", "10", "1000", "1e3", "x", "9223372036854775807", "-9223372036854775808", "01", "inf", "-inf", "0.1", "1e-320", " 1", "nan", "12345678901234567890")
	}
	for len(c.rest) > 0 && len(list) < 60 {
		op := take()
		if op < 256-moreOps {
			op %= ops
		}
		switch op {
		case 255: // made of other words by the filter
			steps := pick("", "d", "r", "i", "k", "dd", "ri", "kk", "ikd", "nothing")
			c := [][]string{{"w.set", key(), text()}, {"w.get", key()}, {"w.push", key(), text(), text()}, {"SET", key(), text()}, {"w.nest", number()}, {"w.via", "r", "w.get", key()}, {"DEL", key()}}[int(take())%7]
			list = append(list, append(append([][]string{{"w.via"}, {"w.call", "w.via"}}[take()&1], steps), c...))
		case 254:
			list = append(list, []string{"w.heard"})
		case 253:
			list = append(list, []string{"w.jobs", pick("on", "off", "on")})
		case 252:
			list = append(list, []string{"w.notify", key(), text()})
		case 251:
			list = append(list, []string{"w.later", key(), text()})
		case 250: // what causes events
			list = append(list, [][]string{{"SET", key(), text()}, {"APPEND", key(), text()}, {"w.incr", key(), number()}, {"w.call", "SET", key(), text()}, {"w.call", "APPEND", key(), text()}}[int(take())%5])
		case 0:
			list = append(list, []string{"w.set", key(), text()})
		case 1:
			list = append(list, []string{"w.get", key()})
		case 2:
			list = append(list, []string{"w.cut", key(), number()})
		case 3:
			list = append(list, []string{"w.incr", key(), number()})
		case 4:
			list = append(list, []string{"w.del", key(), key(), key()})
		case 5:
			list = append(list, []string{"w.push", key(), text(), text()})
		case 6:
			list = append(list, []string{"w.pop", key(), number()})
		case 7:
			list = append(list, []string{"w.hset", key(), text(), text()})
		case 8:
			list = append(list, []string{"w.hdel", key(), text()})
		case 9:
			list = append(list, []string{"w.hget", key(), text()})
		case 10:
			list = append(list, []string{"w.zadd", key(), number(), text()})
		case 11:
			list = append(list, []string{"w.zrem", key(), text()})
		case 12:
			list = append(list, []string{"w.zrange", key(), number(), number()})
		case 13:
			list = append(list, []string{"w.reply", strconv.Itoa(int(take() % 14)), text(), number()})
		case 14:
			list = append(list, []string{"w.nest", number()})
		case 15: // any number of arguments
			c := []string{"w." + pick("set", "get", "cut", "incr", "del", "push", "pop", "hset", "hget", "zadd", "zrange", "call", "reply", "nest")}
			for range take() % 5 {
				c = append(c, text())
			}
			list = append(list, c)
		case 16, 17: // a call of the module's
			c := [][]string{{"GET", key()}, {"SET", key(), text()}, {"LRANGE", key(), "0", "-1"}, {"HGETALL", key()}, {"TYPE", key()}, {"INCR", key()},
				{"ZRANGE", key(), "0", "-1", "WITHSCORES"}, {"ZSCORE", key(), text()}, {"PING"}, {"ECHO", text()}, {"STRLEN", key()}, {"NOSUCH", text()}, {"GET"},
				{"EVAL", "return redis.call('w.get', KEYS[1])", "1", key()}, {"w.nest", number()}, {"w.zrange", key(), "0", "5"}, {"RPUSH", key(), text()}, {"", text()},
				{"EVAL", "return {1, {ok='x'}, redis.error_reply('MY err'), false, 3.5}", "0"}, {"CLIENT", "GETNAME"}, {"MULTI"}, {"w.call", "GET", key()}, {"DEL", key()}}[int(take())%23]
			list = append(list, append([]string{"w.call"}, c...))
		case 18:
			list = append(list, [][]string{{"SET", key(), text()}, {"RPUSH", key(), text()}, {"HSET", key(), text(), text()}, {"ZADD", key(), "1", text()}, {"DEL", key()}}[int(take())%5])
		case 19:
			list = append(list, []string{"MULTI"})
		case 20:
			list = append(list, []string{"EXEC"})
		case 22:
			list = append(list, []string{"w.zincr", key(), number(), text()})
		case 23:
			list = append(list, []string{"w.zlex", key(), pick("-", "+", "[a", "(a", "[", "(", "x", ""), pick("-", "+", "[c", "(c", "[", "x")})
		case 24:
			list = append(list, []string{"w.list", key(), pick("get", "set", "insert", "delete", "x"), number(), text()})
		case 25:
			list = append(list, []string{"w.xadd", key(), number(), number(), text(), text()})
		case 26:
			list = append(list, []string{"w.xdel", key(), number(), number()})
		case 27:
			list = append(list, []string{"w.xrange", key()})
		case 28:
			list = append(list, []string{"w.expire", key(), number()})
		case 29:
			list = append(list, []string{"w.scan", key()})
		case 30:
			list = append(list, []string{"w.append", key(), text()})
		case 31, 32: // configs
			name := pick("twin.number", "twin.flag", "twin.mode", "twin.text", "twin.none", "TWIN.NUMBER")
			value := pick(number(), text(), pick("yes", "no", "one", "two", "THREE", "13", "1001", "-5"))
			list = append(list, [][]string{{"CONFIG", "SET", name, value}, {"CONFIG", "GET", name}, {"CONFIG", "SET", "twin.mode", "one", name, value}, {"CONFIG", "SET", name, value, "twin.text", value}}[int(take())%4])
		case 21:
			list = append(list, []string{"EVAL", "return redis.pcall('w." + pick("get", "incr", "pop", "zrange", "nest") + "', unpack(ARGV))", "0", key(), number()})
		}
	}
	return list
}

// What differs on purpose is left out: a reply in RESP3 to a client of RESP2 (HELLO, called), which the
// module in Go refuses and the one in C sends.
//
// FuzzDifferential sends the same commands to a server with a module in Go and to one with the
// same module in C, in RESP2 and RESP3, within MULTI and out of it, from scripts and nested. Replies, data,
// the append only file and the counts of errors are the same, both live, and memory returns.
func FuzzDifferential(f *testing.F) {
	rmtest.Build(f, "github.com/iredismodule/redismodule/internal/testmod/twinmod")
	g := startTwin(f, rmtest.Module{Path: rmtest.Build(f, "github.com/iredismodule/redismodule/internal/testmod/twinmod")})
	c := startTwin(f, rmtest.Module{Path: rmtest.BuildC(f, "../internal/testmod/twinmod/native/twin.c")})
	if kind, major, _, _ := g.server.Version(); kind == "redis" && major < 7 {
		f.Skip("the commands need Redis 7.0")
	}
	both := []*twin{g, c}
	for _, w := range both {
		w.usedMemory(f)
		w.memory = w.usedMemory(f)
	}
	var same [][]string // commands of all kinds
	for op := range byte(ops) {
		for n := range byte(6) {
			seed := []byte{op, 0, 200, n, n, n, 13, n, 3, 'a', 'b', 'c', n, op, 1, 200, 4, n, 19, op, n, 1, 201, n, op, 2, n, 200, 20, 16, op, n, 200, 17, n + 6, 0, 200, 1, 16, n + 12, 0, 202, 3, 16, n + 17, n, 200, n}
			f.Add(seed)
			same = append(same, commandsOf(seed[1:])...)
		}
	}
	for op := range byte(moreOps) {
		op = 255 - op
		for n := range byte(12) {
			seed := []byte{n, 253, 0, 250, n, n, 2, 'a', 'b', op, n, n + 1, n + 2, n, 1, 'c', 254, op, n + 3, n, n + 1, 2, 'c', 'd', 253, n, 251, n, 200, n, op, n + 5, n, n + 2, n, n, 19, op, n, 250, 1, n, 200, 252, 0, 1, 'x', op, n, n, n, 20, op, 254, 0, 200}
			f.Add(seed)
			for _, words := range commandsOf(seed[1:]) {
				if words[0] != "w.later" {
					same = append(same, words)
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		client := int(b[0] & 1)
		for _, w := range both {
			for _, words := range [][]string{{"FLUSHALL"}, {"CONFIG", "SET", "twin.number", "7", "twin.flag", "yes", "twin.mode", "two", "twin.text", ""}, {"w.jobs", "off"}, {"w.heard"}, {"CONFIG", "RESETSTAT"}} {
				if _, err := w.do(0, words...); err != nil {
					t.Fatal(err)
				}
			}
			w.written(t)
		}
		var sent []string
		send := func(words ...string) string {
			sent = append(sent, strconv.Quote(strings.Join(words, " ")))
			x, err := g.do(client, words...)
			if err != nil {
				t.Fatalf("the module in Go: %v\n%s", err, strings.Join(sent, "\n"))
			}
			y, err := c.do(client, words...)
			if err != nil {
				t.Fatalf("the module in C: %v\n%s", err, strings.Join(sent, "\n"))
			}
			if x != y {
				t.Fatalf("Go %q\nC  %q\n%s", x, y, strings.Join(sent, "\n"))
			}
			return x
		}
		for _, words := range commandsOf(b[1:]) {
			if words[0] != "w.later" {
				send(words...)
				continue
			}
			before := []string{g.timers(t), c.timers(t)}
			if reply := send(words...); reply != "+OK\r\n" {
				continue
			}
			for i, w := range both {
				for begun := time.Now(); w.timers(t) == before[i]; time.Sleep(time.Millisecond) {
					if time.Since(begun) > patience {
						t.Fatalf("a timer has not come\n%s", strings.Join(sent, "\n"))
					}
				}
			}
		}
		send("DISCARD")
		send("w.heard")
		send("DEBUG", "DIGEST")
		for _, compare := range []func(w *twin, t *testing.T) string{(*twin).errorStats, (*twin).written} {
			if x, y := compare(g, t), compare(c, t); x != y {
				t.Fatalf("Go %q\nC  %q\n%s", x, y, strings.Join(sent, "\n"))
			}
		}
	})
	if !f.Failed() {
		for _, w := range both {
			w.memory = w.usedMemory(f) - w.memory
		}
		if g.memory > c.memory+1<<20 {
			f.Errorf("the server's memory has grown by %d bytes, with the module in C by %d", g.memory, c.memory)
		}
		if x, y := g.growth(f, same), c.growth(f, same); x > y+mayGrow {
			f.Errorf("the server's memory grows by %d bytes in %d rounds of the same commands, with the module in C by %d", x, rounds, y)
		}
	}
}
