// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// install puts a file at a path as an upgrade should: by a rename.
func install(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to+".new", text, 0o755))
	require.NoError(t, os.Rename(to+".new", to))
}

// TestUpgrade: what happens when the file of an unloaded module changes. Another build
// is refused, with a message; from a new path it runs; the same build runs again.
func TestUpgrade(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		m := testmod(t, mode)
		dir := t.TempDir()
		old, path, fresh := m.Path, filepath.Join(dir, "mod.so"), filepath.Join(dir, "mod-2.so")
		other := rmtest.Build(t, module, rmtest.Env("GOFLAGS=-ldflags=-X=main.edition=second"))
		install(t, old, path)
		m.Path = path
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{m}})
		id := regexp.MustCompile(`testmod: mode=\S+ \(\S+ \S+, build ([0-9a-f]{40})\)`).FindStringSubmatch(s.Log())
		require.NotNil(t, id, "the build is in the log")
		require.Equal(t, "first", s.MustDo("t.edition"))

		s.MustDo("MODULE", "UNLOAD", "testmod")
		install(t, other, path)
		for range 2 {
			require.ErrorContains(t, load(s, m), "Error loading the extension")
			require.Contains(t, s.Log(), "load failed: "+path+" is another build now (")
			require.Contains(t, s.Log(), ") than the one in memory ("+id[1]+"), which would run again")
		}
		install(t, other, fresh)
		m.Path = fresh
		require.NoError(t, load(s, m))
		require.Equal(t, "second", s.MustDo("t.edition"))
		s.MustDo("MODULE", "UNLOAD", "testmod")

		m.Path = path
		require.NoError(t, os.Remove(path))
		require.Error(t, load(s, m))
		install(t, old, path) // the same build, in another file
		require.NoError(t, load(s, m))
		require.Equal(t, "first", s.MustDo("t.edition"))
		s.MustDo("MODULE", "UNLOAD", "testmod")
		require.NoError(t, os.Chtimes(path, time.Now(), time.Now().Add(time.Minute)))
		require.NoError(t, load(s, m))
		require.Equal(t, "first", s.MustDo("t.edition"))
	})
}

// TestUnloadRests: the threads of libraries that are unloaded end, but for those that
// Go keeps.
func TestUnloadRests(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		m := testmod(t, mode)
		source, dir := m.Path, t.TempDir()
		s := rmtest.Start(t, rmtest.Options{})
		const n, kept = 10, 6
		before := threadCount(t, s)
		for i := range n {
			m.Path = filepath.Join(dir, string(rune('a'+i))+".so")
			install(t, source, m.Path)
			require.NoError(t, load(s, m))
			s.MustDo("t.gc")
			require.Equal(t, "hi", s.MustDo("t.echo", "hi"))
			s.MustDo("MODULE", "UNLOAD", "testmod")
		}
		require.Eventually(t, func() bool { return threadCount(t, s) <= before+kept*n }, patience, 20*time.Millisecond,
			"%d threads before", before)
		t.Logf("%d threads before, %d after %d loads", before, threadCount(t, s), n)
		require.NoError(t, load(s, m))
		require.Equal(t, "hi", s.MustDo("t.echo", "hi"))
	})
}

func threadCount(t *testing.T, s *rmtest.Server) int {
	t.Helper()
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", s.PID()))
	require.NoError(t, err)
	return len(tasks)
}
