// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

// handle is an opaque C type of the server that Go holds as one word.
type handle struct {
	goName, cName string
	doc           string
}

// handles is every opaque type that functions use, in the order of the output.
// RedisModuleClusterInfo is declared by the server's headers and used by no
// function, so it has no Go type.
var handles = []handle{
	{"Ctx", "Ctx", "a context. The server gives one to each callback, valid until the callback returns; those from GetThreadSafeContext and GetDetachedThreadSafeContext live until FreeThreadSafeContext"},
	{"Key", "Key", "an open key, from OpenKey until CloseKey; some callbacks lend one"},
	{"String", "String", "a reference-counted string of the server. Arguments of callbacks are borrowed; what a function creates is freed with FreeString or by the context's automatic memory"},
	{"CallReply", "CallReply", "the reply of Call, freed with FreeCallReply; a nested reply belongs to its parent"},
	{"IO", "IO", "an RDB or AOF stream, valid only inside the rdb, aof and aux callbacks of a data type"},
	{"ModuleType", "Type", "a data type, from CreateDataType; it lives as long as the module"},
	{"Digest", "Digest", "a digest in the making, valid only inside the digest callback of a data type"},
	{"BlockedClient", "BlockedClient", "a blocked client, from the BlockClient family until UnblockClient or AbortBlock"},
	{"Dict", "Dict", "a sorted dictionary, from CreateDict until FreeDict"},
	{"DictIter", "DictIter", "an iterator over a Dict, from DictIteratorStart or DictIteratorStartC until DictIteratorStop"},
	{"CommandFilterCtx", "CommandFilterCtx", "a command being filtered, valid only inside the filter callback"},
	{"CommandFilter", "CommandFilter", "a registered filter, from RegisterCommandFilter until UnregisterCommandFilter"},
	{"InfoCtx", "InfoCtx", "an INFO report in the making, valid only inside the info callback"},
	{"ServerInfoData", "ServerInfoData", "a snapshot of INFO fields, from GetServerInfo until FreeServerInfo"},
	{"ScanCursor", "ScanCursor", "a cursor over keys or over the elements of a key, from ScanCursorCreate until ScanCursorDestroy"},
	{"User", "User", "an ACL user, from CreateModuleUser or GetModuleUserFromUserName until FreeModuleUser; GetContextUser lends one"},
	{"DefragCtx", "DefragCtx", "a defragmentation run, valid only inside defrag callbacks"},
	{"Command", "Command", "a command, from GetCommand; it lives as long as the command"},
	{"KeyOptCtx", "KeyOptCtx", "key name and database of a value, valid only inside the callbacks of data types and key metadata classes that take one"},
	{"RdbStream", "RdbStream", "an RDB file to load or save, from RdbStreamCreateFromFile until RdbStreamFree"},
	{"ConfigIterator", "ConfigIterator", "an iterator over configuration names, from ConfigIteratorCreate until ConfigIteratorRelease. Only Redis has it"},
	{"ScriptingEngineCtx", "ScriptingEngineCtx", "a scripting engine's own state, memory of the module that registers the engine. Only Valkey has it"},
	{"ScriptingEngineServerRuntimeCtx", "ScriptingEngineServerRuntimeCtx", "the server's state of a running script, valid only inside the engine's callbacks. Only Valkey has it"},
	{"CallArgvBlockedHandle", "CallArgvBlockedHandle", "a blocked call made by CallArgv. Only Valkey has it"},
}

// handleOf finds the Go type of an opaque C type, by its name without prefix.
func handleOf(c string) string {
	for _, h := range handles {
		if h.cName == c {
			return h.goName
		}
	}
	return ""
}
