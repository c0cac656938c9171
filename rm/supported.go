// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"errors"
	"sync/atomic"

	"github.com/iredismodule/redismodule"
)

// UnsupportedError tells that the running server lacks something. It matches
// [ErrUnsupported] and [errors.ErrUnsupported].
type UnsupportedError struct {
	// Function is the function of the module API, or what of it is lacking.
	Function string
	// Since names the first releases that have it: "Redis 7.0, Valkey 7.2".
	Since string

	text string
}

// Error returns the text that the client gets.
func (e *UnsupportedError) Error() string { return e.text }

// Is tells whether target is [ErrUnsupported] or [errors.ErrUnsupported].
func (e *UnsupportedError) Is(target error) bool {
	return target == ErrUnsupported || target == errors.ErrUnsupported
}

// feature is what some servers have and others lack: a function of the module API, or
// what came with one and cannot be asked for. Then it has a number of its own, after
// that of the function.
type feature uint32

const (
	featureFunc  = 1<<16 - 1 // the bits of the function
	featureNamed = 16        // where the number begins
)

// Features that are functions.
const (
	featureTryAlloc                          = feature(redismodule.FnTryAlloc)
	featureTryRealloc                        = feature(redismodule.FnTryRealloc)
	featureTryCalloc                         = feature(redismodule.FnTryCalloc)
	featureSetCommandInfo                    = feature(redismodule.FnSetCommandInfo)
	featureCreateSubcommand                  = feature(redismodule.FnCreateSubcommand)
	featureKeyExists                         = feature(redismodule.FnKeyExists)
	featureGetOpenKeyModesAll                = feature(redismodule.FnGetOpenKeyModesAll)
	featureListGet                           = feature(redismodule.FnListGet)
	featureListSet                           = feature(redismodule.FnListSet)
	featureListInsert                        = feature(redismodule.FnListInsert)
	featureListDelete                        = feature(redismodule.FnListDelete)
	featureCallReplyPromiseSetUnblockHandler = feature(redismodule.FnCallReplyPromiseSetUnblockHandler)
	featureCallReplyAttribute                = feature(redismodule.FnCallReplyAttribute)
	featureCreateStringFromULongLong         = feature(redismodule.FnCreateStringFromULongLong)
	featureCreateStringFromDouble            = feature(redismodule.FnCreateStringFromDouble)
	featureCreateStringFromLongDouble        = feature(redismodule.FnCreateStringFromLongDouble)
	featureCreateStringFromStreamID          = feature(redismodule.FnCreateStringFromStreamID)
	featureReplyWithMap                      = feature(redismodule.FnReplyWithMap)
	featureReplyWithSet                      = feature(redismodule.FnReplyWithSet)
	featureReplyWithAttribute                = feature(redismodule.FnReplyWithAttribute)
	featureReplyWithNullArray                = feature(redismodule.FnReplyWithNullArray)
	featureReplyWithEmptyArray               = feature(redismodule.FnReplyWithEmptyArray)
	featureReplySetMapLength                 = feature(redismodule.FnReplySetMapLength)
	featureReplySetSetLength                 = feature(redismodule.FnReplySetSetLength)
	featureReplySetAttributeLength           = feature(redismodule.FnReplySetAttributeLength)
	featureReplyWithCString                  = feature(redismodule.FnReplyWithCString)
	featureReplyWithEmptyString              = feature(redismodule.FnReplyWithEmptyString)
	featureReplyWithVerbatimString           = feature(redismodule.FnReplyWithVerbatimString)
	featureReplyWithVerbatimStringType       = feature(redismodule.FnReplyWithVerbatimStringType)
	featureReplyWithBool                     = feature(redismodule.FnReplyWithBool)
	featureReplyWithLongDouble               = feature(redismodule.FnReplyWithLongDouble)
	featureReplyWithBigNumber                = feature(redismodule.FnReplyWithBigNumber)
	featureStringToULongLong                 = feature(redismodule.FnStringToULongLong)
	featureStringToLongDouble                = feature(redismodule.FnStringToLongDouble)
	featureStringToStreamID                  = feature(redismodule.FnStringToStreamID)
	featureUnlinkKey                         = feature(redismodule.FnUnlinkKey)
	featureGetAbsExpire                      = feature(redismodule.FnGetAbsExpire)
	featureSetAbsExpire                      = feature(redismodule.FnSetAbsExpire)
	featureResetDataset                      = feature(redismodule.FnResetDataset)
	featureDbSize                            = feature(redismodule.FnDbSize)
	featureRandomKey                         = feature(redismodule.FnRandomKey)
	featureHashFieldMinExpire                = feature(redismodule.FnHashFieldMinExpire)
	featureStreamAdd                         = feature(redismodule.FnStreamAdd)
	featureStreamDelete                      = feature(redismodule.FnStreamDelete)
	featureStreamIteratorStart               = feature(redismodule.FnStreamIteratorStart)
	featureStreamIteratorStop                = feature(redismodule.FnStreamIteratorStop)
	featureStreamIteratorDelete              = feature(redismodule.FnStreamIteratorDelete)
	featureStreamTrimByLength                = feature(redismodule.FnStreamTrimByLength)
	featureStreamTrimByID                    = feature(redismodule.FnStreamTrimByID)
	featureKeyAtPosWithFlags                 = feature(redismodule.FnKeyAtPosWithFlags)
	featureIsChannelsPositionRequest         = feature(redismodule.FnIsChannelsPositionRequest)
	featurePublishMessage                    = feature(redismodule.FnPublishMessage)
	featurePublishMessageShard               = feature(redismodule.FnPublishMessageShard)
	featureAvoidReplicaTraffic               = feature(redismodule.FnAvoidReplicaTraffic)
	featureSignalModifiedKey                 = feature(redismodule.FnSignalModifiedKey)
	featureLog                               = feature(redismodule.FnLog)
	featureTrimStringAllocation              = feature(redismodule.FnTrimStringAllocation)
	featureHoldString                        = feature(redismodule.FnHoldString)
	featureGetCommandKeys                    = feature(redismodule.FnGetCommandKeys)
	featureGetCommandKeysWithFlags           = feature(redismodule.FnGetCommandKeysWithFlags)
	featureRegisterCommandFilter             = feature(redismodule.FnRegisterCommandFilter)
	featureCommandFilterGetClientID          = feature(redismodule.FnCommandFilterGetClientId)
	featureGetClientUserNameByID             = feature(redismodule.FnGetClientUserNameById)
	featureGetClientInfoByID                 = feature(redismodule.FnGetClientInfoById)
	featureGetClientNameByID                 = feature(redismodule.FnGetClientNameById)
	featureSetClientNameByID                 = feature(redismodule.FnSetClientNameById)
	featureRedactClientCommandArgument       = feature(redismodule.FnRedactClientCommandArgument)
	featureGetClientCertificate              = feature(redismodule.FnGetClientCertificate)
	featureDeauthenticateAndCloseClient      = feature(redismodule.FnDeauthenticateAndCloseClient)
	featureMustObeyClient                    = feature(redismodule.FnMustObeyClient)
	featureGetClusterNodesList               = feature(redismodule.FnGetClusterNodesList)
	featureGetClusterNodeSlotRanges          = feature(redismodule.FnGetClusterNodeSlotRanges)
	featureGetClusterNodeInfoForClient       = feature(redismodule.FnGetClusterNodeInfoForClient)
	featureClusterDisableTrim                = feature(redismodule.FnClusterDisableTrim)
	featureClusterKeySlot                    = feature(redismodule.FnClusterKeySlot)
	featureClusterKeySlotC                   = feature(redismodule.FnClusterKeySlotC)
	featureClusterCanonicalKeyNameInSlot     = feature(redismodule.FnClusterCanonicalKeyNameInSlot)
	featureClusterCanAccessKeysInSlot        = feature(redismodule.FnClusterCanAccessKeysInSlot)
	featureClusterPropagateForSlotMigration  = feature(redismodule.FnClusterPropagateForSlotMigration)
	featureClusterGetLocalSlotRanges         = feature(redismodule.FnClusterGetLocalSlotRanges)
	featureGetInternalSecret                 = feature(redismodule.FnGetInternalSecret)
	featureExportSharedAPI                   = feature(redismodule.FnExportSharedAPI)
	featureGetKeyNameFromModuleKey           = feature(redismodule.FnGetKeyNameFromModuleKey)
	featureGetDbIdFromModuleKey              = feature(redismodule.FnGetDbIdFromModuleKey)
	featureMonotonicMicroseconds             = feature(redismodule.FnMonotonicMicroseconds)
	featureMicroseconds                      = feature(redismodule.FnMicroseconds)
	featureCachedMicroseconds                = feature(redismodule.FnCachedMicroseconds)
	featureSetLRU                            = feature(redismodule.FnSetLRU)
	featureGetLRU                            = feature(redismodule.FnGetLRU)
	featureSetLFU                            = feature(redismodule.FnSetLFU)
	featureGetLFU                            = feature(redismodule.FnGetLFU)
	featureScanCursorCreate                  = feature(redismodule.FnScanCursorCreate)
	featureGetDetachedThreadSafeContext      = feature(redismodule.FnGetDetachedThreadSafeContext)
	featureThreadSafeContextTryLock          = feature(redismodule.FnThreadSafeContextTryLock)
	featureFork                              = feature(redismodule.FnFork)
	featureSendChildHeartbeat                = feature(redismodule.FnSendChildHeartbeat)
	featureKillForkChild                     = feature(redismodule.FnKillForkChild)
	featureMallocUsableSize                  = feature(redismodule.FnMallocUsableSize)
	featureMallocSizeString                  = feature(redismodule.FnMallocSizeString)
	featureMallocSizeDict                    = feature(redismodule.FnMallocSizeDict)
	featureCreateModuleUser                  = feature(redismodule.FnCreateModuleUser)
	featureSetContextUser                    = feature(redismodule.FnSetContextUser)
	featureSetModuleUserACLString            = feature(redismodule.FnSetModuleUserACLString)
	featureGetModuleUserACLString            = feature(redismodule.FnGetModuleUserACLString)
	featureGetModuleUserFromUserName         = feature(redismodule.FnGetModuleUserFromUserName)
	featureACLCheckCommandPermissions        = feature(redismodule.FnACLCheckCommandPermissions)
	featureRegisterAuthCallback              = feature(redismodule.FnRegisterAuthCallback)
	featureBlockClientOnAuth                 = feature(redismodule.FnBlockClientOnAuth)
	featureGetContextUser                    = feature(redismodule.FnGetContextUser)
	featureGetUserUsername                   = feature(redismodule.FnGetUserUsername)
	featureGetCurrentUserName                = feature(redismodule.FnGetCurrentUserName)
	featureACLCheckKeyPermissions            = feature(redismodule.FnACLCheckKeyPermissions)
	featureACLCheckKeyPrefixPermissions      = feature(redismodule.FnACLCheckKeyPrefixPermissions)
	featureACLCheckChannelPermissions        = feature(redismodule.FnACLCheckChannelPermissions)
	featureACLAddLogEntry                    = feature(redismodule.FnACLAddLogEntry)
	featureACLAddLogEntryByUserName          = feature(redismodule.FnACLAddLogEntryByUserName)
	featureACLCheckPermissions               = feature(redismodule.FnACLCheckPermissions)
	featureAuthenticateClientWithACLUser     = feature(redismodule.FnAuthenticateClientWithACLUser)
	featureAuthenticateClientWithUser        = feature(redismodule.FnAuthenticateClientWithUser)
	featureAddACLCategory                    = feature(redismodule.FnAddACLCategory)
	featureSetCommandACLCategories           = feature(redismodule.FnSetCommandACLCategories)
	featureGetCurrentCommandName             = feature(redismodule.FnGetCurrentCommandName)
	featureReplyWithCustomErrorFormat        = feature(redismodule.FnReplyWithCustomErrorFormat)
	featureHashSetStringRef                  = feature(redismodule.FnHashSetStringRef)
	featureHashHasStringRef                  = feature(redismodule.FnHashHasStringRef)
	featureBlockClientSetPrivateData         = feature(redismodule.FnBlockClientSetPrivateData)
	featureBlockClientOnKeysWithFlags        = feature(redismodule.FnBlockClientOnKeysWithFlags)
	featureYield                             = feature(redismodule.FnYield)
	featureGetTypeMethodVersion              = feature(redismodule.FnGetTypeMethodVersion)
	featureSetModuleOptions                  = feature(redismodule.FnSetModuleOptions)
	featureGetModuleOptionsAll               = feature(redismodule.FnGetModuleOptionsAll)
	featureUpdateRuntimeArgs                 = feature(redismodule.FnUpdateRuntimeArgs)
	featureAssert                            = feature(redismodule.FnAssert)
	featureRegisterScriptingEngine           = feature(redismodule.FnRegisterScriptingEngine)
	featureModuleTypeReplaceValue            = feature(redismodule.FnModuleTypeReplaceValue)
	featureSaveDataTypeToString              = feature(redismodule.FnSaveDataTypeToString)
	featureLoadDataTypeFromString            = feature(redismodule.FnLoadDataTypeFromString)
	featureLoadDataTypeFromStringEncver      = feature(redismodule.FnLoadDataTypeFromStringEncver)
	featureSaveLongDouble                    = feature(redismodule.FnSaveLongDouble)
	featureGetKeyNameFromIO                  = feature(redismodule.FnGetKeyNameFromIO)
	featureGetDbIdFromIO                     = feature(redismodule.FnGetDbIdFromIO)
	featureGetKeyNameFromDigest              = feature(redismodule.FnGetKeyNameFromDigest)
	featureGetDbIdFromDigest                 = feature(redismodule.FnGetDbIdFromDigest)
	featureGetKeyNameFromDefragCtx           = feature(redismodule.FnGetKeyNameFromDefragCtx)
	featureGetDbIdFromDefragCtx              = feature(redismodule.FnGetDbIdFromDefragCtx)
	featureDefragRedisModuleString           = feature(redismodule.FnDefragRedisModuleString)
	featureDefragValkeyModuleString          = feature(redismodule.FnDefragValkeyModuleString)
	featureDefragAllocRaw                    = feature(redismodule.FnDefragAllocRaw)
	featureDefragRedisModuleDict             = feature(redismodule.FnDefragRedisModuleDict)
	featureRegisterDefragFunc                = feature(redismodule.FnRegisterDefragFunc)
	featureRegisterDefragFunc2               = feature(redismodule.FnRegisterDefragFunc2)
	featureRegisterDefragCallbacks           = feature(redismodule.FnRegisterDefragCallbacks)
	featureRdbLoad                           = feature(redismodule.FnRdbLoad)
	featureRdbSave                           = feature(redismodule.FnRdbSave)
	featureGetServerVersion                  = feature(redismodule.FnGetServerVersion)
	featureLatencyAddSample                  = feature(redismodule.FnLatencyAddSample)
	featureGetContextFlagsAll                = feature(redismodule.FnGetContextFlagsAll)
	featureRegisterBoolConfig                = feature(redismodule.FnRegisterBoolConfig)
	featureRegisterUnsignedNumericConfig     = feature(redismodule.FnRegisterUnsignedNumericConfig)
	featureRegisterInfoFunc                  = feature(redismodule.FnRegisterInfoFunc)
	featureGetServerInfo                     = feature(redismodule.FnGetServerInfo)
	featureLoadConfigs                       = feature(redismodule.FnLoadConfigs)
	featureLoadDefaultConfigs                = feature(redismodule.FnLoadDefaultConfigs)
	featureConfigIteratorCreate              = feature(redismodule.FnConfigIteratorCreate)
	featureConfigGetType                     = feature(redismodule.FnConfigGetType)
	featureConfigGet                         = feature(redismodule.FnConfigGet)
	featureConfigGetBool                     = feature(redismodule.FnConfigGetBool)
	featureConfigGetEnum                     = feature(redismodule.FnConfigGetEnum)
	featureConfigGetNumeric                  = feature(redismodule.FnConfigGetNumeric)
	featureConfigSet                         = feature(redismodule.FnConfigSet)
	featureConfigSetBool                     = feature(redismodule.FnConfigSetBool)
	featureConfigSetEnum                     = feature(redismodule.FnConfigSetEnum)
	featureConfigSetNumeric                  = feature(redismodule.FnConfigSetNumeric)
)

// Features that came with a function.
const (
	featureCallFlags70    = feature(redismodule.FnReplyWithBool) | (iota+1)<<featureNamed
	featureCallFlags72    = feature(redismodule.FnCallReplyPromiseAbort) | (iota+1)<<featureNamed
	featureCallExact      = feature(redismodule.FnReplyWithCustomErrorFormat) | (iota+1)<<featureNamed
	featureHashExpireTime = feature(redismodule.FnHashFieldMinExpire) | (iota+1)<<featureNamed
	featureHashCountAll   = feature(redismodule.FnStreamAdd) | (iota+1)<<featureNamed
	featureZAddGTLT       = feature(redismodule.FnStreamAdd) | (iota+1)<<featureNamed
	featureOpenNoTouch    = feature(redismodule.FnGetKeyNameFromModuleKey) | (iota+1)<<featureNamed
	// featureTypeAux: a data type can write to an RDB file what belongs to no key.
	featureTypeAux = feature(redismodule.FnGetKeyNameFromIO) | (iota+1)<<featureNamed
	// featureOpenModes is asked for by OpenModes, one by one.
	featureOpenModes = feature(redismodule.FnGetOpenKeyModesAll) | (iota+1)<<featureNamed
	// featureHashErrno: HashSet tells by errno whether it has refused.
	featureHashErrno = feature(redismodule.FnReplyWithBool) | (iota+1)<<featureNamed
	// featureClockStands: the server's clock stands still in every callback.
	featureClockStands = feature(redismodule.FnGetOpenKeyModesAll) | (iota+1)<<featureNamed
	// featureNotifyNew and those after it are asked for by NotifyTypes.
	featureNotifyNew         = feature(redismodule.FnEventLoopAdd) | (iota+1)<<featureNamed
	featureNotifyOverwritten = feature(redismodule.FnUnsubscribeFromKeyspaceEvents) | (iota+1)<<featureNamed
	featureNotifyKeyTrimmed  = feature(redismodule.FnClusterCanAccessKeysInSlot) | (iota+1)<<featureNamed
	featureNotifyArray       = feature(redismodule.FnSubscribeToKeyspaceEventsWithSubkeys) | (iota+1)<<featureNamed
	featureNestedEvents      = feature(redismodule.FnAddPostNotificationJob) | (iota+1)<<featureNamed
	// Options of modules; those of Valkey came with no function.
	featureOptionAsyncLoad      = feature(redismodule.FnEventLoopAdd) | (iota+1)<<featureNamed
	featureOptionSkipValidation = feature(redismodule.FnSetModuleOptions) | (iota+1)<<featureNamed
	featureOptionAtomicSlots    = feature(redismodule.FnSetModuleOptions) | (iota+1)<<featureNamed
	featureOptionUnknown        = feature(redismodule.FnSetModuleOptions) | (iota+1)<<featureNamed

	// featureKeyNumStep: the server counts the keys of a FindKeyNum by its Step; others
	// leave keys out.
	featureKeyNumStep = feature(redismodule.FnACLCheckPermissions) | (iota+1)<<featureNamed

	featureEventReplBackup    = feature(redismodule.FnStreamAdd) | (iota+1)<<featureNamed
	featureEventForkChild     = feature(redismodule.FnStreamAdd) | (iota+1)<<featureNamed
	featureEventReplAsyncLoad = feature(redismodule.FnEventLoopAdd) | (iota+1)<<featureNamed
	featureEventEventLoop     = feature(redismodule.FnEventLoopAdd) | (iota+1)<<featureNamed
	featureEventConfig        = feature(redismodule.FnEventLoopAdd) | (iota+1)<<featureNamed
	featureEventKey           = feature(redismodule.FnAddPostNotificationJob) | (iota+1)<<featureNamed
	featureEventSlotMigration = feature(redismodule.FnClusterCanAccessKeysInSlot) | (iota+1)<<featureNamed
	featureEventTopology      = feature(redismodule.FnAddPostNotificationJobForKey) | (iota+1)<<featureNamed
	// These came with no function: see featureSince.
	featureEventAuth          = feature(redismodule.FnSubscribeToServerEvent) | (iota+1)<<featureNamed
	featureEventAtomicSlots   = feature(redismodule.FnSubscribeToServerEvent) | (iota+1)<<featureNamed
	featureEventCommandResult = feature(redismodule.FnSubscribeToServerEvent) | (iota+1)<<featureNamed

	featureConfigUnprefixed = feature(redismodule.FnLoadDefaultConfigs) | (iota+1)<<featureNamed

	// featureHold: a keyspace event may block the client of its command; see [NotifyContext.BlockClient].
	featureHold = feature(redismodule.FnMustObeyClient) | (iota+1)<<featureNamed
)

// featureNames are what errors call them.
var featureNames = [...]string{
	featureCallFlags70 >> featureNamed:    "one of the call flags",
	featureCallFlags72 >> featureNamed:    "one of the call flags",
	featureCallExact >> featureNamed:      "the call flag CallExact",
	featureHashExpireTime >> featureNamed: "HASH_EXPIRE_TIME",
	featureHashCountAll >> featureNamed:   "HASH_COUNT_ALL",
	featureZAddGTLT >> featureNamed:       "ZADD_GT and ZADD_LT",
	featureOpenNoTouch >> featureNamed:    "OPEN_KEY_NOTOUCH",
	featureTypeAux >> featureNamed:        "AuxSave of data types",
	featureOpenModes >> featureNamed:      "one of the open modes",
	featureHashErrno >> featureNamed:      "errno of HashSet",
	featureClockStands >> featureNamed:    "a clock that stands still in callbacks",

	featureNotifyNew >> featureNamed:         "one of the types of keyspace events",
	featureNotifyOverwritten >> featureNamed: "NOTIFY_OVERWRITTEN and NOTIFY_TYPE_CHANGED",
	featureNotifyKeyTrimmed >> featureNamed:  "NOTIFY_KEY_TRIMMED",
	featureNotifyArray >> featureNamed:       "NOTIFY_ARRAY",
	featureNestedEvents >> featureNamed:      "OPTIONS_ALLOW_NESTED_KEYSPACE_NOTIFICATIONS",

	featureKeyNumStep >> featureNamed:           "FindKeyNum with a Step",
	featureOptionAsyncLoad >> featureNamed:      "OPTIONS_HANDLE_REPL_ASYNC_LOAD",
	featureOptionSkipValidation >> featureNamed: "OPTIONS_SKIP_COMMAND_VALIDATION",
	featureOptionAtomicSlots >> featureNamed:    "OPTIONS_HANDLE_ATOMIC_SLOT_MIGRATION",
	featureOptionUnknown >> featureNamed:        "one of the module options",

	featureEventReplBackup >> featureNamed:    "the event ReplBackup",
	featureEventForkChild >> featureNamed:     "the event ForkChild",
	featureEventReplAsyncLoad >> featureNamed: "the event ReplAsyncLoad",
	featureEventEventLoop >> featureNamed:     "the event EventLoop",
	featureEventConfig >> featureNamed:        "the event Config",
	featureEventKey >> featureNamed:           "the event Key",
	featureEventSlotMigration >> featureNamed: "the events ClusterSlotMigration and ClusterSlotMigrationTrim",
	featureEventTopology >> featureNamed:      "the event ClusterTopologyChange",
	featureEventAuth >> featureNamed:          "the event AuthenticationAttempt",
	featureEventAtomicSlots >> featureNamed:   "the event AtomicSlotMigration",
	featureEventCommandResult >> featureNamed: "the events CommandResult",
	featureConfigUnprefixed >> featureNamed:   "CONFIG_UNPREFIXED",
	featureHold >> featureNamed:               "BlockClient in keyspace events",
}

// featureSince is the first releases of what came with no function.
var featureSince = map[feature]string{
	featureOptionSkipValidation: "Valkey 8.1",
	featureOptionAtomicSlots:    "Valkey 9.0",
	featureOptionUnknown:        "no release that is known",

	featureHold: "Valkey 8.1.1",

	featureEventReplBackup:    "Redis 6.2, not from 7.0 on",
	featureEventAuth:          "Valkey 9.0",
	featureEventAtomicSlots:   "Valkey 9.0",
	featureEventCommandResult: "Valkey 9.1",
}

// Features of timers and events that are functions.
const (
	featureSubscribeToServerEvent               = feature(redismodule.FnSubscribeToServerEvent)
	featureIsSubEventSupported                  = feature(redismodule.FnIsSubEventSupported)
	featureCreateTimer                          = feature(redismodule.FnCreateTimer)
	featureEventLoopAdd                         = feature(redismodule.FnEventLoopAdd)
	featureEventLoopAddOneShot                  = feature(redismodule.FnEventLoopAddOneShot)
	featureSubscribeToKeyspaceEvents            = feature(redismodule.FnSubscribeToKeyspaceEvents)
	featureUnsubscribeFromKeyspaceEvents        = feature(redismodule.FnUnsubscribeFromKeyspaceEvents)
	featureSubscribeToKeyspaceEventsWithSubkeys = feature(redismodule.FnSubscribeToKeyspaceEventsWithSubkeys)
	featureNotifyKeyspaceEvent                  = feature(redismodule.FnNotifyKeyspaceEvent)
	featureNotifyKeyspaceEventWithSubkeys       = feature(redismodule.FnNotifyKeyspaceEventWithSubkeys)
	featureGetNotifyKeyspaceEvents              = feature(redismodule.FnGetNotifyKeyspaceEvents)
	featureGetKeyspaceNotificationFlagsAll      = feature(redismodule.FnGetKeyspaceNotificationFlagsAll)
	featureAddPostNotificationJob               = feature(redismodule.FnAddPostNotificationJob)
	featureAddPostNotificationJobForKey         = feature(redismodule.FnAddPostNotificationJobForKey)
)

// scriptArgsAreFixed tells whether the arguments of a command that a script calls are memory of
// the script's that must not grow: a filter that inserts one more has the server free them, and
// the script use them.
func scriptArgsAreFixed() bool { return redismodule.IsValkey() && has(featureCallExact) }

// has tells whether the running server has a feature.
func has(f feature) bool { return redismodule.Has(redismodule.FuncID(f & featureFunc)) }

// unsupported are the errors that have been returned, functions first.
var unsupported = make([]atomic.Pointer[UnsupportedError], redismodule.Funcs()+len(featureNames))

// lacks is the error for a feature that the server lacks. Only the first time it is made.
func lacks(f feature) error {
	id := redismodule.FuncID(f & featureFunc)
	i, name := int(id), id.Name()
	if n := int(f >> featureNamed); n != 0 {
		i, name = redismodule.Funcs()+n, featureNames[n]
	}
	if e := unsupported[i].Load(); e != nil {
		return e
	}
	e := &UnsupportedError{Function: name, Since: featureSince[f]}
	if e.Since == "" {
		e.Since = releases(id.Since())
	}
	e.text = "ERR this server does not support " + name + " (since " + e.Since + ")"
	unsupported[i].Store(e)
	return e
}

// releases names the first releases with something; "-" is none.
func releases(redis, valkey string) string {
	switch {
	case redis == "-":
		return "Valkey " + valkey
	case valkey == "-":
		return "Redis " + redis
	}
	return "Redis " + redis + ", Valkey " + valkey
}
