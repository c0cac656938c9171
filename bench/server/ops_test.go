// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/bench/internal/results"
	"github.com/iredismodule/redismodule/rmtest"
)

// dataAnswers are what the data ops must answer, whoever implements them.
var dataAnswers = map[string]string{
	"ok":             "+OK\r\n",
	"set":            "+OK\r\n",
	"incr":           "+OK\r\n",
	"hget":           bulk(benchValue),
	"hget10":         "*10\r\n" + strings.Repeat(bulk(benchValue), 10),
	"hset":           "+OK\r\n",
	"hset10":         "+OK\r\n",
	"pushpop":        bulk(benchValue),
	"zadd":           "+OK\r\n",
	"zrangein100":    integer(zsetLen*(zsetLen-1)/2 + 10*8 + 90*9),
	"walkbytes1000":  integer(10*9 + 90*10 + 900*11),
	"zrange100":      integer(zsetLen*(zsetLen-1)/2 + 10*8 + 90*9),
	"scan10000":      integer(10*5 + 90*6 + 900*7 + 9000*8),
	"scanbytes10000": integer(10*5 + 90*6 + 900*7 + 9000*8),
	"scanin10000":    integer(10*5 + 90*6 + 900*7 + 9000*8),
	"xadd":           "+OK\r\n",
	"xreadbytes10":   integer(streamLen * (len("field") + len(benchValue))),
	"lwalk100":       integer(10*9 + 90*10),
	"callstr":        bulk(benchValue),
	"calltext":       bulk("0123456789abcdef"),
	"callbytes":      bulk("0123456789abcdef"),
	"callint":        bulk("1234567"),
	"callvector10":   integer(10),
	"callmixed":      bulk(benchValue),
	"doargs":         bulk(benchValue),
	"xread10":        integer(streamLen * (len("field") + len(benchValue))),
	"dictget":        integer(618),
	"call0":          "+PONG\r\n",
	"call3":          bulk(benchValue),
	"walk1000":       integer(10*9 + 90*10 + 900*11),
	"reply1":         elements(1),
	"reply10":        elements(10),
	"reply1000":      elements(1000),
	"build1":         elements(1),
	"build10":        elements(10),
	"build1000":      elements(1000),

	"ints1000":       many(1000, integer),
	"floats1000":     many(1000, func(i int) string { return bulk(fmt.Sprintf("%d.5", i)) }),
	"texts1000":      many(1000, value),
	"textmap500":     many(1000, value),
	"strings100":     many(100, value),
	"buildints1000":  many(1000, integer),
	"buildtexts1000": many(1000, value),
	"filter":         bulk(benchValue),
	"notify100":      integer(100 * len(benchKey)),
	"timer":          integer(1),
}

func bulk(s string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(s), s) }

func integer(n int) string { return fmt.Sprintf(":%d\r\n", n) }

// many is an array of n elements.
func many(n int, element func(i int) string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", n)
	for i := range n {
		b.WriteString(element(i))
	}
	return b.String()
}

func value(int) string { return bulk(benchValue) }

func elements(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", n)
	for i := range n {
		if i%2 == 0 {
			b.WriteString(integer(i))
		} else {
			b.WriteString(bulk(benchValue))
		}
	}
	return b.String()
}

// commandsAnswer holds the commands with the prefix against what they must answer:
// to the ops, and to wrong use.
func commandsAnswer(t *testing.T, srv *server, prefix string) {
	t.Helper()
	ops, err := selectOps(groupData)
	require.NoError(t, err)
	require.NoError(t, seedOps(srv, ops, prefix))
	require.Len(t, dataAnswers, len(ops))
	for range 3 { // what an op leaves must not change its next answer
		for _, o := range ops {
			got, err := srv.roundTrip(o.request(prefix))
			require.NoError(t, err, o.name)
			require.Equal(t, dataAnswers[o.name], string(got), o.name)
		}
	}
	const wrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
	const null = "$-1\r\n"
	ten, twenty := strings.Repeat(" x", 10), strings.Repeat(" x y", 10)
	for _, c := range []struct{ command, want string }{
		{"SELECT 1", "+OK\r\n"},
		{"FLUSHDB", "+OK\r\n"},
		{"SET str value", "+OK\r\n"},
		{"RPUSH list x", ":1\r\n"},
		{"HSET hash x 1 z 2", ":2\r\n"},
		{"+set str other", "+OK\r\n"},
		{"GET str", bulk("other")},
		{"+set list taken", "+OK\r\n"},
		{"GET list", bulk("taken")},
		{"DEL list", ":1\r\n"},
		{"RPUSH list x", ":1\r\n"},
		{"+incr str", "-ERR value is not an integer or out of range\r\n"},
		{"+incr n", "+OK\r\n"},
		{"GET n", bulk("1")},
		{"+hget missing x", null},
		{"+hget hash y", null},
		{"+hget hash z", bulk("2")},
		{"+hget str x", wrongType},
		{"+hget10 missing" + ten, "*10\r\n" + strings.Repeat(null, 10)},
		{"+hget10 str" + ten, wrongType},
		{"+hget10 hash a b c x d e f g h z", "*10\r\n" + strings.Repeat(null, 3) + bulk("1") + strings.Repeat(null, 5) + bulk("2")},
		{"+hset str x y", wrongType},
		{"+hset new x y", "+OK\r\n"},
		{"HGET new x", bulk("y")},
		{"+hset10 str" + twenty, wrongType},
		{"+hset10 many a 1 b 2 c 3 d 4 e 5 f 6 g 7 h 8 i 9 j 10", "+OK\r\n"},
		{"HVALS many", "*10\r\n" + bulk("1") + bulk("2") + bulk("3") + bulk("4") + bulk("5") + bulk("6") + bulk("7") + bulk("8") + bulk("9") + bulk("10")},
		{"+pushpop str x", wrongType},
		{"+pushpop list y", bulk("x")},
		{"LRANGE list 0 -1", "*1\r\n" + bulk("y")},
		{"+pushpop queue a", bulk("a")},
		{"EXISTS queue", ":0\r\n"},
		{"+zadd str x", wrongType},
		{"+zadd z x", "+OK\r\n"},
		{"ZCARD z", ":1\r\n"},
		{"+zrange missing", ":0\r\n"},
		{"+zrange str", wrongType},
		{"+scan x", "-ERR no such database\r\n"},
		{"+scan 99", "-ERR no such database\r\n"},
		{"+scan 15", ":0\r\n"},
		{"+xadd str x y", wrongType},
		{"+xread missing", ":0\r\n"},
		{"+xread str", wrongType},
		{"+xreadbytes missing", ":0\r\n"},
		{"+xreadbytes str", wrongType},
		{"+scanin x", "-ERR no such database\r\n"},
		{"+scanin 15", ":0\r\n"},
		{"+callvector str a str b c d e f str h", integer(3)},
		{"+lwalk missing", ":0\r\n"},
		{"+lwalk str", wrongType},
		{"+callmixed list", wrongType},
		{"+doargs list", wrongType},
		{"+dictget none", null},
		{"+call3 list 0 -1", wrongType},
		{"+walk str 0 -1", wrongType},
		{"+walk missing 0 -1", ":0\r\n"},
		{"+reply x", "-ERR not a length\r\n"},
		{"+build x", "-ERR not a length\r\n"},
		{"+reply 0", "*0\r\n"},
		{"+build 0", "*0\r\n"},
		{"EXISTS str", ":1\r\n"}, // the database is still the one selected above
		{"SELECT 0", "+OK\r\n"},
	} {
		words := strings.Fields(c.command)
		if name, ok := strings.CutPrefix(words[0], "+"); ok {
			words[0] = prefix + name
		}
		got, err := srv.do(words...)
		require.NoError(t, err, c.command)
		require.Equal(t, c.want, string(got), "%s%s", prefix, c.command)
	}
	seen := map[string]bool{}
	for _, o := range ops {
		if seen[o.cmd] || o.under != "" { // that is the server's own
			continue
		}
		seen[o.cmd] = true
		got, err := srv.do(append([]string{prefix + o.cmd}, append(o.args, "surplus")...)...)
		require.NoError(t, err, o.name)
		require.Equal(t, "-ERR wrong number of arguments for '"+prefix+o.cmd+"' command\r\n", string(got), o.name)
	}
}

// TestImplementationsAgree: C and Go give the same bytes, to every op and to wrong
// use.
func TestImplementationsAgree(t *testing.T) {
	cfg := needServer(t)
	goModule := buildGo(t, "benchg", "g.")
	c := impl{name: "c", prefix: "c.", path: buildTwin(t, "ctwin", "c.")}
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		g := impl{name: "go", prefix: "g.", path: goModule, args: []string{"rm-mode=" + mode}}
		srv, err := startServer(cfg, pinning{}, []impl{c, g})
		require.NoError(t, err)
		defer srv.stop()
		for _, prefix := range []string{"c.", "g."} {
			commandsAnswer(t, srv, prefix)
			typesAnswer(t, srv, prefix)
		}
	})
}

// typesAnswer holds the operations on data types against what they must answer.
func typesAnswer(t *testing.T, srv *server, prefix string) {
	t.Helper()
	ops := typeOps()
	require.NoError(t, seedOps(srv, ops, prefix))
	for range 3 {
		for _, o := range ops {
			got, err := srv.roundTrip(o.request(prefix))
			require.NoError(t, err, o.name)
			switch o.name[1:] {
			case "get":
				require.Equal(t, integer(typeNumber), string(got), o.name)
			case "save": // but for the version of the file and the check sum
				want := bulk(dumped(map[byte]string{'v': "benchval", 's': "benchstr"}[o.name[0]]+prefix[:1], typeNumber, typeText))
				require.Equal(t, want[:len(want)-12], string(got[:len(got)-12]), o.name)
			default:
				require.Equal(t, "+OK\r\n", string(got), o.name)
			}
		}
	}
	for _, letter := range []string{"v", "s"} {
		got, err := srv.do(prefix+letter+"get", "bench:load:"+letter+prefix)
		require.NoError(t, err)
		require.Equal(t, integer(typeNumber), string(got), letter)
	}
}

// TestRunAllOps runs the program with every op and both languages.
func TestRunAllOps(t *testing.T) {
	needServer(t)
	file := filepath.Join(t.TempDir(), "out.txt")
	var table strings.Builder
	err := run([]string{"-c", buildTwin(t, "ctwin", "c."), "-go", buildGo(t, "benchg", "g."), "-ops", "all",
		"-n", "300", "-narray", "100", "-rounds", "1", "-slices", "2", "-batch", "64", "-nopin", "-o", file}, &table)
	require.NoError(t, err)
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, 2*(len(allOps())-1), strings.Count(string(b), "BenchmarkServer/op="), string(b))
	f, err := results.Parse(string(b))
	require.NoError(t, err)
	require.Equal(t, []string{"c", "go", "lua", "builtin"}, f.Distinct("Limiter", "impl"))
	require.NotEmpty(t, f.Setting("commit"))
}

// TestScale runs the ops whose cost grows, the largest too, and compares what C and Go answer.
func TestScale(t *testing.T) {
	needServer(t)
	file := filepath.Join(t.TempDir(), "out.txt")
	require.NoError(t, run([]string{"-c", buildTwin(t, "ctwin", "c."), "-go", buildGo(t, "benchg", "g."), "-ops", "scale",
		"-n", "20", "-narray", "20", "-rounds", "1", "-slices", "2", "-batch", "8", "-nopin", "-o", file}, io.Discard))
	f, err := results.ReadFile(file)
	require.NoError(t, err)
	for _, o := range scaleOps() {
		_, ok := f.Median("Scale", "ns/op", "of", o.of, "impl", "go", "n", o.n)
		require.True(t, ok, o.name)
		_, ok = f.Median("Scale", "ns/op", "of", o.of, "impl", "c", "n", o.n)
		require.Equal(t, o.of != "goroutines" || o.n <= mostThreads, ok, o.name)
	}
}

// TestLimiters: the limiter of every language lets through what it should, and no more.
func TestLimiters(t *testing.T) {
	cfg := needServer(t)
	c := impl{name: "c", prefix: "c.", path: buildTwin(t, "ctwin", "c.")}
	g := impl{name: "go", prefix: "g.", path: buildGo(t, "benchg", "g.")}
	srv, err := startServer(cfg, pinning{}, []impl{c, g})
	require.NoError(t, err)
	defer srv.stop()
	do := func(want string, words ...string) {
		t.Helper()
		got, err := srv.do(words...)
		require.NoError(t, err)
		require.Equal(t, want, string(got), "%v", words)
	}
	for name, words := range map[string][]string{
		"c": {"c.limit", "c"}, "go": {"g.limit", "go"}, "lua": {"EVAL", limiterScript, "1", "lua"},
	} {
		for i := range 5 {
			want := 0
			if i < 3 {
				want = 1
			}
			do(integer(want), append(words, "3", "100000")...)
		}
		ttl, err := srv.do("PTTL", name)
		require.NoError(t, err)
		ms, err := strconv.Atoi(strings.Trim(string(ttl), ":\r\n"))
		require.NoError(t, err)
		require.InDelta(t, 100_000, ms, 60_000)
		do(":1\r\n", "PEXPIRE", name, "1")
		require.Eventually(t, func() bool {
			got, err := srv.do("EXISTS", name)
			return err == nil && string(got) == integer(0)
		}, 10*time.Second, time.Millisecond)
		do(integer(1), append(words, "3", "100000")...)
	}
	for _, p := range []string{"c.", "g."} {
		do("-ERR a limit and milliseconds\r\n", p+"limit", "k", "0", "1")
		do("-ERR a limit and milliseconds\r\n", p+"limit", "k", "1", "x")
		do("+OK\r\n", "SET", "str", "value")
		do("-ERR the key is no counter\r\n", p+"limit", "str", "1", "1")
		_, err := srv.do("RPUSH", "list", "x")
		require.NoError(t, err)
		do("-WRONGTYPE Operation against a key holding the wrong kind of value\r\n", p+"limit", "list", "1", "1")
	}
}

// buildGo builds the Go module with a name and a prefix of its own.
func buildGo(t *testing.T, name, prefix string) string {
	t.Helper()
	so := filepath.Join(t.TempDir(), name+".so")
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-ldflags", "-X main.name="+name+" -X main.prefix="+prefix, "-o", so, "../module")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NoError(t, os.Chmod(so, 0o755))
	return so
}

func TestSelectOps(t *testing.T) {
	names := func(list string) (names []string) {
		ops, err := selectOps(list)
		require.NoError(t, err)
		for _, o := range ops {
			names = append(names, o.name)
		}
		return names
	}
	require.Equal(t, []string{"noop", "echo", "get", "array100", "call"}, names("base"))
	require.Equal(t, []string{"hget", "noop", "echo", "get", "array100", "call"}, names("hget,base,noop"))
	require.Len(t, names("data"), len(dataAnswers))
	require.Len(t, names("all"), len(allOps()))
	_, err := selectOps("noop,nope")
	require.ErrorContains(t, err, `"nope"`)
	seen := map[string]bool{}
	for _, o := range slices.Concat(allOps(), typeOps(), scaleOps()) {
		require.False(t, seen[o.name] || o.name == o.group, o.name)
		seen[o.name] = true
	}
}

func TestCount(t *testing.T) {
	cfg := config{n: 1000, nArray: 500, slices: 20, batch: 512}
	for s, want := range map[size][2]int{small: {1000, 512}, big: {500, 64}, huge: {20, 8}, vast: {20, 1}} {
		n, batch := cfg.count(s)
		require.Equal(t, want, [2]int{n, batch})
	}
	cfg.nArray, cfg.batch = 10_000, 1
	n, batch := cfg.count(huge)
	require.Equal(t, [2]int{100, 1}, [2]int{n, batch})
}
