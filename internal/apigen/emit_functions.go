// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"slices"
	"strings"
)

// emitFunctions writes the wrappers into files, one for each group.
func emitFunctions(a *api, names registry, files map[string]string) error {
	for _, g := range groups {
		var b strings.Builder
		imports := map[string]bool{}
		for _, f := range a.funcs {
			if groupOf(f.area) != g.name {
				continue
			}
			if err := names.declare(f.goName, f.cName); err != nil {
				return f.row.errorf("%v", err)
			}
			b.WriteString("\n" + f.emit(imports))
		}
		if b.Len() == 0 {
			continue
		}
		var list []string
		for p := range imports {
			list = append(list, p)
		}
		files["zapi_functions_"+g.name+".go"] = fileHeader(list...) + "// Functions: " + g.title + ".\n" + b.String()
	}
	return nil
}

// emit writes one wrapper and notes which packages it imports.
func (f *function) emit(imports map[string]bool) string {
	var b strings.Builder
	b.WriteString(f.docComment())
	fmt.Fprintf(&b, "func %s(%s) %s {\n", f.wrapper(), f.goParams(), f.ret.name)
	b.WriteString(f.safety())
	if f.hasPointers() {
		imports["unsafe"] = true
	}
	if !f.stackPointers() {
		for _, p := range f.pointers() {
			fmt.Fprintf(&b, "\tescape(%s)\n", asUnsafe(p))
		}
	}
	switch f.class() {
	case classWords, classStruct:
		args := f.wordArgs()
		f.emitReturn(&b, fmt.Sprintf("gate%d(%s)", len(args), strings.Join(append([]string{f.id()}, args...), ", ")), imports)
	case classMany, classVariadic:
		f.emitWords(&b, imports)
	case classFloat:
		f.emitFloat(&b, imports)
	case classLongDouble:
		f.emitLongDouble(&b)
	}
	b.WriteString("}\n")
	return b.String()
}

// goParams writes the Go parameter list, neighbours of one type together.
func (f *function) goParams() string {
	var list []string
	for i, p := range f.params {
		if i+1 < len(f.params) && f.params[i+1].typ.name == p.typ.name {
			list = append(list, p.goName)
		} else {
			list = append(list, p.goName+" "+p.typ.name)
		}
	}
	if f.variadic {
		list = append(list, "args ...uintptr")
	}
	return strings.Join(list, ", ")
}

// wordArgs writes the argument words. A signed integer is sign-extended by its
// conversion, an unsigned one zero-extended, as C expects.
func (f *function) wordArgs() []string {
	var list []string
	for _, p := range f.params {
		switch p.typ.kind {
		case kindInt:
			if p.typ.name == "uintptr" {
				list = append(list, p.goName)
			} else {
				list = append(list, "uintptr("+p.goName+")")
			}
		case kindPointer:
			list = append(list, "uintptr("+asUnsafe(p)+")")
		case kindEvent:
			list = append(list, "uintptr("+p.goName+".ID)", "uintptr("+p.goName+".DataVer)")
		}
	}
	return list
}

func asUnsafe(p param) string {
	if p.typ.name == "unsafe.Pointer" {
		return p.goName
	}
	return "unsafe.Pointer(" + p.goName + ")"
}

// fromWord converts a result word to the Go type. An int result may have garbage
// above its 32 bits, which the conversion drops.
func (f *function) fromWord(word string, imports map[string]bool) string {
	switch {
	case f.ret.kind == kindPointer:
		imports["github.com/iredismodule/redismodule/unsafeconv"] = true
		return "(*" + f.ret.elem + ")(unsafeconv.Pointer(" + word + "))"
	case f.ret.name == "uintptr":
		return word
	}
	return f.ret.name + "(" + word + ")"
}

func (f *function) emitReturn(b *strings.Builder, call string, imports map[string]bool) {
	if f.ret.kind == kindVoid {
		fmt.Fprintf(b, "\t%s\n", call)
		return
	}
	fmt.Fprintf(b, "\treturn %s\n", f.fromWord(call, imports))
}

func (f *function) emitWords(b *strings.Builder, imports map[string]bool) {
	args := f.wordArgs()
	size, n := fmt.Sprint(len(args)), fmt.Sprint(len(args))
	if f.variadic {
		size = "MaxWords"
		fmt.Fprintf(b, "\tif len(args) > MaxWords-%d {\n\t\ttooManyWords(%s, len(args))\n\t}\n", len(args), f.id())
	}
	fmt.Fprintf(b, "\tw := [%s]uintptr{%s}\n", size, strings.Join(args, ", "))
	if f.variadic {
		fmt.Fprintf(b, "\tn := %d + copy(w[%[1]d:], args)\n", len(args))
		n = "n"
	}
	call := fmt.Sprintf("gateWords(%s, &w[0], %s)", f.id(), n)
	if !f.hasPointers() {
		f.emitReturn(b, call, imports)
		return
	}
	if f.ret.kind != kindVoid {
		call = "r := " + call
	}
	fmt.Fprintf(b, "\t%s\n", call)
	imports["runtime"] = true
	for _, p := range f.pointers() {
		fmt.Fprintf(b, "\truntime.KeepAlive(%s)\n", p.goName)
	}
	if f.ret.kind != kindVoid {
		fmt.Fprintf(b, "\treturn %s\n", f.fromWord("r", imports))
	}
}

func (f *function) emitFloat(b *strings.Builder, imports map[string]bool) {
	words, floats := f.wordArgs(), []string{}
	for _, p := range f.params {
		switch p.typ.kind {
		case kindFloat64:
			floats = append(floats, "math.Float64bits("+p.goName+")")
		case kindFloat32:
			floats = append(floats, "uint64(math.Float32bits("+p.goName+"))")
		}
	}
	if len(floats) > 0 || f.ret.isFloat() {
		imports["math"] = true
	}
	pad := func(s []string, n int) []string {
		return append(slices.Clone(s), slices.Repeat([]string{"0"}, n-len(s))...)
	}
	args := slices.Concat([]string{f.id()}, pad(words, 4), pad(floats, 2))
	call := "gateFloat(" + strings.Join(args, ", ") + ")"
	switch f.ret.kind {
	case kindVoid:
		fmt.Fprintf(b, "\t%s\n", call)
	case kindFloat64:
		fmt.Fprintf(b, "\t_, f := %s\n\treturn math.Float64frombits(f)\n", call)
	case kindFloat32:
		fmt.Fprintf(b, "\t_, f := %s\n\treturn math.Float32frombits(uint32(f))\n", call)
	default:
		fmt.Fprintf(b, "\tr, _ := %s\n\treturn %s\n", call, f.fromWord("r", imports))
	}
}

func (f *function) emitLongDouble(b *strings.Builder) {
	op, err := f.longDouble()
	if err != nil {
		panic(err) // checkClass has refused it
	}
	args := f.wordArgs()
	value := ""
	for _, p := range f.params {
		switch p.typ.kind {
		case kindLongDouble:
			value = p.goName
		case kindLongDoublePtr:
			// The value arrives in the second result; the pointer does not go to C.
			fmt.Fprintf(b, "\tr, f := gateLongDouble(%s, %s, %s, 0, 0)\n\tif int32(r) == OK {\n\t\t*%s = f\n\t}\n\treturn int32(r)\n",
				f.id(), op, args[0], p.goName)
			return
		}
	}
	if len(args) == 1 {
		args = append(args, "0")
	}
	if value == "" {
		value = "0"
	}
	call := fmt.Sprintf("gateLongDouble(%s, %s, %s, %s)", f.id(), op, strings.Join(args, ", "), value)
	switch f.ret.kind {
	case kindVoid:
		fmt.Fprintf(b, "\t%s\n", call)
	case kindLongDouble:
		fmt.Fprintf(b, "\t_, f := %s\n\treturn f\n", call)
	default:
		fmt.Fprintf(b, "\tr, _ := %s\n\treturn %s(r)\n", call, f.ret.name)
	}
}
