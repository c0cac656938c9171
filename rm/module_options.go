// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "github.com/iredismodule/redismodule"

// ModuleFlags say what a module takes upon itself, or wants the server to do for it.
type ModuleFlags int32

// The options of modules.
const (
	// ModuleHandleIOErrors: what the module loads may be damaged: a load fails then, and the server does not end at
	// once. [NewType] sets it.
	ModuleHandleIOErrors ModuleFlags = redismodule.OPTIONS_HANDLE_IO_ERRORS
	// ModuleNoImplicitSignalModified: a key that is closed is not taken for one that was changed. The module itself calls
	// [Context.SignalModifiedKey], or clients that watch the key, or track it, do not learn of a change.
	ModuleNoImplicitSignalModified ModuleFlags = redismodule.OPTION_NO_IMPLICIT_SIGNAL_MODIFIED
	// ModuleHandleReplAsyncLoad: a replica may load a copy of the data beside the data that it goes on to serve
	// (repl-diskless-load swapdb). Values of the module's types are then there from both at a time, and what the module keeps
	// beside values must be kept for both: [Context.OnReplAsyncLoad] tells when, and that a copy was thrown away. Since Redis 7.0.
	ModuleHandleReplAsyncLoad ModuleFlags = redismodule.OPTIONS_HANDLE_REPL_ASYNC_LOAD
	// ModuleAllowNestedKeyspaceEvents is [Context.AllowNestedKeyspaceEvents]. Since Redis 7.2.
	ModuleAllowNestedKeyspaceEvents ModuleFlags = redismodule.OPTIONS_ALLOW_NESTED_KEYSPACE_NOTIFICATIONS
	// ModuleSkipCommandValidation: the server does not look whether there is a command with that name and number of
	// arguments when the module replicates one. Since Valkey 8.1, not in Redis.
	ModuleSkipCommandValidation ModuleFlags = redismodule.OPTIONS_SKIP_COMMAND_VALIDATION
	// ModuleHandleAtomicSlotMigration: slots may move from node to node in one step while the module is loaded: keys come,
	// and are deleted, that no command has written. Without it the server refuses such migrations. Since Valkey 9.0, not in
	// Redis.
	ModuleHandleAtomicSlotMigration ModuleFlags = redismodule.OPTIONS_HANDLE_ATOMIC_SLOT_MIGRATION
)

// valkeyOptions are those that Redis may use for something else one day.
const valkeyOptions = ModuleSkipCommandValidation | ModuleHandleAtomicSlotMigration

// SetModuleOptions tells the server what the module takes upon itself. It is for OnLoad, and for the whole module.
// Options that were set before stay. When the running server does not know one of them the error is ErrUnsupported, and
// none is set.
//
// C: RedisModule_SetModuleOptions, since Redis 6.0.
func (ctx Context) SetModuleOptions(options ModuleFlags) error {
	ctx.alive()
	if options&^ModuleOptionsAll() != 0 {
		return lacks(featureOption(options &^ ModuleOptionsAll()))
	}
	ctx.addModuleOptions(int32(options))
	return nil
}

// ModuleOptionsAll returns the options that the running server knows.
//
// C: RedisModule_GetModuleOptionsAll, since Redis 7.2; before that it is known of each release.
func ModuleOptionsAll() (known ModuleFlags) {
	if has(featureGetModuleOptionsAll) {
		known = ModuleFlags(redismodule.GetModuleOptionsAll())
		if !redismodule.IsValkey() {
			known &^= valkeyOptions
		}
		return known
	}
	if has(featureSetModuleOptions) {
		known = ModuleHandleIOErrors | ModuleNoImplicitSignalModified
	}
	if has(featureOptionAsyncLoad) {
		known |= ModuleHandleReplAsyncLoad
	}
	return known
}

// featureOption is the feature that a server without one of the options lacks.
func featureOption(options ModuleFlags) feature {
	switch {
	case options&^(valkeyOptions|ModuleAllowNestedKeyspaceEvents|ModuleHandleReplAsyncLoad|ModuleHandleIOErrors|ModuleNoImplicitSignalModified) != 0:
		return featureOptionUnknown
	case options&ModuleHandleAtomicSlotMigration != 0:
		return featureOptionAtomicSlots
	case options&ModuleSkipCommandValidation != 0:
		return featureOptionSkipValidation
	case options&ModuleAllowNestedKeyspaceEvents != 0:
		return featureNestedEvents
	case options&ModuleHandleReplAsyncLoad != 0:
		return featureOptionAsyncLoad
	}
	return featureSetModuleOptions
}

// addModuleOptions tells the server what the module does, besides what it was told
// before in this load: a call of the API's takes back what it does not repeat.
func (ctx Context) addModuleOptions(options int32) {
	state.options |= options
	if has(featureSetModuleOptions) {
		redismodule.SetModuleOptions(ctx.raw(), state.options)
	}
}

// UpdateRuntimeArgs tells the server with which arguments the module would have to be loaded to be as it is now: MODULE LIST
// shows them, and CONFIG REWRITE writes them to the configuration file. The binding's own arguments (rm-mode=...) must be
// among them to be kept. ErrNoString for the zero RStr; ErrRefused in OnLoad, when the server has not stored the arguments
// of the load yet; ErrUnsupported on Redis.
//
// C: ValkeyModule_UpdateRuntimeArgs, since Valkey 8.1.
func (ctx Context) UpdateRuntimeArgs(args ...RStr) error {
	ctx.alive()
	switch {
	case !has(featureUpdateRuntimeArgs):
		return lacks(featureUpdateRuntimeArgs)
	case creating: // it would crash
		return ErrRefused
	}
	// The server takes the arguments of a command, and leaves out the first.
	name := NewRStringText(registered.Name)
	defer name.Free()
	list := append(make([]redismodule.String, 0, len(args)+1), name.s)
	for _, s := range args {
		if s.s == 0 {
			return ErrNoString
		}
		list = append(list, s.raw())
	}
	redismodule.UpdateRuntimeArgs(ctx.raw(), &list[0], int32(len(list)))
	return nil
}
