// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPickMirror(t *testing.T) {
	for name, c := range map[string]struct {
		list, stanzas, want string
	}{
		"one line": {
			list: "# deb http://commented.test/debian trixie main\n" +
				"deb-src http://source.test/debian trixie main\n" +
				"deb http://security.test/debian trixie-security main\n" +
				"deb [arch=amd64 signed-by=/k.gpg] http://mirror.test/debian/ trixie main contrib # note\n",
			want: "http://mirror.test/debian/",
		},
		"stanza": {
			stanzas: "# a note\nTypes: deb deb-src\nURIs: http://mirror.test/debian\n# inside\nSuites: bookworm\n bookworm-updates\nComponents: main\n" +
				"\nTypes: deb\nURIs: http://security.test/debian-security\nSuites: bookworm-security\nComponents: main\n",
			want: "http://mirror.test/debian",
		},
		"disabled": {
			stanzas: "Types: deb\nEnabled: no\nURIs: http://mirror.test/debian\nSuites: sid\nComponents: main\n",
		},
		"a vendor with Debian's release names": {
			list: "deb http://vendor.test/apt trixie main\n",
			stanzas: "Types: deb\nURIs: http://mirror.test/pub/debian\nSuites: trixie\nComponents: main\n" +
				"\nTypes: deb\nURIs: http://other.test/debian\nSuites: trixie\nComponents: main\n",
			want: "http://mirror.test/pub/debian",
		},
		"a mirror with another folder": {
			list: "deb http://mirror.test/pool-of-debian stable main\n",
			want: "http://mirror.test/pool-of-debian",
		},
		"not Debian": {
			list: "deb http://mirror.test/ubuntu noble main\ndebris trixie main x\ndeb [broken trixie main\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			etc := t.TempDir()
			require.NoError(t, os.Mkdir(filepath.Join(etc, "sources.list.d"), 0o755))
			require.NoError(t, os.WriteFile(filepath.Join(etc, "sources.list"), []byte(c.list), 0o600))
			require.NoError(t, os.WriteFile(filepath.Join(etc, "sources.list.d", "a.sources"), []byte(c.stanzas), 0o600))
			got, err := systemMirror(etc)
			require.Equal(t, c.want, got)
			require.Equal(t, c.want == "", err != nil)
		})
	}
	_, err := systemMirror(t.TempDir())
	require.ErrorContains(t, err, "-mirror")
}

func TestParseDepends(t *testing.T) {
	require.Equal(t,
		[]string{"libc6", "libssl3t64", "redis-tools", "init-system-helpers"},
		parseDepends("libc6 (>= 2.38), libssl3t64 | libssl3,redis-tools(= 5:8.0.2-3),\n init-system-helpers:any (>= 1.54~)"))
	require.Empty(t, parseDepends(""))
}

func TestClosure(t *testing.T) {
	all := map[string]pkg{
		"redis-server": {"1", []string{"redis-tools", "adduser"}},
		"redis-tools":  {"1", []string{"libc6", "zlib1g", "lua-cjson"}},
		"libc6":        {"2", []string{"libgcc-s1"}},
		"libgcc-s1":    {"3", []string{"libc6", "gcc-14-base"}},
		"zlib1g":       {"4", nil},
		"lua-cjson":    {"5", nil},
	}
	show := func(name string) (pkg, error) {
		if p, ok := all[name]; ok {
			return p, nil
		}
		return pkg{}, errors.New("no package " + name)
	}
	got, err := closure([]string{"redis-server"}, show)
	require.NoError(t, err)
	require.Equal(t, all, got)
	_, err = closure([]string{"valkey-server"}, show)
	require.ErrorContains(t, err, "no package valkey-server")
}

func TestParseProvider(t *testing.T) {
	require.Equal(t, "libgcc-s1", parseProvider("Package: libgcc1\nVersions: \n\nReverse Depends: \n  libc6,libgcc1\n"+
		"Provides: \nReverse Provides: \nlibgcc-s1 10.2.1-6 (= 1:10.2.1-6)\n"))
	require.Equal(t, "", parseProvider("Package: x\nReverse Provides: \n"))
}

func TestUpstream(t *testing.T) {
	for version, want := range map[string]string{
		"5:8.0.2-3+deb13u1":       "8.0.2",
		"8.1.1+dfsg1-3":           "8.1.1",
		"8.0.1+dfsg1-1~bpo12+1":   "8.0.1",
		"9.1.0~rc1-1":             "9.1.0",
		"7.0":                     "7.0",
		"5:6.0.16-1+deb11u2+b1.1": "6.0.16",
	} {
		require.Equal(t, want, upstream(version))
	}
}

// fakeRoot makes a root that looks complete.
func fakeRoot(t *testing.T, dir, name string, versions map[string]string) string {
	t.Helper()
	s, err := suiteByName(name)
	require.NoError(t, err)
	root := s.root(dir)
	libs := filepath.Join(root, "usr", "lib", cpus[s.arch].triplet)
	require.NoError(t, os.MkdirAll(libs, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(libs, cpus[s.arch].loader), nil, 0o755))
	require.NoError(t, os.Symlink("usr/lib", filepath.Join(root, "lib")))
	text, err := json.Marshal(versions)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(root, versionsFile), text, 0o644))
	return root
}

func TestServerByName(t *testing.T) {
	dir := t.TempDir()
	fakeRoot(t, dir, "sid", map[string]string{"redis": "8.9.1", "valkey": "9.9.2"})
	fakeRoot(t, dir, "trixie-arm64", map[string]string{"redis": "8.0.2", "valkey": "8.1.1"})
	for name, want := range map[string]string{
		"redis-sid":           "redis-sid",
		"redis-8.9.1":         "redis-sid",
		"valkey-9.9.2":        "valkey-sid",
		"valkey-8.1.1-arm64":  "valkey-trixie-arm64",
		"redis-trixie-arm64":  "redis-trixie-arm64",
		"redis-8.0.6":         "", // what sid had once
		"redis-8.0.2":         "", // known, but not fetched
		"valkey-bullseye":     "",
		"":                    "",
		"redis-8.0.2-riscv64": "",
	} {
		s, err := serverByName(dir, name)
		if want == "" {
			require.Error(t, err, name)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, want, s.name())
	}
	_, err := serverByName(dir, "redis-8.0.2")
	require.ErrorContains(t, err, "fetch trixie")
}

func TestCommand(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	root := fakeRoot(t, dir, "trixie", map[string]string{"redis": "8.0.2", "valkey": "8.1.1"})
	s, err := serverByName(dir, "valkey-8.1.1")
	require.NoError(t, err)
	command, err := s.command(dir, "amd64")
	require.NoError(t, err)
	libs := filepath.Join(root, "usr", "lib", "x86_64-linux-gnu")
	require.Equal(t, []string{
		filepath.Join(libs, "ld-linux-x86-64.so.2"), "--library-path", libs, filepath.Join(root, "usr", "bin", "valkey-server"),
	}, command)

	t.Setenv("PATH", dir)
	_, err = s.command(dir, "arm64")
	require.ErrorContains(t, err, "qemu-user")
	emulator := filepath.Join(dir, "qemu-x86_64-static")
	require.NoError(t, os.WriteFile(emulator, []byte("#!\n"), 0o755))
	command, err = s.command(dir, "arm64")
	require.NoError(t, err)
	require.Equal(t, []string{emulator, "-L", root, filepath.Join(root, "usr", "bin", "valkey-server")}, command)
}

func TestPathWithASpace(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b")
	fakeRoot(t, dir, "trixie", map[string]string{"redis": "8.0.2", "valkey": "8.1.1"})
	arch := suites[slices.IndexFunc(suites, func(s suite) bool { return s.name == "trixie" })].arch
	_, err := server{suite{name: "trixie", arch: arch}, "redis"}.command(dir, arch)
	require.NoError(t, err)
	t.Setenv("PATH", dir)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "qemu-x86_64"), []byte("#!\n"), 0o755))
	require.ErrorContains(t, run([]string{"path", "-dir", dir, "redis-trixie"}, new(bytes.Buffer)), "has a space")
}

func TestCheckLibraries(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(root, "usr", "lib", "x86_64-linux-gnu"), 0o755))
	env, err := filepath.EvalSymlinks("/usr/bin/env")
	require.NoError(t, err)
	require.ErrorContains(t, checkLibraries(root, "amd64", env), "is in none of")
	require.Error(t, checkLibraries(root, "amd64", filepath.Join(root, "none")))
}

func TestCommandLine(t *testing.T) {
	var out bytes.Buffer
	dir := t.TempDir()
	require.ErrorContains(t, run(nil, &out), "usage")
	require.ErrorContains(t, run([]string{"sing", "-dir", dir}, &out), "unknown command")
	require.ErrorContains(t, run([]string{"fetch", "-dir", dir}, &out), "which suite")
	require.ErrorContains(t, run([]string{"fetch", "-dir", dir, "potato"}, &out), "no suite")
	require.ErrorContains(t, run([]string{"path", "-dir", dir}, &out), "one name")
	require.ErrorContains(t, run([]string{"path", "-dir", dir, "redis-trixie"}, &out), "not fetched")
	require.Empty(t, out.String())

	fakeRoot(t, dir, "sid", map[string]string{"redis": "8.9.1", "valkey": "9.9.2"})
	require.NoError(t, run([]string{"list", "-dir", dir}, &out))
	require.Regexp(t, `(?m)^redis-sid +sid +amd64 +8\.9\.1 +yes$`, out.String())
	require.Regexp(t, `(?m)^redis-trixie +trixie +amd64 +8\.0\.2 +no$`, out.String())

	out.Reset()
	require.NoError(t, run([]string{"fetch", "-dir", dir, "-mirror", "http://127.0.0.1:9", "sid"}, &out))
	require.Equal(t, "sid: is there\n", out.String())
}
