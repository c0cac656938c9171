// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestReplySlices sends whole slices of each kind, at once and recorded.
//
// Drives: ReplyWithArray, ReplyWithMap, ReplyWithLongLong, ReplyWithDouble,
// ReplyWithStringBuffer, ReplyWithString, ReplyWithNull.
func TestReplySlices(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		old := !serverHas(t, s, "ReplyWithMap")
		long := strings.Repeat("long\x00", 20_000)
		var many []string
		for i := range 5000 {
			many = append(many, strconv.Itoa(i-2500))
		}
		numbers := func(list []string) string {
			return fmt.Sprintf("*%d\r\n:%s\r\n", len(list), strings.Join(list, "\r\n:"))
		}
		bulks := func(head string, list ...string) string {
			for _, e := range list {
				head += bulk(e)
			}
			return head
		}
		for _, protocol := range []int{2, 3} {
			w := dial(t, s, protocol)
			three := protocol == 3
			null := map[bool]string{false: "$-1\r\n", true: "_\r\n"}[three]
			double := func(f string) string {
				if three {
					return "," + f + "\r\n"
				}
				return bulk(f)
			}
			for _, way := range []string{"direct", "recorded"} {
				do := func(kind string, elements ...string) string {
					return w.alone(append([]string{"d.slice", way, kind}, elements...)...)
				}
				require.Equal(t, numbers([]string{"-9223372036854775808", "0", "9223372036854775807"}),
					do("longlongs", "-9223372036854775808", "0", "9223372036854775807"))
				require.Equal(t, numbers(many), do("longlongs", many...))
				require.Equal(t, "*3\r\n"+double("0.5")+double("-2.25")+double("inf"), do("doubles", "0.5", "-2.25", "inf"))
				for _, kind := range []string{"texts", "bytes", "strs"} {
					require.Equal(t, bulks("*5\r\n", "a", "", "\x00\r\n", long, "b"), do(kind, "a", "", "\x00\r\n", long, "b"), kind)
					require.Equal(t, bulks("*5000\r\n", many...), do(kind, many...))
				}
				require.Equal(t, "*3\r\n"+null+bulk("x")+null, do("strs", "null", "x", "null"))
				for _, kind := range []string{"longlongs", "doubles", "texts", "bytes", "strs"} {
					require.Equal(t, "*0\r\n", do(kind), kind)
				}
				for _, kind := range []string{"textmap", "bytesmap", "strmap"} {
					head := func(n int) string {
						if three && !old {
							return fmt.Sprintf("%%%d\r\n", n)
						}
						return fmt.Sprintf("*%d\r\n", 2*n)
					}
					odd := do(kind, "k")
					if way == "direct" {
						require.Equal(t, "-ERR the last key of the pairs has no value\r\n", odd)
						if old {
							require.Equal(t, "-"+lacking("ReplyWithMap")+"\r\n", do(kind, "k", "v"))
							continue
						}
					} else {
						require.Equal(t, "-ERR invalid reply: the last key of a map is without a value\r\n", odd)
					}
					require.Equal(t, bulks(head(2), "k", "v", "", "\x00"), do(kind, "k", "v", "", "\x00"), kind)
					require.Equal(t, bulks(head(2500), many...), do(kind, many...))
					require.Equal(t, head(0), do(kind))
				}
			}
		}
	})
}

// TestReplySlicesOnStack sends slices that are in the goroutine's stack, which grows
// from reply to reply, and allocates nothing.
//
// Drives: ReplyWithArray, ReplyWithLongLong, ReplyWithDouble, ReplyWithStringBuffer,
// ReplyWithString.
func TestReplySlicesOnStack(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		text := "a text\x00 of this"
		require.Equal(t, "*7\r\n*3\r\n:1\r\n:-2\r\n:3\r\n*2\r\n"+bulk("0.5")+bulk("-1.5")+
			"*3\r\n"+bulk(text)+bulk("")+bulk(text)+"*2\r\n"+bulk("a")+bulk("")+"*3\r\n"+bulk(text)+"$-1\r\n"+bulk(text)+
			"*3\r\n*2\r\n:4\r\n:5\r\n*2\r\n"+bulk(text)+bulk(text)+"*2\r\n"+bulk(text)+"$-1\r\n"+"$-1\r\n", w.alone("d.slice.stack", text))
		for range 20 {
			const depth = 300
			want := fmt.Sprintf("*%d\r\n", depth)
			for d := depth; d > 0; d-- {
				c := string(rune('a' + d%26))
				want += "*3\r\n" + bulk(strings.Repeat(c, 10)) + bulk(strings.Repeat(c, 3)) + bulk(strings.Repeat(c, 10))
			}
			require.Equal(t, want, w.alone("d.slice.fresh", strconv.Itoa(depth)))
		}
		noAllocs(t, s, []string{"d.slice.stack", "a text"})
	})
}
