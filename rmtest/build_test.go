// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rmtest_test

import (
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

func TestBuildAndRefuse(t *testing.T) {
	so := rmtest.Build(t, "./testdata/refuser")
	require.Equal(t, "refuser.so", filepath.Base(so))
	st, err := os.Stat(so)
	require.NoError(t, err)
	require.NotZero(t, st.Mode()&0o100)

	s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{{Path: so}}, WantFail: true})
	if kind, major, _, _ := s.Version(); kind == "valkey" || major >= 7 {
		// Older releases may come with a C library that cannot load it.
		require.Contains(t, s.Log(), "refuser: not today")
	}
}

func TestBuildOptions(t *testing.T) {
	plain := rmtest.Build(t, "./testdata/refuser")
	tagged := rmtest.Build(t, "./testdata/refuser", rmtest.Tags("one", "two"), rmtest.GCFlags("-N"),
		rmtest.Env("CGO_CFLAGS=-O1"))
	require.NotEqual(t, plain, tagged)
	settings := func(so string) map[string]string {
		info, err := buildinfo.ReadFile(so)
		require.NoError(t, err)
		m := map[string]string{}
		for _, s := range info.Settings {
			m[s.Key] = s.Value
		}
		return m
	}
	require.Equal(t, "c-shared", settings(plain)["-buildmode"])
	own, _ := debug.ReadBuildInfo()
	i := slices.IndexFunc(own.Settings, func(s debug.BuildSetting) bool { return s.Key == "-tags" })
	tags := ""
	if i >= 0 {
		tags = own.Settings[i].Value
	}
	if want := os.Getenv("RMTEST_WANT_TAGS"); want != "" {
		require.Equal(t, want, tags)
	}
	require.Equal(t, tags, settings(plain)["-tags"])
	require.Equal(t, strings.TrimPrefix(tags+",one,two", ","), settings(tagged)["-tags"])
	require.Equal(t, "-N", settings(tagged)["-gcflags"])
	require.Equal(t, "-O1", settings(tagged)["CGO_CFLAGS"])
}

// TestBuildTagsOfTheTest runs the test above in a test that is built with a tag.
func TestBuildTagsOfTheTest(t *testing.T) {
	cmd := exec.Command("go", "test", "-count=1", "-tags=sometag", "-run=^TestBuildOptions$", ".")
	cmd.Env = append(os.Environ(), "RMTEST_WANT_TAGS=sometag")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func TestBuildIsCached(t *testing.T) {
	abs, err := filepath.Abs("testdata/refuser")
	require.NoError(t, err)
	var wg sync.WaitGroup
	paths := make([]string, 4)
	for i := range paths {
		wg.Go(func() {
			pkg := "./testdata/refuser"
			if i%2 == 1 {
				pkg = abs
			}
			paths[i] = rmtest.Build(t, pkg)
		})
	}
	wg.Wait()
	for _, p := range paths {
		require.Equal(t, paths[0], p)
	}
	before, err := os.Stat(paths[0])
	require.NoError(t, err)
	after, err := os.Stat(rmtest.Build(t, "./testdata/refuser"))
	require.NoError(t, err)
	require.Equal(t, before.ModTime(), after.ModTime())
}

func TestBuildFailureShowsTheCompiler(t *testing.T) {
	for range 2 { // the second comes from the cache
		fake := pretend(t, func(tb testing.TB) { rmtest.Build(tb, "./testdata/broken") })
		require.True(t, fake.failed)
		require.Contains(t, fake.text.String(), "undefined: thisNameDoesNotExist")
		require.Contains(t, fake.text.String(), "-buildmode=c-shared")
	}
}

func TestBuildC(t *testing.T) {
	file := filepath.Join(t.TempDir(), "m.c")
	require.NoError(t, os.WriteFile(file, []byte("int A = VALUE;\n"), 0o600))
	one := rmtest.BuildC(t, file, "-DVALUE=1")
	require.Equal(t, one, rmtest.BuildC(t, file, "-DVALUE=1"))
	require.NotEqual(t, one, rmtest.BuildC(t, file, "-DVALUE=2"))
	require.NoError(t, os.WriteFile(file, []byte("int A = 1 + VALUE;\n"), 0o600))
	require.NotEqual(t, one, rmtest.BuildC(t, file, "-DVALUE=1"))

	fake := pretend(t, func(tb testing.TB) { rmtest.BuildC(tb, file) })
	require.True(t, fake.failed)
	require.Contains(t, fake.text.String(), "VALUE")
	fake = pretend(t, func(tb testing.TB) { rmtest.BuildC(tb, file+".none") })
	require.True(t, fake.failed)
}
