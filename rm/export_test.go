// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "github.com/iredismodule/redismodule"

// What the unit tests reach beyond the exported API.
var (
	ReplyText    = replyText
	HasCode      = hasCode
	OneLine      = oneLine
	IsDecimal    = isDecimal
	LevelOf      = levelOf
	CheckParams  = checkParams
	PanicText    = panicText
	FirstLine    = firstLine
	ModuleFrames = moduleFrames
)

// Check is what a load checks of a module.
func (m *Module) Check() error { return m.check() }

// Check is what a load checks of a command.
func (c *Command) Check() error { return c.check() }

// Attrs is what WithAttrs has formatted.
func (h *LogHandler) Attrs() string { return h.attrs }

// RecordProto records a reply of the protocol.
func RecordProto(b Reply, proto []byte) {
	if rest, ok := b.proto(proto); !ok || len(rest) > 0 {
		b.r.fail("the protocol cannot be read")
	}
}

// PooledMemory is what a freed recording keeps, in bytes.
func PooledMemory(b Reply) int { return cap(b.r.text) + 16*cap(b.r.ops) }

// Debugging tells whether the tests are built with the tag rm_debug.
const Debugging = debugging

// LendKey is a missing key that the server lends.
func LendKey() (k ReadKey, end func()) {
	k = lendKey(1, 0)
	return k, func() { k.k.end() }
}

// Lacks is the error for a function that the server lacks, by the name without prefix.
func Lacks(function string) error {
	for id := range redismodule.Funcs() {
		if redismodule.FuncID(id).Name() == function {
			return lacks(feature(id))
		}
	}
	panic("no function " + function)
}

// LacksOpenModes is the error for open modes that the server lacks.
func LacksOpenModes() error { return lacks(featureOpenModes) }

// Words are the flags as the server writes them.
func (f CommandFlags) Words() string { return f.words() }
