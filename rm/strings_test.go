// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

const (
	notInteger = "-ERR value is not an integer or out of range\r\n"
	notFloat   = "-ERR value is not a valid float\r\n"
)

// TestStringNumbers reads numbers from strings.
//
// Drives: StringToULongLong, StringToLongLong, StringToDouble, StringToLongDouble.
func TestStringNumbers(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		for _, c := range []struct{ operation, text, want string }{
			{"uint", "0", bulk("0")},
			{"uint", "007", bulk("7")},
			{"uint", "9223372036854775808", bulk("9223372036854775808")},
			{"uint", "18446744073709551615", bulk("18446744073709551615")},
			{"uint", "18446744073709551616", notInteger},
			{"uint", strings.Repeat("9", 1000), notInteger},
			{"uint", "-1", notInteger}, {"uint", " -1", notInteger}, {"uint", "+1", notInteger}, {"uint", " 1", notInteger},
			{"uint", "1 ", notInteger}, {"uint", "12\x003", notInteger}, {"uint", "", notInteger}, {"uint", "0x10", notInteger},
			{"int", "-9223372036854775808", ":-9223372036854775808\r\n"}, {"int", "9223372036854775808", notInteger},
			{"int", "007", notInteger}, {"int", "1\x00", notInteger}, {"int", "", notInteger},
			{"float", "0.1", bulk("0.1")}, {"float", "-inf", bulk("-Inf")}, {"float", "1e400", notFloat}, {"float", "nan", notFloat},
			{"float", "1.5x", notFloat}, {"float", " 1", notFloat}, {"float", "1.5\x00", notFloat}, {"float", "", notFloat},
			{"longdouble", "0.1", bulk("0.1")}, {"longdouble", "-2.5e3", bulk("-2500")}, {"longdouble", "nan", notFloat},
			{"longdouble", "1.5x", notFloat}, {"longdouble", "1.5\x00", notFloat}, {"longdouble", " 1", notFloat}, {"longdouble", "", notFloat},
			{"longdouble", strings.Repeat("1", 6000), notFloat},
		} {
			require.Equal(t, c.want, w.alone("d.str", c.operation, c.text), "%s of %q", c.operation, c.text)
		}
	})
}

// TestStringsOfNumbers makes strings of numbers.
//
// Drives: CreateStringFromULongLong, CreateStringFromDouble,
// CreateStringFromLongDouble.
func TestStringsOfNumbers(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		for _, n := range []string{"0", "7", "9223372036854775807", "9223372036854775808", "18446744073709551615"} {
			require.Equal(t, bulk(n), w.alone("d.str", "newuint", n))
		}
		for _, f := range []float64{0, 1, -1.5, 0.1, 1e21, 1e300, 5e-324, math.MaxFloat64, math.Pi, math.Inf(1), math.Inf(-1), 1 << 53} {
			text := strconv.FormatFloat(f, 'g', -1, 64)
			for _, operation := range []string{"newfloat", "newlongdouble"} {
				got, err := strconv.ParseFloat(content(t, w.alone("d.str", operation, text)), 64)
				require.NoError(t, err)
				require.Equal(t, f, got, "%s of %s", operation, text)
			}
		}
		for text, want := range map[string]string{
			"0.1": "0.10000000000000001", "1e20": "100000000000000000000", "3": "3", "-0.25": "-0.25", "1e-30": "0", "inf": "inf",
			"1e300": strings.TrimSuffix(fmt.Sprintf("%f", 1e300), ".000000"),
		} {
			require.Equal(t, bulk(want), w.alone("d.str", "newhuman", text), "%s", text)
		}
	})
}

// content is what is in a bulk string of the protocol.
func content(t *testing.T, reply string) string {
	t.Helper()
	head, rest, found := strings.Cut(reply, "\r\n")
	require.True(t, found && head[0] == '$', "%q", reply)
	return strings.TrimSuffix(rest, "\r\n")
}

// TestStringContents copies, compares and changes strings.
//
// Drives: CreateString, CreateStringFromString, StringCompare, StringAppendBuffer,
// TrimStringAllocation, RetainString, HoldString, FreeString, StringPtrLen,
// AutoMemory.
func TestStringContents(t *testing.T) {
	texts := []string{"", "a", "binary\x00\r\n\xff", strings.Repeat("big\x00", 1<<18)}
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		trim := serverHas(t, s, "TrimStringAllocation")
		for _, text := range texts {
			for _, operation := range []string{"copy", "handover"} {
				require.True(t, bulk(text) == w.alone("d.str", operation, text), "%s of %.20q", operation, text)
			}
			require.True(t, bulk(text+"+") == w.alone("d.str", "shared", text), "shared %.20q", text)
			require.True(t, bulk("<"+text+"\x00b") == w.alone("d.str", "appendto", text, "\x00b"))
			require.True(t, bulk(text+"\x00b"+text) == w.alone("d.str", "append", text, "\x00b", text))
			require.True(t, bulk(fmt.Sprintf("1 %s %q %%s\x00", text, text)) == w.alone("d.str", "format", text))
			if trim {
				require.True(t, bulk(text+strings.Repeat("0123456789", 10)) == w.alone("d.str", "trim", text))
			} else {
				require.Equal(t, "-"+lacking("TrimStringAllocation")+"\r\n", w.alone("d.str", "trim", text))
			}
		}
		for _, c := range []struct{ a, b, want string }{
			{"", "", "true 0 0"}, {"a", "a", "true 0 0"}, {"a", "b", "false -1 1"}, {"abc", "ab", "false 1 -1"}, {"", "x", "false -1 1"},
			{"a\x00b", "a\x00c", "false -1 1"}, {"a\x00", "a", "false 1 -1"}, {"\xff", "a", "false 1 -1"}, {"z", "aaaaaaaaaaaa", "false 1 -1"},
		} {
			require.Equal(t, bulk(c.want), w.alone("d.str", "equal", c.a, c.b), "%q and %q", c.a, c.b)
		}
		require.Equal(t, bulk(""), w.alone("d.str", "zero", "some"))
	})
}

// TestStringAllocations has operations on strings that must not allocate.
func TestStringAllocations(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		noAllocs(t, s, []string{"d.str.hot", strings.Repeat("text\x00", 20), "1234567890"})
	})
}

// TestStringMemory repeats all operations and watches the server's memory.
func TestStringMemory(t *testing.T) {
	const times = 400
	text := strings.Repeat("text\x00", 20)
	withData(t, func(t *testing.T, s *rmtest.Server) {
		commands := [][]string{
			{"d.str.hot", text, "42"}, {"d.str", "copy", text}, {"d.str", "append", text, text, text}, {"d.str", "trim", text},
			{"d.str", "shared", text}, {"d.str", "handover", text}, {"d.str", "zero", text}, {"d.str", "format", text},
			{"d.str", "newuint", "18446744073709551615"}, {"d.str", "newfloat", "0.1"}, {"d.str", "newhuman", "0.1"}, {"d.str", "newlongdouble", "x"},
		}
		leakless(t, s, 3, times*16, func(w *wire) {
			for range times / 3 {
				for _, c := range commands {
					w.do(c...)
				}
			}
		})
	})
}

// TestStr: strings that live until the handler returns are freed then, also after an
// error, and Go allocates nothing for them.
func TestStr(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("SET", "text", "x")
		leakless(t, s, 2, 300*16, func(w *wire) {
			for range 300 {
				require.Equal(t, bulk("a\x00text"), w.alone("d.str.lent", "h", "a\x00text"))
				require.Contains(t, w.alone("d.str.lent", "text", "value"), "WRONGTYPE")
			}
		})
		noAllocs(t, s, []string{"d.str.lent", "h", "a text"})
	})
}

// TestStringMisuse uses freed strings with a module of the debug build, which names
// the line.
func TestStringMisuse(t *testing.T) {
	eachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{{
			Path: rmtest.Build(t, datamod, rmtest.Tags("rm_debug")), Args: []string{"rm-mode=" + mode},
		}}})
		w := dial(t, s, 2)
		lines := misuseLines(t, "../internal/testmod/datamod/strings.go")
		require.Len(t, lines, 5)
		for misuse, line := range lines {
			reply := w.alone("d.str.debug", misuse, "a text")
			require.Regexp(t, `^-ERR d\.str\.debug: panic: rm_debug: ERR the string is freed \(.*/strings\.go:\d+\); it is .* \(.*/strings\.go:`+
				strconv.Itoa(line)+`\)\r\n$`, reply, misuse)
		}
		require.Equal(t, bulk("a text"), w.alone("d.str.debug", "fine", "a text"))
		require.Equal(t, "+OK\r\n", w.alone("d.str.debug", "many", "a text"))
		require.Equal(t, bulk("ab"), w.alone("d.str", "handover", "ab"))
		require.Equal(t, bulk("ab+"), w.alone("d.str", "shared", "ab"))
		require.Equal(t, "-ERR nobody noticed\r\n", w.alone("d.str.debug", "nothing", "a text"))
	})
}

// misuseLines are the lines of a file that say "// misuse: NAME".
func misuseLines(t *testing.T, file string) map[string]int {
	t.Helper()
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	lines := map[string]int{}
	for i, line := range strings.Split(string(source), "\n") {
		if _, name, found := strings.Cut(line, "// misuse: "); found {
			lines[name] = i + 1
		}
	}
	return lines
}
