// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// The C half of internal/testmod/twinmod: the same commands with the same replies, data,
// replication and errors. It needs no header of the server.

#include <stddef.h>
#include <string.h>

typedef struct ctx ctx;
typedef struct str str;
typedef struct key key;
typedef struct reply reply;
typedef int (*handler)(ctx *c, str **argv, int argc);

enum { OK = 0, READ = 1, WRITE = 2, HEAD = 0, TAIL = 1, STRING = 1, LIST = 2, HASH = 3, ZSET = 5, POSTPONED = -1 };

#define API(X) \
    X(int, CreateCommand, (ctx *, const char *, handler, const char *, int, int, int)) \
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
    X(void, ZsetRangeStop, (key *))

#define DECLARE(ret, name, params) static ret(*name) params;
API(DECLARE)

static const char wrong_type[] = "WRONGTYPE Operation against a key holding the wrong kind of value";
static const char not_integer[] = "ERR value is not an integer or out of range";
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

static const struct {
    const char *name;
    handler h;
    const char *flags;
    int key, last;
} commands[] = {
    {"w.set", cmd_set, "write", 1, 1},   {"w.get", cmd_get, "readonly", 1, 1}, {"w.cut", cmd_cut, "write", 1, 1},
    {"w.incr", cmd_incr, "write", 1, 1}, {"w.del", cmd_del, "write", 1, -1},   {"w.push", cmd_push, "write", 1, 1},
    {"w.pop", cmd_pop, "write", 1, 1},   {"w.hset", cmd_hset, "write", 1, 1},  {"w.hdel", cmd_hdel, "write", 1, 1},
    {"w.hget", cmd_hget, "readonly", 1, 1}, {"w.zadd", cmd_zadd, "write", 1, 1}, {"w.zrem", cmd_zrem, "write", 1, 1},
    {"w.zrange", cmd_zrange, "readonly", 1, 1}, {"w.call", cmd_call, "write", 0, 0}, {"w.reply", cmd_reply, "readonly", 0, 0},
    {"w.nest", cmd_nest, "readonly", 0, 0},
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
    }
    return OK;
}
