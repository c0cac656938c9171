// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package resp

import (
	"bufio"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAppendCommand(t *testing.T) {
	require.Equal(t, "x*2\r\n$3\r\nGET\r\n$0\r\n\r\n", string(AppendCommand([]byte("x"), "GET", "")))
	require.Equal(t, "*0\r\n", string(AppendCommand(nil)))
}

func TestRead(t *testing.T) {
	one, text := Reply{Kind: ':', Text: "1"}, Reply{Kind: '$', Text: "a\r\nb"}
	long := strings.Repeat("a long text ", 1000) // longer than what the reader holds
	for wire, want := range map[string]Reply{
		"+OK\r\n":                            {Kind: '+', Text: "OK"},
		"-ERR no\r\n":                        {Kind: '-', Text: "ERR no"},
		":-17\r\n":                           {Kind: ':', Text: "-17"},
		",1.5\r\n":                           {Kind: ',', Text: "1.5"},
		"#t\r\n":                             {Kind: '#', Text: "t"},
		"(123\r\n":                           {Kind: '(', Text: "123"},
		"_\r\n":                              {Kind: '_'},
		"$4\r\na\r\nb\r\n":                   text,
		"$0\r\n\r\n":                         {Kind: '$'},
		"$-1\r\n":                            {Kind: '$', Null: true},
		"*-1\r\n":                            {Kind: '*', Null: true},
		"=5\r\ntxt:x\r\n":                    {Kind: '=', Text: "txt:x"},
		"!3\r\nERR\r\n":                      {Kind: '!', Text: "ERR"},
		"*0\r\n":                             {Kind: '*'},
		"~1\r\n:1\r\n":                       {Kind: '~', Elems: []Reply{one}},
		">1\r\n:1\r\n":                       {Kind: '>', Elems: []Reply{one}},
		"%1\r\n:1\r\n:1\r\n":                 {Kind: '%', Elems: []Reply{one, one}},
		"*2\r\n*1\r\n:1\r\n$4\r\na\r\nb\r\n": {Kind: '*', Elems: []Reply{{Kind: '*', Elems: []Reply{one}}, text}},
		"|1\r\n+a\r\n+b\r\n:1\r\n":           one,
		"+" + long + "\r\n":                  {Kind: '+', Text: long},
		"$12000\r\n" + long + "\r\n":         {Kind: '$', Text: long},
		"*1\r\n|1\r\n+a\r\n+b\r\n:1\r\n":     {Kind: '*', Elems: []Reply{one}},
	} {
		r := bufio.NewReader(strings.NewReader(wire + "+next\r\n"))
		got, err := Read(r)
		require.NoError(t, err, "%q", wire)
		require.Equal(t, want, got, "%q", wire)
		rest, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, "+next\r\n", string(rest), "%q", wire)

		raw, err := AppendRaw([]byte("x"), bufio.NewReader(strings.NewReader(wire+"+next\r\n")))
		require.NoError(t, err)
		require.Equal(t, "x"+wire, string(raw))
		for i := 1; i < len(wire); i++ {
			_, err := Read(bufio.NewReader(strings.NewReader(wire[:i])))
			require.True(t, err == io.EOF || err == io.ErrUnexpectedEOF, "%q: %v", wire[:i], err)
			_, err = AppendRaw(nil, bufio.NewReader(strings.NewReader(wire[:i])))
			require.True(t, err == io.EOF || err == io.ErrUnexpectedEOF, "%q: %v", wire[:i], err)
		}
	}
}

func TestReadBroken(t *testing.T) {
	for _, wire := range []string{"\r\n", "+OK\n", "?1\r\n", "$x\r\n", "$-2\r\n", "*-2\r\n", "$1\r\nab\r\n", "*1\r\n?\r\n", "\n"} {
		_, err := Read(bufio.NewReader(strings.NewReader(wire)))
		require.ErrorContains(t, err, "resp: ", "%q", wire)
		_, err = AppendRaw(nil, bufio.NewReader(strings.NewReader(wire)))
		require.ErrorContains(t, err, "resp: ", "%q", wire)
	}
}
