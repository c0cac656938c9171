// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// keyring verifies all releases of Debian.
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// apt is an apt with a state of its own: it reads no sources and no package state of
// the system, and writes nothing outside of its folder.
type apt struct {
	dir string
	env []string
}

// newApt prepares the state folder for one suite.
func newApt(dir, mirror string, s suite) (*apt, error) {
	for tool, pkg := range map[string]string{"apt-get": "apt", "apt-cache": "apt", "dpkg": "dpkg"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, fmt.Errorf("needs %s (package %s): %w", tool, pkg, err)
		}
	}
	if _, err := os.Stat(keyring); err != nil {
		return nil, fmt.Errorf("needs the keys of Debian's archive (package debian-archive-keyring): %w", err)
	}
	for _, sub := range []string{"lists/partial", "cache/archives/partial", "log", "none", "debs"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, err
		}
	}
	sources := ""
	for _, release := range s.from {
		sources += fmt.Sprintf("deb [arch=%s signed-by=%s] %s %s main\n", s.arch, keyring, mirror, release)
	}
	conf := filepath.Join(dir, "apt.conf")
	for file, text := range map[string]string{
		filepath.Join(dir, "sources.list"): sources,
		filepath.Join(dir, "status"):       "",
		conf:                               aptConf(dir, s.arch, os.Geteuid() == 0),
	} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	return &apt{dir: dir, env: append(os.Environ(), "APT_CONFIG="+conf, "LC_ALL=C")}, nil
}

// aptConf returns the configuration that is read after the system's own, of which only
// such things as a proxy stay in force.
func aptConf(dir, arch string, root bool) string {
	text := ""
	for _, where := range [][2]string{
		{"Dir::State", ""},
		{"Dir::State::lists", "lists"},
		{"Dir::State::status", "status"},
		{"Dir::Cache", "cache"},
		{"Dir::Log", "log"},
		{"Dir::Etc::SourceList", "sources.list"},
		{"Dir::Etc::SourceParts", "none"},
		{"Dir::Etc::Preferences", "none/none"},
		{"Dir::Etc::PreferencesParts", "none"},
	} {
		text += fmt.Sprintf("%s \"%s\";\n", where[0], filepath.Join(dir, where[1]))
	}
	text += fmt.Sprintf("#clear APT::Architectures;\nAPT::Architecture \"%s\";\nAPT::Architectures { \"%s\"; };\n", arch, arch)
	text += "Acquire::Languages \"none\";\nAcquire::Retries \"3\";\n"
	// Hooks of the system would act on the system.
	text += "#clear APT::Update::Pre-Invoke;\n#clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n"
	if root {
		// The user that apt downloads as may not write to this folder.
		text += "APT::Sandbox::User \"root\";\n"
	}
	return text
}

// run runs an apt command and returns its output.
func (a *apt) run(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = filepath.Join(a.dir, "debs"), a.env
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, out, stderr.String())
	}
	return string(out), nil
}

// pkg is what we need to know of a package.
type pkg struct {
	// version is empty for a virtual package: a name that others provide.
	version string
	// depends are the packages it needs, of alternatives the first.
	depends []string
}

// show returns a package as apt would install it.
func (a *apt) show(name string) (pkg, error) {
	out, err := a.run("apt-cache", "--no-all-versions", "show", name)
	if err != nil {
		return pkg{}, err
	}
	all := parseControl(out)
	if len(all) == 0 {
		if out, err = a.run("apt-cache", "showpkg", name); err != nil {
			return pkg{}, err
		}
		provider := parseProvider(out)
		if provider == "" {
			return pkg{}, fmt.Errorf("no package %s, and none that provides it", name)
		}
		return pkg{depends: []string{provider}}, nil
	}
	f := all[0]
	return pkg{f["version"], append(parseDepends(f["depends"]), parseDepends(f["pre-depends"])...)}, nil
}

// parseDepends reads a list of dependencies: their names, without versions, and of
// alternatives the first, which is the one apt would choose.
func parseDepends(field string) []string {
	var all []string
	for group := range strings.SplitSeq(field, ",") {
		first, _, _ := strings.Cut(group, "|")
		if f := strings.Fields(first); len(f) > 0 {
			name, _, _ := strings.Cut(f[0], ":")
			name, _, _ = strings.Cut(name, "(")
			all = append(all, name)
		}
	}
	return all
}

// parseProvider reads the first provider of a virtual package.
func parseProvider(showpkg string) string {
	_, providers, _ := strings.Cut(showpkg, "Reverse Provides:")
	if f := strings.Fields(providers); len(f) > 0 {
		name, _, _ := strings.Cut(f[0], ":")
		return name
	}
	return ""
}

// wanted reports whether a server needs the package to run: libraries and the
// servers' own parts, but none of what sets up a system.
func wanted(name string) bool {
	if name == "zlib1g" {
		return true
	}
	for _, prefix := range []string{"lib", "lua-", "redis-", "valkey-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// closure returns the packages that are needed to run those of names, with them.
func closure(names []string, show func(name string) (pkg, error)) (map[string]pkg, error) {
	got := map[string]pkg{}
	for todo := names; len(todo) > 0; {
		name := todo[0]
		todo = todo[1:]
		if _, ok := got[name]; ok {
			continue
		}
		p, err := show(name)
		if err != nil {
			return nil, err
		}
		got[name] = p
		for _, d := range p.depends {
			if wanted(d) {
				todo = append(todo, d)
			}
		}
	}
	return got, nil
}

// upstream returns the server's own version in that of its package.
func upstream(version string) string {
	if _, rest, ok := strings.Cut(version, ":"); ok {
		version = rest
	}
	if i := strings.IndexAny(version, "-+~"); i >= 0 {
		version = version[:i]
	}
	return version
}
