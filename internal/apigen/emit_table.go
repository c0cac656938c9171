// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"strings"
)

// emitIDs writes the numbers of the functions.
func emitIDs(a *api) string {
	var b strings.Builder
	b.WriteString(fileHeader())
	b.WriteString("// The functions of the server's API, in the order of the table.\nconst (\n")
	for i, f := range a.funcs {
		typ := ""
		if i == 0 {
			typ = " FuncID = iota"
		}
		fmt.Fprintf(&b, "\t// %s is %s, %s.\n\t%s%s\n", f.id(), f.cName, sinceText(f.sinceRedis, f.sinceValkey), f.id(), typ)
	}
	b.WriteString("\n\t// numFuncs is how many there are.\n\tnumFuncs\n)\n")
	return b.String()
}

// id is the Go name of the function's number.
func (f *function) id() string { return "Fn" + f.goName }

// wrapper is the name of the generated function.
func (f *function) wrapper() string {
	if byHand[f.cName] == "" {
		return f.goName
	}
	return strings.ToLower(f.goName[:1]) + f.goName[1:]
}

// emitTable writes what is known of each function by its number.
func emitTable(a *api) string {
	var b strings.Builder
	b.WriteString(fileHeader("strconv"))
	b.WriteString("// fnNames is the names to ask the server for, without the RedisModule_ or\n" +
		"// ValkeyModule_ in front.\nvar fnNames = [numFuncs]string{\n")
	for _, f := range a.funcs {
		fmt.Fprintf(&b, "\t%s: %q,\n", f.id(), f.bare)
	}
	b.WriteString("}\n\n")

	b.WriteString("// fnLane is 1 for a function that may take the direct way on any goroutine: it\n" +
		"// neither comes back into Go nor waits. It is 0 for the others, which may take it\n" +
		"// on the resident goroutine only.\nvar fnLane = [numFuncs]uint8{\n")
	for _, f := range a.funcs {
		if f.lane.lane == "fast" {
			fmt.Fprintf(&b, "\t%s: 1,\n", f.id())
		}
	}
	b.WriteString("}\n\n")

	b.WriteString("// fnFixed is the number of fixed parameters of the variadic functions, which some\n" +
		"// platforms pass in other places than the variable ones; 0 for all other functions.\n" +
		"var fnFixed = [numFuncs]uint8{\n")
	for _, f := range a.funcs {
		if f.variadic {
			fmt.Fprintf(&b, "\t%s: %d,\n", f.id(), f.words())
		}
	}
	b.WriteString("}\n\n")

	b.WriteString("// since is the first releases with a function, \"-\" where there is none.\n" +
		"type since struct{ redis, valkey string }\n\n" +
		"var fnSince = [numFuncs]since{\n")
	for _, f := range a.funcs {
		fmt.Fprintf(&b, "\t%s: {%q, %q},\n", f.id(), f.sinceRedis, f.sinceValkey)
	}
	b.WriteString("}\n\n")

	b.WriteString(`// tooManyWords ends a call with more variable arguments than a gate can take.
func tooManyWords(id FuncID, args int) {
	panic("redismodule: " + fnNames[id] + ": " + strconv.Itoa(args) + " variable arguments, at most " +
		strconv.Itoa(MaxWords-int(fnFixed[id])))
}
`)
	return b.String()
}

// emitTypes writes the handles.
func emitTypes(names registry) (string, error) {
	var b strings.Builder
	b.WriteString(fileHeader())
	b.WriteString("// Handles. Each is the address of a thing that lives in the server and that only\n" +
		"// the server can look into: one word of C memory, never Go memory, which the\n" +
		"// garbage collector ignores. The zero value is NULL. A handle that has ended must\n" +
		"// not be used: the server would read freed memory.\ntype (\n")
	for _, h := range handles {
		if err := names.declare(h.goName, "the handle "+h.cName); err != nil {
			return "", err
		}
		prefix := "RedisModule"
		if strings.HasSuffix(h.doc, "Only Valkey has it") {
			prefix = "ValkeyModule"
		}
		b.WriteString(comment("\t", fmt.Sprintf("%s is a %s%s pointer: %s.", h.goName, prefix, h.cName, h.doc)))
		fmt.Fprintf(&b, "\t%s uintptr\n\n", h.goName)
	}
	if err := names.declare("CFunc", "C functions"); err != nil {
		return "", err
	}
	b.WriteString(comment("\t", "CFunc is the address of a C function: what the server takes as a callback. 0 is NULL."))
	b.WriteString("\tCFunc uintptr\n)\n")
	return b.String(), nil
}

// comment wraps text into comment lines.
func comment(indent, text string) string {
	const width = 88
	var b strings.Builder
	line := indent + "//"
	for _, w := range strings.Fields(text) {
		if len(line)+1+len(w) > width && line != indent+"//" {
			b.WriteString(line + "\n")
			line = indent + "//"
		}
		line += " " + w
	}
	b.WriteString(line + "\n")
	return b.String()
}
