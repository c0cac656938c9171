// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "slices"

// excludedAreas is the areas of functions.tsv that are not generated.
var excludedAreas = map[string]string{
	"helper": "a macro or a static function of the server's header: GetApi does not know it",
}

// excludedFunctions is the functions that are not generated, with the reason.
var excludedFunctions = map[string]string{
	"RedisModule_GetApi": "the bootstrap: its address comes with the context of OnLoad, not from the table",
}

// excludedHelpers is what becomes of the excluded header macros and static
// functions. A test holds it against the table.
var excludedHelpers = map[string]string{
	"RedisModule_Init":        "written in Go: Load fills the table, IsModuleNameBusy and SetModuleAttribs do the rest",
	"ValkeyModule_Init":       "the same with the other prefix",
	"RedisModule_InitAPI":     "the first half of RedisModule_Init: Load",
	"RedisModule_Assert":      "a macro over RedisModule__Assert; Go code panics",
	"RedisModule_IsAOFClient": "a macro: compare the client id with math.MaxUint64",
	"RMAPI_FUNC_SUPPORTED":    "a macro: Has",
	"REDISMODULE_GET_API":     "a macro over GetApi: Load",
	"REDISMODULE_NOT_USED":    "a macro against compiler warnings",
}

// goFunctionNames gives functions another Go name than the bare C one.
var goFunctionNames = map[string]string{
	"RedisModule__Assert": "Assert", // its bare name, _Assert, would not be exported
}

// byHand is the functions whose exported wrapper is written by hand, over the
// generated one, with the reason. The generated one keeps its name but is not
// exported.
var byHand = map[string]string{
	"RedisModule_ACLCheckKeyPrefixPermissions": "Valkey has another function of this name, of other arguments",
	"RedisModule_SubscribeToServerEvent":       "the binding listens to some of the events itself",
	"RedisModule_ThreadSafeContextLock":        "a goroutine must not wait in C for the server's lock",
}

// goParamNames gives parameters another name where the C one is a keyword or a
// predeclared name of Go, or something that the bodies of the wrappers use.
var goParamNames = map[string]string{
	"func": "fn",
	"type": "typ",
	"len":  "length",
	"max":  "maximum",
	"min":  "minimum",
	"copy": "copied",
	"args": "argv",
	"w":    "word",
	"n":    "count",
	"r":    "value",
	"f":    "value",
}

// paramTypes overrides the type of a parameter, by function and C name. Mostly
// void pointers: they are C memory or the module's own words, so uintptr, except
// where C reads or writes memory of the caller during the call.
var paramTypes = map[string]struct {
	typ    goType
	reason string
}{
	"RedisModule_DictSetC key":            {unsafePointer, callerKey},
	"RedisModule_DictReplaceC key":        {unsafePointer, callerKey},
	"RedisModule_DictGetC key":            {unsafePointer, callerKey},
	"RedisModule_DictDelC key":            {unsafePointer, callerKey},
	"RedisModule_DictIteratorStartC key":  {unsafePointer, callerKey},
	"RedisModule_DictIteratorReseekC key": {unsafePointer, callerKey},
	"RedisModule_DictCompareC key":        {unsafePointer, callerKey},
	"RedisModule_DictDelC oldval":         {unsafePointer, "the removed value is written there: room for a pointer, or nil"},
	"RedisModule_DictDel oldval":          {unsafePointer, "the removed value is written there: room for a pointer, or nil"},
	"RedisModule_GetClientInfoById ci":    {unsafePointer, "a ClientInfo with its version set, filled during the call, or nil"},
	"RedisModule_ExportSharedAPI func":    {goType{kind: kindInt, name: "CFunc"}, "a function pointer, which other modules call"},
}

const callerKey = "the key's bytes, read during the call and copied where they are kept"

// group is one output file of functions.
type group struct {
	name, title string
	areas       []string
}

// groups is the output files, and the areas of functions.tsv that go there.
var groups = []group{
	{"core", "memory, the module itself, contexts, clocks, the log, forks", []string{"memory", "module", "context", "misc", "time", "log", "latency", "shared-api", "fork"}},
	{"commands", "commands, calls and their replies, clients, filters, scripts", []string{"commands", "filter", "client", "call", "replication", "pubsub", "scripting"}},
	{"replies", "replies to the client, and strings", []string{"replies", "strings"}},
	{"keys", "keys of every type and databases", []string{"keys", "lru", "lists", "string-keys", "hashes", "zsets", "streams", "db", "scan", "key-meta"}},
	{"datatypes", "data types: RDB, AOF, digest, defragmentation", []string{"types", "rdb", "rdb-stream", "aof", "digest", "defrag"}},
	{"dict", "dictionaries", []string{"dict"}},
	{"events", "events, timers, blocked clients, threads", []string{"server-events", "keyspace-events", "eventloop", "timers", "blocking", "threads"}},
	{"admin", "configuration, INFO, ACL, cluster", []string{"config", "info", "acl", "cluster"}},
}

// groupOf finds the file of an area.
func groupOf(area string) string {
	for _, g := range groups {
		if slices.Contains(g.areas, area) {
			return g.name
		}
	}
	return ""
}

// excludedConstants is the rows of constants.tsv that are not generated.
var excludedConstants = map[string]string{
	"REDISMODULE_KEYTYPE_GCRA":                            "no release has it, and its number means KEYTYPE_ARRAY",
	"REDISMODULE_NOTIFY_RATE_LIMIT":                       "no release has it",
	"REDISMODULE_COMMAND_INFO_VERSION":                    "the address of a struct, not a number: NewCommandInfoVersion",
	"REDISMODULE_CLIENTINFO_INITIALIZER_V1":               "a C initializer: ClientInfo{Version: CLIENTINFO_VERSION}",
	"VALKEYMODULE_AUTHENTICATIONINFO_INITIALIZER_V1":      "a C initializer: AuthenticationInfo{Version: AUTHENTICATION_INFO_VERSION}",
	"VALKEYMODULE_ATOMICSLOTMIGRATIONINFO_INITIALIZER_V1": "a C initializer: AtomicSlotMigrationInfo{Version: ATOMICSLOTMIGRATION_INFO_VERSION}",
	"REDISMODULE_NOTIFY_TRIMMED":                          "only the enterprise server has it",
	"REDISMODULE_BIG_CALLBACKS_VERSION":                   "only the enterprise server has it",
}

// constantTypes gives constants a type, where C gives the value one that matters.
var constantTypes = map[string]string{
	"REDISMODULE_HASH_DELETE": "String", // an address that no string has
}

// wordGroups is the groups of constants.tsv whose names are texts, not C names:
// the prefix of the Go constants, and their rest where the text is punctuation
// or a letter. A group with a nil table spells the word in capitals.
var wordGroups = map[string]struct {
	prefix string
	names  map[string]string
}{
	"command flags (CreateCommand strflags words)": {"CMD_FLAG_", nil},
	"call format letters (Call, Replicate, EmitAOF, ClusterPropagateForSlotMigration)": {"CALL_FMT_", map[string]string{
		// Arguments.
		"b": "BUFFER", "c": "CSTRING", "l": "LONG_LONG", "s": "STRING", "v": "VECTOR",
		// Modifiers, named like Valkey's CALL_ARGV flags.
		"!": "REPLICATE", "A": "NO_AOF", "R": "NO_REPLICAS", "3": "RESP_3", "0": "RESP_AUTO",
		"C": "RUN_AS_USER", "S": "SCRIPT_MODE", "W": "NO_WRITES", "M": "RESPECT_DENY_OOM",
		"E": "ERRORS_AS_REPLIES", "D": "DRY_RUN", "K": "ALLOW_BLOCK", "X": "REPLY_EXACT",
	}},
	"dict iterator operators": {"DICT_OP_", map[string]string{
		"^": "FIRST", "$": "LAST", ">": "GREATER", ">=": "GREATER_EQUAL",
		"<": "LESS", "<=": "LESS_EQUAL", "==": "EQUAL",
	}},
}
