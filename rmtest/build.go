// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rmtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// BuildOption changes how [Build] builds a module.
type BuildOption func(*build)

// Tags adds build tags to those that the test itself is built with.
func Tags(tags ...string) BuildOption {
	return func(b *build) { b.tags = append(b.tags, tags...) }
}

// GCFlags adds one -gcflags argument for each value, such as "all=-N -l".
func GCFlags(flags ...string) BuildOption {
	return func(b *build) { b.gcflags = append(b.gcflags, flags...) }
}

// Env adds environment variables (KEY=value) for the go command, such as
// GOTOOLCHAIN=go1.27.3.
func Env(env ...string) BuildOption {
	return func(b *build) { b.env = append(b.env, env...) }
}

// build is what one call of [Build] asks for.
type build struct {
	tags, gcflags, env []string
}

// ownTags are the build tags of the test's own process: go test -tags rm_debug builds the
// module with the tag, too.
func ownTags() []string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "-tags" && s.Value != "" {
				return strings.Split(s.Value, ",")
			}
		}
	}
	return nil
}

// args returns the arguments of the go command that writes pkg to out.
func (b *build) args(out, pkg string) []string {
	args := []string{"build", "-buildmode=c-shared", "-o", out}
	if len(b.tags) > 0 {
		args = append(args, "-tags="+strings.Join(b.tags, ","))
	}
	for _, f := range b.gcflags {
		args = append(args, "-gcflags="+f)
	}
	return append(args, pkg)
}

// artifacts holds what this process has built, by everything the result depends on.
var artifacts struct {
	sync.Mutex
	dir  string
	made map[string]*artifact
}

// artifact is one shared object; once guards the build, so that parallel tests wait
// for one another only if they want the same one.
type artifact struct {
	once sync.Once
	path string // known before the file exists
	err  error
}

// staleAfter is the age at which folders left by other processes are removed; no
// test process runs as long.
const staleAfter = 12 * time.Hour

const buildDirPrefix = "rmtest-build-"

// Build builds the main package pkg (an import path, or a path that starts with a dot
// and is relative to the test's folder) as a module and returns the path of the shared
// object, with the execute bit that servers from 7.0 on demand. The build tags of the test
// itself are the module's, too. It builds once for the
// same package, options and environment; the file stays until the process ends, and
// longer unless TestMain calls [Main]. If the build fails, so does the test, with
// the compiler's output.
func Build(tb testing.TB, pkg string, opts ...BuildOption) string {
	tb.Helper()
	b := build{tags: ownTags()}
	for _, o := range opts {
		o(&b)
	}
	wd, err := os.Getwd()
	if err != nil {
		tb.Fatalf("rmtest: %v", err)
	}
	where := pkg
	if filepath.IsAbs(pkg) || strings.HasPrefix(pkg, ".") {
		where = filepath.Join(wd, pkg)
		if filepath.IsAbs(pkg) {
			where = filepath.Clean(pkg)
		}
	}
	key := strings.Join([]string{"go", where, fmt.Sprintf("%q %q %q", b.tags, b.gcflags, b.env), goEnviron()}, "\x00")
	return cached(tb, key, filepath.Base(where), func(out string) error {
		cmd := exec.Command("go", b.args(out, pkg)...)
		cmd.Env = append(os.Environ(), b.env...)
		return runBuild(cmd)
	})
}

// BuildC builds one C file as a module (CC or gcc, -shared -fPIC -O2 and then flags)
// and returns the path of the shared object. It builds once for the same content, as
// [Build] does.
func BuildC(tb testing.TB, cfile string, flags ...string) string {
	tb.Helper()
	path, err := filepath.Abs(cfile)
	if err != nil {
		tb.Fatalf("rmtest: %v", err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		tb.Fatalf("rmtest: %v", err)
	}
	cc := strings.Fields(os.Getenv("CC"))
	if len(cc) == 0 {
		cc = []string{"gcc"}
	}
	key := strings.Join([]string{"c", path, string(text), fmt.Sprintf("%q %q", cc, flags)}, "\x00")
	name := strings.TrimSuffix(filepath.Base(path), ".c")
	return cached(tb, key, name, func(out string) error {
		args := slices.Concat(cc[1:], []string{"-shared", "-fPIC", "-O2"}, flags, []string{"-o", out, path})
		return runBuild(exec.Command(cc[0], args...))
	})
}

// Main runs the tests of a package and then removes what [Build] and [BuildC] made.
// Without it the files stay in the temporary folder until a later process finds them
// old:
//
//	func TestMain(m *testing.M) { os.Exit(rmtest.Main(m)) }
func Main(m *testing.M) int {
	code := m.Run()
	artifacts.Lock()
	defer artifacts.Unlock()
	if artifacts.dir != "" {
		if err := os.RemoveAll(artifacts.dir); err != nil {
			fmt.Fprintln(os.Stderr, "rmtest:", err)
		}
		artifacts.dir, artifacts.made = "", nil
	}
	return code
}

// cached returns the file for key, made by make on the first call.
func cached(tb testing.TB, key, name string, make func(out string) error) string {
	tb.Helper()
	a, err := lookup(key, name)
	if err != nil {
		tb.Fatalf("rmtest: %v", err)
	}
	a.once.Do(func() {
		if a.err = os.Mkdir(filepath.Dir(a.path), 0o755); a.err != nil {
			return
		}
		if a.err = make(a.path); a.err == nil {
			a.err = os.Chmod(a.path, 0o755)
		}
	})
	if a.err != nil {
		tb.Fatalf("rmtest: cannot build %s: %v", name, a.err)
	}
	return a.path
}

// built returns the modules in Go that are there.
func built() string {
	artifacts.Lock()
	defer artifacts.Unlock()
	var files []string
	for key, a := range artifacts.made {
		if _, err := os.Stat(a.path); err == nil && strings.HasPrefix(key, "go\x00") {
			files = append(files, a.path)
		}
	}
	slices.Sort(files)
	return strings.Join(files, ":")
}

// lookup finds or adds the artifact for key.
func lookup(key, name string) (*artifact, error) {
	artifacts.Lock()
	defer artifacts.Unlock()
	if artifacts.dir == "" {
		removeStale()
		dir, err := os.MkdirTemp("", buildDirPrefix)
		if err != nil {
			return nil, err
		}
		artifacts.dir, artifacts.made = dir, map[string]*artifact{}
	}
	a := artifacts.made[key]
	if a == nil {
		// Each artifact has a folder of its own, so that a module's file name, which
		// shows in logs, is the plain one.
		sub := strconv.Itoa(len(artifacts.made))
		a = &artifact{path: filepath.Join(artifacts.dir, sub, name+".so")}
		artifacts.made[key] = a
	}
	return a, nil
}

// removeStale removes the build folders of processes that ended long ago.
func removeStale() {
	old, _ := filepath.Glob(filepath.Join(os.TempDir(), buildDirPrefix+"*"))
	for _, dir := range old {
		if st, err := os.Stat(dir); err == nil && time.Since(st.ModTime()) > staleAfter {
			// Somebody else's folder stays; that is no fault of this test.
			_ = os.RemoveAll(dir)
		}
	}
}

// runBuild runs a compiler; its error has the command and the output.
func runBuild(cmd *exec.Cmd) error {
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s\n%s", err, strings.Join(cmd.Args, " "), out)
	}
	return nil
}

// goEnviron returns the environment variables that change what the go command makes,
// the choice of the toolchain among them.
func goEnviron() string {
	var keep []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, "GO") || strings.HasPrefix(name, "CGO_") ||
			name == "CC" || name == "CXX" || name == "PATH" {
			keep = append(keep, kv)
		}
	}
	slices.Sort(keep)
	return strings.Join(keep, "\x00")
}
