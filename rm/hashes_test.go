// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// hgetall is a hash as the server has it.
func hgetall(w *wire, key string) map[string]string {
	w.t.Helper()
	h, err := parseMap(w.do("HGETALL", key))
	require.NoError(w.t, err)
	return h
}

// parseMap reads a map of bulk strings.
func parseMap(reply string) (map[string]string, error) {
	head, rest, _ := strings.Cut(reply, "\r\n")
	n, err := strconv.Atoi(head[1:])
	m := make(map[string]string, n)
	next := func() (s string) {
		var size string
		var bytes int
		if size, rest, _ = strings.Cut(rest, "\r\n"); err == nil {
			if bytes, err = strconv.Atoi(size[1:]); err == nil {
				s, rest = rest[:bytes], rest[bytes+2:]
			}
		}
		return s
	}
	for range n {
		field := next()
		m[field] = next()
	}
	return m, err
}

// step is a command and what it answers.
type step struct{ command, want string }

func runSteps(w *wire, prefix string, steps []step) {
	w.t.Helper()
	for _, s := range steps {
		require.Equal(w.t, s.want, w.alone(strings.Fields(prefix+s.command)...), s.command)
	}
}

// TestHashSet sets fields with all flags and compares what it counts.
//
// Drives: HashSet, HashGet.
func TestHashSet(t *testing.T) {
	const no, one = ":0\r\n", ":1\r\n"
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		for _, set := range []string{"set", "settext"} {
			runSteps(w, "d.hash."+set, []step{
				{" w h - f 1", no}, {" w h - f 2", one}, {" w h a f 3", one}, {" w h a g 1", one}, {" w h - i 1", no},
				{" w h n f x", no}, {" w h n j 1", no}, {" w h na f x", no}, {" w h na k 1", one},
				{" w h x f 4", one}, {" w h x none x", no}, {" w h xa f 5", one}, {" w h xa none x", no},
				{" w none x f x", no}, {" w none xa f x", no},
				{" w made n f 1", no}, {" w made.too na f 1", one},
				{" w h nx f x", wireOutOfRange}, {" w h ? f x", wireOutOfRange}, {" w none ? f x", wireOutOfRange},
				{" c h - f x", wireKeyClosed}, {" z h - f x", wireKeyClosed}, {" c h - f (zero)", wireKeyClosed},
				{" w h - f (zero)", wireNoString}, {" w none - f (zero)", wireNoString},
				{" r h - f x", wireRefused}, {" r h a f x", wireRefused}, {" r h - new x", wireRefused}, {" r h x f x", wireRefused}, {" r h n new x", wireRefused},
				{" r h n f x", no}, {" r h x none x", no}, {" r none - f x", wireNoKey}, {" r none x f x", wireNoKey},
			})
			require.Equal(t, map[string]string{"f": "5", "g": "1", "i": "1", "j": "1", "k": "1"}, hgetall(w, "h"))
			require.Equal(t, ":0\r\n", w.do("EXISTS", "none"))
			require.Equal(t, ":3\r\n", w.do("DEL", "h", "made", "made.too"))
			otherTypes(w, "hash", func(key string) {
				for _, flags := range []string{"-", "a", "n", "x", "na", "xa"} {
					for _, how := range []string{"w", "r"} {
						require.Equal(t, wireWrongType, w.alone("d.hash."+set, how, key, flags, "x", "v"), "%s %s %s", key, how, flags)
					}
				}
			})
		}
		require.Equal(t, wireNoString, w.alone("d.hash.set", "w", "none", "-", "(zero)", "x"))
		require.Equal(t, ":0\r\n", w.do("EXISTS", "none"))
	})
}

// TestHashGet reads and removes fields.
//
// Drives: HashGet, HashSet.
func TestHashGet(t *testing.T) {
	const no, one = ":0\r\n", ":1\r\n"
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		for _, text := range []string{"", "text"} {
			w.do("HSET", "h", "f", "1", "g", "2", "last", "3")
			runSteps(w, "d.hash.get"+text, []step{
				{" w h f", bulk("1")}, {" r h g", bulk("2")}, {" a h g", bulk("2")}, {" w h none", nullReply}, {" w none f", nullReply}, {" r none f", nullReply},
				{" c h f", wireKeyClosed}, {" z h f", wireKeyClosed},
			})
			runSteps(w, "d.hash.delete"+text, []step{
				{" w h none", no}, {" r h f", wireRefused}, {" r h none", no}, {" r none f", no}, {" w none f", no}, {" c h f", wireKeyClosed}, {" z h f", wireKeyClosed},
				{" w h f", one}, {" w h f", no}, {" w h g", one}, {" w h last", one}, {" w h last", no},
			})
			require.Equal(t, ":0\r\n", w.do("EXISTS", "h"), "the key goes with its last field")
			otherTypes(w, "hash", func(key string) {
				for _, how := range []string{"w", "r"} {
					require.Equal(t, wireWrongType, w.alone("d.hash.get"+text, how, key, "x"))
					require.Equal(t, wireWrongType, w.alone("d.hash.delete"+text, how, key, "x"))
					require.Equal(t, wireWrongType, w.alone("d.hash.exists", how, key, "x"))
				}
			})
		}
		w.do("HSET", "h", "f", "1")
		runSteps(w, "d.hash.", []step{
			{"exists w h f", one}, {"exists r h f", one}, {"exists w h none", no}, {"exists w none f", no}, {"exists r none f", no},
			{"exists c h f", wireKeyClosed}, {"exists w h (zero)", wireNoString}, {"get w h (zero)", wireNoString}, {"delete w h (zero)", wireNoString}, {"delete c h (zero)", wireKeyClosed},
		})

		// A key whose time is over is missing.
		w.do("PEXPIRE", "h", "1")
		require.Eventually(t, func() bool { return w.do("d.hash.get", "r", "h", "f") == nullReply }, patience, 1)
		require.Equal(t, no, w.alone("d.hash.set", "w", "h", "-", "f", "again"))
		require.Equal(t, bulk("again"), w.alone("d.hash.gettext", "r", "h", "f"))
		w.do("DEL", "h")

		// Awkward fields and values; the large ones convert the hash.
		want := map[string]string{}
		for i, field := range awkward {
			value := awkward[len(awkward)-1-i]
			want[field] = value
			require.Equal(t, one, w.alone("d.hash.set", "w", "h", "a", field, value))
			require.True(t, bulk(value) == w.alone("d.hash.get", "r", "h", field), "%.20q", field)
			require.Equal(t, one, w.alone("d.hash.exists", "r", "h", field))
			require.Equal(t, one, w.alone("d.hash.settext", "w", "h", "-", field, value))
			require.True(t, bulk(value) == w.alone("d.hash.gettext", "r", "h", field), "%.20q", field)
		}
		require.Equal(t, want, hgetall(w, "h"))
	})
}

// TestHashMany works on many fields at once, with numbers of fields around the size
// of a batch and past the limits of the small encoding.
//
// Drives: HashSet, HashGet.
func TestHashMany(t *testing.T) {
	const no = ":0\r\n"
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		for _, n := range []int{1, 2, 9, 10, 11, 19, 20, 21, 100, 600, 10_000} {
			count, half := fmt.Sprintf(":%d\r\n", n), fmt.Sprintf(":%d\r\n", n/2)
			want := map[string]string{}
			var pairs, fields, values []string
			for i := range n {
				f, v := fmt.Sprintf("\x00%d", i), strings.Repeat("v", i%90)
				want[f] = v
				pairs, fields, values = append(pairs, f, v), append(fields, f), append(values, v)
			}
			many := func(verb string, args []string, more ...string) string {
				return w.alone(append(append([]string{"d.hash." + verb + "many"}, more...), args...)...)
			}
			require.Equal(t, no, many("set", pairs, "w", "h", "x"))
			require.Equal(t, ":0\r\n", w.do("EXISTS", "h"))
			require.Equal(t, no, many("set", pairs[:n/2*2], "w", "h", "n")) // half of them
			require.Equal(t, half, many("set", pairs, "w", "h", "x"))
			require.Equal(t, half, many("set", pairs[:n/2*2], "w", "h", "-"))
			require.Equal(t, half, many("set", pairs, "w", "h", "-"))
			require.Equal(t, count, many("set", pairs, "w", "h", "a"))
			require.Equal(t, no, many("set", pairs, "w", "h", "na"))
			require.Equal(t, want, hgetall(w, "h"))
			require.True(t, array(values...) == many("get", fields, "r", "h"), "%d values", n)
			require.True(t, array(values...) == many("get", fields, "a", "h"), "%d values", n)
			nulls := fmt.Sprintf("*%d\r\n%s", n, strings.Repeat(nullReply, n))
			require.True(t, nulls == many("get", fields, "r", "none"))
			require.True(t, nulls == many("get", fields, "w", "none"))
			for how, answer := range map[string]string{"c": wireKeyClosed, "z": wireKeyClosed, "r": wireRefused} {
				require.Equal(t, answer, many("set", pairs, how, "h", "-"))
				require.Equal(t, answer, many("delete", fields, how, "h"))
			}
			require.Equal(t, wireKeyClosed, many("get", fields, "c", "h"))
			require.Equal(t, wireNoKey, many("set", pairs, "r", "none", "-"))
			// A string that is missing at the end: nothing happens.
			require.Equal(t, wireNoString, many("set", append(pairs, "new", "(zero)"), "w", "h", "-"))
			require.Equal(t, wireNoString, many("set", append(pairs, "(zero)", "x"), "w", "h", "-"))
			require.Equal(t, wireNoString, many("get", append(fields, "(zero)"), "w", "h"))
			require.Equal(t, wireNoString, many("delete", append(fields, "(zero)"), "w", "h"))
			require.Equal(t, want, hgetall(w, "h"))

			require.Equal(t, half, many("delete", append([]string{"none"}, fields[:n/2]...), "w", "h"))
			require.Equal(t, fmt.Sprintf(":%d\r\n", n-n/2), w.do("HLEN", "h"))
			require.Equal(t, fmt.Sprintf(":%d\r\n", n-n/2), many("delete", append(fields, fields...), "w", "h"))
			require.Equal(t, ":0\r\n", w.do("EXISTS", "h"))
			require.Equal(t, no, many("delete", fields, "w", "h"))
			require.Equal(t, no, many("delete", fields, "r", "h"))
			require.Equal(t, ":0\r\n", w.do("EXISTS", "h"))
		}
		runSteps(w, "d.hash.", []step{
			{"setmany w h - f 1 f 2 g 1 f 3", ":2\r\n"}, {"getmany w h f g none f", "*4\r\n" + bulk("3") + bulk("1") + nullReply + bulk("3")},
			{"setmany w h na f x i 1 i 2 k 1", ":2\r\n"}, {"getmany r h f i k", array("3", "1", "1")}, {"setmany w h xa none x f 4 none.too x", ":1\r\n"},
			{"setmany w h nx f x", wireOutOfRange}, {"setmany w h ? f x", wireOutOfRange}, {"setmany w h -", no}, {"setmany w none -", no},
			{"getmany w h", "*0\r\n"}, {"deletemany w h", no}, {"deletemany w none", no}, {"shortout h", wireOutOfRange},
			{"deletemany w h i none i k", ":2\r\n"},
		})
		require.Equal(t, map[string]string{"f": "4", "g": "1"}, hgetall(w, "h"))
		require.Equal(t, ":0\r\n", w.do("EXISTS", "none"))
		otherTypes(w, "hash", func(key string) {
			for _, how := range []string{"w", "r"} {
				require.Equal(t, wireWrongType, w.alone("d.hash.setmany", how, key, "-", "x", "v", "y", "v"))
				require.Equal(t, wireWrongType, w.alone("d.hash.getmany", how, key, "x", "y"))
				require.Equal(t, wireWrongType, w.alone("d.hash.deletemany", how, key, "x", "y"))
			}
		})
	})
}

// TestHashFieldExpire reads when fields end.
//
// Drives: HashGet, HashFieldMinExpire.
func TestHashFieldExpire(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		w.do("HSET", "h", "a", "1", "b", "2", "c", "3")
		if !serverHas(t, s, "HashFieldMinExpire") {
			for _, c := range []string{"expire w h a", "expire r none a", "expire w h (zero)", "minexpire w h", "minexpire r none"} {
				require.Equal(t, wireUnsupported, w.alone(strings.Fields("d.hash."+c)...), c)
			}
			require.Equal(t, wireKeyClosed, w.alone("d.hash.expire", "c", "h", "a"))
			require.Equal(t, wireKeyClosed, w.alone("d.hash.minexpire", "c", "h"))
			return
		}
		soon := time.Now().Add(time.Hour).UnixMilli()
		runSteps(w, "d.hash.", []step{{"minexpire r h", nullReply}, {"expire r h a", nullReply}})
		w.do("HPEXPIREAT", "h", strconv.FormatInt(soon, 10), "FIELDS", "1", "a")
		w.do("HPEXPIREAT", "h", strconv.FormatInt(soon+1000, 10), "FIELDS", "1", "b")
		runSteps(w, "d.hash.", []step{
			{"expire w h a", fmt.Sprintf(":%d\r\n", soon)}, {"expire r h b", fmt.Sprintf(":%d\r\n", soon+1000)}, {"minexpire r h", fmt.Sprintf(":%d\r\n", soon)},
			{"expire w h c", nullReply}, {"expire w h none", nullReply}, {"expire w none a", nullReply}, {"expire r none a", nullReply},
			{"minexpire w none", nullReply}, {"minexpire r none", nullReply}, {"expire w h (zero)", wireNoString},
			{"expire c h a", wireKeyClosed}, {"minexpire c h", wireKeyClosed},
			{"set w h - a new", ":1\r\n"}, {"expire w h a", nullReply}, {"minexpire w h", fmt.Sprintf(":%d\r\n", soon+1000)},
		})
		// A field whose time is over is missing, though the server may still have it.
		w.do("DEBUG", "SET-ACTIVE-EXPIRE", "0")
		w.do("HPEXPIRE", "h", "1", "FIELDS", "1", "b")
		time.Sleep(5 * time.Millisecond)
		runSteps(w, "d.hash.", []step{
			{"get w h b", nullReply}, {"gettext r h b", nullReply}, {"exists r h b", ":0\r\n"}, {"getmany r h a b c", "*3\r\n" + bulk("new") + nullReply + bulk("3")},
			{"delete r h b", ":0\r\n"}, {"set w h x b x", ":0\r\n"}, {"set w h na b again", ":1\r\n"}, {"get w h b", bulk("again")}, {"expire w h b", nullReply},
		})
		otherTypes(w, "hash", func(key string) {
			require.Equal(t, wireWrongType, w.alone("d.hash.expire", "w", key, "x"))
			require.Equal(t, wireWrongType, w.alone("d.hash.minexpire", "r", key))
		})
	})
}

// TestHashStringRef has fields refer to memory of the module.
//
// Drives: HashSetStringRef, HashHasStringRef.
func TestHashStringRef(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		w.do("HSET", "h", "f", "old", "g", "2")
		if !serverHas(t, s, "HashSetStringRef") {
			for _, c := range []string{"setref w h f x", "setref r none f x", "hasref w h f", "hasref r none f"} {
				require.Equal(t, wireUnsupported, w.alone(strings.Fields("d.hash."+c)...), c)
			}
			require.Equal(t, wireKeyClosed, w.alone("d.hash.setref", "c", "h", "f", "x"))
			require.Equal(t, wireKeyClosed, w.alone("d.hash.hasref", "c", "h", "f"))
			return
		}
		large := strings.Repeat("\x00large", 1<<20/6)
		runSteps(w, "d.hash.", []step{
			{"hasref w h f", ":0\r\n"}, {"hasref w h none", ":0\r\n"}, {"hasref w none f", ":0\r\n"}, {"hasref r none f", ":0\r\n"}, {"hasref w h (zero)", wireNoString},
			{"setref w h none x", wireRefused}, {"setref w none f x", wireNoKey}, {"setref r none f x", wireNoKey}, {"setref w h (zero) x", wireNoString}, {"setref w h f (nil)", wireOutOfRange},
			{"setref w h f short", okReply}, {"hasref r h f", ":1\r\n"}, {"get w h f", bulk("short")}, {"setref w h f other", okReply}, {"get r h f", bulk("other")},
		})
		require.Equal(t, okReply, w.alone("d.hash.setref", "w", "h", "f", large))
		require.True(t, bulk(large) == w.alone("d.hash.get", "w", "h", "f"))
		require.True(t, bulk(large) == w.do("HGET", "h", "f"))
		require.Equal(t, ":1\r\n", w.alone("d.hash.hasref", "w", "h", "f"))
		require.Equal(t, ":0\r\n", w.alone("d.hash.hasref", "w", "h", "g"))
		w.do("DEBUG", "RELOAD") // the server copies it then
		require.True(t, bulk(large) == w.do("HGET", "h", "f"))
		require.Equal(t, okReply, w.alone("d.hash.setref", "w", "h", "f", large))
		runSteps(w, "d.hash.", []step{{"set w h - f copy", ":1\r\n"}, {"hasref w h f", ":0\r\n"}, {"get w h f", bulk("copy")}, {"setref w h g short", okReply}, {"delete w h g", ":1\r\n"}, {"delete w h f", ":1\r\n"}})
		require.Equal(t, ":0\r\n", w.do("EXISTS", "h"))
		otherTypes(w, "hash", func(key string) {
			require.Equal(t, wireWrongType, w.alone("d.hash.setref", "w", key, "x", "v"))
			require.Equal(t, wireWrongType, w.alone("d.hash.hasref", "w", key, "x"))
		})
	})
}

// TestHashCosts looks for leaks and for Go allocations.
//
// Drives: HashSet, HashGet.
func TestHashCosts(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("HSET", "h", "f", "a value", "g", "b")
		s.MustDo("SET", "text", "x")
		var pairs, fields []string
		for i := range 25 {
			pairs, fields = append(pairs, strconv.Itoa(i), "value"), append(fields, strconv.Itoa(i))
		}
		hot := [][]string{
			{"d.hash.set", "w", "new", "-", "f", "v"}, {"d.hash.settext", "w", "new", "na", "text", "v"}, {"d.hash.get", "w", "new", "f"}, {"d.hash.gettext", "r", "new", "text"},
			{"d.hash.exists", "r", "new", "f"}, {"d.hash.delete", "w", "new", "f"}, {"d.hash.deletetext", "w", "new", "text"}, {"d.hash.get", "r", "new", "f"},
			append([]string{"d.hash.setmany", "w", "many", "-"}, pairs...), append([]string{"d.hash.getmany", "r", "many"}, fields...), append([]string{"d.hash.deletemany", "w", "many"}, fields...),
		}
		if serverHas(t, s, "HashFieldMinExpire") {
			hot = append(hot, []string{"d.hash.expire", "r", "h", "f"}, []string{"d.hash.minexpire", "r", "h"})
		}
		all := append(hot, [][]string{
			{"d.hash.set", "w", "text", "-", "f", "v"}, {"d.hash.get", "r", "text", "f"}, {"d.hash.gettext", "c", "h", "f"}, {"d.hash.settext", "w", "h", "nx", "f", "v"}, {"d.hash.settext", "r", "h", "-", "f", "v"},
			{"d.hash.deletetext", "r", "h", "f"}, {"d.hash.get", "a", "h", "f"}, {"d.hash.getmany", "a", "h", "f", "g", "none"}, {"d.hash.settext", "w", "h", "-", "a\x00", "v"}, {"d.hash.getmany", "w", "text", "f", "g"},
		}...)
		leakless(t, s, 3, 8<<10, func(w *wire) {
			for range 300 {
				for _, c := range all {
					w.do(c...)
				}
			}
		})
		noAllocs(t, s, hot...)
	})
}

// TestHashManyNew sets many fields of a key that the event of its making closes, or
// during which the goroutine's stack, where the fields are, moves.
//
// Drives: HashSet.
func TestHashManyNew(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		want := map[string]string{}
		for i := range 25 {
			want[string(rune('a'+i))] = "fresh"
		}
		stay := w.alone("d.hash.new", "fresh", "stay")
		require.Regexp(t, `^\*3\r\n:25\r\n\+OK\r\n:[01]\r\n$`, stay)
		require.Equal(t, want, hgetall(w, "fresh"))
		if strings.HasSuffix(stay, ":0\r\n") {
			t.Skip("this server has no event of new keys")
		}
		require.Equal(t, "*3\r\n:10\r\n-ERR the key is closed\r\n:1\r\n", w.alone("d.hash.new", "closed", "close"))
		require.Equal(t, ":10\r\n", w.do("HLEN", "closed"))
	})
}
