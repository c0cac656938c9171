// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"encoding/binary"
	"hash/crc64"
	"slices"
	"strings"
)

const groupTypes = "types"

// The value of the operations on data types, see bench/module/values.go.
const (
	typeNumber = 617
	typeText   = "the text of value 617"
)

// typeOps are the operations on values of a module's data types: those of Go values
// (v...) and those in C memory (s...). Each implementation has types and keys of its own. What
// saves and loads a value is a command of the server's. Their instructions are
// counted; CPU time is what bench/values measures, of many values.
func typeOps() []op {
	var ops []op
	for _, t := range []struct{ letter, stem string }{{"v", "benchval"}, {"s", "benchstr"}} {
		key := "bench:" + t.letter + prefixMark
		set := []string{prefixMark + t.letter + "set", key, "617", typeText}
		seed := func() [][]string { return [][]string{set} }
		ops = append(ops,
			op{name: t.letter + "set", cmd: t.letter + "set", args: set[1:]},
			op{name: t.letter + "get", cmd: t.letter + "get", args: set[1:2], seed: seed},
			op{name: t.letter + "save", cmd: "DUMP", args: set[1:2], seed: seed},
			op{name: t.letter + "load", cmd: "RESTORE", args: []string{"bench:load:" + t.letter + prefixMark, "0", "", "REPLACE"}, dumpOf: t.stem},
		)
	}
	for i := range ops {
		ops[i].group = groupTypes
	}
	return ops
}

// prefixMark stands for the prefix of an implementation in the arguments of an operation.
const prefixMark = "@"

// with puts the implementation's prefix in its places, and what DUMP answers of its type.
func (o op) with(prefix string) []string {
	words := marked(o.args, prefix)
	if o.dumpOf != "" {
		words[2] = dumped(o.dumpOf+prefix[:1], typeNumber, typeText)
	}
	return words
}

func marked(words []string, prefix string) []string {
	words = slices.Clone(words)
	for i, w := range words {
		words[i] = strings.ReplaceAll(w, prefixMark, prefix)
	}
	return words
}

// dumped is what DUMP answers for a value of a number below 16,384 and a text below 64 bytes, of version 1 of a type.
func dumped(typeName string, number uint16, text string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	id := uint64(0)
	for _, c := range []byte(typeName) {
		id = id<<6 | uint64(strings.IndexByte(letters, c))
	}
	b := []byte{7, 0x81} // a module's value, and 64 bits
	b = binary.BigEndian.AppendUint64(b, id<<10|1)
	b = append(b, 2, 0x40|byte(number>>8), byte(number), 5, byte(len(text)))
	b = append(append(b, text...), 0)
	b = binary.LittleEndian.AppendUint16(b, 9) // the version of Redis 5.0's files
	return string(binary.LittleEndian.AppendUint64(b, ^crc64.Update(^uint64(0), dumpTable, b)))
}

var dumpTable = crc64.MakeTable(0x95ac9329ac4bc9b5)
