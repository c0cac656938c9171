// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/resp"
)

func TestReplyText(t *testing.T) {
	for _, c := range []struct{ wire, want string }{
		{"+OK\r\n", "OK"},
		{"-ERR no\r\n", "(error) ERR no"},
		{":-3\r\n", "(integer) -3"},
		{"$-1\r\n", "(nil)"},
		{"*-1\r\n", "(nil)"},
		{"_\r\n", "(nil)"},
		{"$4\r\na\"\r\n\r\n", `"a\"\r\n"`},
		{"$0\r\n\r\n", `""`},
		{"*0\r\n", "(empty)"},
		{"*2\r\n:1\r\n*2\r\n:2\r\n:3\r\n", "1) (integer) 1\n2) 1) (integer) 2\n   2) (integer) 3"},
		{"%1\r\n$1\r\nk\r\n#t\r\n", `1# "k" => (true)`},
		{"~1\r\n,1.5\r\n", "1) (double) 1.5"},
		{"=7\r\ntxt:abc\r\n", "abc"},
		{"!5\r\nERR x\r\n", "(error) ERR x"},
		{"(12345678901234567890\r\n", "(big number) 12345678901234567890"},
		{"|1\r\n+a\r\n+b\r\n:7\r\n", "(integer) 7"},
	} {
		r, err := resp.Read(bufio.NewReader(strings.NewReader(c.wire)))
		require.NoError(t, err, "%q", c.wire)
		require.Equal(t, c.want, reply(r).text(""), "%q", c.wire)
	}
}

func TestShown(t *testing.T) {
	require.Equal(t, `GET "a b" ""`, shown([]string{"GET", "a b", ""}))
}

func TestUsage(t *testing.T) {
	var out bytes.Buffer
	require.ErrorContains(t, run(context.Background(), []string{"what"}, &out), `"what"`)
	require.ErrorContains(t, run(context.Background(), []string{"-server", "no-such-server-program"}, &out), "no-such-server-program")
}

func TestServerThatEnds(t *testing.T) {
	var out bytes.Buffer
	err := run(context.Background(), []string{"-server", "false"}, &out)
	require.ErrorContains(t, err, "did not start")
}

func TestDemo(t *testing.T) {
	if _, err := findServer(""); err != nil {
		if os.Getenv("RM_REQUIRE_SERVER") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), []string{"-mode", "portable", "-expect", "portable"}, &out))
	require.Contains(t, out.String(), "asked for by load argument rm-mode")
	require.Contains(t, out.String(), "> hello.oops\n(error) ERR hello.oops: panic: ")
	require.Contains(t, out.String(), "has stopped")
	require.Error(t, run(context.Background(), []string{"-mode", "portable", "-expect", "resident"}, &out))
}
