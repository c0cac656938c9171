// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseFlagsDefaults(t *testing.T) {
	t.Setenv("RM_SERVER", "")
	cfg, err := parseFlags([]string{"-c", "c.so", "-go", "g.so", "-goargs", "a b"})
	require.NoError(t, err)
	require.Equal(t, []impl{
		{name: "c", prefix: "c.", path: "c.so"},
		{name: "go", prefix: "g.", path: "g.so", args: []string{"a", "b"}},
	}, cfg.impls)
	require.Len(t, cfg.ops, 5)
	require.Equal(t, "redis-server", cfg.server)

	t.Setenv("RM_SERVER", "/opt/valkey-server")
	cfg, err = parseFlags([]string{"-c", "c.so"})
	require.NoError(t, err)
	require.Equal(t, "/opt/valkey-server", cfg.server)
}

func TestParseFlagsImpls(t *testing.T) {
	cfg, err := parseFlags([]string{"-c", "c.so", "-cgo", "p.so", "-cgoargs", "prefix=x.",
		"-impl", "portable=x.", "-impl", "twin=d.=d.so one two", "-impl", "other=o."})
	require.NoError(t, err)
	require.Equal(t, []impl{
		{name: "c", prefix: "c.", path: "c.so"},
		{name: "portable", prefix: "x.", path: "p.so", args: []string{"prefix=x."}},
		{name: "twin", prefix: "d.", path: "d.so", args: []string{"one", "two"}},
		{name: "other", prefix: "o."},
	}, cfg.impls)
}

func TestParseFlagsErrors(t *testing.T) {
	for args, want := range map[string]string{
		"":                                  "nothing to measure",
		"-impl other=o.":                    "no implementation names a module",
		"-c c.so -impl x":                   "not name=prefix",
		"-c c.so -impl =x":                  "not name=prefix",
		"-c c.so -impl x=":                  "not name=prefix",
		"-c c.so -impl a/b=x.":              "must not contain",
		"-c c.so -impl a=x.=":               "names no module",
		"-c c.so -impl a=x. -impl a=y.":     "given twice",
		"-c c.so -impl a=c.":                "same prefix",
		"-c c.so -impl a=x. -split":         "no module of its own",
		"-c c.so -ops nope":                 "unknown op",
		"-c c.so -rounds 0":                 "at least 1",
		"-c c.so -n 3 -slices 4":            "smaller than -slices",
		"-c c.so surplus":                   "unexpected argument",
		"-c c.so -undefined":                "not defined",
		"-c c.so -inflight 0":               "at least 1",
		"-c c.so -narray 1":                 "smaller than -slices",
		"-c c.so -impl go=g. -split -n 100": "no module of its own",
	} {
		_, err := parseFlags(strings.Fields(args))
		require.ErrorContains(t, err, want, "%q", args)
	}
}

func TestConfigLines(t *testing.T) {
	require.Equal(t, []string{`loadmodule "/m/c twin.so"`, `loadmodule "/m/g.so" "a=1" "b"`}, configLines([]impl{
		{name: "c", path: "/m/c twin.so"},
		{name: "go", path: "/m/g.so", args: []string{"a=1", "b"}},
		{name: "more"},
	}))
}
