// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"math/bits"
	"path/filepath"
	"slices"
	"strings"
)

// rawPath is the package whose constants those of rm are made of.
const rawPath = "github.com/iredismodule/redismodule"

// flagTypes hold flags, although their names do not say so.
var flagTypes = []string{"AuxWhen"}

// enum is a type with its constants, each value once, by value.
type enum struct {
	name   string
	flags  bool
	bits   int // of the type
	consts []named
}

type named struct {
	name  string
	value int64
	pos   token.Pos
}

// enums finds the types of package rm in dir; raw is the folder of the root package.
func enums(dir, raw string) ([]enum, error) {
	fset := token.NewFileSet()
	rawFiles, err := parse(fset, filepath.Join(raw, "zapi_constants.go"))
	if err != nil {
		return nil, err
	}
	files, err := parse(fset, filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	// Only constants are asked for: whatever else is missing is no fault here.
	config := types.Config{IgnoreFuncBodies: true, FakeImportC: true, Error: func(error) {}}
	rawPkg, _ := config.Check(rawPath, fset, rawFiles, nil)
	config.Importer = only{rawPkg}
	pkg, _ := config.Check(rawPath+"/rm", fset, files, nil)
	byType := map[*types.TypeName][]named{}
	for _, name := range pkg.Scope().Names() {
		c, ok := pkg.Scope().Lookup(name).(*types.Const)
		if !ok {
			continue
		}
		t, ok := c.Type().(*types.Named)
		if !ok || !t.Obj().Exported() {
			continue
		}
		if basic, ok := t.Underlying().(*types.Basic); !ok || basic.Info()&types.IsInteger == 0 {
			continue
		}
		if c.Val().Kind() != constant.Int {
			return nil, fmt.Errorf("%s: the value of %s is not known here", fset.Position(c.Pos()), name)
		}
		if c.Exported() {
			byType[t.Obj()] = append(byType[t.Obj()], named{name, number(c.Val()), c.Pos()})
		}
	}
	if hand := byHand(files, byType); hand != nil {
		return nil, fmt.Errorf("%s: String is generated (go generate ./rm): remove this one", fset.Position(hand.Pos()))
	}
	var list []enum
	for t, consts := range byType {
		e, err := order(t.Name(), consts)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", fset.Position(t.Pos()), err)
		}
		e.bits = width(t.Type().Underlying().(*types.Basic))
		list = append(list, e)
	}
	if len(list) == 0 {
		return nil, errors.New("there are no types with constants in " + dir)
	}
	slices.SortFunc(list, func(a, b enum) int { return cmp.Compare(a.name, b.name) })
	return list, nil
}

// parse reads Go files, but for tests, what is generated here, and what a build tag leaves
// out on most platforms.
func parse(fset *token.FileSet, pattern string) ([]*ast.File, error) {
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		return nil, cmp.Or(err, fmt.Errorf("no files %s", pattern))
	}
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") || filepath.Base(path) == output {
			continue
		}
		f, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// only imports the root package, and nothing else.
type only struct{ pkg *types.Package }

func (o only) Import(path string) (*types.Package, error) {
	if path == rawPath {
		return o.pkg, nil
	}
	return nil, errors.New("not needed")
}

// number is the value as the bits of an int64.
func number(v constant.Value) int64 {
	if n, ok := constant.Int64Val(v); ok {
		return n
	}
	n, _ := constant.Uint64Val(v)
	return int64(n)
}

func width(b *types.Basic) int {
	return int(types.SizesFor("gc", "amd64").Sizeof(b)) * 8
}

// byHand returns a method String of one of the types that is written by hand.
func byHand(files []*ast.File, byType map[*types.TypeName][]named) *ast.FuncDecl {
	for _, f := range files {
		for _, d := range f.Decls {
			m, ok := d.(*ast.FuncDecl)
			if !ok || m.Recv == nil || m.Name.Name != "String" {
				continue
			}
			for t := range byType {
				if id, ok := m.Recv.List[0].Type.(*ast.Ident); ok && id.Name == t.Name() {
					return m
				}
			}
		}
	}
	return nil
}

// order sorts the constants by value, and of those with the same value keeps that which
// comes first in the source.
func order(name string, consts []named) (enum, error) {
	e := enum{name: name, flags: slices.Contains(flagTypes, name)}
	for _, end := range []string{"Flags", "Mode", "Mask"} {
		e.flags = e.flags || strings.HasSuffix(name, end)
	}
	slices.SortFunc(consts, func(a, b named) int {
		return cmp.Or(cmp.Compare(uint64(a.value), uint64(b.value)), cmp.Compare(a.pos, b.pos))
	})
	e.consts = slices.CompactFunc(consts, func(a, b named) bool { return a.value == b.value })
	if !e.flags && !slices.Contains(enumTypes, name) && looksLikeFlags(e.consts) {
		return e, fmt.Errorf("%s looks like flags: call it %sFlags, or say in internal/enumgen what it is", name, name)
	}
	return e, nil
}

// enumTypes are one of their constants, although these could be combined.
var enumTypes = []string{"ZAddResult"}

// looksLikeFlags tells whether three values or more are all single bits.
func looksLikeFlags(consts []named) bool {
	some := 0
	for _, c := range consts {
		switch bits.OnesCount64(uint64(c.value)) {
		case 0:
		case 1:
			some++
		default:
			return false
		}
	}
	return some >= 3
}
