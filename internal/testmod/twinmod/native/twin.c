// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// The C half of internal/testmod/twinmod: the same commands with the same replies, data,
// replication and errors. It needs no header of the server.

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct ctx ctx;
typedef struct str str;
typedef struct key key;
typedef struct reply reply;
typedef struct command command;
typedef struct command_info { // RedisModuleCommandInfo
    const void *version;
    const char *summary, *complexity, *since;
    const void *history;
    const char *tips;
    int arity;
    const void *key_specs, *args;
} command_info;
typedef struct cursor cursor;
typedef struct stream_id {
    uint64_t ms, seq;
} stream_id;
typedef long long (*get_number)(const char *name, void *data);
typedef int (*set_number)(const char *name, long long v, void *data, str **why);
typedef int (*get_int)(const char *name, void *data);
typedef int (*set_int)(const char *name, int v, void *data, str **why);
typedef str *(*get_str)(const char *name, void *data);
typedef int (*set_str)(const char *name, str *v, void *data, str **why);
typedef void (*on_element)(key *k, str *field, str *value, void *data);
typedef int (*handler)(ctx *c, str **argv, int argc);
typedef struct filter filter;
typedef struct filtered filtered;
typedef void (*on_command)(filtered *f);
typedef int (*on_event)(ctx *c, int type, const char *event, str *key);
typedef void (*on_time)(ctx *c, void *data);

enum { OK = 0, READ = 1, WRITE = 2, HEAD = 0, TAIL = 1, STRING = 1, LIST = 2, HASH = 3, SET = 4, ZSET = 5, STREAM = 7, POSTPONED = -1 };
enum { IN_MULTI = 1 << 1, NOTIFY_STRING = 1 << 3, NOTIFY_MODULE = 1 << 13 };

#define API(X) \
    X(int, CreateCommand, (ctx *, const char *, handler, const char *, int, int, int)) \
    X(command *, GetCommand, (ctx *, const char *)) \
    X(int, SetCommandInfo, (command *, const command_info *)) \
    X(void, SetModuleAttribs, (ctx *, const char *, int, int)) \
    X(int, WrongArity, (ctx *)) \
    X(int, ReplicateVerbatim, (ctx *)) \
    X(int, Replicate, (ctx *, const char *, const char *, ...)) \
    X(reply *, Call, (ctx *, const char *, const char *, ...)) \
    X(void, FreeCallReply, (reply *)) \
    X(int, CallReplyType, (reply *)) \
    X(const char *, CallReplyStringPtr, (reply *, size_t *)) \
    X(int, ReplyWithCallReply, (ctx *, reply *)) \
    X(int, ReplyWithLongLong, (ctx *, long long)) \
    X(int, ReplyWithDouble, (ctx *, double)) \
    X(int, ReplyWithBool, (ctx *, int)) \
    X(int, ReplyWithNull, (ctx *)) \
    X(int, ReplyWithNullArray, (ctx *)) \
    X(int, ReplyWithString, (ctx *, str *)) \
    X(int, ReplyWithStringBuffer, (ctx *, const char *, size_t)) \
    X(int, ReplyWithSimpleString, (ctx *, const char *)) \
    X(int, ReplyWithVerbatimStringType, (ctx *, const char *, size_t, const char *)) \
    X(int, ReplyWithBigNumber, (ctx *, const char *, size_t)) \
    X(int, ReplyWithError, (ctx *, const char *)) \
    X(int, ReplyWithArray, (ctx *, long)) \
    X(int, ReplyWithMap, (ctx *, long)) \
    X(int, ReplyWithSet, (ctx *, long)) \
    X(int, ReplyWithAttribute, (ctx *, long)) \
    X(void, ReplySetArrayLength, (ctx *, long)) \
    X(void, ReplySetMapLength, (ctx *, long)) \
    X(int, StringToLongLong, (const str *, long long *)) \
    X(int, StringToDouble, (const str *, double *)) \
    X(const char *, StringPtrLen, (const str *, size_t *)) \
    X(void, FreeString, (ctx *, str *)) \
    X(key *, OpenKey, (ctx *, str *, int)) \
    X(void, CloseKey, (key *)) \
    X(int, KeyType, (key *)) \
    X(size_t, ValueLength, (key *)) \
    X(int, DeleteKey, (key *)) \
    X(int, StringSet, (key *, str *)) \
    X(char *, StringDMA, (key *, size_t *, int)) \
    X(int, StringTruncate, (key *, size_t)) \
    X(int, HashSet, (key *, int, ...)) \
    X(int, HashGet, (key *, int, ...)) \
    X(int, ListPush, (key *, int, str *)) \
    X(str *, ListPop, (key *, int)) \
    X(int, ZsetAdd, (key *, double, str *, int *)) \
    X(int, ZsetRem, (key *, str *, int *)) \
    X(int, ZsetScore, (key *, str *, double *)) \
    X(int, ZsetFirstInScoreRange, (key *, double, double, int, int)) \
    X(str *, ZsetRangeCurrentElement, (key *, double *)) \
    X(int, ZsetRangeNext, (key *)) \
    X(int, ZsetRangeEndReached, (key *)) \
    X(void, ZsetRangeStop, (key *)) \
    X(int, ZsetIncrby, (key *, double, str *, int *, double *)) \
    X(int, ZsetFirstInLexRange, (key *, str *, str *)) \
    X(str *, ListGet, (key *, long)) \
    X(int, ListSet, (key *, long, str *)) \
    X(int, ListInsert, (key *, long, str *)) \
    X(int, ListDelete, (key *, long)) \
    X(int, StreamAdd, (key *, int, stream_id *, str **, int64_t)) \
    X(int, StreamDelete, (key *, stream_id *)) \
    X(int, StreamIteratorStart, (key *, int, stream_id *, stream_id *)) \
    X(int, StreamIteratorNextID, (key *, stream_id *, long *)) \
    X(int, StreamIteratorNextField, (key *, str **, str **)) \
    X(int, StreamIteratorStop, (key *)) \
    X(str *, CreateStringFromStreamID, (ctx *, const stream_id *)) \
    X(int, SetAbsExpire, (key *, long long)) \
    X(long long, GetAbsExpire, (key *)) \
    X(int, ScanKey, (key *, cursor *, on_element, void *)) \
    X(int, RegisterNumericConfig, (ctx *, const char *, long long, unsigned, long long, long long, get_number, set_number, void *, void *)) \
    X(int, RegisterBoolConfig, (ctx *, const char *, int, unsigned, get_int, set_int, void *, void *)) \
    X(int, RegisterEnumConfig, (ctx *, const char *, int, unsigned, const char **, const int *, int, get_int, set_int, void *, void *)) \
    X(int, RegisterStringConfig, (ctx *, const char *, const char *, unsigned, get_str, set_str, void *, void *)) \
    X(int, LoadConfigs, (ctx *)) \
    X(str *, CreateString, (ctx *, const char *, size_t)) \
    X(void, RetainString, (ctx *, str *)) \
    X(filter *, RegisterCommandFilter, (ctx *, on_command, int)) \
    X(int, CommandFilterArgsCount, (filtered *)) \
    X(str *, CommandFilterArgGet, (filtered *, int)) \
    X(int, CommandFilterArgInsert, (filtered *, int, str *)) \
    X(int, CommandFilterArgReplace, (filtered *, int, str *)) \
    X(int, CommandFilterArgDelete, (filtered *, int)) \
    X(int, SubscribeToKeyspaceEvents, (ctx *, int, on_event)) \
    X(int, NotifyKeyspaceEvent, (ctx *, int, const char *, str *)) \
    X(uint64_t, CreateTimer, (ctx *, long long, on_time, void *)) \
    X(int, StringAppendBuffer, (ctx *, str *, const char *, size_t)) \
    X(str *, CreateStringFromLongLong, (ctx *, long long)) \
    X(int, GetSelectedDb, (ctx *)) \
    X(int, GetContextFlags, (ctx *)) \
    X(void *, Alloc, (size_t)) \
    X(void, Free, (void *)) \
    X(cursor *, ScanCursorCreate, (void)) \
    X(void, ScanCursorDestroy, (cursor *))

#define DECLARE(ret, name, params) static ret(*name) params;
API(DECLARE)
static int (*AddPostNotificationJob)(ctx *, on_time, void *, void (*)(void *)); // since Redis 7.2

static const char wrong_type[] = "WRONGTYPE Operation against a key holding the wrong kind of value";
static const char not_integer[] = "ERR value is not an integer or out of range";
static const char refused[] = "ERR refused";
static const char not_float[] = "ERR value is not a valid float";

static int fits(key *k, int type) { return KeyType(k) == 0 || KeyType(k) == type; }

// done closes a key and replies with an error.
static int no(ctx *c, key *k, const char *why) {
    if (k != NULL) CloseKey(k);
    return ReplyWithError(c, why);
}

// set key value
static int cmd_set(ctx *c, str **argv, int argc) {
    if (argc != 3) return WrongArity(c);
    key *k = OpenKey(c, argv[1], READ | WRITE);
    StringSet(k, argv[2]);
    CloseKey(k);
    ReplicateVerbatim(c);
    return ReplyWithSimpleString(c, "OK");
}

// get key
static int cmd_get(ctx *c, str **argv, int argc) {
    if (argc != 2) return WrongArity(c);
    key *k = OpenKey(c, argv[1], READ);
    if (k == NULL) return ReplyWithNull(c);
    if (KeyType(k) != STRING) return no(c, k, wrong_type);
    size_t n;
    const char *p = StringDMA(k, &n, READ);
    ReplyWithStringBuffer(c, p, n);
    CloseKey(k);
    return OK;
}

// cut key length: truncates or fills up
static int cmd_cut(ctx *c, str **argv, int argc) {
    long long n;
    if (argc != 3) return WrongArity(c);
    if (StringToLongLong(argv[2], &n) != OK || n < 0 || n > 1000) return ReplyWithError(c, not_integer);
    key *k = OpenKey(c, argv[1], READ | WRITE);
    if (!fits(k, STRING)) return no(c, k, wrong_type);
    StringTruncate(k, (size_t)n);
    ReplyWithLongLong(c, (long long)ValueLength(k));
    CloseKey(k);
    ReplicateVerbatim(c);
    return OK;
}

// incr key by
static int cmd_incr(ctx *c, str **argv, int argc) {
    if (argc != 3) return WrongArity(c);
    reply *r = Call(c, "INCRBY", "!Ess", argv[1], argv[2]);
    ReplyWithCallReply(c, r);
    FreeCallReply(r);
    return OK;
}

// del key...: replicates those that were there
static int cmd_del(ctx *c, str **argv, int argc) {
    long long n = 0;
    if (argc < 2) return WrongArity(c);
    for (int i = 1; i < argc; i++) {
        key *k = OpenKey(c, argv[i], READ | WRITE);
        if (KeyType(k) != 0) {
            DeleteKey(k);
            Replicate(c, "DEL", "s", argv[i]);
            n++;
        }
        CloseKey(k);
    }
    return ReplyWithLongLong(c, n);
}

// push key element...
static int cmd_push(ctx *c, str **argv, int argc) {
    if (argc < 3) return WrongArity(c);
    key *k = OpenKey(c, argv[1], READ | WRITE);
    if (!fits(k, LIST)) return no(c, k, wrong_type);
    for (int i = 2; i < argc; i++) ListPush(k, TAIL, argv[i]);
    ReplyWithLongLong(c, (long long)ValueLength(k));
    CloseKey(k);
    ReplicateVerbatim(c);
    return OK;
}

// pop key n: those that are there, and replicates what it has done
static int cmd_pop(ctx *c, str **argv, int argc) {
    long long n, got = 0;
    if (argc != 3) return WrongArity(c);
    if (StringToLongLong(argv[2], &n) != OK) return ReplyWithError(c, not_integer);
    key *k = OpenKey(c, argv[1], READ | WRITE);
    if (!fits(k, LIST)) return no(c, k, wrong_type);
    ReplyWithArray(c, POSTPONED);
    for (; got < n; got++) {
        str *e = KeyType(k) == LIST ? ListPop(k, HEAD) : NULL;
        if (e == NULL) break;
        ReplyWithString(c, e);
        FreeString(c, e);
    }
    ReplySetArrayLength(c, (long)got);
    CloseKey(k);
    if (got > 0) Replicate(c, "LPOP", "sl", argv[1], got);
    return OK;
}

// hset key field value
static int cmd_hset(ctx *c, str **argv, int argc) {
    if (argc != 4) return WrongArity(c);
    key *k = OpenKey(c, argv[1], READ | WRITE);
    if (!fits(k, HASH)) return no(c, k, wrong_type);
    HashSet(k, 0, argv[2], argv[3], NULL);
    ReplyWithLongLong(c, (long long)ValueLength(k));
    CloseKey(k);
    Replicate(c, "HSET", "sss", argv[1], argv[2], argv[3]);
    return OK;
}

// hdel key field
static int cmd_hdel(ctx *c, str **argv, int argc) {
    if (argc != 3) return WrongArity(c);
    key *k = OpenKey(c, argv[1], READ | WRITE);
    if (!fits(k, HASH)) return no(c, k, wrong_type);
    size_t before = KeyType(k) == 0 ? 0 : ValueLength(k);
    if (before > 0) HashSet(k, 0, argv[2], (str *)1, NULL); // REDISMODULE_HASH_DELETE
    size_t after = KeyType(k) == 0 ? 0 : ValueLength(k);
    CloseKey(k);
    if (after != before) ReplicateVerbatim(c);
    return ReplyWithBool(c, after != before);
}

// hget key field: a map of the two
static int cmd_hget(ctx *c, str **argv, int argc) {
    if (argc != 3) return WrongArity(c);
    key *k = OpenKey(c, argv[1], READ);
    str *v = NULL;
    if (k != NULL && KeyType(k) != HASH) return no(c, k, wrong_type);
    if (k != NULL) HashGet(k, 0, argv[2], &v, NULL);
    if (k != NULL) CloseKey(k);
    ReplyWithMap(c, 1);
    ReplyWithString(c, argv[2]);
    if (v == NULL) return ReplyWithNull(c);
    ReplyWithString(c, v);
    FreeString(c, v);
    return OK;
}

// zadd key score member
static int cmd_zadd(ctx *c, str **argv, int argc) {
    double score;
    if (argc != 4) return WrongArity(c);
    if (StringToDouble(argv[2], &score) != OK) return ReplyWithError(c, not_float);
    key *k = OpenKey(c, argv[1], READ | WRITE);
    if (!fits(k, ZSET)) return no(c, k, wrong_type);
    ZsetAdd(k, score, argv[3], NULL);
    ReplyWithLongLong(c, (long long)ValueLength(k));
    CloseKey(k);
    ReplicateVerbatim(c);
    return OK;
}

// zrem key member
static int cmd_zrem(ctx *c, str **argv, int argc) {
    int deleted = 0;
    if (argc != 3) return WrongArity(c);
    key *k = OpenKey(c, argv[1], READ | WRITE);
    if (!fits(k, ZSET)) return no(c, k, wrong_type);
    if (KeyType(k) == ZSET) ZsetRem(k, argv[2], &deleted);
    CloseKey(k);
    if (deleted) ReplicateVerbatim(c);
    return ReplyWithBool(c, deleted);
}

// zrange key min max: members and scores
static int cmd_zrange(ctx *c, str **argv, int argc) {
    double min, max, score;
    long n = 0;
    if (argc != 4) return WrongArity(c);
    if (StringToDouble(argv[2], &min) != OK || StringToDouble(argv[3], &max) != OK) return ReplyWithError(c, not_float);
    key *k = OpenKey(c, argv[1], READ);
    if (k == NULL) return ReplyWithMap(c, 0);
    if (ZsetFirstInScoreRange(k, min, max, 0, 0) != OK) return no(c, k, wrong_type);
    ReplyWithMap(c, POSTPONED);
    for (; !ZsetRangeEndReached(k); n++) {
        str *e = ZsetRangeCurrentElement(k, &score);
        ReplyWithString(c, e);
        ReplyWithDouble(c, score);
        FreeString(c, e);
        ZsetRangeNext(k);
    }
    ReplySetMapLength(c, n);
    ZsetRangeStop(k);
    CloseKey(k);
    return OK;
}

// zincr key by member
static int cmd_zincr(ctx *c, str **argv, int argc) {
    double by, score = 0;
    if (argc != 4) return WrongArity(c);
    if (StringToDouble(argv[2], &by) != OK) return ReplyWithError(c, not_float);
    key *k = OpenKey(c, argv[1], READ | WRITE);
    if (!fits(k, ZSET)) return no(c, k, wrong_type);
    if (ZsetIncrby(k, by, argv[3], NULL, &score) != OK) return no(c, k, refused);
    CloseKey(k);
    ReplicateVerbatim(c);
    return ReplyWithDouble(c, score);
}

// zlex key min max: members; their scores must be the same
static int cmd_zlex(ctx *c, str **argv, int argc) {
    long n = 0;
    double score, first = 0;
    if (argc != 4) return WrongArity(c);
    key *k = OpenKey(c, argv[1], READ);
    if (k == NULL) return ReplyWithArray(c, 0);
    if (KeyType(k) != ZSET) return no(c, k, wrong_type);
    if (ZsetFirstInLexRange(k, argv[2], argv[3]) != OK) return no(c, k, refused);
    ReplyWithArray(c, POSTPONED);
    for (; !ZsetRangeEndReached(k); n++) {
        str *e = ZsetRangeCurrentElement(k, &score);
        if (n == 0) first = score;
        if (score == first) ReplyWithString(c, e);
        FreeString(c, e);
        if (score != first) break;
        ZsetRangeNext(k);
    }
    ReplySetArrayLength(c, n);
    ZsetRangeStop(k);
    CloseKey(k);
    return OK;
}

// list key get|set|insert|delete index [element]
static int cmd_list(ctx *c, str **argv, int argc) {
    long long i;
    size_t n;
    if (argc != 5) return WrongArity(c);
    const char *what = StringPtrLen(argv[2], &n);
    if (StringToLongLong(argv[3], &i) != OK) return ReplyWithError(c, not_integer);
    int get = n == 3 && memcmp(what, "get", 3) == 0;
    key *k = OpenKey(c, argv[1], get ? READ : READ | WRITE);
    if (k != NULL && !fits(k, LIST)) return no(c, k, wrong_type);
    if (get) {
        str *e = k == NULL ? NULL : ListGet(k, (long)i);
        if (k != NULL) CloseKey(k);
        if (e == NULL) return ReplyWithNull(c);
        ReplyWithString(c, e);
        FreeString(c, e);
        return OK;
    }
    int r = 1;
    if (n == 3 && memcmp(what, "set", 3) == 0) r = ListSet(k, (long)i, argv[4]);
    if (n == 6 && memcmp(what, "insert", 6) == 0) r = ListInsert(k, (long)i, argv[4]);
    if (n == 6 && memcmp(what, "delete", 6) == 0) r = ListDelete(k, (long)i);
    CloseKey(k);
    if (r != OK) return ReplyWithError(c, refused);
    ReplicateVerbatim(c);
    return ReplyWithSimpleString(c, "OK");
}

static int read_id(str **argv, stream_id *id) {
    long long ms, seq;
    if (StringToLongLong(argv[0], &ms) != OK || StringToLongLong(argv[1], &seq) != OK || ms < 0 || seq < 0) return 0;
    *id = (stream_id){(uint64_t)ms, (uint64_t)seq};
    return 1;
}

// xadd key ms seq field value
static int cmd_xadd(ctx *c, str **argv, int argc) {
    stream_id id;
    if (argc != 6) return WrongArity(c);
    if (!read_id(argv + 2, &id)) return ReplyWithError(c, not_integer);
    key *k = OpenKey(c, argv[1], READ | WRITE);
    if (!fits(k, STREAM)) return no(c, k, wrong_type);
    if (StreamAdd(k, 0, &id, argv + 4, 1) != OK) return no(c, k, refused);
    CloseKey(k);
    ReplicateVerbatim(c);
    str *s = CreateStringFromStreamID(c, &id);
    ReplyWithString(c, s);
    FreeString(c, s);
    return OK;
}

// xdel key ms seq
static int cmd_xdel(ctx *c, str **argv, int argc) {
    stream_id id;
    if (argc != 4) return WrongArity(c);
    if (!read_id(argv + 2, &id)) return ReplyWithError(c, not_integer);
    key *k = OpenKey(c, argv[1], READ | WRITE);
    if (!fits(k, STREAM)) return no(c, k, wrong_type);
    int gone = KeyType(k) == STREAM && StreamDelete(k, &id) == OK;
    CloseKey(k);
    if (gone) ReplicateVerbatim(c);
    return ReplyWithBool(c, gone);
}

// xrange key: IDs, fields and values
static int cmd_xrange(ctx *c, str **argv, int argc) {
    stream_id id;
    long fields, n = 0;
    str *f, *v;
    if (argc != 2) return WrongArity(c);
    key *k = OpenKey(c, argv[1], READ);
    if (k == NULL) return ReplyWithArray(c, 0);
    if (KeyType(k) != STREAM) return no(c, k, wrong_type);
    ReplyWithArray(c, POSTPONED);
    StreamIteratorStart(k, 0, NULL, NULL);
    while (StreamIteratorNextID(k, &id, &fields) == OK) {
        str *s = CreateStringFromStreamID(c, &id);
        ReplyWithString(c, s);
        FreeString(c, s);
        for (n++; StreamIteratorNextField(k, &f, &v) == OK; n += 2) {
            ReplyWithString(c, f);
            ReplyWithString(c, v);
            FreeString(c, f);
            FreeString(c, v);
        }
    }
    StreamIteratorStop(k);
    CloseKey(k);
    ReplySetArrayLength(c, n);
    return OK;
}

// expire key number: that many milliseconds behind a moment in the far future; what it was before
static int cmd_expire(ctx *c, str **argv, int argc) {
    const long long moment = 33000000000000;
    long long n;
    if (argc != 3) return WrongArity(c);
    if (StringToLongLong(argv[2], &n) != OK || n < 0 || n > 1000000) return ReplyWithError(c, not_integer);
    key *k = OpenKey(c, argv[1], READ | WRITE);
    if (KeyType(k) == 0) {
        CloseKey(k);
        return ReplyWithNull(c);
    }
    long long before = GetAbsExpire(k);
    SetAbsExpire(k, moment + n);
    CloseKey(k);
    Replicate(c, "PEXPIREAT", "sl", argv[1], moment + n);
    return ReplyWithLongLong(c, before);
}

// scan key: how many elements a hash, set or sorted set has, and their length
static void add_up(key *k, str *field, str *value, void *data) {
    long long *sum = data;
    size_t n = 0, m = 0;
    (void)k;
    StringPtrLen(field, &n);
    if (value != NULL) StringPtrLen(value, &m);
    sum[0]++;
    sum[1] += (long long)(n + m);
}

static int cmd_scan(ctx *c, str **argv, int argc) {
    long long sum[2] = {0, 0};
    if (argc != 2) return WrongArity(c);
    key *k = OpenKey(c, argv[1], READ);
    int t = k == NULL ? 0 : KeyType(k);
    if (t != 0 && t != HASH && t != SET && t != ZSET) return no(c, k, wrong_type);
    if (t != 0) {
        cursor *s = ScanCursorCreate();
        while (ScanKey(k, s, add_up, sum)) {}
        ScanCursorDestroy(s);
        CloseKey(k);
    }
    ReplyWithArray(c, 2);
    ReplyWithLongLong(c, sum[0]);
    return ReplyWithLongLong(c, sum[1]);
}

// append key text
static int cmd_append(ctx *c, str **argv, int argc) {
    size_t n, before;
    if (argc != 3) return WrongArity(c);
    const char *p = StringPtrLen(argv[2], &n);
    key *k = OpenKey(c, argv[1], READ | WRITE);
    if (!fits(k, STRING)) return no(c, k, wrong_type);
    before = KeyType(k) == 0 ? 0 : ValueLength(k);
    if (n > 0) {
        StringTruncate(k, before + n);
        char *to = StringDMA(k, &before, WRITE);
        memcpy(to + before - n, p, n);
        ReplicateVerbatim(c);
    }
    CloseKey(k);
    return ReplyWithLongLong(c, (long long)n);
}

// call command argument...: its reply as it comes
static int cmd_call(ctx *c, str **argv, int argc) {
    if (argc < 2) return WrongArity(c);
    char name[64];
    size_t n;
    const char *p = StringPtrLen(argv[1], &n);
    if (n == 0 || n >= sizeof name || memchr(p, 0, n) != NULL) return ReplyWithError(c, "ERR no name");
    memcpy(name, p, n);
    name[n] = 0;
    reply *r = Call(c, name, "!E0v", argv + 2, (size_t)(argc - 2));
    if (r == NULL) return ReplyWithError(c, "ERR no reply");
    ReplyWithCallReply(c, r);
    FreeCallReply(r);
    return OK;
}

// reply kind text number: of each type
static int cmd_reply(ctx *c, str **argv, int argc) {
    long long kind, number;
    double f;
    size_t n;
    if (argc != 4) return WrongArity(c);
    if (StringToLongLong(argv[1], &kind) != OK || StringToLongLong(argv[3], &number) != OK) return ReplyWithError(c, not_integer);
    const char *p = StringPtrLen(argv[2], &n);
    switch (kind) {
    case 0: return ReplyWithLongLong(c, number);
    case 1: return ReplyWithDouble(c, (double)number / 8);
    case 2: return ReplyWithBool(c, number != 0);
    case 3: return ReplyWithNull(c);
    case 4: return ReplyWithNullArray(c);
    case 5: return ReplyWithString(c, argv[2]);
    case 6: return ReplyWithVerbatimStringType(c, p, n, "txt");
    case 7: return ReplyWithBigNumber(c, "123456789012345678901234567890", 30);
    case 8:
        if (StringToDouble(argv[2], &f) != OK) return ReplyWithError(c, not_float);
        return ReplyWithDouble(c, f);
    case 9:
        ReplyWithSet(c, 2);
        ReplyWithLongLong(c, number);
        return ReplyWithStringBuffer(c, p, n);
    case 10:
        if (ReplyWithAttribute(c, 1) == OK) {
            ReplyWithSimpleString(c, "k");
            ReplyWithLongLong(c, number);
        }
        return ReplyWithString(c, argv[2]);
    case 11:
        ReplyWithArray(c, 2);
        ReplyWithArray(c, POSTPONED);
        ReplyWithNull(c);
        ReplySetArrayLength(c, 1);
        return ReplyWithError(c, "CODE inside");
    case 12: return ReplyWithError(c, "CODE of the module's own");
    }
    return ReplyWithError(c, "ERR no such kind");
}

// nest depth argument...: calls itself
static int cmd_nest(ctx *c, str **argv, int argc) {
    long long depth;
    if (argc != 2) return WrongArity(c);
    if (StringToLongLong(argv[1], &depth) != OK || depth < 0 || depth > 20) return ReplyWithError(c, not_integer);
    if (depth == 0) return ReplyWithSimpleString(c, "bottom");
    reply *r = Call(c, "w.nest", "El", depth - 1);
    ReplyWithArray(c, 2);
    ReplyWithLongLong(c, depth);
    ReplyWithCallReply(c, r);
    FreeCallReply(r);
    return OK;
}

static int is(const str *s, const char *text) {
    size_t n;
    const char *p = StringPtrLen(s, &n);
    return n == strlen(text) && memcmp(p, text, n) == 0;
}

// The filter of w.via STEPS COMMAND [ARGUMENT ...]: the command, changed by a step for each letter.
static void via(filtered *f) {
    if (CommandFilterArgsCount(f) < 3 || !is(CommandFilterArgGet(f, 0), "w.via")) return;
    size_t n;
    str *steps = CommandFilterArgGet(f, 1);
    RetainString(NULL, steps);
    CommandFilterArgDelete(f, 0);
    CommandFilterArgDelete(f, 0);
    const char *p = StringPtrLen(steps, &n);
    for (size_t i = 0; i < n; i++) {
        int last = CommandFilterArgsCount(f) - 1;
        if (p[i] == 'd' && last > 0) CommandFilterArgDelete(f, last);
        if (p[i] == 'r') CommandFilterArgReplace(f, last, CreateString(NULL, "replaced", 8));
        if (p[i] == 'i') CommandFilterArgInsert(f, last > 1 ? last : 1, CreateString(NULL, "inserted", 8));
        if (p[i] == 'k' && last > 0) {
            str *s = CommandFilterArgGet(f, last);
            RetainString(NULL, s);
            CommandFilterArgDelete(f, last);
            CommandFilterArgInsert(f, 1, s);
        }
    }
    FreeString(NULL, steps);
}

static int cmd_via(ctx *c, str **argv, int argc) {
    (void)argv;
    if (argc < 2) return WrongArity(c);
    return ReplyWithLongLong(c, argc);
}

// Keyspace events since they were last asked for, and whether each gets a job.
static str *heard[1000];
static int n_heard, jobs;

static void hear(str *s) {
    if (n_heard < (int)(sizeof heard / sizeof heard[0])) heard[n_heard++] = s;
}

static void run_job(ctx *c, void *event) { FreeCallReply(Call(c, "APPEND", "!cs", "jobs", event)); }
static void free_job(void *event) { FreeString(NULL, event); }

static int listener(ctx *c, int type, const char *event, str *key) {
    size_t n, m;
    (void)type;
    str *s = CreateString(NULL, event, strlen(event)), *db = CreateStringFromLongLong(NULL, GetSelectedDb(c));
    const char *p = StringPtrLen(key, &n), *q = StringPtrLen(db, &m);
    StringAppendBuffer(NULL, s, " ", 1);
    StringAppendBuffer(NULL, s, p, n);
    StringAppendBuffer(NULL, s, " ", 1);
    StringAppendBuffer(NULL, s, q, m);
    FreeString(NULL, db);
    hear(s);
    if (!jobs || is(key, "jobs")) return OK;
    str *e = CreateString(NULL, event, strlen(event));
    if (AddPostNotificationJob == NULL || AddPostNotificationJob(c, run_job, e, free_job) != OK) {
        FreeString(NULL, e);
        hear(CreateString(NULL, "no job", 6));
    }
    return OK;
}

static int cmd_heard(ctx *c, str **argv, int argc) {
    (void)argv;
    if (argc != 1) return WrongArity(c);
    ReplyWithArray(c, n_heard);
    for (int i = 0; i < n_heard; i++) {
        ReplyWithString(c, heard[i]);
        FreeString(NULL, heard[i]);
    }
    n_heard = 0;
    return OK;
}

static int cmd_jobs(ctx *c, str **argv, int argc) {
    if (argc != 2) return WrongArity(c);
    jobs = is(argv[1], "on");
    return ReplyWithSimpleString(c, "OK");
}

// notify key name: an event of the module's own
static int cmd_notify(ctx *c, str **argv, int argc) {
    size_t n;
    if (argc != 3) return WrongArity(c);
    const char *name = StringPtrLen(argv[2], &n);
    if (n == 0 || memchr(name, 0, n) != NULL) return ReplyWithError(c, refused);
    NotifyKeyspaceEvent(c, NOTIFY_MODULE, name, argv[1]);
    return ReplyWithSimpleString(c, "OK");
}

// later key text: a timer writes it
static long long finished;

static void write_it(ctx *c, void *data) {
    str **pair = data;
    key *k = OpenKey(c, pair[0], READ | WRITE);
    StringSet(k, pair[1]);
    CloseKey(k);
    Replicate(c, "SET", "ss", pair[0], pair[1]);
    FreeString(NULL, pair[0]);
    FreeString(NULL, pair[1]);
    Free(pair);
    finished++;
}

static int cmd_later(ctx *c, str **argv, int argc) {
    if (argc != 3) return WrongArity(c);
    if (GetContextFlags(c) & IN_MULTI) return ReplyWithError(c, refused);
    str **pair = Alloc(2 * sizeof *pair);
    for (int i = 0; i < 2; i++) {
        size_t n;
        const char *p = StringPtrLen(argv[1 + i], &n);
        pair[i] = CreateString(NULL, p, n);
    }
    CreateTimer(c, 0, write_it, pair);
    return ReplyWithSimpleString(c, "OK");
}

static int cmd_done(ctx *c, str **argv, int argc) {
    (void)argv;
    if (argc != 1) return WrongArity(c);
    return ReplyWithLongLong(c, finished);
}

// Configs.

static long long number_of(const char *name, void *data) {
    (void)name;
    return *(long long *)data;
}
static int set_number_of(const char *name, long long v, void *data, str **why) {
    (void)name;
    if (v == 13) {
        *why = CreateString(NULL, "not that", 8);
        return 1;
    }
    *(long long *)data = v;
    return OK;
}
static int int_of(const char *name, void *data) {
    (void)name;
    return *(int *)data;
}
static int set_int_of(const char *name, int v, void *data, str **why) {
    (void)name;
    (void)why;
    *(int *)data = v;
    return OK;
}
static str *text_of(const char *name, void *data) {
    (void)name;
    return *(str **)data;
}
static int set_text_of(const char *name, str *v, void *data, str **why) {
    size_t n;
    (void)name;
    const char *p = StringPtrLen(v, &n);
    if (n > 0 && p[0] == 'c') {
        *why = CreateString(NULL, "begins with c", 13);
        return 1;
    }
    if (*(str **)data != NULL) FreeString(NULL, *(str **)data);
    RetainString(NULL, v);
    *(str **)data = v;
    return OK;
}

static int register_configs(ctx *c) {
    static long long number;
    static int flag, mode;
    static str *text;
    static const char *names[] = {"one", "two", "three"};
    static const int values[] = {1, 2, 4};
    return RegisterNumericConfig(c, "number", 7, 0, -5, 1000, number_of, set_number_of, NULL, &number) != OK ||
           RegisterBoolConfig(c, "flag", 1, 0, int_of, set_int_of, NULL, &flag) != OK ||
           RegisterEnumConfig(c, "mode", 2, 0, names, values, 3, int_of, set_int_of, NULL, &mode) != OK ||
           RegisterStringConfig(c, "text", "default", 0, text_of, set_text_of, NULL, &text) != OK || LoadConfigs(c) != OK;
}

static const struct {
    const char *name;
    handler h;
    const char *flags;
    int key, last, arity;
} commands[] = {
    {"w.set", cmd_set, "write", 1, 1, 3},
    {"w.get", cmd_get, "readonly", 1, 1, 2},
    {"w.cut", cmd_cut, "write", 1, 1, 3},
    {"w.incr", cmd_incr, "write", 1, 1, 3},
    {"w.del", cmd_del, "write", 1, -1, -2},
    {"w.push", cmd_push, "write", 1, 1, -3},
    {"w.pop", cmd_pop, "write", 1, 1, 3},
    {"w.hset", cmd_hset, "write", 1, 1, 4},
    {"w.hdel", cmd_hdel, "write", 1, 1, 3},
    {"w.hget", cmd_hget, "readonly", 1, 1, 3},
    {"w.zadd", cmd_zadd, "write", 1, 1, 4},
    {"w.zrem", cmd_zrem, "write", 1, 1, 3},
    {"w.zrange", cmd_zrange, "readonly", 1, 1, 4},
    {"w.call", cmd_call, "write", 0, 0, -2},
    {"w.reply", cmd_reply, "readonly", 0, 0, 4},
    {"w.nest", cmd_nest, "readonly", 0, 0, 2},
    {"w.zincr", cmd_zincr, "write", 1, 1, 4},
    {"w.zlex", cmd_zlex, "readonly", 1, 1, 4},
    {"w.list", cmd_list, "write", 1, 1, 5},
    {"w.xadd", cmd_xadd, "write", 1, 1, 6},
    {"w.xdel", cmd_xdel, "write", 1, 1, 4},
    {"w.xrange", cmd_xrange, "readonly", 1, 1, 2},
    {"w.expire", cmd_expire, "write", 1, 1, 3},
    {"w.scan", cmd_scan, "readonly", 1, 1, 2},
    {"w.append", cmd_append, "write", 1, 1, 3},
    {"w.notify", cmd_notify, "write", 1, 1, 3},
    {"w.later", cmd_later, "write", 1, 1, 3},
    {"w.via", cmd_via, "write", 0, 0, -2},
    {"w.heard", cmd_heard, "write", 0, 0, 1},
    {"w.jobs", cmd_jobs, "write", 0, 0, 2},
    {"w.done", cmd_done, "readonly", 0, 0, 1},
};

int RedisModule_OnLoad(ctx *c, void **argv, int argc);

int RedisModule_OnLoad(ctx *c, void **argv, int argc) {
    (void)argv;
    (void)argc;
    int (*get_api)(const char *, void *) = *(int (**)(const char *, void *))(void *)c;
#define FIND(ret, name, params) \
    if (get_api("RedisModule_" #name, &name) != OK) return 1;
    API(FIND)
    SetModuleAttribs(c, "twin", 1, 1);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        int key = commands[i].key;
        if (CreateCommand(c, commands[i].name, commands[i].h, commands[i].flags, key, commands[i].last, key) != OK) return 1;
        // So that the server checks it, and a script is told the same.
        static const struct {
            int version;
            size_t history, key_spec, arg;
        } version = {1, 3 * sizeof(char *), 64, 64}; // there are none of these
        const command_info info = {.version = &version, .arity = commands[i].arity};
        if (SetCommandInfo(GetCommand(c, commands[i].name), &info) != OK) return 1;
    }
    get_api("RedisModule_AddPostNotificationJob", &AddPostNotificationJob);
    if (RegisterCommandFilter(c, via, 0) == NULL || SubscribeToKeyspaceEvents(c, NOTIFY_STRING | NOTIFY_MODULE, listener) != OK) return 1;
    return register_configs(c);
}
