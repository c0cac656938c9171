// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"strings"
)

// function is one API function: its row, and what becomes of it in Go.
type function struct {
	row                     row
	cName, bare, goName     string
	valkey                  bool // only Valkey has it
	cRet, cParams, area     string
	sinceRedis, sinceValkey string
	ret                     goType
	params                  []param
	variadic                bool
	lane                    lane
	doc                     []string // sentences made from the notes
	what, calls             string   // from words.tsv
}

// lane is a function's row of lanes.tsv.
type lane struct {
	listed                           bool
	lane, reenters, blocks, threadOf string
}

func (l lane) neverReenters() bool { return strings.HasPrefix(l.reenters, "no") }

// param is one parameter in C and in Go.
type param struct {
	cType, cName, goName string
	typ                  goType
}

// kind says how a value travels through a gate.
type kind int

const (
	kindVoid       kind = iota
	kindInt             // a word; conversion to and from uintptr
	kindPointer         // memory that Go sees as a pointer
	kindFloat64         // a floating-point register
	kindFloat32         // the same, low half
	kindLongDouble      // only by gateLongDouble
	kindLongDoublePtr
	kindEvent // struct of two words, by value
)

// goType is a C type's counterpart.
type goType struct {
	kind kind
	name string // Go spelling
	elem string // of a pointer: what it points to, "" for unsafe.Pointer
}

// words is how many integer argument words a value takes.
func (t goType) words() int {
	switch t.kind {
	case kindInt, kindPointer, kindLongDoublePtr:
		return 1
	case kindEvent:
		return 2
	}
	return 0
}

func (t goType) isFloat() bool { return t.kind == kindFloat64 || t.kind == kindFloat32 }

func pointerTo(elem string) goType { return goType{kindPointer, "*" + elem, elem} }

var unsafePointer = goType{kindPointer, "unsafe.Pointer", ""}

// class is the calling class of a function: which gate it takes.
type class int

const (
	classWords      class = iota // up to six words: gate0 to gate6
	classMany                    // more: gateWords
	classVariadic                // gateWords
	classFloat                   // gateFloat
	classLongDouble              // gateLongDouble
	classStruct                  // a struct by value, as words
)

var classNames = [...]string{"words", "many words", "variadic", "float", "long double", "struct"}

func (f *function) class() class {
	c := classWords
	words := 0
	for _, t := range f.types() {
		switch {
		case t.kind == kindLongDouble || t.kind == kindLongDoublePtr:
			return classLongDouble
		case t.isFloat():
			c = classFloat
		case t.kind == kindEvent:
			c = classStruct
		}
	}
	for _, p := range f.params {
		words += p.typ.words()
	}
	switch {
	case f.variadic:
		return classVariadic
	case c == classWords && words > 6:
		return classMany
	}
	return c
}

// types is the types of the parameters and of the result.
func (f *function) types() []goType {
	list := []goType{f.ret}
	for _, p := range f.params {
		list = append(list, p.typ)
	}
	return list
}

func (f *function) words() int {
	n := 0
	for _, p := range f.params {
		n += p.typ.words()
	}
	return n
}

// checkClass refuses what no gate can do, so that a new function of the server
// cannot become a wrapper that calls it wrongly.
func (f *function) checkClass() error {
	floats := 0
	for _, p := range f.params {
		if p.typ.isFloat() {
			floats++
		}
	}
	n := f.words()
	switch f.class() {
	case classVariadic:
		for _, t := range f.types() {
			if t.isFloat() || t.kind == kindEvent {
				return fmt.Errorf("a variadic function with a %s needs a gate of its own", t.name)
			}
		}
	case classFloat:
		if n > 4 || floats > 2 {
			return fmt.Errorf("%d words and %d floating-point parameters, gateFloat takes 4 and 2", n, floats)
		}
	case classStruct:
		if n > 6 {
			return fmt.Errorf("%d words with a struct by value, a struct is not split between registers and stack", n)
		}
	case classLongDouble:
		if _, err := f.longDouble(); err != nil {
			return err
		}
	}
	return nil
}

// longDouble says which shape of gateLongDouble fits.
func (f *function) longDouble() (op string, err error) {
	var shape []string
	for _, p := range f.params {
		switch {
		case p.typ.kind == kindLongDouble:
			shape = append(shape, "ld")
		case p.typ.kind == kindLongDoublePtr:
			shape = append(shape, "*ld")
		case p.typ.name == "int32":
			shape = append(shape, "int")
		default:
			shape = append(shape, "word")
		}
	}
	ret := f.ret.kind == kindLongDouble
	switch s := strings.Join(shape, " "); {
	case s == "word ld" && !ret:
		return "ldArg", nil
	case s == "word ld int" && !ret:
		return "ldArgInt", nil
	case s == "word" && ret:
		return "ldRet", nil
	case s == "word *ld" && f.ret.name == "int32":
		return "ldOut", nil
	default:
		return "", fmt.Errorf("gateLongDouble has no shape for (%s)", s)
	}
}

// pointers is the parameters that the wrapper hands to C as Go pointers.
func (f *function) pointers() []param {
	var list []param
	for _, p := range f.params {
		if p.typ.kind == kindPointer {
			list = append(list, p)
		}
	}
	return list
}

func (f *function) hasPointers() bool { return len(f.pointers()) > 0 }

// stackPointers tells whether pointer arguments may point into the goroutine's
// stack. C must not come back into Go meanwhile, which may move the stack, and
// the conversion to a word must stand in the call of the gate itself: an array of
// words is not adjusted.
func (f *function) stackPointers() bool {
	c := f.class()
	return f.lane.lane == "fast" && f.lane.neverReenters() && c != classMany && c != classVariadic
}

// base takes const, struct and the server's prefix off a C type's name.
func base(c string) string {
	c = strings.TrimPrefix(strings.TrimPrefix(c, "const "), "struct ")
	for _, p := range []string{"RedisModule", "ValkeyModule"} {
		if s, ok := strings.CutPrefix(c, p); ok {
			return s
		}
	}
	return c
}

// serverType tells whether c is a type of the module API, by its prefix.
func serverType(c string) bool { return base(c) != strings.TrimPrefix(c, "const ") }

// scalarTypes is the C types that travel as one integer word. size_t and ssize_t
// are words everywhere; long is one on the platforms with 64-bit servers.
var scalarTypes = map[string]string{
	"int":                "int32",
	"unsigned int":       "uint32",
	"long":               "int64",
	"unsigned long":      "uint64",
	"long long":          "int64",
	"unsigned long long": "uint64",
	"mstime_t":           "int64",
	"ustime_t":           "int64",
	"int64_t":            "int64",
	"ssize_t":            "int64",
	"uint64_t":           "uint64",
	"uint32_t":           "uint32",
	"uint8_t":            "uint8",
	"size_t":             "uintptr",
}

// serverScalars is the same for the server's typedefs, without prefix.
var serverScalars = map[string]string{
	"TimerID":                       "uint64",
	"KeyMetaClassId":                "int32",
	"ACLLogEntryReason":             "int32",
	"ConfigType":                    "int32",
	"ScriptingEngineExecutionState": "int32",
}

// structTypes is the structs that structs.go declares and functions take by
// pointer.
var structTypes = map[string]string{
	"StreamID":                 "StreamID",
	"CommandInfo":              "CommandInfo",
	"TypeMethods":              "TypeMethods",
	"KeyMetaClassConfig":       "KeyMetaClassConfig",
	"SlotRangeArray":           "SlotRangeArray",
	"ScriptingEngineMethodsV4": "ScriptingEngineMethods",
	"ReplyHandlers":            "ReplyHandlers",
}

// callbackTypes is the function pointer typedefs that functions take.
var callbackTypes = setOf(
	"AuthCallback CmdFunc ClusterMessageReceiver CommandFilterFunc ConfigApplyFunc " +
		"ConfigGetBoolFunc ConfigGetEnumFunc ConfigGetNumericFunc ConfigGetStringFunc ConfigGetUnsignedNumericFunc " +
		"ConfigSetBoolFunc ConfigSetEnumFunc ConfigSetNumericFunc ConfigSetStringFunc ConfigSetUnsignedNumericFunc " +
		"DefragDictValueCallback DefragFunc DefragFunc2 DisconnectFunc EventCallback EventLoopFunc EventLoopOneShotFunc " +
		"ForkDoneHandler InfoFunc NotificationFunc NotificationWithSubkeysFunc OnUnblocked " +
		"PostNotifyJobFunc PostNotifyJobPerKeyFunc ScanCB ScanKeyCB TimerProc UserChangedFunc")

func setOf(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

// paramType finds the Go type of a parameter.
func paramType(c string) (goType, error) {
	switch c {
	case "void (*)()":
		return goType{kind: kindInt, name: "CFunc"}, nil
	case "RedisModuleEvent":
		return goType{kind: kindEvent, name: "Event"}, nil
	case "long double *":
		return goType{kind: kindLongDoublePtr, name: "*float64"}, nil
	}
	if serverType(c) && callbackTypes[base(c)] {
		return goType{kind: kindInt, name: "CFunc"}, nil
	}
	return valueType(c)
}

// resultType finds the Go type of a result.
func resultType(c string) (goType, error) {
	if c == "void" {
		return goType{}, nil
	}
	return valueType(c)
}

// valueType finds what a type is both as a parameter and as a result.
func valueType(c string) (goType, error) {
	switch c {
	case "double":
		return goType{kind: kindFloat64, name: "float64"}, nil
	case "float":
		return goType{kind: kindFloat32, name: "float32"}, nil
	case "long double":
		return goType{kind: kindLongDouble, name: "float64"}, nil
	case "void *", "char **":
		// C memory, or a word that only the module understands.
		return goType{kind: kindInt, name: "uintptr"}, nil
	case "void **":
		return pointerTo("uintptr"), nil
	case "char *", "const char *", "unsigned char *", "const unsigned char *":
		return pointerTo("byte"), nil
	case "const char **":
		return pointerTo("*byte"), nil
	case "int **":
		return pointerTo("*int32"), nil
	case "double *":
		return pointerTo("float64"), nil
	}
	if n := scalarTypes[c]; n != "" {
		return goType{kind: kindInt, name: n}, nil
	}
	b := base(c)
	if serverType(c) && serverScalars[b] != "" {
		return goType{kind: kindInt, name: serverScalars[b]}, nil
	}
	elem, isPointer := strings.CutSuffix(c, "*")
	if !isPointer {
		return goType{}, fmt.Errorf("unknown C type %q", c)
	}
	elem = strings.TrimSpace(elem)
	if n := scalarTypes[strings.TrimPrefix(elem, "const ")]; n != "" {
		return pointerTo(n), nil
	}
	if serverType(elem) {
		b := base(elem)
		switch {
		case serverScalars[b] != "":
			return pointerTo(serverScalars[b]), nil
		case structTypes[b] != "":
			return pointerTo(structTypes[b]), nil
		case handleOf(b) != "":
			return goType{kind: kindInt, name: handleOf(b)}, nil
		}
		if h, ok := strings.CutSuffix(b, " *"); ok && handleOf(h) != "" {
			return pointerTo(handleOf(h)), nil
		}
	}
	return goType{}, fmt.Errorf("unknown C type %q", c)
}
