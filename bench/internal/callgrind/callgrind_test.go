// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package callgrind

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	server = "/usr/bin/server"
	module = "/tmp/module.so"
)

// The file in testdata has what such files have: numbers that stand for names, given
// by a callee first, lines of an inlined function, recursion, a jump, costs without a
// number.
func TestParse(t *testing.T) {
	f, err := os.Open("testdata/one.callgrind")
	require.NoError(t, err)
	defer f.Close()
	p, err := Parse(f)
	require.NoError(t, err)
	require.Equal(t, 1, p.Thread)
	require.Equal(t, "Client Request: noop", p.Trigger)
	require.Equal(t, map[Function]uint64{
		{server, "main"}:                      30 + 12,
		{module, "example.org/m.(*T).handle"}: 5 + 7 + 100 + 8,
		{server, "reply"}:                     40,
		{server, "0x00000000000b2c40"}:        9,
		{module, "nothing"}:                   0,
	}, p.Self)
	require.EqualValues(t, 211, p.Total(nil))
	require.EqualValues(t, 91, p.Total(func(f Function) bool { return f.Object == module }))
}

const begin = "events: Ir\nob=(1) /bin/x\nfn=(1) f\n"

func TestParseOtherForms(t *testing.T) {
	f := Function{"/bin/x", "f"}
	for text, want := range map[string]uint64{
		begin + "1 7\ntotals: 7\n":                                                          7,
		begin + "1 7\n\n# a comment\n+1 3\ntotals: 10\n":                                    10,
		"events: Dr Ir\nob=/bin/x\nfn=f\n1 5 7\n* 5\n-1 5 1\ntotals: 15 8\n":                8,
		"positions: instr line\nevents: Ir\nob=(1) /bin/x\nfn=(1) f\n0x1f 1 7\ntotals: 7\n": 7,
		begin + "1 7\ncfn=(1)\ncalls=2 1\n1 700\ntotals: 7\n":                               7,
		begin + "1 7\njump=2 1\n1\njcnd=1/2 3\n1\ntotals: 7\n":                              7,
	} {
		p, err := Parse(strings.NewReader(text))
		require.NoError(t, err, text)
		require.Equal(t, map[Function]uint64{f: want}, p.Self, text)
		require.Zero(t, p.Thread)
	}
}

func TestWithoutDepth(t *testing.T) {
	for s, want := range map[string]string{"f'2": "f", "f'12": "f", "f'": "f'", "'2": "'2", "f'x": "f'x", "f": "f", "": ""} {
		require.Equal(t, want, withoutDepth(s))
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "does not end with its total",
		begin + "1 7\n":               "does not end with its total",
		begin + "1 7\ntotals: 8\n":    "the functions have 7 instructions, the file says 8",
		begin + "1 x\n":               "line 4",
		"events: Dr\n":                "without Ir",
		"fn=(1) f\n1 7\n":             "in front of the line of events",
		"events: Ir\n1 7\n":           "in front of the first function",
		begin + "fn=(2)\n":            "nothing has the number (2)",
		begin + "cfn=(2)\n":           "nothing has the number (2)",
		begin + "xx=(2)\n":            "unknown position",
		begin + "calls=1 1\nfn=(1)\n": "no line of numbers behind a call",
		"positions: instr line\n" + begin + "1\n": "fewer than 2 positions",
		"rubbish\n":   "no known kind",
		"thread: x\n": "line 1",
	} {
		_, err := Parse(strings.NewReader(text))
		require.ErrorContains(t, err, want, text)
	}
}
