// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest"
)

// asTexts is the reply of a command as texts: %v of each element, flat.
func asTexts(t *testing.T, v any) []string {
	t.Helper()
	elements, ok := v.([]any)
	require.True(t, ok, "%v is no array", v)
	out := make([]string, len(elements))
	for i, e := range elements {
		switch e := e.(type) {
		case float64:
			out[i] = strconv.FormatFloat(e, 'g', -1, 64)
		default:
			out[i] = fmt.Sprint(e)
		}
	}
	return out
}

// zTexts runs a command and returns its reply as texts.
func zTexts(t *testing.T, s *rmtest.Server, args ...any) []string {
	t.Helper()
	return asTexts(t, s.MustDo(args...))
}

// withStreams is withData, and proves that servers without the functions are
// told from the others.
func withStreams(t *testing.T, test func(t *testing.T, s *rmtest.Server), config ...string) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		if serverHas(t, s, "StreamAdd") {
			test(t, s)
			return
		}
		want := string(rm.ErrUnsupported)
		for _, command := range [][]any{
			{"d.stream.add", "k", "w", "1-1", "f", "v"}, {"d.stream.add", "k", "w", "*", "f", "v"},
			{"d.stream.del", "k", "w", "1-1"}, {"d.stream.del", "k", "w", "-", "+"},
			{"d.stream.trim", "k", "w", "len", "1"}, {"d.stream.trim", "k", "w", "id", "1"},
			{"d.stream.walk", "k", "r", "-", "+", "forward", "-", "0"},
		} {
			got := zTexts(t, s, command...)
			require.Equal(t, want, got[len(got)-1], command)
		}
	}, config...)
}

// TestStreamIDs reads and writes IDs, by the server and without it.
//
// Drives: StringToStreamID, CreateStringFromStreamID.
func TestStreamIDs(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		for text, want := range map[string]string{
			"1-2": "1-2", "-": "0-0", "+": "18446744073709551615-18446744073709551615", "5": "5-0", "0-0": "0-0", "007-01": "7-1",
			"18446744073709551615-0": "18446744073709551615-0", "18446744073709551616-0": "", "1-18446744073709551616": "",
			"": "", "1-": "", "-1": "", "1-2-3": "", "a": "", "1-a": "", "1\x00-2": "", "1-*": "", "(1-1": "", strings.Repeat("1", 200): "",
		} {
			got := zTexts(t, s, "d.stream.id", text)
			if strings.Contains(text, "\x00") { // some servers see the end of the text in it
				got[0], got[1] = got[2], got[3]
			}
			if want == "" {
				require.Equal(t, []string{"0-0", string(rm.ErrNotStreamID), "0-0", string(rm.ErrNotStreamID)}, got, text)
				continue
			}
			if text == "007-01" { // servers differ about zeros in front
				got[0], got[1] = got[2], got[3]
			}
			require.Equal(t, []string{want, "ok", want, "ok"}, got, text)
		}
		noAllocs(t, s, []string{"d.stream.id", "123456789012-34"}, []string{"d.stream.id", "x"})
	})
}

func TestStreamIDUnit(t *testing.T) {
	id := rm.StreamID{Ms: 1, Seq: math.MaxUint64}
	require.Equal(t, "1-18446744073709551615", id.String())
	require.Equal(t, "x1-18446744073709551615", string(id.Append([]byte("x"))))
	require.True(t, rm.StreamID{}.IsZero())
	require.False(t, id.IsZero())
	ordered := []rm.StreamID{rm.MinStreamID, {Seq: 1}, {Ms: 1}, {Ms: 1, Seq: 1}, id, {Ms: 2}, {Ms: math.MaxUint64}, rm.MaxStreamID}
	for i, a := range ordered {
		for j, b := range ordered {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			require.Equal(t, want, a.Compare(b), "%v %v", a, b)
		}
		back, err := rm.ParseStreamID(a.String())
		require.NoError(t, err)
		require.Equal(t, a, back)
	}
	var none rm.RStr
	_, err := none.StreamID()
	require.Equal(t, rm.ErrNotStreamID, err)
}

// entries runs XRANGE and returns the reply as d.stream.walk has it.
func entries(t *testing.T, s *rmtest.Server, command, key, from, to string) []string {
	t.Helper()
	out := []string{}
	all, ok := s.MustDo(command, key, from, to).([]any)
	require.True(t, ok)
	for _, e := range all {
		pair, ok := e.([]any)
		require.True(t, ok)
		fields := asTexts(t, pair[1])
		out = append(append(out, fmt.Sprint(pair[0]), fmt.Sprint(len(fields)/2)), fields...)
	}
	return out
}

// TestStreamAdd adds entries with chosen IDs and with others.
//
// Drives: StreamAdd.
func TestStreamAdd(t *testing.T) {
	withStreams(t, func(t *testing.T, s *rmtest.Server) {
		add := func(args ...any) string {
			t.Helper()
			return strings.Join(zTexts(t, s, append([]any{"d.stream.add"}, args...)...), " ")
		}
		require.Equal(t, "1-1 ok", add("k", "w", "1-1", "f", "v"))
		require.Equal(t, "1-2 ok", add("k", "w", "1-2", "", "", "bin\x00\xff\r\n", "v\x00", "f", "1", "f", "2"))
		order := "0-0 " + string(rm.ErrStreamIDOrder)
		for _, id := range []string{"1-2", "1-1", "0-1", "0-0"} {
			require.Equal(t, order, add("k", "w", id, "f", "v"))
		}
		require.Equal(t, order, add("none", "w", "0-0", "f", "v"))
		for _, id := range []string{"2-0", "*"} {
			require.Equal(t, "0-0 "+string(rm.ErrNoFields), add("k", "w", id))
			require.Equal(t, "0-0 "+string(rm.ErrNoFields), add("k", "w", id, "f"))
			require.Equal(t, "0-0 "+string(rm.ErrNoFields), add("k", "w", id, "f", "v", "g"))
			require.Equal(t, "0-0 "+string(rm.ErrNoString), add("k", "w", id, "f", "~nil"))
			require.Equal(t, "0-0 "+string(rm.ErrNoString), add("k", "w", id, "~nil", "v"))
			require.Equal(t, "0-0 "+string(rm.ErrKeyClosed), add("k", "c", id, "f", "v"))
			require.Equal(t, "0-0 "+string(rm.ErrRefused), add("k", "r", id, "f", "v"))
			require.Equal(t, "0-0 "+string(rm.ErrNoKey), add("none", "r", id, "f", "v"))
		}
		require.Equal(t, int64(0), s.MustDo("EXISTS", "none"))

		before := time.Now().UnixMilli()
		reply := add("k", "w", "*", "a", "b")
		id, err := rm.ParseStreamID(strings.TrimSuffix(reply, " ok"))
		require.NoError(t, err, reply)
		require.GreaterOrEqual(t, id.Ms, uint64(before))
		require.LessOrEqual(t, id.Ms, uint64(time.Now().UnixMilli()))
		require.Equal(t, []string{"1-1", "1", "f", "v", "1-2", "4", "", "", "bin\x00\xff\r\n", "v\x00", "f", "1", "f", "2", id.String(), "1", "a", "b"},
			entries(t, s, "XRANGE", "k", "-", "+"))

		top := rm.MaxStreamID.String()
		require.Equal(t, top+" ok", add("end", "w", top, "f", "v"))
		require.Equal(t, order, add("end", "w", top, "f", "v"))
		require.Equal(t, order, add("end", "w", "*", "f", "v"))

		s.MustDo("SET", "text", "x")
		require.Equal(t, "0-0 "+string(rm.ErrWrongType), add("text", "w", "1-1", "f", "v"))
		require.Equal(t, "0-0 "+string(rm.ErrWrongType), add("text", "w", "*", "f", "v"))
		require.Equal(t, "0-0 "+string(rm.ErrStreamIDOrder), add("text", "w", "0-0", "f", "v"))

		// Many fields, and large ones.
		big := strings.Repeat("0123456789abcde\x00", 1<<16)
		many := []any{"many", "w", "1-1"}
		for i := range 20_000 {
			many = append(many, fmt.Sprint(i))
		}
		require.Equal(t, "1-1 ok", add(many...))
		require.Equal(t, "1-2 ok", add("many", "w", "1-2", big, "v", "f", big))
		got := entries(t, s, "XRANGE", "many", "-", "+")
		require.Len(t, got, 20_002+6)
		require.Equal(t, "19999", got[20_001])
		require.True(t, got[20_004] == big && got[20_007] == big)
	})
}

// TestStreamAddWakes proves that clients who wait for entries get them.
//
// Drives: StreamAdd.
func TestStreamAddWakes(t *testing.T) {
	withStreams(t, func(t *testing.T, s *rmtest.Server) {
		for _, key := range []string{"old", "new"} {
			if key == "old" {
				s.MustDo("XADD", "old", "1-1", "f", "v")
			}
			w := dial(t, s, 2)
			w.send(command("XREAD", "BLOCK", "10000", "STREAMS", key, "$"))
			require.Eventually(t, func() bool { return s.InfoField("clients", "blocked_clients") == "1" }, patience, time.Millisecond)
			require.Equal(t, []string{"5-5", "ok"}, zTexts(t, s, "d.stream.add", key, "w", "5-5", "a", "b"))
			require.Contains(t, w.read(), bulk("5-5"))
		}
	})
}

// TestStreamAddTooLarge adds more than a gigabyte, which servers refuse, and which
// must not leave anything behind.
//
// Drives: StreamAdd.
func TestStreamAddTooLarge(t *testing.T) {
	withStreams(t, func(t *testing.T, s *rmtest.Server) {
		require.Equal(t, string(rm.ErrRange), s.MustDo("d.stream.big", "k", 9))
		require.Equal(t, int64(0), s.MustDo("EXISTS", "k"))
		s.MustDo("XADD", "k", "1-1", "f", "v")
		require.Equal(t, string(rm.ErrRange), s.MustDo("d.stream.big", "k", 9))
		require.Equal(t, int64(1), s.MustDo("XLEN", "k"))
	})
}

// TestStreamDelete deletes single entries and ranges. The stream stays.
//
// Drives: StreamDelete, StreamIteratorStart, StreamIteratorNextID,
// StreamIteratorDelete, StreamIteratorStop.
func TestStreamDelete(t *testing.T) {
	withStreams(t, func(t *testing.T, s *rmtest.Server) {
		del := func(args ...any) string {
			t.Helper()
			return strings.Join(zTexts(t, s, append([]any{"d.stream.del"}, args...)...), " ")
		}
		fillStream(s, "k", 1000)
		require.Equal(t, "1 ok", del("k", "w", "500-1"))
		require.Equal(t, "0 ok", del("k", "w", "500-1"))
		require.Equal(t, "0 ok", del("k", "w", "0-0"))
		require.Equal(t, "0 ok", del("none", "w", "1-1"))
		require.Equal(t, "0 ok", del("none", "r", "1-1"))
		require.Equal(t, int64(999), s.MustDo("XLEN", "k"))

		require.Equal(t, "0 "+string(rm.ErrRefused), del("k", "r", "1-1"))
		require.Equal(t, "0 "+string(rm.ErrRefused), del("k", "r", "1-1", "2-1"))
		require.Equal(t, "0 "+string(rm.ErrKeyClosed), del("k", "c", "1-1"))
		require.Equal(t, "0 "+string(rm.ErrKeyClosed), del("k", "c", "-", "+"))
		s.MustDo("SET", "text", "x")
		require.Equal(t, "0 "+string(rm.ErrWrongType), del("text", "w", "1-1"))
		require.Equal(t, "0 "+string(rm.ErrWrongType), del("text", "w", "-", "+"))
		require.Equal(t, int64(999), s.MustDo("XLEN", "k"))

		require.Equal(t, "0 ok", del("none", "w", "-", "+"))
		require.Equal(t, "0 ok", del("k", "w", "5-1", "4-1"))
		require.Equal(t, "1 ok", del("k", "w", "7-1", "7-1"))
		require.Equal(t, "200 ok", del("k", "w", "400-1", "600-1")) // 500-1 is gone
		require.Equal(t, []string{"399-1", "1", "f", "399", "601-1", "1", "f", "601"}, entries(t, s, "XRANGE", "k", "399-0", "601-9"))
		require.Equal(t, int64(798), s.MustDo("XLEN", "k"))
		require.Equal(t, "798 ok", del("k", "w", "-", "+"))
		require.Equal(t, int64(1), s.MustDo("EXISTS", "k"))
		require.Equal(t, int64(0), s.MustDo("XLEN", "k"))
		require.Equal(t, "0 ok", del("k", "w", "-", "+"))
	})
}

// fillStream makes a stream with the entries 1-1 to n-1, each with its number under
// the field f.
func fillStream(s *rmtest.Server, key string, n int) {
	c := s.Client().Pipeline()
	c.Do(context.Background(), "DEL", key)
	for i := 1; i <= n; i++ {
		c.Do(context.Background(), "XADD", key, fmt.Sprintf("%d-1", i), "f", i)
	}
	_, _ = c.Exec(context.Background())
}

// TestStreamTrim trims by length and by ID.
//
// Drives: StreamTrimByLength, StreamTrimByID.
func TestStreamTrim(t *testing.T) {
	withStreams(t, func(t *testing.T, s *rmtest.Server) {
		trim := func(args ...any) string {
			t.Helper()
			return strings.Join(zTexts(t, s, append([]any{"d.stream.trim"}, args...)...), " ")
		}
		fillStream(s, "k", 1000)
		require.Equal(t, "0 ok", trim("k", "w", "len", 1000))
		require.Equal(t, "10 ok", trim("k", "w", "len", 990))
		require.Equal(t, "40 ok", trim("k", "w", "lenapprox", 910)) // a block holds 50
		require.Equal(t, "49 ok", trim("k", "w", "id", "100-1"))
		require.Equal(t, "1 ok", trim("k", "w", "idapprox", "100-5")) // all that is left of its block
		require.Equal(t, "50 ok", trim("k", "w", "idapprox", "155-0"))
		first := entries(t, s, "XRANGE", "k", "-", "+")[:2]
		require.Equal(t, []string{"151-1", "1"}, first)
		require.Equal(t, int64(850), s.MustDo("XLEN", "k"))

		require.Equal(t, "0 "+string(rm.ErrRange), trim("k", "w", "len", -1))
		require.Equal(t, "0 "+string(rm.ErrRange), trim("none", "w", "len", -1))
		s.MustDo("SET", "text", "x")
		for _, how := range []string{"len", "lenapprox", "id", "idapprox"} {
			require.Equal(t, "0 ok", trim("none", "w", how, 0))
			require.Equal(t, "0 ok", trim("none", "r", how, 0))
			require.Equal(t, "0 "+string(rm.ErrRefused), trim("k", "r", how, 0))
			require.Equal(t, "0 "+string(rm.ErrKeyClosed), trim("k", "c", how, 0))
			require.Equal(t, "0 "+string(rm.ErrWrongType), trim("text", "w", how, 0))
		}
		require.Equal(t, "850 ok", trim("k", "w", "len", 0))
		require.Equal(t, int64(1), s.MustDo("EXISTS", "k"))
		fillStream(s, "k", 100)
		require.Equal(t, "100 ok", trim("k", "w", "id", "+"))
	}, "stream-node-max-entries 50")
}
