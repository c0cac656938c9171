// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// A call that changes a key which is open leaves the open key with a value that is
// freed, or with none where there is one: the server crashes, or ends itself with an
// assertion, when the key is used next. This file finds such a call before it is made.
// It is asked only while a key is open; only when an argument reads like the key's
// name, the server is asked what the command does with its arguments.

// sparesOpenKeys is ErrKeyOpen for a call that may change a key which is open.
// Its arguments are words, args, or both.
func (ctx Context) sparesOpenKeys(command string, words []redismodule.String, args []Arg) error {
	if !has(featureGetKeyNameFromModuleKey) || !has(featureGetCommandKeys) {
		return nil
	}
	for c := keys.last(); c != nil; c = keys.before(c) {
		k := c.of
		// Missing, and open for reading: there is nothing to change. In the body of a loop
		// over a range of the key: the loop expects it, see walk.
		if k.raw == 0 || k.walks != nil {
			continue
		}
		if replacesDatabases(command, words, args) {
			return misuse(ErrKeyOpen)
		}
		name := RStr{s: redismodule.GetKeyNameFromModuleKey(k.raw)}.Bytes()
		if (hasName(words, name) || names(args, name)) && (namesDatabase(command) || ctx.inDatabaseOf(k)) && ctx.mayChange(command, words, args, name) {
			return misuse(ErrKeyOpen)
		}
	}
	return nil
}

// waitsInside tells whether a command runs a script or a function of a library. In one that runs for long the server does other
// work in between, and an open key does not notice: the data may be replaced by those of a master, and values be moved.
func waitsInside(command string) bool {
	switch len(command) {
	case len("eval"), len("evalsha"), len("evalsha_ro"), len("fcall"), len("fcall_ro"): // eval_ro is as long as evalsha
		return runsScript(command) && (command[0]|0x20 == 'e' || command[1]|0x20 == 'c')
	}
	return false
}

// replacesDatabases tells whether a command changes keys without naming them: it empties,
// exchanges, fills or loads whole databases, or slots of a cluster.
func replacesDatabases(command string, words []redismodule.String, args []Arg) bool {
	is := func(name string) bool { return len(command) == len(name) && strings.EqualFold(command, name) }
	var subcommands []string
	switch {
	case is("flushall"), is("flushdb"), is("swapdb"):
		return true
	case is("debug"): // its other subcommands leave the data alone
		subcommands = debugReplaces
	case is("cluster"):
		subcommands = clusterReplaces
	default:
		return false
	}
	sub := firstText(words)
	if len(words) == 0 {
		sub = firstArgText(args)
	}
	return slices.ContainsFunc(subcommands, func(name string) bool { return strings.EqualFold(sub, name) })
}

// The subcommands of DEBUG and CLUSTER that may remove or make keys without naming them. A server that loses a slot removes its keys.
var (
	debugReplaces   = []string{"reload", "loadaof", "populate"}
	clusterReplaces = []string{
		"flushslot", "reset", "replicate", "setslot", "delslots", "delslotsrange", "migrateslots", "cancelslotmigrations", "syncslots", "migration",
	}
)

// namesDatabase tells whether a command may change keys of a database that its arguments name.
func namesDatabase(command string) bool {
	return len(command) == 4 && (strings.EqualFold(command, "copy") || strings.EqualFold(command, "move"))
}

// inDatabaseOf tells whether calls are for the database of an open key; true where the
// server does not tell.
func (ctx Context) inDatabaseOf(k *openKey) bool {
	return !has(featureGetDbIdFromModuleKey) || redismodule.GetDbIdFromModuleKey(k.raw) == redismodule.GetSelectedDb(ctx.raw())
}

// hasName tells whether one of the strings reads like a key's name.
func hasName(words []redismodule.String, name []byte) bool {
	for _, s := range words {
		if bytes.Equal(RStr{s: s}.Bytes(), name) {
			return true
		}
	}
	return false
}

// names tells whether one of the arguments reads like a key's name.
func names(args []Arg, name []byte) bool {
	for i := range args {
		a := &args[i]
		switch a.kind {
		case 's':
			if bytes.Equal(RStr{s: redismodule.String(a.n)}.Bytes(), name) {
				return true
			}
		case 'v':
			if hasName(a.strings(), name) {
				return true
			}
		case 'b', 'c':
			if bytes.Equal(unsafeconv.BytesAt((*byte)(a.p), uintptr(a.n)), name) {
				return true
			}
		case 'l':
			var digits [20]byte
			if bytes.Equal(strconv.AppendInt(digits[:0], a.n, 10), name) {
				return true
			}
		}
	}
	return false
}

// mayChange asks the server whether a command may change the key of that name.
func (ctx Context) mayChange(command string, words []redismodule.String, args []Arg, name []byte) bool {
	f := newCallFrame()
	defer f.release()
	f.args = append(f.args, Text(command))
	if f.add(&f.args[0]) != nil {
		return false
	}
	f.vector = append(f.vector, words...)
	for i := range args {
		if f.add(&args[i]) != nil {
			return false
		}
	}
	found := &f.found
	*found = foundKeys{}
	var at *int32
	if has(featureGetCommandKeysWithFlags) {
		at = redismodule.GetCommandKeysWithFlags(ctx.raw(), &f.vector[0], int32(len(f.vector)), &found.n, &found.flags)
	} else {
		at = redismodule.GetCommandKeys(ctx.raw(), &f.vector[0], int32(len(f.vector)), &found.n)
	}
	n, flags := found.n, found.flags
	defer freeInts(at)
	defer freeInts(flags)
	if at == nil {
		return false
	}
	// SAFETY(U63): the server has made room for n numbers; holds because it says so; until
	// they are freed.
	number := func(list *int32, i int) int32 { return *(*int32)(unsafe.Add(unsafe.Pointer(list), 4*i)) }
	for i := range int(n) {
		if !bytes.Equal(RStr{s: f.vector[number(at, i)]}.Bytes(), name) {
			continue
		}
		use := KeyFlags(0) // the server does not say it of keys that are a simple range
		if flags != nil {
			use = KeyFlags(number(flags, i)) & (KeyFlagRO | KeyFlagRW | KeyFlagOW | KeyFlagRM)
		}
		if use == 0 && ctx.commandWrites(command) || use != 0 && use != KeyFlagRO {
			return true
		}
	}
	return false
}

// foundKeys is what the server says of a command's keys: how many, and what for each.
type foundKeys struct {
	n     int32
	flags *int32
}

// freeInts frees what the server has made.
func freeInts(p *int32) {
	if p != nil {
		redismodule.Free(uintptr(unsafe.Pointer(p)))
	}
}
