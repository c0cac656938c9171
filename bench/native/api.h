// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// The part of the server's API that the twin uses: types, numbers, function
// pointers and the table that fills them. Written by hand, no header of the server
// is needed.

#ifndef API_H
#define API_H

#include <stddef.h>
#include <stdint.h>

enum { STATUS_OK = 0, STATUS_ERR = 1 };
enum { API_VERSION = 1 };
enum { OPEN_READ = 1, OPEN_WRITE = 2 };
enum { KEY_EMPTY = 0, KEY_STRING = 1, KEY_LIST = 2, KEY_HASH = 3, KEY_ZSET = 5, KEY_STREAM = 7 };
enum { LIST_HEAD = 0, LIST_TAIL = 1 };
enum { HASH_NONE = 0 };
enum { STREAM_ADD_AUTOID = 1, STREAM_TRIM_APPROX = 1 };
enum { REPLY_STRING = 0, REPLY_ERROR = 1, REPLY_INTEGER = 2, REPLY_ARRAY = 3 };

typedef struct ctx ctx;
typedef struct str str;
typedef struct key key;
typedef struct reply reply;
typedef struct dict dict;
typedef struct cursor cursor;
typedef struct stream_id {
    uint64_t ms, seq;
} stream_id;
typedef struct filter filter;
typedef struct filtered filtered;
typedef struct blocked blocked;
typedef struct type type;
typedef struct io io;
typedef struct digest digest;
// What a data type can do, as far as the twin has it: the table that the server reads begins so.
typedef struct type_methods {
    uint64_t version;
    void *(*load)(io *r, int encver);
    void (*save)(io *w, void *value);
    void (*rewrite)(io *a, str *key, void *value);
    size_t (*mem_usage)(const void *value);
    void (*digest)(digest *d, void *value);
    void (*free)(void *value);
} type_methods;
typedef int (*handler)(ctx *c, str **argv, int argc);
typedef void (*on_key)(ctx *c, str *name, key *k, void *data);

static int (*is_module_name_busy)(const char *name);
static void (*set_module_attribs)(ctx *c, const char *name, int ver, int apiver);
static int (*create_command)(ctx *c, const char *name, handler h, const char *flags,
                             int first, int last, int step);
static int (*wrong_arity)(ctx *c);

static int (*reply_with_long_long)(ctx *c, long long v);
static int (*reply_with_double)(ctx *c, double v);
static int (*reply_with_array)(ctx *c, long len);
static int (*reply_with_map)(ctx *c, long pairs);
static int (*reply_with_string)(ctx *c, str *s);
static int (*reply_with_string_buffer)(ctx *c, const char *p, size_t len);
static int (*reply_with_simple_string)(ctx *c, const char *text);
static int (*reply_with_null)(ctx *c);
static int (*reply_with_error)(ctx *c, const char *msg);
static int (*reply_with_call_reply)(ctx *c, reply *r);

static int (*string_to_long_long)(const str *s, long long *v);
static const char *(*string_ptr_len)(const str *s, size_t *len);
static void (*free_string)(ctx *c, str *s);

static key *(*open_key)(ctx *c, str *name, int mode);
static void (*close_key)(key *k);
static int (*key_type)(key *k);
static char *(*string_dma)(key *k, size_t *len, int mode);
static int (*string_set)(key *k, str *s);
static int (*hash_get)(key *k, int flags, ...);
static int (*hash_set)(key *k, int flags, ...);
static int (*list_push)(key *k, int where, str *element);
static str *(*list_get)(key *k, long index);
static size_t (*value_length)(key *k);
static str *(*list_pop)(key *k, int where);
static int (*zset_add)(key *k, double score, str *element, int *flags);
static int (*zset_first_in_score_range)(key *k, double min, double max, int minex, int maxex);
static str *(*zset_range_current_element)(key *k, double *score);
static int (*zset_range_next)(key *k);
static int (*zset_range_end_reached)(key *k);
static void (*zset_range_stop)(key *k);
static int (*stream_add)(key *k, int flags, stream_id *id, str **fields, int64_t pairs);
static long long (*stream_trim_by_length)(key *k, int flags, long long length);
static int (*stream_iterator_start)(key *k, int flags, stream_id *first, stream_id *last);
static int (*stream_iterator_next_id)(key *k, stream_id *id, long *fields);
static int (*stream_iterator_next_field)(key *k, str **field, str **value);
static int (*stream_iterator_stop)(key *k);

static int (*get_selected_db)(ctx *c);
static int (*select_db)(ctx *c, int db);
static cursor *(*scan_cursor_create)(void);
static void (*scan_cursor_destroy)(cursor *s);
static int (*scan)(ctx *c, cursor *s, on_key f, void *data);

static dict *(*create_dict)(ctx *c);
static int (*dict_set_c)(dict *d, void *name, size_t len, void *value);
static void *(*dict_get)(dict *d, str *name, int *nokey);

static reply *(*call)(ctx *c, const char *cmd, const char *fmt, ...);
static void (*free_call_reply)(reply *r);
static int (*call_reply_type)(reply *r);
static size_t (*call_reply_length)(reply *r);
static reply *(*call_reply_array_element)(reply *r, size_t i);
static const char *(*call_reply_string_ptr)(reply *r, size_t *len);

static filter *(*register_command_filter)(ctx *c, void (*f)(filtered *), int flags);
static int (*unregister_command_filter)(ctx *c, filter *f);
static str *(*command_filter_arg_get)(filtered *f, int i);
static int (*subscribe_to_keyspace_events)(ctx *c, int types, int (*f)(ctx *c, int type, const char *event, str *name));
static int (*notify_keyspace_event)(ctx *c, int type, const char *event, str *name);
static uint64_t (*create_timer)(ctx *c, long long ms, void (*f)(ctx *c, void *data), void *data);
static int (*stop_timer)(ctx *c, uint64_t id, void **data);
static int (*get_timer_info)(ctx *c, uint64_t id, uint64_t *remaining, void **data);

static int (*string_truncate)(key *k, size_t len);
static int (*set_expire)(key *k, long long ms);
static int (*replicate_verbatim)(ctx *c);

static blocked *(*block_client)(ctx *c, handler reply, handler timeout, void (*free_data)(ctx *c, void *data), long long ms);
static int (*unblock_client)(blocked *b, void *data);
static void *(*blocked_client_private_data)(ctx *c);

static type *(*create_data_type)(ctx *c, const char *name, int encver, type_methods *m);
static int (*module_type_set_value)(key *k, type *t, void *value);
static type *(*module_type_get_type)(key *k);
static void *(*module_type_get_value)(key *k);
static void (*save_unsigned)(io *w, uint64_t v);
static uint64_t (*load_unsigned)(io *r);
static void (*save_string_buffer)(io *w, const char *p, size_t len);
static char *(*load_string_buffer)(io *r, size_t *len);
static void *(*server_alloc)(size_t n);
static void (*server_free)(void *p);

static ctx *(*get_thread_safe_context)(void *blocked);
static void (*free_thread_safe_context)(ctx *c);
static void (*thread_safe_context_lock)(ctx *c);
static void (*thread_safe_context_unlock)(ctx *c);

// A function pointer may not be stored through a void ** by the letter of C;
// on every system that can load a module the two have one representation.
struct api {
    const char *name;
    void *slot;
    int optional; // not in every server: stays NULL
};

static const struct api wanted[] = {
    {"RedisModule_IsModuleNameBusy", &is_module_name_busy, 0},
    {"RedisModule_SetModuleAttribs", &set_module_attribs, 0},
    {"RedisModule_CreateCommand", &create_command, 0},
    {"RedisModule_WrongArity", &wrong_arity, 0},
    {"RedisModule_ReplyWithLongLong", &reply_with_long_long, 0},
    {"RedisModule_GetThreadSafeContext", &get_thread_safe_context, 0},
    {"RedisModule_FreeThreadSafeContext", &free_thread_safe_context, 0},
    {"RedisModule_ThreadSafeContextLock", &thread_safe_context_lock, 0},
    {"RedisModule_ThreadSafeContextUnlock", &thread_safe_context_unlock, 0},
    {"RedisModule_ReplyWithDouble", &reply_with_double, 0},
    {"RedisModule_ReplyWithArray", &reply_with_array, 0},
    {"RedisModule_ReplyWithMap", &reply_with_map, 1},
    {"RedisModule_ReplyWithString", &reply_with_string, 0},
    {"RedisModule_ReplyWithStringBuffer", &reply_with_string_buffer, 0},
    {"RedisModule_ReplyWithSimpleString", &reply_with_simple_string, 0},
    {"RedisModule_ReplyWithNull", &reply_with_null, 0},
    {"RedisModule_ReplyWithError", &reply_with_error, 0},
    {"RedisModule_ReplyWithCallReply", &reply_with_call_reply, 0},
    {"RedisModule_StringToLongLong", &string_to_long_long, 0},
    {"RedisModule_StringPtrLen", &string_ptr_len, 0},
    {"RedisModule_FreeString", &free_string, 0},
    {"RedisModule_OpenKey", &open_key, 0},
    {"RedisModule_CloseKey", &close_key, 0},
    {"RedisModule_KeyType", &key_type, 0},
    {"RedisModule_StringDMA", &string_dma, 0},
    {"RedisModule_StringSet", &string_set, 0},
    {"RedisModule_HashGet", &hash_get, 0},
    {"RedisModule_HashSet", &hash_set, 0},
    {"RedisModule_ListPush", &list_push, 0},
    {"RedisModule_ListGet", &list_get, 1},
    {"RedisModule_ValueLength", &value_length, 0},
    {"RedisModule_ListPop", &list_pop, 0},
    {"RedisModule_ZsetAdd", &zset_add, 0},
    {"RedisModule_ZsetFirstInScoreRange", &zset_first_in_score_range, 0},
    {"RedisModule_ZsetRangeCurrentElement", &zset_range_current_element, 0},
    {"RedisModule_ZsetRangeNext", &zset_range_next, 0},
    {"RedisModule_ZsetRangeEndReached", &zset_range_end_reached, 0},
    {"RedisModule_ZsetRangeStop", &zset_range_stop, 0},
    {"RedisModule_StreamAdd", &stream_add, 1},
    {"RedisModule_StreamTrimByLength", &stream_trim_by_length, 1},
    {"RedisModule_StreamIteratorStart", &stream_iterator_start, 1},
    {"RedisModule_StreamIteratorNextID", &stream_iterator_next_id, 1},
    {"RedisModule_StreamIteratorNextField", &stream_iterator_next_field, 1},
    {"RedisModule_StreamIteratorStop", &stream_iterator_stop, 1},
    {"RedisModule_GetSelectedDb", &get_selected_db, 0},
    {"RedisModule_SelectDb", &select_db, 0},
    {"RedisModule_ScanCursorCreate", &scan_cursor_create, 1},
    {"RedisModule_ScanCursorDestroy", &scan_cursor_destroy, 1},
    {"RedisModule_Scan", &scan, 1},
    {"RedisModule_CreateDict", &create_dict, 0},
    {"RedisModule_DictSetC", &dict_set_c, 0},
    {"RedisModule_DictGet", &dict_get, 0},
    {"RedisModule_SubscribeToKeyspaceEvents", &subscribe_to_keyspace_events, 0},
    {"RedisModule_NotifyKeyspaceEvent", &notify_keyspace_event, 0},
    {"RedisModule_CreateTimer", &create_timer, 0},
    {"RedisModule_StopTimer", &stop_timer, 0},
    {"RedisModule_GetTimerInfo", &get_timer_info, 0},
    {"RedisModule_Call", &call, 0},
    {"RedisModule_FreeCallReply", &free_call_reply, 0},
    {"RedisModule_CallReplyType", &call_reply_type, 0},
    {"RedisModule_CallReplyLength", &call_reply_length, 0},
    {"RedisModule_CallReplyArrayElement", &call_reply_array_element, 0},
    {"RedisModule_CallReplyStringPtr", &call_reply_string_ptr, 0},
    {"RedisModule_StringTruncate", &string_truncate, 0},
    {"RedisModule_SetExpire", &set_expire, 0},
    {"RedisModule_ReplicateVerbatim", &replicate_verbatim, 0},
    {"RedisModule_BlockClient", &block_client, 0},
    {"RedisModule_UnblockClient", &unblock_client, 0},
    {"RedisModule_GetBlockedClientPrivateData", &blocked_client_private_data, 0},
    {"RedisModule_CreateDataType", &create_data_type, 0},
    {"RedisModule_ModuleTypeSetValue", &module_type_set_value, 0},
    {"RedisModule_ModuleTypeGetType", &module_type_get_type, 0},
    {"RedisModule_ModuleTypeGetValue", &module_type_get_value, 0},
    {"RedisModule_SaveUnsigned", &save_unsigned, 0},
    {"RedisModule_LoadUnsigned", &load_unsigned, 0},
    {"RedisModule_SaveStringBuffer", &save_string_buffer, 0},
    {"RedisModule_LoadStringBuffer", &load_string_buffer, 0},
    {"RedisModule_Alloc", &server_alloc, 0},
    {"RedisModule_Free", &server_free, 0},
    {"RedisModule_RegisterCommandFilter", &register_command_filter, 1},
    {"RedisModule_UnregisterCommandFilter", &unregister_command_filter, 1},
    {"RedisModule_CommandFilterArgGet", &command_filter_arg_get, 1},
};

static const char wrong_type[] =
    "WRONGTYPE Operation against a key holding the wrong kind of value";
static const char call_failed[] = "ERR the call failed";

#endif
