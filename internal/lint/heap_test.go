// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package lint

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// hot are the functions of the hot paths, by package: what a command, its replies and
// a call into the server run through. In none of them the compiler may find something
// that goes to the heap. A name that ends with * stands for all functions of a file.
var hot = map[string][]string{
	".": {
		"dispatch", "dispatchCommand", "ordinaryEntry", "enterOrdinary", "callPtr", "callC", "target", "escape", "Escape", "isResident", "Has", "Errno",
		"portable0", "portable1", "portable2", "portable3", "portable4", "portable5", "portable6", "portablePtr", "portableWords", "portableFloat",
		"sleep", "zapi_functions_*",
	},
	"unsafeconv":     {"view*", "addr*"},
	"internal/core":  {"ZsetRead.Read", "StreamRead.Read", "KeysRead.Read", "runBatch", "FreeStrings", "Replay", "CanReplay"},
	"internal/queue": {"Post", "TakeBack", "Drain", "run", "take"},
	"rm": {
		"RStr.Bytes", "RStr.String", "RStr.Len", "Args.At", "Args.Len", "CallReply.Bytes", "CallReply.Len",
		"Context.ReplyWithLongLong", "Context.ReplyWithBytes", "Context.ReplyWithText", "Context.ReplyWithArray", "Context.ReplyWithNull",
		"Context.ReplyWithDouble",
	},
}

// inlined are functions that cost nothing as long as the compiler puts them into their
// callers.
var inlined = map[string][]string{
	".":          {"Escape", "escape", "isResident"},
	"unsafeconv": {"String", "Bytes"},
	"rm":         {"Args.At", "Args.Len", "RStr.Raw", "Context.Raw"},
}

// makers are functions that make the closures of hot paths: in a closure of a function
// that is itself inlined, the compiler inlines nothing.
var makers = map[string][]string{
	"rm": {"Command.callback", "Command.withPositions", "kind.entry", "filter.callback", "notifySubscription.entry"},
}

// constant is a constant made an interface value, which is read-only memory of the
// program: one of our errors.
var constant = regexp.MustCompile(`^(Err\w+|Error\("[^"]*"\)) escapes to heap$`)

// remark is what the compiler says of a place.
type remark struct {
	file string
	line int
	text string
}

// remarks has the compiler say what it has decided; the build cache remembers it.
func remarks(t *testing.T, dir string) (list []remark) {
	t.Helper()
	cmd := exec.Command("go", "build", "-gcflags=-m", "./"+dir)
	cmd.Dir = root
	// What this test was itself built with must not change what is looked at.
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	line := regexp.MustCompile(`^(?:\./)?([^:\s]+\.go):(\d+):\d+: (.*)$`)
	for _, s := range strings.Split(string(out), "\n") {
		if m := line.FindStringSubmatch(s); m != nil {
			n, err := strconv.Atoi(m[2])
			require.NoError(t, err)
			list = append(list, remark{filepath.Base(m[1]), n, m[3]})
		}
	}
	require.NotEmpty(t, list, "the compiler says nothing")
	return list
}

// function is where a function of a package is.
type function struct {
	name, file string
	from, to   int
}

func functions(t *testing.T, dir string) (list []function) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	require.NoError(t, err)
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			name := fn.Name.Name
			if fn.Recv != nil {
				name = receiver(fn.Recv.List[0].Type) + "." + name
			}
			list = append(list, function{name, filepath.Base(path), fset.Position(fn.Pos()).Line, fset.Position(fn.End()).Line})
		}
	}
	return list
}

func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return "?"
}

// among tells whether a list names a function.
func among(list []string, f function) bool {
	return slices.ContainsFunc(list, func(name string) bool {
		prefix, all := strings.CutSuffix(name, "*")
		return all && strings.HasPrefix(f.file, prefix) || f.name == name
	})
}

// TestHotFunctionsStayOffTheHeap: the promise of no allocation, as the compiler sees it.
// Tests that count allocations see the ways that they take; this sees all.
func TestHotFunctionsStayOffTheHeap(t *testing.T) {
	for dir, names := range hot {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			all := functions(t, dir)
			requireAll(t, names, all)
			for _, r := range remarks(t, dir) {
				if !strings.HasSuffix(r.text, "escapes to heap") && !strings.HasPrefix(r.text, "moved to heap") || constant.MatchString(r.text) {
					continue
				}
				for _, f := range all {
					if f.file == r.file && f.from <= r.line && r.line <= f.to && among(names, f) {
						t.Errorf("%s/%s:%d: in %s: %s", dir, r.file, r.line, f.name, r.text)
					}
				}
			}
		})
	}
}

// TestInlined: the small functions of hot paths are put into their callers.
func TestInlined(t *testing.T) {
	for dir, names := range inlined {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			requireAll(t, names, functions(t, dir))
			can := inlinable(t, dir)
			for _, name := range names {
				if !can[name] {
					t.Errorf("%s: %s is not inlined any more", dir, name)
				}
			}
		})
	}
}

// TestMakersAreNotInlined: what hot closures call can be inlined into them.
func TestMakersAreNotInlined(t *testing.T) {
	for dir, names := range makers {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			requireAll(t, names, functions(t, dir))
			can := inlinable(t, dir)
			require.NotEmpty(t, can)
			for _, name := range names {
				if can[name] {
					t.Errorf("%s: %s is inlined, so its closure gets nothing inlined: //go:noinline", dir, name)
				}
			}
		})
	}
}

// inlinable is the functions that the compiler can inline.
func inlinable(t *testing.T, dir string) map[string]bool {
	can := map[string]bool{}
	for _, r := range remarks(t, dir) {
		if s, ok := strings.CutPrefix(r.text, "can inline "); ok {
			s, _, _ = strings.Cut(s, "[")
			can[strings.NewReplacer("(", "", ")", "", "*", "").Replace(s)] = true
		}
	}
	return can
}

// requireAll: each name is that of a function.
func requireAll(t *testing.T, names []string, all []function) {
	t.Helper()
	for _, name := range names {
		require.True(t, slices.ContainsFunc(all, func(f function) bool { return among([]string{name}, f) }),
			fmt.Sprintf("there is no %s any more: correct the list", name))
	}
}
