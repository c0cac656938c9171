// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

import (
	"structs"
	"unsafe"
)

// The structs that the server and a module share, with the layout of C
// (api/structs.md; a test compares every offset). A struct that the server reads
// has its pointers as uintptr or CFunc: they must be C memory, since the server
// may keep them, and then Go memory would be gone. A struct that the server fills
// has Go pointers to C memory, valid as long as the struct itself: during the
// callback that got it. NULL is 0 or nil.
//
// Names are those of C without RedisModule or ValkeyModule, and without the V1 at
// the end. Structs of Valkey only are in structs_valkey.go.

// Event names a kind of server event and the version of its data. The Event
// variables (EventPersistence ...) have every kind. It is passed by value.
//
// C: RedisModuleEvent, since Redis 6.0, Valkey 7.2.
type Event struct {
	_ structs.HostLayout

	ID      uint64
	DataVer uint64
}

// StreamID is the number of a stream entry. It is always passed by pointer.
//
// C: RedisModuleStreamID, since Redis 6.2, Valkey 7.2.
type StreamID struct {
	_ structs.HostLayout

	MS  uint64
	Seq uint64
}

// TypeMethods is what CreateDataType takes: the callbacks of a data type. The
// server reads the fields that belong to versions up to Version, and copies them.
// The comments give each field's first version.
//
// C: RedisModuleTypeMethods, since Redis 4.0, Valkey 7.2.
type TypeMethods struct {
	_ structs.HostLayout

	Version         uint64 // 1 to TYPE_METHOD_VERSION
	RdbLoad         CFunc  // 1
	RdbSave         CFunc
	AofRewrite      CFunc
	MemUsage        CFunc
	Digest          CFunc
	Free            CFunc // must be set
	AuxLoad         CFunc // 2
	AuxSave         CFunc
	AuxSaveTriggers int32 // AUX_BEFORE_RDB, AUX_AFTER_RDB
	FreeEffort      CFunc // 3
	Unlink          CFunc
	Copy            CFunc
	Defrag          CFunc
	MemUsage2       CFunc // 4
	FreeEffort2     CFunc
	Unlink2         CFunc
	Copy2           CFunc
	AuxSave2        CFunc // 5
}

// CommandInfo is what SetCommandInfo takes: the documentation of a command. The
// server copies all of it. Pointers are NUL-terminated C strings, or arrays that
// end with a zeroed element.
//
// C: RedisModuleCommandInfo, since Redis 7.0, Valkey 7.2.
type CommandInfo struct {
	_ structs.HostLayout

	Version    uintptr // CommandInfoVersion, see NewCommandInfoVersion
	Summary    uintptr
	Complexity uintptr
	Since      uintptr
	History    uintptr // array of CommandHistoryEntry
	Tips       uintptr
	Arity      int32
	KeySpecs   uintptr // array of CommandKeySpec
	Args       uintptr // array of CommandArg
}

// CommandInfoVersion tells the server the sizes of the elements that a
// CommandInfo points to, so that it can step through arrays of another version.
//
// C: RedisModuleCommandInfoVersion, since Redis 7.0, Valkey 7.2.
type CommandInfoVersion struct {
	_ structs.HostLayout

	Version            int32
	SizeofHistoryEntry uintptr
	SizeofKeySpec      uintptr
	SizeofArg          uintptr
}

// NewCommandInfoVersion returns the version that belongs to the structs of this
// package. Copy it to C memory for the Version field of CommandInfo.
//
// C: REDISMODULE_COMMAND_INFO_VERSION, since Redis 7.0, Valkey 7.2.
func NewCommandInfoVersion() CommandInfoVersion {
	return CommandInfoVersion{
		Version:            1,
		SizeofHistoryEntry: unsafe.Sizeof(CommandHistoryEntry{}),
		SizeofKeySpec:      unsafe.Sizeof(CommandKeySpec{}),
		SizeofArg:          unsafe.Sizeof(CommandArg{}),
	}
}

// CommandHistoryEntry is one change of a command: two C strings.
//
// C: RedisModuleCommandHistoryEntry, since Redis 7.0, Valkey 7.2.
type CommandHistoryEntry struct {
	_ structs.HostLayout

	Since   uintptr
	Changes uintptr
}

// CommandArg documents one argument of a command. Pointers are C strings.
//
// C: RedisModuleCommandArg, since Redis 7.0, Valkey 7.2.
type CommandArg struct {
	_ structs.HostLayout

	Name            uintptr
	Type            int32 // ARG_TYPE_STRING ...
	KeySpecIndex    int32 // of a key argument; -1 for others
	Token           uintptr
	Summary         uintptr
	Since           uintptr
	Flags           int32 // CMD_ARG_OPTIONAL ...
	DeprecatedSince uintptr
	SubArgs         uintptr // array of CommandArg
	DisplayText     uintptr // read since Redis 7.2
}

// CommandKeySpec tells where the keys of a command are.
//
// C: RedisModuleCommandKeySpec, since Redis 7.0, Valkey 7.2.
type CommandKeySpec struct {
	_ structs.HostLayout

	Notes           uintptr // C string
	Flags           uint64  // CMD_KEY_RO ...
	BeginSearchType int32   // KSPEC_BS_INDEX ...; says which arm of BeginSearch is used
	BeginSearch     KeySpecBeginSearch
	FindKeysType    int32 // KSPEC_FK_RANGE ...; says which arm of FindKeys is used
	FindKeys        KeySpecFindKeys
}

// KeySpecBeginSearch is the union in CommandKeySpec that says where keys start.
// Its fields are the arm for KSPEC_BS_KEYWORD, Index is the one for
// KSPEC_BS_INDEX; setting one overwrites the other.
type KeySpecBeginSearch struct {
	_ structs.HostLayout

	Keyword   uintptr // C string to look for
	StartFrom int32   // argument to start at; negative counts from the end
}

// Index is the arm for KSPEC_BS_INDEX: the position of the first key.
func (b *KeySpecBeginSearch) Index() *int32 {
	// SAFETY: the int lies at the start of the union; holds because C unions start
	// at offset 0 in each arm; until b goes.
	return (*int32)(unsafe.Pointer(&b.Keyword))
}

// KeySpecFindKeys is the union in CommandKeySpec that says which of the arguments
// are keys. Its fields are the arm for KSPEC_FK_RANGE, KeyNum is the one for
// KSPEC_FK_KEYNUM; setting one overwrites the other.
type KeySpecFindKeys struct {
	_ structs.HostLayout

	LastKey int32 // counted from the first key; negative from the end
	KeyStep int32
	Limit   int32 // with LastKey -1: 0 and 1 all, 2 half, 3 a third ... of the arguments
}

// KeySpecKeyNum is the arm of KeySpecFindKeys for KSPEC_FK_KEYNUM: an argument
// says how many keys there are.
type KeySpecKeyNum struct {
	_ structs.HostLayout

	KeyNumIdx int32 // of the number, counted from where the search begins
	FirstKey  int32 // counted the same way
	KeyStep   int32
}

// KeyNum is the arm for KSPEC_FK_KEYNUM.
func (k *KeySpecFindKeys) KeyNum() *KeySpecKeyNum {
	// SAFETY: both arms are three ints; holds because C unions start at offset 0 in
	// each arm; until k goes.
	return (*KeySpecKeyNum)(unsafe.Pointer(k))
}

// ClientInfo describes a client: the data of EventClientChange, and what
// GetClientInfoById fills when its Version is CLIENTINFO_VERSION.
//
// C: RedisModuleClientInfo, since Redis 6.0, Valkey 7.2.
type ClientInfo struct {
	_ structs.HostLayout

	Version uint64
	Flags   uint64 // CLIENTINFO_FLAG_SSL ...
	ID      uint64
	Addr    [46]byte // NUL-terminated
	Port    uint16
	DB      uint16
}

// ReplicationInfo is the data of EventReplicationRoleChanged.
//
// C: RedisModuleReplicationInfo, since Redis 6.0, Valkey 7.2.
type ReplicationInfo struct {
	_ structs.HostLayout

	Version     uint64
	Master      int32 // 1 on a master, which Valkey calls primary
	MasterHost  *byte // NUL-terminated, like the ids
	MasterPort  int32
	ReplID1     *byte
	ReplID2     *byte
	Repl1Offset uint64
	Repl2Offset uint64
}

// FlushInfo is the data of EventFlushDB.
//
// C: RedisModuleFlushInfo, since Redis 6.0, Valkey 7.2.
type FlushInfo struct {
	_ structs.HostLayout

	Version uint64
	Sync    int32 // 1 when the flush blocks the server
	DBNum   int32 // -1 for all databases
}

// ModuleChange is the data of EventModuleChange.
//
// C: RedisModuleModuleChange, since Redis 6.0, Valkey 7.2.
type ModuleChange struct {
	_ structs.HostLayout

	Version       uint64
	ModuleName    *byte // NUL-terminated
	ModuleVersion int32
}

// CronLoop is the data of EventCronLoop.
//
// C: RedisModuleCronLoop, since Redis 6.0, Valkey 7.2.
type CronLoop struct {
	_ structs.HostLayout

	Version uint64
	Hz      int32 // about how often a second the event comes
}

// LoadingProgress is the data of EventLoadingProgress.
//
// C: RedisModuleLoadingProgress, since Redis 6.0, Valkey 7.2.
type LoadingProgress struct {
	_ structs.HostLayout

	Version  uint64
	Hz       int32 // about how often a second the event comes
	Progress int32 // 0 to 1024, or -1 when unknown
}

// SwapDbInfo is the data of EventSwapDB.
//
// C: RedisModuleSwapDbInfo, since Redis 6.0.9, Valkey 7.2.
type SwapDbInfo struct {
	_ structs.HostLayout

	Version     uint64
	DBNumFirst  int32
	DBNumSecond int32
}

// ConfigChange is the data of EventConfig.
//
// C: RedisModuleConfigChange, since Redis 7.0, Valkey 7.2.
type ConfigChange struct {
	_ structs.HostLayout

	Version     uint64
	NumChanges  uint32
	ConfigNames **byte // array of NumChanges NUL-terminated names
}

// KeyInfo is the data of EventKey.
//
// C: RedisModuleKeyInfo, since Redis 7.2, Valkey 7.2.
type KeyInfo struct {
	_ structs.HostLayout

	Version uint64
	Key     Key // owned by the server, for reading only
}

// SlotRange is a range of cluster slots, both ends included. ValkeySlotRange is
// the one of Valkey, which has another layout.
//
// C: RedisModuleSlotRange, since Redis 8.4, not in Valkey.
type SlotRange struct {
	_ structs.HostLayout

	Start uint16
	End   uint16
}

// SlotRangeArray is an array of slot ranges in C memory. One that a function
// returned is freed with ClusterFreeSlotRanges; one in event data is the server's.
// It must not be copied, as the ranges follow it in memory.
//
// C: RedisModuleSlotRangeArray, since Redis 8.4, not in Valkey.
type SlotRangeArray struct {
	_ structs.HostLayout

	NumRanges int32
}

// Ranges returns the ranges without copying them: they live as long as the array.
func (a *SlotRangeArray) Ranges() []SlotRange {
	if a == nil || a.NumRanges <= 0 {
		return nil
	}
	// SAFETY: NumRanges ranges follow the number; holds because the server makes
	// both in one piece of memory; until the owner frees the array.
	return unsafe.Slice((*SlotRange)(unsafe.Add(unsafe.Pointer(a), unsafe.Sizeof(*a))), a.NumRanges)
}

// ClusterSlotMigrationInfo is the data of EventClusterSlotMigration.
//
// C: RedisModuleClusterSlotMigrationInfo, since Redis 8.4, not in Valkey.
type ClusterSlotMigrationInfo struct {
	_ structs.HostLayout

	Version           uint64
	SourceNodeID      [41]byte // NUL-terminated
	DestinationNodeID [41]byte // NUL-terminated
	TaskID            *byte    // NUL-terminated
	Slots             *SlotRangeArray
}

// ClusterSlotMigrationTrimInfo is the data of EventClusterSlotMigrationTrim.
//
// C: RedisModuleClusterSlotMigrationTrimInfo, since Redis 8.4, not in Valkey.
type ClusterSlotMigrationTrimInfo struct {
	_ structs.HostLayout

	Version uint64
	Slots   *SlotRangeArray
}

// ClusterTopologyChangeInfo is the data of EventClusterTopologyChange.
//
// C: RedisModuleClusterTopologyChangeInfo, since Redis 8.10, not in Valkey.
type ClusterTopologyChangeInfo struct {
	_ structs.HostLayout

	Version     uint64
	ChangeFlags uint64 // CLUSTER_TOPOLOGY_CHANGE_FLAG_SLOT ...
}

// KeyMetaClassConfig is what CreateKeyMetaClass takes: the callbacks of a class of
// key metadata. The server copies it.
//
// C: RedisModuleKeyMetaClassConfig, since Redis 8.6, not in Valkey.
type KeyMetaClassConfig struct {
	_ structs.HostLayout

	Version    uint64 // KEY_META_VERSION
	Flags      uint64 // bits, see META_ALLOW_IGNORE
	ResetValue uint64
	Copy       CFunc
	Rename     CFunc
	Move       CFunc
	Unlink     CFunc
	Free       CFunc
	RdbLoad    CFunc
	RdbSave    CFunc
	AofRewrite CFunc
	Defrag     CFunc
	MemUsage   CFunc
	FreeEffort CFunc
}
