// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// What the methods of keys answer, in the protocol.
const (
	okReply         = "+OK\r\n"
	nullReply       = "_\r\n"
	wireWrongType   = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
	wireNoKey       = "-ERR no such key\r\n"
	wireOutOfRange  = "-ERR index out of range\r\n"
	wireRefused     = "-ERR the server refused the operation\r\n"
	wireKeyClosed   = "-ERR the key is closed\r\n"
	wireNoString    = "-ERR a string is missing\r\n"
	wireUnsupported = "-ERR this server does not support the operation\r\n"
)

// array is an array of bulk strings in the protocol.
func array(elements ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(elements))
	for _, e := range elements {
		b.WriteString(bulk(e))
	}
	return b.String()
}

// awkward are values that are easily got wrong: empty, binary, a number, large.
var awkward = []string{"", "\x00", "a\x00b\r\n\xff", "-17", "9223372036854775807", "0012", strings.Repeat("x", 100), strings.Repeat("\x00large", 1<<20/6)}

// otherTypes makes a key of each type but one and calls f with its name.
func otherTypes(w *wire, but string, f func(key string)) {
	w.do("SET", "is.string", "x")
	w.do("RPUSH", "is.list", "x", "y")
	w.do("HSET", "is.hash", "x", "y")
	w.do("SADD", "is.set", "x", "y")
	w.do("SADD", "is.intset", "1", "2")
	w.do("ZADD", "is.zset", "1", "x")
	w.do("XADD", "is.stream", "1-1", "x", "y")
	for _, t := range []string{"string", "list", "hash", "set", "intset", "zset", "stream"} {
		if t != but {
			dump := w.do("DUMP", "is."+t)
			f("is." + t)
			require.Equal(w.t, dump, w.do("DUMP", "is."+t), "the %s has not changed", t)
		}
	}
}

// TestListEnds pushes and pops.
//
// Drives: ListPush, ListPop.
func TestListEnds(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		for i, v := range awkward {
			require.Equal(t, fmt.Sprintf(":%d\r\n", i+1), w.alone("d.list.push", "w", "l\x00", "tail", v))
		}
		require.True(t, array(awkward...) == w.do("LRANGE", "l\x00", "0", "-1"))
		for _, v := range awkward {
			require.True(t, bulk(v) == w.alone("d.list.pop", "w", "l\x00", "head"), "%.20q", v)
		}
		require.Equal(t, ":0\r\n", w.do("EXISTS", "l\x00"), "the key goes with its last element")
		require.Equal(t, nullReply, w.alone("d.list.pop", "w", "l\x00", "head"))

		require.Equal(t, ":3\r\n", w.alone("d.list.push", "w", "l", "head", "a", "b", "c"))
		require.Equal(t, ":4\r\n", w.alone("d.list.push", "w", "l", "tail", "d"))
		require.Equal(t, array("c", "b", "a", "d"), w.do("LRANGE", "l", "0", "-1"))
		require.Equal(t, bulk("d"), w.alone("d.list.pop", "w", "l", "tail"))
		require.Equal(t, bulk("c"), w.alone("d.list.pop", "a", "l", "head"), "with automatic memory")

		// A key whose time is over is missing.
		w.do("PEXPIRE", "l", "1")
		require.Eventually(t, func() bool { return w.do("d.list.pop", "w", "l", "head") == nullReply }, patience, 1)
		require.Equal(t, ":1\r\n", w.alone("d.list.push", "w", "l", "tail", "e"))
		require.Equal(t, ":-1\r\n", w.do("PTTL", "l"))

		for how, want := range map[string]string{"c": wireKeyClosed, "z": wireKeyClosed} {
			require.Equal(t, want, w.alone("d.list.push", how, "l", "tail", "x"))
			require.Equal(t, want, w.alone("d.list.pop", how, "l", "tail"))
		}
		require.Equal(t, wireRefused, w.alone("d.list.push", "r", "l", "tail", "x"))
		require.Equal(t, wireRefused, w.alone("d.list.pop", "r", "l", "tail"))
		require.Equal(t, wireNoKey, w.alone("d.list.push", "r", "none", "tail", "x"))
		require.Equal(t, nullReply, w.alone("d.list.pop", "r", "none", "tail"))
		require.Equal(t, wireNoString, w.alone("d.list.push", "w", "l", "tail", "(zero)"))
		require.Equal(t, wireNoString, w.alone("d.list.push", "w", "none", "tail", "(zero)"))
		require.Equal(t, wireOutOfRange, w.alone("d.list.push", "w", "l", "middle", "x"))
		require.Equal(t, wireOutOfRange, w.alone("d.list.pop", "w", "l", "middle"))
		require.Equal(t, array("e"), w.do("LRANGE", "l", "0", "-1"))
		require.Equal(t, ":0\r\n", w.do("EXISTS", "none"))
		otherTypes(w, "list", func(key string) {
			require.Equal(t, wireWrongType, w.alone("d.list.push", "w", key, "tail", "x"))
			require.Equal(t, wireWrongType, w.alone("d.list.push", "r", key, "tail", "x"))
			require.Equal(t, wireWrongType, w.alone("d.list.pop", "w", key, "tail"))
			require.Equal(t, wireWrongType, w.alone("d.list.pop", "r", key, "head"))
		})
	})
}

// TestListElements reads and changes elements by index.
//
// Drives: ListGet, ListSet, ListInsert, ListDelete.
func TestListElements(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		w.do("RPUSH", "l", "a", "b", "c")
		if !serverHas(t, s, "ListGet") {
			for _, c := range []string{"get w l 0", "set w l 0 x", "insert w l 0 x", "delete w l 0", "walk w l 0 -1 all"} {
				require.Equal(t, wireUnsupported, w.alone(strings.Fields("d.list."+c)...), c)
				require.Equal(t, wireUnsupported, w.alone(strings.Fields("d.list."+strings.Replace(c, "w l", "r none", 1))...), c)
				require.Equal(t, wireKeyClosed, w.alone(strings.Fields("d.list."+strings.Replace(c, "w l", "c l", 1))...), c)
			}
			return
		}
		for _, c := range []struct{ command, want string }{
			{"get w l 0", bulk("a")}, {"get w l 2", bulk("c")}, {"get w l -1", bulk("c")}, {"get r l -3", bulk("a")}, {"get a l 1", bulk("b")},
			{"get w l 3", nullReply}, {"get w l -4", nullReply}, {"get w l 9223372036854775807", nullReply}, {"get w l -9223372036854775808", nullReply},
			{"get w none 0", nullReply}, {"get r none 0", nullReply}, {"get c l 0", wireKeyClosed}, {"get z l 0", wireKeyClosed},

			{"set w l 1 B", okReply}, {"set w l -1 C", okReply}, {"set w l 3 x", wireOutOfRange}, {"set w l -4 x", wireOutOfRange},
			{"set r l 1 x", wireRefused}, {"set r l 5 x", wireOutOfRange}, {"set w none 0 x", wireNoKey}, {"set r none 0 x", wireNoKey},
			{"set c l 0 x", wireKeyClosed}, {"set w l 0 (zero)", wireNoString}, {"set w none 0 (zero)", wireNoString},

			{"insert w l 0 first", okReply}, {"insert w l -1 last", okReply}, {"insert w l 5 end", okReply}, {"insert w l 1 second", okReply},
			{"insert w l -2 penult", okReply}, {"insert w l -9 front", okReply}, {"insert w l 10 x", wireOutOfRange}, {"insert w l -11 x", wireOutOfRange},
			{"insert r l 1 x", wireRefused}, {"insert r l 0 x", wireRefused}, {"insert r l 99 x", wireOutOfRange}, {"insert r none 0 x", wireNoKey},
			{"insert w none 1 x", wireOutOfRange}, {"insert w none -2 x", wireOutOfRange}, {"insert w none 0 (zero)", wireNoString}, {"insert c l 0 x", wireKeyClosed},
			{"insert w new 0 x", okReply}, {"insert w new.too -1 x", okReply},

			{"delete w l 1", okReply}, {"delete w l -2", okReply}, {"delete w l 7", wireOutOfRange}, {"delete w l -8", wireOutOfRange},
			{"delete r l 0", wireRefused}, {"delete r l 70", wireOutOfRange}, {"delete w none 0", wireNoKey}, {"delete r none 0", wireNoKey}, {"delete c l 0", wireKeyClosed},
			{"delete w new 0", okReply}, {"delete w new.too -1", okReply},
		} {
			require.Equal(t, c.want, w.alone(strings.Fields("d.list."+c.command)...), c.command)
		}
		require.Equal(t, array("front", "second", "a", "B", "C", "last", "end"), w.do("LRANGE", "l", "0", "-1"))
		require.Equal(t, ":0\r\n", w.do("EXISTS", "none", "new", "new.too"))

		for i, v := range awkward {
			require.Equal(t, okReply, w.alone("d.list.insert", "w", "v", strconv.Itoa(i), v))
			require.True(t, bulk(v) == w.alone("d.list.get", "w", "v", "-1"), "%.20q", v)
			require.Equal(t, okReply, w.alone("d.list.set", "w", "v", "0", v))
			require.True(t, bulk(v) == w.alone("d.list.get", "w", "v", "0"), "%.20q", v)
		}
		otherTypes(w, "list", func(key string) {
			for _, c := range []string{"get w KEY 0", "get r KEY 0", "set w KEY 0 x", "set r KEY 0 x", "insert w KEY 0 x", "insert w KEY 1 x", "insert w KEY -2 x",
				"insert r KEY -1 x", "delete w KEY 0", "delete r KEY -1", "walk w KEY 0 -1 all", "walk r KEY 0 -1 backward"} {
				require.Equal(t, wireWrongType, w.alone(strings.Fields("d.list."+strings.Replace(c, "KEY", key, 1))...), "%s: %s", key, c)
			}
		})
	})
}

// TestListWalk compares walks with LRANGE.
//
// Drives: ListGet.
func TestListWalk(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		if !serverHas(t, s, "ListGet") {
			return // TestListElements asks for the error
		}
		w := dial(t, s, 3)
		const n = 10_000 // several nodes
		all, fill := make([]string, n), []string{"RPUSH", "l"}
		for i := range all {
			all[i] = strings.Repeat(strconv.Itoa(i), i%40)
		}
		w.do(append(fill, all...)...)
		w.do("RPUSH", "short", "a", "b", "c")
		want := func(elements []string, from int, backward bool) string {
			var b strings.Builder
			fmt.Fprintf(&b, "*%d\r\n", 2*len(elements))
			for i := range elements {
				if backward {
					i = len(elements) - 1 - i
				}
				fmt.Fprintf(&b, ":%d\r\n%s", from+i, bulk(elements[i]))
			}
			return b.String()
		}
		for _, how := range []string{"w", "r"} {
			for _, direction := range []string{"all", "backward"} {
				back := direction == "backward"
				require.True(t, want(all, 0, back) == w.alone("d.list.walk", how, "l", "0", "-1", direction))
				require.True(t, want(all[5000:5100], 5000, back) == w.alone("d.list.walk", how, "l", "5000", "-4901", direction))
				require.True(t, want(all[n-10:], n-10, back) == w.alone("d.list.walk", how, "l", "-10", "99999999", direction))
				for first := -5; first <= 5; first++ {
					for last := -5; last <= 5; last++ {
						abc := []string{"a", "b", "c"}
						from, to := first, last
						if from < 0 {
							from = max(from+3, 0)
						}
						if to < 0 {
							to += 3
						}
						if to = min(to, 2); from > to {
							from, to = 0, -1
						}
						got := w.do("d.list.walk", how, "short", strconv.Itoa(first), strconv.Itoa(last), direction)
						require.Equal(t, want(abc[from:to+1], from, back), got, "%d to %d, %s", first, last, direction)
					}
				}
				require.Equal(t, "*0\r\n", w.do("d.list.walk", how, "none", "0", "-1", direction))
				require.Equal(t, wireKeyClosed, w.do("d.list.walk", "c", "short", "0", "-1", direction))
			}
		}
	})
}

// TestListLoops runs loops whose bodies break, panic, nest, or change the list.
//
// Drives: ListGet, ListSet, ListDelete, ListPush, ListPop.
func TestListLoops(t *testing.T) {
	loops := []struct{ body, want, left string }{
		{"break", "a b ", "a b c d e"},
		{"twice", "a b c d e a b c d e ", "a b c d e"},
		{"nested", "ae ad ac ab aa be bd bc bb ce cd cc de dd ee ", "a b c d e"},
		{"delete", "a c e ", "b d"},
		{"delete.backward", "e d c b a ", ""},
		{"set", "a l l l l ", "a l l l l"},
		{"push", "a b c d e ", "a b c d e a b c d e"},
		{"pop", "a b ", "a"},
		{"close", "a 5 ", "a b c d e"},
		{"retain", "a b c d e ", "a b c d e"},
		{"recovered", "e a b c d e", "a b c d e"},
		{"auto", "a b c d e ", "a b c d e"},
		{"zero", "", "a b c d e"},
	}
	withData(t, func(t *testing.T, s *rmtest.Server) {
		if !serverHas(t, s, "ListGet") {
			return // TestListElements asks for the error
		}
		w := dial(t, s, 3)
		for _, loop := range loops {
			w.do("DEL", "l")
			w.do("RPUSH", "l", "a", "b", "c", "d", "e")
			want := bulk(loop.want)
			require.Equal(t, want, w.alone("d.list.body", loop.body, "l"), loop.body)
			require.Equal(t, array(strings.Fields(loop.left)...), w.do("LRANGE", "l", "0", "-1"), "what %s leaves", loop.body)
		}
		w.do("DEL", "l")
		w.do("RPUSH", "l", "a", "b", "c", "d", "e")
		require.NoError(t, w.conn.Close())
		leakless(t, s, 3, 8<<10, func(w *wire) {
			for range 300 {
				for _, body := range []string{"break", "twice", "nested", "close", "retain", "recovered", "auto", "panic"} {
					reply := w.do("d.list.body", body, "l")
					require.Equal(t, body == "panic", reply[0] == '-', "%s gives %s", body, reply)
				}
			}
		})
	})
}

// TestListAgainstModel does random operations on one open key and compares each
// result with a slice's.
//
// Drives: ListPush, ListPop, ListGet, ListSet, ListInsert, ListDelete.
func TestListAgainstModel(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		if !serverHas(t, s, "ListGet") {
			return // TestListElements asks for the error
		}
		w := dial(t, s, 3)
		w.do("CONFIG", "SET", "list-max-listpack-size", "4") // many nodes
		for seed := range uint64(100) {
			random := rand.New(rand.NewPCG(seed, 1))
			var model, ops, want []string
			place := 0
			for n := range 500 {
				value := fmt.Sprintf("%d.%s", n, strings.Repeat("v", random.IntN(80)))
				// Mostly near the last place, where the server's iterator is.
				if place += random.IntN(5) - 2; random.IntN(20) == 0 {
					place = random.IntN(2*len(model)+3) - len(model) - 1
				}
				i := place
				if i < 0 {
					i += len(model)
				}
				inside := i >= 0 && i < len(model)
				answer := func(op, result string) {
					ops, want = append(ops, op), append(want, result)
				}
				missing := "ERR index out of range"
				if len(model) == 0 {
					missing = "ERR no such key"
				}
				switch what := random.IntN(14); {
				case what < 6 && inside:
					answer(fmt.Sprintf("G %d", place), model[i])
				case what < 6:
					answer(fmt.Sprintf("G %d", place), "(null)")
				case what < 7 && inside:
					model[i] = value
					answer(fmt.Sprintf("S %d %s", place, value), "(null)")
				case what < 7:
					answer(fmt.Sprintf("S %d %s", place, value), missing)
				case what < 9:
					at := place
					if at < 0 {
						at += len(model) + 1
					}
					result := "(null)"
					if at < 0 || at > len(model) {
						result = "ERR index out of range"
					} else {
						model = slices.Insert(model, at, value)
					}
					answer(fmt.Sprintf("I %d %s", place, value), result)
				case what < 11 && inside:
					model = slices.Delete(model, i, i+1)
					answer(fmt.Sprintf("D %d", place), "(null)")
				case what < 11:
					answer(fmt.Sprintf("D %d", place), missing)
				case what < 13:
					end := random.IntN(2)
					model = slices.Insert(model, end*len(model), value)
					answer(fmt.Sprintf("P %d %s", end, value), "(null)")
				default:
					end, popped := random.IntN(2), "(null)"
					if len(model) > 0 {
						at := end * (len(model) - 1)
						popped = model[at]
						model = slices.Delete(model, at, at+1)
					}
					answer(fmt.Sprintf("O %d", end), popped)
				}
			}
			got, expected := w.do(append([]string{"d.list.ops", "l"}, ops...)...), strings.ReplaceAll(array(want...), bulk("(null)"), nullReply)
			require.Equal(t, expected, got, "seed %d: %q", seed, ops)
			require.Equal(t, array(model...), w.do("LRANGE", "l", "0", "-1"))
			w.do("DEL", "l")
		}
	})
}

// TestListCosts looks for leaks and for Go allocations.
//
// Drives: ListPush, ListPop, ListGet, ListSet, ListInsert, ListDelete.
func TestListCosts(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		w.do("RPUSH", "l", "a", "b", "c", "d")
		w.do("SET", "text", "x")
		commands := [][]string{
			{"d.list.push", "w", "new", "head", "x", "y"}, {"d.list.pop", "w", "new", "tail"}, {"d.list.pop", "w", "new", "head"}, {"d.list.pop", "w", "new", "head"},
		}
		failing := [][]string{{"d.list.push", "w", "text", "tail", "x"}, {"d.list.pop", "w", "text", "tail"}, {"d.list.push", "c", "l", "tail", "x"}, {"d.list.push", "r", "l", "tail", "x"}}
		if serverHas(t, s, "ListGet") {
			commands = append(commands, []string{"d.list.walk", "w", "l", "0", "-1", "all"}, []string{"d.list.walk", "r", "l", "0", "-1", "backward"},
				[]string{"d.list.get", "w", "l", "1"}, []string{"d.list.get", "w", "l", "10"}, []string{"d.list.set", "w", "l", "1", "B"},
				[]string{"d.list.insert", "w", "l", "1", "inserted"}, []string{"d.list.delete", "w", "l", "1"})
			failing = append(failing, []string{"d.list.get", "w", "text", "1"}, []string{"d.list.set", "w", "l", "10", "B"}, []string{"d.list.insert", "w", "text", "10", "B"},
				[]string{"d.list.delete", "r", "l", "1"}, []string{"d.list.walk", "w", "text", "0", "-1", "all"})
		}
		require.NoError(t, w.conn.Close())
		hot := commands
		commands = append(append(commands, failing...), []string{"d.list.push", "a", "new", "head", "x", "y"},
			[]string{"d.list.pop", "a", "new", "tail"}, []string{"d.list.pop", "a", "new", "tail"}) // automatic memory
		leakless(t, s, 3, 8<<10, func(w *wire) {
			for range 300 {
				for _, c := range commands {
					w.do(c...)
				}
			}
		})
		noAllocs(t, s, hot...)
	})
}
