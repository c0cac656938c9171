// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/bench/internal/built"
)

// buildTwin compiles the C twin, warnings being errors.
func buildTwin(t *testing.T, name, prefix string) string {
	t.Helper()
	so := filepath.Join(t.TempDir(), name+".so")
	out, err := exec.Command("gcc", "-O2", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror",
		`-DNAME="`+name+`"`, `-DPREFIX="`+prefix+`"`, "-o", so, "../native/twin.c").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return so
}

func needServer(t *testing.T) config {
	t.Helper()
	built.NeedServer(t)
	cfg, err := parseFlags([]string{"-c", "unused"})
	require.NoError(t, err)
	return cfg
}

func TestTwinAnswers(t *testing.T) {
	cfg := needServer(t)
	im := impl{name: "c", prefix: "c.", path: buildTwin(t, "ctwin", "c.")}
	srv, err := startServer(cfg, pinning{}, []impl{im})
	require.NoError(t, err)
	defer srv.stop()

	array := "*100\r\n"
	for i := range 100 {
		array += ":" + strconv.Itoa(i) + "\r\n"
	}
	const wrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
	for _, c := range []struct{ command, want string }{
		{"SET str value", "+OK\r\n"},
		{"SETBIT empty 0 0", ":0\r\n"},
		{"RPUSH list x", ":1\r\n"},
		{"c.noop", ":1\r\n"},
		{"c.echo hello", "$5\r\nhello\r\n"},
		{"c.get str", "$5\r\nvalue\r\n"},
		{"c.get missing", "$-1\r\n"},
		{"c.get list", wrongType},
		{"c.array", array},
		{"c.call str", "$5\r\nvalue\r\n"},
		{"c.call missing", "$-1\r\n"},
		{"c.call list", wrongType},
		{"c.noop x", "-ERR wrong number of arguments for 'c.noop' command\r\n"},
		{"c.echo", "-ERR wrong number of arguments for 'c.echo' command\r\n"},
		{"c.get", "-ERR wrong number of arguments for 'c.get' command\r\n"},
		{"c.get a b", "-ERR wrong number of arguments for 'c.get' command\r\n"},
		{"c.array x", "-ERR wrong number of arguments for 'c.array' command\r\n"},
		{"c.call", "-ERR wrong number of arguments for 'c.call' command\r\n"},
		{"COMMAND GETKEYS c.get k", "*1\r\n$1\r\nk\r\n"},
		{"COMMAND GETKEYS c.call k", "*1\r\n$1\r\nk\r\n"},
	} {
		got, err := srv.do(strings.Fields(c.command)...)
		require.NoError(t, err, c.command)
		require.Equal(t, c.want, string(got), c.command)
	}
	commandsAnswer(t, srv, "c.")
	_, ok, err := readMemstats(srv, "c.")
	require.NoError(t, err)
	require.False(t, ok, "a C module has no memstats")

	_, err = newTarget(srv, cfg, im, op{name: "nope", cmd: "nope"})
	require.ErrorContains(t, err, "unknown command")
}

func TestRunTwoTwins(t *testing.T) {
	needServer(t)
	file := filepath.Join(t.TempDir(), "out.txt")
	for _, split := range []string{"-split=false", "-split=true"} {
		var table strings.Builder
		err := run([]string{"-c", buildTwin(t, "ctwin", "c."), "-impl", "twin=d.=" + buildTwin(t, "twin2", "d."),
			"-n", "3001", "-narray", "500", "-rounds", "2", "-slices", "3", "-batch", "64", "-nopin", split, "-o", file}, &table)
		require.NoError(t, err)
		require.Contains(t, table.String(), "call      twin")

		b, err := os.ReadFile(file)
		require.NoError(t, err)
		out := string(b)
		require.Contains(t, out, "pinned: no (-nopin)\n")
		require.Regexp(t, `server: (Redis|Valkey) \d+\.\d+`, out)
		line := regexp.MustCompile(`(?m)^BenchmarkServer/op=\w+/impl=\w+ (3001|500) [\d.]+ ns/op [\d.]+ main-ns/op [\d.]+ cmds/s$`)
		require.Len(t, line.FindAllString(out, -1), 2*5*2, out)
		require.NotRegexp(t, `impl=\w+ \d+ 0 ns/op`, out)
	}
}

func TestRunReportsUnloadableModule(t *testing.T) {
	needServer(t)
	bad := filepath.Join(t.TempDir(), "bad.so")
	require.NoError(t, os.WriteFile(bad, []byte("not a module"), 0o600))
	err := run([]string{"-c", bad, "-nopin"}, &strings.Builder{})
	require.ErrorContains(t, err, "the server did not start")
	require.ErrorContains(t, err, "bad.so")

	err = run([]string{"-c", bad + "x", "-nopin"}, &strings.Builder{})
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestRunReportsMissingCommands(t *testing.T) {
	needServer(t)
	err := run([]string{"-c", buildTwin(t, "ctwin", "c."), "-impl", "bad=no.", "-nopin"}, &strings.Builder{})
	require.ErrorContains(t, err, "no.noop answers")
	err = run([]string{"-c", buildTwin(t, "ctwin", "c."), "-nopin", "-n", "100", "-narray", "100", "-rounds", "1", "-allocs"}, &strings.Builder{})
	require.ErrorContains(t, err, "memstats")
}

// The C twin against itself: both do the same, so that nothing is more.
func TestInstructionsOfTwins(t *testing.T) {
	cfg := needServer(t)
	for _, name := range []string{"valgrind", "callgrind_control"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip("no callgrind:", err)
		}
	}
	dir := t.TempDir()
	steady := filepath.Join(dir, "steady.so")
	out, err := exec.Command("gcc", "-O2", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror", "-o", steady, "../native/steady.c").CombinedOutput()
	require.NoError(t, err, "%s", out)
	twin, file, profile := buildTwin(t, "ctwin", "x."), filepath.Join(dir, "t.tsv"), filepath.Join(dir, "profile.txt")
	args := []string{"-c", twin, "-go", twin, "-steady", steady, "-server", cfg.server, "-ops", "noop,zadd", "-runs", "1", "-table", file}
	var text strings.Builder
	require.NoError(t, runInstructions(append(args, "-update", "-profile", profile), &text))
	got, err := readTable(file)
	require.NoError(t, err)
	require.Len(t, got.rows, 2)
	for _, r := range got.rows {
		require.Greater(t, r.c, 1000.0, r.op)
		require.InDelta(t, 1, r.ratio(), 0.001, r.op)
	}
	require.FileExists(t, profile)
	require.NotEmpty(t, got.tools.valgrind)

	got.tools.goVersion = "another"
	require.NoError(t, got.write(file))
	text.Reset()
	require.NoError(t, runInstructions(append(args, "-same-only"), &text))
	require.Contains(t, text.String(), "instructions: skipped: the table is of go another, this is go")
}

func TestRunHeader(t *testing.T) {
	cfg := needServer(t)
	var b strings.Builder
	require.NoError(t, runHeader([]string{"-server", cfg.server}, &b))
	require.Regexp(t, `(?m)^server: (Redis|Valkey) \d+\.\d+`, b.String())
	require.Error(t, runHeader([]string{"-server", "/no/server"}, &b))
}
