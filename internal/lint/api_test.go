// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package lint

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// prefixes are what the constants of a type of package rm begin with; "" is for those
// without a type.
var prefixes = map[string][]string{
	"":                 {"Max", "Min", "PostponedLen"},
	"ACLReason":        {"ACLReason"},
	"ArgFlags":         {"ArgFlag"},
	"ArgType":          {"ArgType"},
	"AuxWhen":          {"Aux"},
	"BlockEnd":         {"Block"},
	"BlockFlags":       {"Block"},
	"CallFlags":        {"Call"},
	"ChannelFlags":     {"ChannelFlag"},
	"ClientFlags":      {"Client"},
	"ClusterFlags":     {"Cluster"},
	"ClusterNodeFlags": {"ClusterNode"},
	"CommandFlags":     {"Cmd"},
	"ConfigFlags":      {"Config"},
	"ConfigType":       {"ConfigType"},
	"CtxFlags":         {"CtxFlag"},
	"DebugFlags":       {"Debug"},
	"DictOp":           {"Dict"},
	"Error":            {"Err"},
	"FilterFlags":      {"Filter"},
	"HashFlags":        {"Hash"},
	"KeyFlags":         {"KeyFlag"},
	"KeyType":          {"KeyType"},
	"Level":            {"Level"},
	"ListEnd":          {"List"},
	"ModuleFlags":      {"Module"},
	"OpenMode":         {"Open"},
	"Replication":      {"Replicate"},
	"ReplyType":        {"Reply"},
	"ResetFlags":       {"Reset"},
	"ScriptFlags":      {"Script"},
	"ScriptKind":       {"ScriptKind"},
	"StreamTrimFlags":  {"StreamTrim"},
	"YieldFlags":       {"Yield"},
	"ZAddFlags":        {"ZAdd"},
	"ZAddResult":       {"ZAdd"},
}

// boolData are the functions for which a bool is the data, not a choice of what is done.
var boolData = []string{"Assert", "Context.ReplyWithBool", "Reply.Bool", "BoolValue", "Context.ConfigSetBool"}

// TestRulesOfTheAPI: what CONTRIBUTING.md says of constants and options holds for all of
// package rm.
func TestRulesOfTheAPI(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(root, "rm", "*.go"))
	require.NoError(t, err)
	fset := token.NewFileSet()
	functions, constants, integers := 0, map[string]int{}, map[string]bool{}
	freers, err := os.ReadFile(filepath.Join(root, "internal", "inside", "free_inside_test.go"))
	require.NoError(t, err)
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		src, err := os.ReadFile(path)
		require.NoError(t, err)
		file, err := parser.ParseFile(fset, path, src, 0)
		require.NoError(t, err)
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if name := methodName(d); ast.IsExported(name[strings.LastIndexByte(name, '.')+1:]) && ast.IsExported(name) {
					functions++
					if takesBool(d.Type) && !slices.Contains(boolData, name) {
						t.Errorf("%s: %s has a bool as an option: flags, or two functions", fset.Position(d.Pos()), name)
					}
					if kind, free := strings.CutSuffix(name, ".Free"); free && !strings.Contains(string(freers), strconv.Quote(kind)+":") {
						t.Errorf("%s: InsideFreeTwice does not free a %s twice", fset.Position(d.Pos()), kind)
					}
					if d.Recv != nil && endsWithResult(d) {
						t.Errorf("%s: %s ends a handle and has a result that says nothing of the server's", fset.Position(d.Pos()), name)
					}
				}
			case *ast.GenDecl:
				if d.Tok == token.TYPE {
					noteIntegers(d, integers)
				}
				if d.Tok == token.CONST {
					checkConstants(t, fset, d, constants)
				}
			}
		}
	}
	require.Greater(t, functions, 200)
	enums, err := os.ReadFile(filepath.Join(root, "rm", "zenums.go"))
	require.NoError(t, err)
	for kind := range constants {
		if integers[kind] && !strings.Contains(string(enums), "func (v "+kind+") String() string {") {
			t.Errorf("%s has constants and no generated String: go generate ./rm", kind)
		}
	}
	require.Greater(t, len(integers), 15)
	for kind := range prefixes {
		require.NotZero(t, constants[kind], "there are no constants of the type %q", kind)
	}
}

// noteIntegers notes the exported types that are integers.
func noteIntegers(d *ast.GenDecl, integers map[string]bool) {
	for _, s := range d.Specs {
		t := s.(*ast.TypeSpec)
		if id, ok := t.Type.(*ast.Ident); ok && t.Name.IsExported() && regexp.MustCompile(`^(u?int(8|16|32|64)?|byte)$`).MatchString(id.Name) {
			integers[t.Name.Name] = true
		}
	}
}

// takesBool tells whether a function has a parameter that is a bool itself.
func takesBool(f *ast.FuncType) bool {
	for _, p := range f.Params.List {
		if id, ok := p.Type.(*ast.Ident); ok && id.Name == "bool" {
			return true
		}
	}
	return false
}

// endsWithResult tells whether a method that ends a handle has a result. What is stopped
// may say with a bool whether the server had not done it yet.
func endsWithResult(d *ast.FuncDecl) bool {
	r := d.Type.Results
	switch d.Name.Name {
	case "Close", "Free":
		return r != nil
	case "Stop", "Abort", "Unregister":
		if r == nil {
			return false
		}
		id, ok := r.List[0].Type.(*ast.Ident)
		return !ok || id.Name != "bool" || len(r.List) > 1
	}
	return false
}

// methodName is Type.Method, or the name of a function.
func methodName(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return d.Name.Name
	}
	e := d.Recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.Ident:
			return x.Name + "." + d.Name.Name
		default:
			return "?." + d.Name.Name
		}
	}
}

// checkConstants checks the names of exported constants and counts them by type.
func checkConstants(t *testing.T, fset *token.FileSet, d *ast.GenDecl, count map[string]int) {
	kind := ""
	for _, s := range d.Specs {
		v := s.(*ast.ValueSpec)
		if v.Type != nil || len(v.Values) > 0 { // else it is that of the line before
			kind = constantType(v)
		}
		for _, name := range v.Names {
			if !name.IsExported() {
				continue
			}
			count[kind]++
			if !slices.ContainsFunc(prefixes[kind], func(p string) bool { return strings.HasPrefix(name.Name, p) }) {
				t.Errorf("%s: the constant %s of the type %q begins with none of %q", fset.Position(name.Pos()), name.Name, kind, prefixes[kind])
			}
		}
	}
}

// constantType is the type of a constant as it is written: in front of the value, or as
// a conversion to an exported type.
func constantType(v *ast.ValueSpec) string {
	if id, ok := v.Type.(*ast.Ident); ok {
		return id.Name
	}
	if len(v.Values) > 0 {
		if call, ok := v.Values[0].(*ast.CallExpr); ok {
			if id, ok := call.Fun.(*ast.Ident); ok && id.IsExported() {
				return id.Name
			}
		}
	}
	return ""
}
