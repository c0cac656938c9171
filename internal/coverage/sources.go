// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
)

const (
	cMark      = "C: "
	drivesMark = "Drives: "
)

// sources reads the Go files below root and notes in a what they say.
func (a *api) sources(root string) error {
	if err := eachFile(filepath.Join(root, "zapi_functions_*.go"), a.rawNames); err != nil {
		return err
	}
	if err := eachFile(filepath.Join(root, "rm", "*.go"), a.typedNames); err != nil {
		return err
	}
	for _, dir := range []string{".", "rm", "internal/*"} {
		if err := eachFile(filepath.Join(root, dir, "*_test.go"), a.testNames); err != nil {
			return err
		}
	}
	for _, f := range a.functions {
		slices.Sort(f.typed)
		f.typed = slices.Compact(f.typed)
		slices.Sort(f.tests)
		f.tests = slices.Compact(f.tests)
	}
	return nil
}

// source is one Go file.
type source struct {
	path string
	fset *token.FileSet
	ast  *ast.File
	seen map[*ast.CommentGroup]bool // its line was used
}

func (s *source) errorf(pos token.Pos, format string, args ...any) error {
	return fmt.Errorf("%s: %s", s.fset.Position(pos), fmt.Sprintf(format, args...))
}

// line returns what stands behind a mark in a comment, to the end of the paragraph.
func (s *source) line(doc *ast.CommentGroup, mark string) string {
	if doc == nil {
		return ""
	}
	s.seen[doc] = true
	text := lineOf(doc.Text(), mark)
	return text
}

func lineOf(text, mark string) string {
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		paragraph = strings.TrimSpace(paragraph)
		if i := strings.Index("\n"+paragraph, "\n"+mark); i >= 0 {
			return strings.Join(strings.Fields(paragraph[i+len(mark):]), " ")
		}
	}
	return ""
}

// leftOver fails for a comment with a mark that nothing has used.
func (s *source) leftOver(mark string, isLine func(text string) bool) error {
	for _, c := range s.ast.Comments {
		if text := lineOf(c.Text(), mark); !s.seen[c] && isLine(text) {
			return s.errorf(c.Pos(), "%q belongs to nothing that the table shows", mark+text)
		}
	}
	return nil
}

func eachFile(pattern string, f func(s *source) error) error {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return err
	}
	slices.Sort(paths)
	for _, path := range paths {
		s := &source{path: path, fset: token.NewFileSet(), seen: map[*ast.CommentGroup]bool{}}
		if s.ast, err = parser.ParseFile(s.fset, path, nil, parser.ParseComments|parser.SkipObjectResolution); err != nil {
			return err
		}
		if err := f(s); err != nil {
			return err
		}
	}
	return nil
}

// rawNames reads the raw layer: the line behind the C mark is a prototype.
func (a *api) rawNames(s *source) error {
	for _, d := range s.ast.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		prototype := s.line(fn.Doc, cMark)
		name := wholeName.FindString(strings.SplitN(prototype, "(", 2)[0])
		if f := a.byName[name]; f != nil {
			// One that is not exported has a wrapper by hand of the same name.
			f.raw = strings.ToUpper(fn.Name.Name[:1]) + fn.Name.Name[1:]
		} else {
			return s.errorf(fn.Pos(), "%s: %q is no function of the API", fn.Name.Name, name)
		}
	}
	return nil
}

// typedNames reads a file of package rm.
func (a *api) typedNames(s *source) error {
	if strings.HasSuffix(s.path, "_test.go") {
		return nil
	}
	note := func(pos token.Pos, name string, doc *ast.CommentGroup) error {
		if doc == nil || !ast.IsExported(name[strings.LastIndex(name, ".")+1:]) {
			return nil
		}
		list, err := a.named(s.line(doc, cMark))
		if err != nil {
			return s.errorf(pos, "%s: %v", name, err)
		}
		for _, f := range list {
			f.typed = append(f.typed, name)
		}
		return nil
	}
	for _, d := range s.ast.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if err := note(d.Pos(), receiver(d)+d.Name.Name, d.Doc); err != nil {
				return err
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if err := specNames(d, spec, note); err != nil {
					return err
				}
			}
		}
	}
	return s.leftOver(cMark, wholeName.MatchString)
}

// specNames notes a type with its fields or methods, or constants and variables. A
// comment above a group belongs to the first name of it.
func specNames(d *ast.GenDecl, spec ast.Spec, note func(token.Pos, string, *ast.CommentGroup) error) error {
	var err error
	each := func(pos token.Pos, name string, doc *ast.CommentGroup) {
		if err == nil {
			err = note(pos, name, doc)
		}
	}
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		name := spec.Name.Name
		if spec == d.Specs[0] {
			each(spec.Pos(), name, d.Doc)
		}
		each(spec.Pos(), name, spec.Doc)
		var fields *ast.FieldList
		switch t := spec.Type.(type) {
		case *ast.StructType:
			fields = t.Fields
		case *ast.InterfaceType:
			fields = t.Methods
		}
		if fields == nil {
			break
		}
		for _, f := range fields.List {
			for _, n := range f.Names {
				each(n.Pos(), name+"."+n.Name, f.Doc)
			}
		}
	case *ast.ValueSpec:
		if spec == d.Specs[0] {
			each(spec.Pos(), spec.Names[0].Name, d.Doc)
		}
		each(spec.Pos(), spec.Names[0].Name, spec.Doc)
	}
	return err
}

// receiver returns the receiver's type and a dot, "" for a function.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name + "."
		default:
			return ""
		}
	}
}

// testNames reads a file of tests.
func (a *api) testNames(s *source) error {
	for _, d := range s.ast.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "Test") && !strings.HasPrefix(fn.Name.Name, "Inside") {
			continue
		}
		text := s.line(fn.Doc, drivesMark)
		if text == "" {
			continue
		}
		list, err := a.driven(text)
		if err != nil {
			return s.errorf(fn.Pos(), "%s: %v", fn.Name.Name, err)
		}
		for _, f := range list {
			f.tests = append(f.tests, s.test(fn.Name.Name))
		}
	}
	return s.leftOver(drivesMark, func(text string) bool { return text != "" })
}

// test is a test's name with its folder in front, "rm.TestReplies"; the root has
// none.
func (s *source) test(name string) string {
	pkg := strings.TrimSuffix(s.ast.Name.Name, "_test")
	if pkg == "redismodule" {
		return name
	}
	return filepath.Base(filepath.Dir(s.path)) + "." + name
}
