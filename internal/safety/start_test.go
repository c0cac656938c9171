// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package safety_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// starter returns the module that shows with what Go started.
func starter(t *testing.T, mode, name string, opts ...rmtest.BuildOption) rmtest.Module {
	t.Helper()
	if name != "start" {
		opts = append(opts, rmtest.Env("GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -ldflags=-X=main.name="+name)))
	}
	return rmtest.Module{Path: rmtest.Build(t, pkgOf("start"), opts...), Args: []string{"rm-mode=" + mode}}
}

func pkgOf(module string) string {
	return "github.com/iredismodule/redismodule/internal/safety/modules/" + module
}

var startEnv = []string{"START_VARIABLE=a=b \xff", "TZ=Asia/Tokyo", "GOGC=37", "GODEBUG=inittrace=1"}

// checkStart checks what the package variables of a module have seen.
func checkStart(t *testing.T, s *rmtest.Server, name string, m rmtest.Module) {
	t.Helper()
	require.Equal(t, "a=b \xff", s.MustDo(name+".show", "variable"))
	require.Greater(t, s.MustDo(name+".show", "all"), int64(len(startEnv)))
	require.Equal(t, "+0900 JST", s.MustDo(name+".show", "zone"))
	require.Equal(t, int64(37), s.MustDo(name+".show", "percent"))
	kind, _, _, _ := s.Version()
	require.Regexp(t, `^\S*`+kind+`-server `+filepath.Join(s.Dir(), "server.conf")+`$`, s.MustDo(name+".show", "arguments"))
	require.NotRegexp(t, `LD_PRELOAD=[^\n]*`+m.Path, s.MustDo(name+".env"), "children have no use for a module that is preloaded")
}

// TestStart: a module's package variables see the environment and the arguments of
// the server, although its process title has taken their place.
func TestStart(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		for _, title := range []string{"yes", "no"} {
			modules := []rmtest.Module{starter(t, mode, "start"), starter(t, mode, "second")}
			third := starter(t, mode, "third")
			opts := rmtest.Options{Modules: modules, Env: startEnv, Config: []string{"set-proc-title " + title}}
			if title == "no" && !is70(start(t, nil)) {
				continue // older servers do not know the setting
			}
			s := rmtest.Start(t, opts)
			s.MustDo(loadArgs(third)...)
			for name, m := range map[string]rmtest.Module{"start": modules[0], "second": modules[1], "third": third} {
				checkStart(t, s, name, m)
			}
			require.Contains(t, s.Log(), "init runtime @", "GODEBUG=inittrace=1")
			s.MustDo("MODULE", "UNLOAD", "second")
			s.MustDo(loadArgs(modules[1])...)
			checkStart(t, s, "second", modules[1])
			s.Stop()
		}
	})
}

// TestStartBuilds: however the library is linked.
func TestStartBuilds(t *testing.T) {
	for what, flag := range map[string]string{
		"without symbols":   "-ldflags=-s",
		"nothing read-only": "-ldflags=-extldflags=-Wl,-z,norelro",
		"all read-only":     "-ldflags=-extldflags=-Wl,-z,relro,-z,now",
	} {
		t.Run(what, func(t *testing.T) {
			m := starter(t, "resident", "start", rmtest.Env("GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" "+flag)))
			s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{m}, Env: startEnv})
			checkStart(t, s, "start", m)
		})
	}
}

// TestStartAtLoad: with Go's start where the linker puts it, a module works as well.
func TestStartAtLoad(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		m := starter(t, mode, "start", rmtest.Tags("rm_start_at_load"))
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{m}, Env: startEnv})
		require.Equal(t, "", s.MustDo("start.show", "variable"), "the build is another one")
		_, err := s.Do("start.show", "nothing")
		require.ErrorContains(t, err, "show what?")
	})
}

// TestDaemonEnvironment: the same in a server in the background.
func TestDaemonEnvironment(t *testing.T) {
	t.Setenv("START_VARIABLE", "from the shell")
	dir := t.TempDir()
	d := daemon(t, dir, filepath.Join(dir, "pid"), starter(t, "resident", "start"))
	require.Equal(t, "from the shell", d.do(t, "start.show", "variable"))
}

// TestCoverage: a module built with -cover writes its data where GOCOVERDIR says.
func TestCoverage(t *testing.T) {
	dir := t.TempDir()
	m := starter(t, "resident", "start", rmtest.Env("GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -cover -covermode=atomic")))
	s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{m}, Env: []string{"GOCOVERDIR=" + dir}})
	s.MustDo("start.cover")
	for _, kind := range []string{"covmeta", "covcounters"} {
		files, err := filepath.Glob(filepath.Join(dir, kind+".*"))
		require.NoError(t, err)
		require.Len(t, files, 1, kind)
	}
}

// TestPreload: a preloaded module does nothing before it is loaded, and its file is then
// taken out of the variable that the server's children get. musl knows no other way to
// load Go; the rest of these tests runs there as well (ci/musl.sh).
func TestPreload(t *testing.T) {
	if command := serverCommand(t); strings.Contains(command, "qemu") || strings.Contains(command, "musl") {
		t.Skip("the variable would be for what starts the server, or is set already")
	}
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		first, second, idle := starter(t, mode, "start"), starter(t, mode, "second"), starter(t, mode, "third")
		list := strings.Join([]string{first.Path, idle.Path, second.Path}, ":")
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{first}, Env: append(startEnv, "LD_PRELOAD="+list)})
		variable := func(name string) string {
			_, rest, _ := strings.Cut(s.MustDo(name+".env").(string), "LD_PRELOAD=")
			value, _, _ := strings.Cut(rest, "\n")
			return value
		}
		checkStart(t, s, "start", first)
		require.Equal(t, idle.Path+":"+second.Path, variable("start"))
		require.Equal(t, 1, strings.Count(s.Log(), "init runtime @"), "the others have not started")
		s.MustDo(loadArgs(second)...)
		checkStart(t, s, "second", second)
		require.Equal(t, idle.Path, variable("second"))
		_, err := s.Do("start.show", "nothing")
		require.ErrorContains(t, err, "show what?")
	})
	t.Run("background", func(t *testing.T) {
		m := module(t, "resident")
		t.Setenv("LD_PRELOAD", m.Path)
		dir := t.TempDir()
		d := daemon(t, dir, filepath.Join(dir, "pid"), m)
		require.Equal(t, "a child of another kind", d.do(t, "s.exec", "goroutine"))
		require.Contains(t, d.do(t, "s.nil"), "nil pointer dereference")
	})
}
