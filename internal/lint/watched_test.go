// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package lint

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// unwatched are the functions of package rm that give the server a handle which the
// debug build need not look at, and why.
var unwatched = map[string]string{
	"abandonLoad": "the context of the load",
	"callback":    "the context of the command that begins",
	"holdZSet":    "a string of this package's",
	"releaseZSet": "the same",
	"unload":      "the context of the unload",
	"Free":        "looked at by freed",
	"end":         "a string that nobody else has",
}

// TestHandlesAreWatched: in package rm the server gets a Context or an RStr by its
// method raw, which looks at it in the debug build, or behind a call of alive; never by
// the field alone. What is new is watched so without anybody thinking of it.
func TestHandlesAreWatched(t *testing.T) {
	const dir = "../../rm"
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	fset, seen, used := token.NewFileSet(), 0, map[string]bool{}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "debug.go") {
			continue
		}
		file, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, 0)
		require.NoError(t, err)
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			seen++
			fields, looks := handleFields(f.Body)
			if len(fields) == 0 || looks {
				continue
			}
			if unwatched[f.Name.Name] != "" {
				used[f.Name.Name] = true
				continue
			}
			for _, at := range fields {
				t.Errorf("%s: %s gives the server a handle by its field: use raw()", fset.Position(at), f.Name.Name)
			}
		}
	}
	require.Greater(t, seen, 500)
	for name := range unwatched {
		require.True(t, used[name], "unwatched: %s is not needed", name)
	}
}

// handleFields finds the arguments of functions of the server that are fields of
// handles, and whether the body looks at handles by itself.
func handleFields(body *ast.BlockStmt) (fields []token.Pos, looks bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		fun, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if fun.Sel.Name == "alive" {
			looks = true
		}
		if pkg, ok := fun.X.(*ast.Ident); !ok || pkg.Name != "redismodule" && pkg.Name != "core" {
			return true
		}
		for _, arg := range call.Args {
			ast.Inspect(arg, func(n ast.Node) bool {
				s, ok := n.(*ast.SelectorExpr)
				if ok && (s.Sel.Name == "s" || s.Sel.Name == "c" && endsInContext(s.X)) {
					fields = append(fields, s.Pos())
				}
				return true
			})
		}
		return true
	})
	return fields, looks
}

// endsInContext tells whether an expression is named as a Context.
func endsInContext(e ast.Expr) bool {
	switch x := e.(type) {
	case *ast.Ident:
		return x.Name == "ctx"
	case *ast.SelectorExpr:
		return x.Sel.Name == "ctx"
	}
	return false
}
