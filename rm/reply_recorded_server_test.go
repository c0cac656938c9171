// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/testmod/replyprog"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest"
)

// respOf is what a program comes to in a protocol.
func respOf(t *testing.T, program []replyprog.Instr, protocol int) (string, error) {
	t.Helper()
	b := rm.NewReply()
	replyprog.Run(program, b)
	resp, err := b.AppendRESP(nil, protocol)
	b.Free()
	return string(resp), err
}

// matches compares what came from a server with the tree: to the byte, but
// floating-point numbers by their value, since servers differ in how they write
// them. It returns what follows. Old servers' modules have the types of RESP2 only,
// while null and numbers are the client's protocol's.
func (n replyNode) matches(got string, protocol int, old bool) (rest string, ok bool) {
	all := func(list []replyNode) bool {
		for _, e := range list {
			if got, ok = e.matches(got, protocol, old); !ok {
				return false
			}
		}
		return true
	}
	exact := func(want string) bool {
		got, ok = strings.CutPrefix(got, want)
		return ok
	}
	three := protocol == 3 && !old
	if n.marked && three {
		if !exact(fmt.Sprintf("|%d\r\n", len(n.attribute)/2)) || !all(n.attribute) {
			return got, false
		}
	}
	switch n.Op {
	case replyprog.Double, replyprog.LongDouble:
		var text string
		if protocol == 3 {
			if !exact(",") {
				return got, false
			}
			text, got, ok = strings.Cut(got, "\r\n")
		} else if exact("$") {
			var length string
			length, got, _ = strings.Cut(got, "\r\n")
			text, got, ok = strings.Cut(got, "\r\n")
			ok = ok && length == strconv.Itoa(len(text))
		}
		f, err := strconv.ParseFloat(text, 64)
		want, _ := strconv.ParseFloat(n.number(), 64)
		return got, ok && err == nil && (f == want || math.IsNaN(f) && math.IsNaN(want))
	case replyprog.Null, replyprog.NullArray:
		one := n
		one.marked = false
		want := new(strings.Builder)
		one.resp(want, protocol)
		return got, exact(want.String())
	}
	want, alone := new(strings.Builder), n
	alone.marked = false
	head := 2
	if three {
		head = 3
	}
	alone.resp(want, head)
	if n.elements == nil {
		return got, exact(want.String())
	}
	line, _, _ := strings.Cut(want.String(), "\n")
	return got, exact(line+"\n") && all(n.elements)
}

// TestReplyProgramsOnServer sends the replies of random programs.
//
// Drives: ReplyWithLongLong, ReplyWithStringBuffer, ReplyWithSimpleString,
// ReplyWithError, ReplyWithNull, ReplyWithNullArray, ReplyWithArray, ReplyWithMap,
// ReplyWithSet, ReplyWithAttribute, ReplyWithBool, ReplyWithDouble,
// ReplyWithLongDouble, ReplyWithBigNumber, ReplyWithVerbatimStringType.
func TestReplyProgramsOnServer(t *testing.T) {
	const programs = 3000
	seed := rand.Uint64()
	t.Logf("seed %#x", seed)
	withData(t, func(t *testing.T, s *rmtest.Server) {
		old := !serverHas(t, s, "ReplyWithMap")
		for _, protocol := range []int{2, 3} {
			r := rand.New(rand.NewPCG(seed, uint64(protocol)))
			w := dial(t, s, protocol)
			same := 0
			for i := range programs {
				program := replyprog.Random(r, 6)
				if i%10 == 0 { // most of these are invalid
					program = program[:r.IntN(len(program)+1)]
				}
				reply := w.alone("d.builder.run", string(replyprog.Encode(program)))
				resp, err := respOf(t, program, protocol)
				tree, valid := replyTree(program)
				require.Equal(t, valid, err == nil)
				if !valid {
					require.Equal(t, "-"+err.Error()+"\r\n", reply)
					continue
				}
				rest, ok := tree.matches(reply, protocol, old)
				require.True(t, ok && rest == "", "RESP%d: %+v\ngives %q\nnot   %q", protocol, program, reply, resp)
				if reply == resp {
					same++
				}
			}
			if protocol == 2 || !old {
				require.Greater(t, same, programs/3, "the same bytes as AppendRESP")
			}
		}
	})
}

// TestReplyUse sends recordings several times, of goroutines, of calls, of strings
// that are gone, and after Free.
//
// Drives: ReplyWithArray, CallReplyProto, ReplyWithError.
func TestReplyUse(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		old := !serverHas(t, s, "ReplyWithMap")
		program := []replyprog.Instr{
			{Op: replyprog.Array, N: 2}, {Op: replyprog.Attribute, N: 1}, {Op: replyprog.Null}, {Op: replyprog.Null},
			{Op: replyprog.Bytes, Text: "a\x00"}, {Op: replyprog.Integer, N: 3},
		}
		s.MustDo("RPUSH", "list", "a", "b")
		s.MustDo("HSET", "hash", "f", "v")
		for _, protocol := range []int{2, 3} {
			w := dial(t, s, protocol)
			two, null := "*2\r\n"+bulk("a\x00")+":3\r\n", "$-1\r\n"
			if protocol == 3 {
				null = "_\r\n"
				if !old {
					two = "*2\r\n|1\r\n_\r\n_\r\n" + bulk("a\x00") + ":3\r\n"
				}
			}
			require.Equal(t, "*4\r\n"+strings.Repeat(two, 3)+"-ERR invalid reply: a second reply follows the complete first one\r\n",
				w.alone("d.builder.again", string(replyprog.Encode(program))))
			require.Equal(t, bulk("fresh\x00"), w.alone("d.builder.freed", "fresh\x00"))
			require.Equal(t, "*3\r\n"+bulk("text")+null+bulk("textx"), w.alone("d.builder.str", "text"))

			aggregate := func(three, two string) string {
				if protocol == 3 && !old {
					return three
				}
				return two
			}
			want := new(strings.Builder)
			want.WriteString("*8\r\n")
			for i := range 800 {
				if i%100 == 0 {
					want.WriteString(aggregate("%100\r\n", "*200\r\n"))
				}
				fmt.Fprintf(want, ":%d\r\n%s", i, bulk("text of a goroutine"))
			}
			require.Equal(t, want.String(), w.alone("d.builder.goroutines"))

			call := func(args ...string) string { return w.alone(append([]string{"d.builder.call"}, args...)...) }
			require.Equal(t, "*2\r\n*2\r\n"+bulk("a")+bulk("b")+null, call("-", "LRANGE", "list", "0", "-1"))
			require.Equal(t, "*2\r\n*2\r\n"+bulk("f")+bulk("v")+null, call("-", "HGETALL", "hash"))
			require.Equal(t, "*2\r\n"+null+null, call("-", "GET", "none"))
			require.Equal(t, "*2\r\n+OK\r\n"+null, call("-", "SET", "key", "value"))
			require.Equal(t, "*2\r\n:2\r\n"+null, call("-", "LLEN", "list"))
			require.Equal(t, "*2\r\n-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"+null, call("-", "GET", "list"))
			if !old {
				require.Equal(t, "*2\r\n"+aggregate("%1\r\n", "*2\r\n")+bulk("f")+bulk("v")+null, call("3", "HGETALL", "hash"))
				require.Equal(t, "*2\r\n"+aggregate("|1\r\n_\r\n_\r\n", "")+bulk("a\x00")+null,
					call("3", "d.builder.run", string(replyprog.Encode([]replyprog.Instr{
						{Op: replyprog.Attribute, N: 1}, {Op: replyprog.Null}, {Op: replyprog.Null}, {Op: replyprog.Text, Text: "a\x00"}}))))
				r := rand.New(rand.NewPCG(1, 2))
				for range 300 {
					program := replyprog.Random(r, 4)
					tree, _ := replyTree(program)
					reply := call("3", "d.builder.run", string(replyprog.Encode(program)))
					inner, found := strings.CutPrefix(reply, "*2\r\n")
					if strings.HasPrefix(inner, "-") {
						continue // the error of a call comes without the attributes
					}
					rest, ok := tree.nullAsRESP3().matches(inner, protocol, false)
					require.True(t, found && ok && rest == null, "RESP%d: %+v\ngives %q", protocol, program, reply)
				}
			}
		}
	})
}

// nullAsRESP3 is the tree as RESP3 has it, where a null array is null.
func (n replyNode) nullAsRESP3() replyNode {
	if n.Op == replyprog.NullArray {
		n.Op = replyprog.Null
	}
	for _, list := range [][]replyNode{n.elements, n.attribute} {
		for i := range list {
			list[i] = list[i].nullAsRESP3()
		}
	}
	return n
}

// TestReplyBig sends large recordings, which the pool does not keep.
func TestReplyBig(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		text := strings.Repeat("1 MB\x00", 1<<20/5)
		leakless(t, s, 2, 1<<20, func(w *wire) {
			for _, n := range []int{0, 1, 20, 50_000} {
				element := text
				if n > 100 {
					element = "element"
				}
				want := fmt.Sprintf("*%d\r\n", n) + strings.Repeat(bulk(element), n)
				require.True(t, want == w.alone("d.builder.many", strconv.Itoa(n), element), "%d elements", n)
			}
		})
	})
}

// TestReplyNoAllocations records and sends without Go allocations, many elements, too, between
// small replies.
func TestReplyNoAllocations(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		noAllocs(t, s, []string{"d.builder.hot", "text"}, []string{"d.builder.many", "1000", "text"},
			[]string{"d.builder.many", "10000", "a text of some bytes"})
	})
}

// TestReplyMisuse uses a freed recording with a module of the debug build.
func TestReplyMisuse(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{WantMisuse: true, Modules: []rmtest.Module{{
			Path: rmtest.Build(t, datamod, rmtest.Tags("rm_debug")), Args: []string{"rm-mode=" + mode},
		}}})
		reply := dial(t, s, 3).alone("d.builder.freed", "text")
		require.Regexp(t, `^-ERR d\.builder\.freed: panic: rm_debug: ERR the recorded reply is freed \(.*/recorded\.go:\d+\)\r\n$`, reply)
		require.Regexp(t, `^\*1\r\n`, dial(t, s, 3).alone("d.builder.many", "1", "text"))
	})
}

// TestReplyToLate sends recorded replies to a command that has ended, and to one that has
// called another: they are refused, as direct replies are.
func TestReplyToLate(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		for range 3 {
			s.MustDo("t.recorded.late")
		}
		require.Eventually(t, func() bool {
			return strings.Count(s.Log(), "recorded late: ERR there is no command in this context") == 3
		}, patience, 10*time.Millisecond)
		for range 2 {
			_, err := s.Do("t.recorded.outer")
			require.EqualError(t, err, "ERR there is no command in this context")
		}
		require.True(t, s.Alive())
	})
}
