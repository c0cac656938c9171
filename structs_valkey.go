// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

import (
	"structs"
	"unsafe"
)

// AuthenticationInfo is the data of EventAuthenticationAttempt.
//
// C: ValkeyModuleAuthenticationInfo, since Valkey 9.0, not in Redis.
type AuthenticationInfo struct {
	_ structs.HostLayout

	Version    uint64
	ClientID   uint64
	Username   *byte // NUL-terminated
	ModuleName *byte // NUL-terminated; may be nil
	Result     int32 // AUTH_RESULT_GRANTED, AUTH_RESULT_DENIED
}

// ValkeySlotRange is a range of cluster slots, both ends included. SlotRange is the
// one of Redis, which has another layout.
//
// C: ValkeyModuleSlotRange, since Valkey 9.0, not in Redis.
type ValkeySlotRange struct {
	_ structs.HostLayout

	Start int32
	End   int32
}

// AtomicSlotMigrationInfo is the data of EventAtomicSlotMigration.
//
// C: ValkeyModuleAtomicSlotMigrationInfo, since Valkey 9.0, not in Redis.
type AtomicSlotMigrationInfo struct {
	_ structs.HostLayout

	Version       uint64
	JobName       [41]byte // NUL-terminated
	SlotRanges    *ValkeySlotRange
	NumSlotRanges uint32
}

// Ranges returns the ranges without copying them: they live as long as the callback
// that got the data.
func (i *AtomicSlotMigrationInfo) Ranges() []ValkeySlotRange {
	if i.SlotRanges == nil {
		return nil
	}
	// SAFETY: SlotRanges has NumSlotRanges elements; holds because the server filled
	// in both; until the callback returns.
	return unsafe.Slice(i.SlotRanges, i.NumSlotRanges)
}

// CommandResultInfo is the data of the EventCommandResult events.
//
// C: ValkeyModuleCommandResultInfo, since Valkey 9.1, not in Redis.
type CommandResultInfo struct {
	_ structs.HostLayout

	Version          uint64
	CommandName      *byte // NUL-terminated
	DurationUS       int64 // microseconds
	Dirty            int64 // changes that the command made
	ClientID         uint64
	IsModuleClient   int32
	Argc             int32
	Argv             *String // array of Argc borrowed strings
	RejectionContext *byte   // NUL-terminated; may be nil
}

// Args returns the command's arguments without copying them: they live as long as
// the callback that got the data.
func (i *CommandResultInfo) Args() []String {
	if i.Argv == nil || i.Argc <= 0 {
		return nil
	}
	// SAFETY: Argv has Argc elements; holds because the server filled in both; until
	// the callback returns.
	return unsafe.Slice(i.Argv, i.Argc)
}

// ScriptingEngineMethods is what RegisterScriptingEngine takes: the callbacks of a
// scripting engine. The server keeps what the version covers. It is experimental
// in Valkey: the callbacks change their parameters from version to version. The
// comments give each field's first version.
//
// C: ValkeyModuleScriptingEngineMethods, since Valkey 8.1, not in Redis.
type ScriptingEngineMethods struct {
	_ structs.HostLayout

	Version                   uint64 // 1 to SCRIPTING_ENGINE_ABI_VERSION
	CompileCode               CFunc  // 1; takes the code's length from version 2 on
	FreeFunction              CFunc
	CallFunction              CFunc
	GetFunctionMemoryOverhead CFunc
	ResetEnv                  CFunc // takes the subsystem from version 3 on
	GetMemoryInfo             CFunc // returns a ScriptingEngineMemoryInfo by value
	DebuggerEnable            CFunc // 4
	DebuggerDisable           CFunc
	DebuggerStart             CFunc
	DebuggerEnd               CFunc
}

// ScriptingEngineCompiledFunction is what a scripting engine makes of a function,
// in C memory.
//
// C: ValkeyModuleScriptingEngineCompiledFunction, since Valkey 8.1, not in Redis.
type ScriptingEngineCompiledFunction struct {
	_ structs.HostLayout

	Version  uint64 // SCRIPTING_ENGINE_ABI_COMPILED_FUNCTION_VERSION
	Name     String // 0 for a script of EVAL
	Function uintptr
	Desc     String // may be 0
	FFlags   uint64 // VMSE_SCRIPT_FLAG_NO_WRITES ...
}

// ScriptingEngineMemoryInfo is the result of the GetMemoryInfo callback, which
// returns it by value: 24 bytes, written where the hidden first argument says.
//
// C: ValkeyModuleScriptingEngineMemoryInfo, since Valkey 8.1, not in Redis.
type ScriptingEngineMemoryInfo struct {
	_ structs.HostLayout

	Version              uint64 // SCRIPTING_ENGINE_ABI_MEMORY_INFO_VERSION
	UsedMemory           uintptr
	EngineMemoryOverhead uintptr
}

// ScriptingEngineCallableLazyEnvReset is the result of the ResetEnv callback, in C
// memory: a function to call later with Context.
//
// C: ValkeyModuleScriptingEngineCallableLazyEnvReset, since Valkey 8.1, not in Redis.
type ScriptingEngineCallableLazyEnvReset struct {
	_ structs.HostLayout

	Context                    uintptr
	EngineLazyEnvResetCallback CFunc
}

// ScriptingEngineDebuggerCommandParam documents a parameter of a debugger command.
//
// C: ValkeyModuleScriptingEngineDebuggerCommandParam, since Valkey 9.1, not in Redis.
type ScriptingEngineDebuggerCommandParam struct {
	_ structs.HostLayout

	Name     uintptr // C string
	Optional int32
	Variadic int32
}

// ScriptingEngineDebuggerCommand is a command of a scripting engine's debugger.
//
// C: ValkeyModuleScriptingEngineDebuggerCommand, since Valkey 9.1, not in Redis.
type ScriptingEngineDebuggerCommand struct {
	_ structs.HostLayout

	Version   uint64  // SCRIPTING_ENGINE_ABI_DEBUGGER_COMMAND_VERSION
	Name      uintptr // C string
	PrefixLen uintptr // how much of the name is enough
	Params    uintptr // array of ScriptingEngineDebuggerCommandParam
	ParamsLen uintptr
	Desc      uintptr // C string
	Invisible int32
	Handler   CFunc
	Context   uintptr // handed to Handler
}

// ReplyHandlers is what CallArgv takes: a callback for each kind of reply. CallArgv
// is not within a module's reach in any release so far.
//
// C: ValkeyModuleReplyHandlers, since Valkey 9.1, not in Redis.
type ReplyHandlers struct {
	_ structs.HostLayout

	Version           uint64 // REPLY_HANDLERS_VERSION
	Null              CFunc
	NullBulkString    CFunc
	NullArray         CFunc
	BulkString        CFunc
	SimpleString      CFunc
	VerbatimString    CFunc
	Error             CFunc
	Integer           CFunc
	DoubleVal         CFunc
	BigNumber         CFunc
	BoolVal           CFunc
	AttributeStart    CFunc
	AttributeEnd      CFunc
	ArrayStart        CFunc
	ArrayEnd          CFunc
	MapStart          CFunc
	MapEnd            CFunc
	SetStart          CFunc
	SetEnd            CFunc
	ReplyParsingError CFunc
	OnBlocked         CFunc
	OnRespAvailable   CFunc
}
