// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux

// Callers that do something wrong, each once, and some that do not: what shows that the host's checks are there.

#include "host.h"

#include <stdlib.h>
#include <string.h>

// api finds a function as modules do.
static void *api(const char *name) {
    const char *n;
    uintptr_t fn;
    for (int i = 0; (fn = ct_host_fn(i, &n)) != 0; i++) {
        if (strcmp(n, name) == 0) return (void *)fn;
    }
    abort();
}
#define API(ret, name, ...) ((ret(*)(__VA_ARGS__))(uintptr_t)api(#name))

static struct str *string(void *c) { return API(struct str *, CreateString, void *, const char *, size_t)(c, "text", 4); }
static void free_string(void *c, struct str *s) { API(void, FreeString, void *, struct str *)(c, s); }
static void ok(void *c) { API(int, ReplyWithSimpleString, void *, const char *)(c, "OK"); }
static void array(void *c, long n) { API(int, ReplyWithArray, void *, long)(c, n); }
static void set_array(void *c, long n) { API(void, ReplySetArrayLength, void *, long)(c, n); }
static char *memory(size_t n) { return API(char *, Alloc, size_t)(n); }
static void free_memory(void *p) { API(void, Free, void *)(p); }
static void *call(void *c) { return API(void *, Call, void *, const char *, const char *, ...)(c, "PING", ""); }
static void free_reply(void *r) { API(void, FreeCallReply, void *)(r); }
static void *key(void *c, struct str *name, int mode) { return API(void *, OpenKey, void *, struct str *, int)(c, name, mode); }
static void close_key(void *k) { API(void, CloseKey, void *)(k); }
static void *block(void *c, long long ms) {
    return API(void *, BlockClient, void *, void *, void *, void *, long long)(c, NULL, NULL, NULL, ms);
}
static void unblock(void *b) { API(int, UnblockClient, void *, void *)(b, NULL); }
static void *detached(void *c) { return API(void *, GetDetachedThreadSafeContext, void *)(c); }
static void free_context(void *c) { API(void, FreeThreadSafeContext, void *)(c); }

// Replies.
static void nothing(void *c) { (void)c; }
static void right(void *c) { ok(c); }
static void right_nested(void *c) {
    array(c, HOST_POSTPONED);
    API(int, ReplyWithMap, void *, long)(c, 1);
    ok(c);
    array(c, 0);
    set_array(c, 1);
}
static void twice(void *c) { ok(c), ok(c); }
static void no_length(void *c) { array(c, HOST_POSTPONED), ok(c); }
static void too_short(void *c) { array(c, 2), ok(c); }
static void too_long(void *c) { array(c, 1), ok(c), ok(c); }
static void half_a_pair(void *c) { API(int, ReplyWithMap, void *, long)(c, 1), ok(c); }
static void length_of_nothing(void *c) { ok(c), set_array(c, 1); }
static void length_below_zero(void *c) { array(c, HOST_POSTPONED), set_array(c, -3); }
static void other_kind(void *c) { API(int, ReplyWithMap, void *, long)(c, HOST_POSTPONED), set_array(c, 0); }
static void below_zero(void *c) { array(c, -5); }
static void too_deep(void *c) {
    for (int i = 0; i < 257; i++) array(c, HOST_POSTPONED);
}
static void two_lines(void *c) { API(int, ReplyWithSimpleString, void *, const char *)(c, "a\nb"); }
static void error_lines(void *c) { API(int, ReplyWithError, void *, const char *)(c, "ERR a\rb"); }
static void big_lines(void *c) { API(int, ReplyWithBigNumber, void *, const char *, size_t)(c, "1\n2", 3); }
static void no_bytes(void *c) { API(int, ReplyWithStringBuffer, void *, const char *, size_t)(c, NULL, 5); }
static void odd_format(void *c) { API(int, ReplyWithVerbatimStringType, void *, const char *, size_t, const char *)(c, "a", 1, "text"); }
static void dead_string(void *c) {
    struct str *s = string(c);
    free_string(c, s);
    API(int, ReplyWithString, void *, struct str *)(c, s);
}
static void dead_reply(void *c) {
    void *r = call(c);
    free_reply(r);
    API(int, ReplyWithCallReply, void *, void *)(c, r);
}

// Strings and memory. What replies does so first, so that it is not about that.
static void right_strings(void *c) {
    ok(c);
    struct str *s = string(c);
    API(void, RetainString, void *, struct str *)(c, s);
    free_string(c, s), free_string(c, s);
    char *p = memory(10);
    memset(p, 1, 10);
    free_memory(API(void *, Realloc, void *, size_t)(p, 20));
}
static void string_twice(void *c) {
    ok(c);
    struct str *s = string(c);
    free_string(c, s), free_string(c, s);
}
static void string_after(void *c) {
    ok(c);
    struct str *s = string(c);
    free_string(c, s);
    API(const char *, StringPtrLen, struct str *, size_t *)(s, NULL);
}
static void string_of_nothing(void *c) { ok(c), free_string(c, API(struct str *, CreateString, void *, const char *, size_t)(c, NULL, 0)), API(struct str *, CreateStringFromString, void *, void *)(c, NULL); }
static void string_bytes(void *c) { ok(c), free_string(c, API(struct str *, CreateString, void *, const char *, size_t)(c, NULL, 7)); }
static void auto_twice(void *c) {
    ok(c);
    API(void, AutoMemory, void *)(c);
    struct str *s = string(c);
    free_string(NULL, s); // the context still has it
}
static void not_a_string(void *c) {
    ok(c);
    void *r = call(c);
    API(const char *, StringPtrLen, void *, size_t *)(r, NULL);
    free_reply(r);
}
static void memory_twice(void *c) {
    ok(c);
    char *p = memory(8);
    free_memory(p), free_memory(p);
}
static void memory_behind(void *c) {
    ok(c);
    char *p = memory(8);
    p[8] = 1;
    free_memory(p);
}
static void memory_before(void *c) {
    ok(c);
    char *p = memory(8);
    p[-1] ^= 1;
    free_memory(p);
}
static void memory_again(void *c) {
    ok(c);
    char *p = memory(8);
    free_memory(p);
    API(void *, Realloc, void *, size_t)(p, 16);
}

// Keys.
static void right_keys(void *c) {
    ok(c);
    struct str *name = string(c);
    void *k = key(c, name, 2);
    API(int, StringSet, void *, struct str *)(k, name);
    API(int, DeleteKey, void *)(k);
    close_key(k);
    free_string(c, name);
}
static void key_twice(void *c) {
    ok(c);
    struct str *name = string(c);
    void *k = key(c, name, 2);
    close_key(k), close_key(k);
    free_string(c, name);
}
static void key_after(void *c) {
    ok(c);
    struct str *name = string(c);
    void *k = key(c, name, 2);
    close_key(k);
    API(int, KeyType, void *)(k);
    free_string(c, name);
}
static void key_mode(void *c) {
    ok(c);
    struct str *name = string(c);
    close_key(key(c, name, 1 << 10));
    free_string(c, name);
}
static void key_of_dead(void *c) {
    ok(c);
    struct str *name = string(c);
    free_string(c, name);
    key(c, name, 1);
}
static void no_value(void *c) {
    ok(c);
    struct str *name = string(c);
    void *k = key(c, name, 2);
    API(int, ModuleTypeSetValue, void *, void *, void *)(k, &no_value, NULL);
    close_key(k);
    free_string(c, name);
}

static void expire_late(void *c) {
    ok(c);
    struct str *name = string(c);
    void *k = key(c, name, 2);
    ct_host_time(1000);
    API(int, StringSet, void *, struct str *)(k, name);
    API(int, SetExpire, void *, long long)(k, INT64_MAX - 1000);
    API(int, SetExpire, void *, long long)(k, INT64_MAX - 999);
    close_key(k);
    free_string(c, name);
}

// Dictionaries.
static void *dict(void) { return API(void *, CreateDict, void *)(NULL); }
static void free_dict(void *d) { API(void, FreeDict, void *, void *)(NULL, d); }
static int dict_set(void *d, const char *key) { return API(int, DictSetC, void *, const char *, size_t, void *)(d, key, strlen(key), NULL); }
static void *iterator(void *d, const char *op) { return API(void *, DictIteratorStartC, void *, const char *, const char *, size_t)(d, op, "b", 1); }
static const char *dict_next(void *it) { return API(const char *, DictNextC, void *, size_t *, void **)(it, NULL, NULL); }
static int dict_is(void *it, const char *op) { return API(int, DictCompareC, void *, const char *, const char *, size_t)(it, op, "b", 1) == HOST_OK; }
static void stop(void *it) { API(void, DictIteratorStop, void *)(it); }
static void right_dict(void *c) {
    static const struct {
        const char *op;
        int first, steps;
    } ways[] = {{"^", 'a', 3}, {"$", 'c', 1}, {"==", 'b', 2}, {">=", 'b', 2}, {">", 'c', 1}, {"<=", 'b', 2}, {"<", 'a', 3}};
    void *d = dict();
    ok(c), dict_set(d, "c"), dict_set(d, "a"), dict_set(d, "b"), dict_set(d, "b");
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        void *it = iterator(d, ways[i].op);
        const char *key;
        int n = 0;
        for (; (key = dict_next(it)) != NULL; n++) {
            if (n == 0 && (*key != ways[i].first || dict_is(it, "<=") != (*key <= 'b') || dict_is(it, ">") != (*key > 'b'))) abort();
        }
        if (n != ways[i].steps || dict_is(it, ">=")) abort();
        stop(it);
    }
    free_dict(d);
}
static void dict_twice(void *c) {
    ok(c);
    void *d = dict();
    free_dict(d), free_dict(d);
}
static void dict_after(void *c) {
    ok(c);
    void *d = dict();
    free_dict(d), dict_set(d, "a");
}
static void dict_bytes(void *c) {
    ok(c);
    void *d = dict();
    API(int, DictSetC, void *, const char *, size_t, void *)(d, NULL, 3, NULL);
    free_dict(d);
}
static void iterator_op(void *c) {
    ok(c);
    void *d = dict();
    stop(iterator(d, "!="));
    free_dict(d);
}
static void iterator_twice(void *c) {
    ok(c);
    void *d = dict(), *it = iterator(d, "^");
    stop(it), stop(it), free_dict(d);
}
static void iterator_after(void *c) {
    ok(c);
    void *d = dict(), *it = iterator(d, "^");
    stop(it), dict_next(it), free_dict(d);
}
static void iterator_after_dict(void *c) {
    ok(c);
    void *d = dict(), *it = iterator(d, "^");
    free_dict(d), dict_next(it), stop(it);
}
static void iterator_seek_after_dict(void *c) {
    ok(c);
    void *d = dict(), *it = iterator(d, "^");
    free_dict(d), API(int, DictIteratorReseekC, void *, const char *, const char *, size_t)(it, "^", "", 0), stop(it);
}
static void dict_changed(void *c) {
    ok(c);
    void *d = dict(), *it = iterator(d, "^");
    dict_set(d, "a"), dict_next(it), stop(it), free_dict(d);
}
static void dict_compared(void *c) {
    ok(c);
    void *d = dict();
    dict_set(d, "a");
    void *it = iterator(d, "^");
    dict_set(d, "b"), dict_is(it, "=="), stop(it), free_dict(d);
}

// Scans.
static void *cursor(void) { return API(void *, ScanCursorCreate, void)(); }
static void destroy(void *c) { API(void, ScanCursorDestroy, void *)(c); }
static void *scan_cursor; // the function's
typedef void (*scan_fn)(void *c, struct str *name, void *k, void *data);
static void scan_with(void *c, scan_fn fn) {
    struct str *name = string(c);
    void *k = key(c, name, 2);
    API(int, StringSet, void *, struct str *)(k, name);
    close_key(k);
    scan_cursor = cursor();
    while (API(int, Scan, void *, void *, scan_fn, void *)(c, scan_cursor, fn, c)) ;
    if (API(int, Scan, void *, void *, scan_fn, void *)(c, scan_cursor, fn, c)) abort(); // it is over
    destroy(scan_cursor);
    free_string(c, name);
}
static void scan_close_key(void *k, struct str *field, void *value, void *data);
static void scan_key_with(void *c, scan_fn fn) {
    struct str *name = string(c);
    ct_host_put(0, KEY_SET, "\4\0\0\0text\1\0\0\0a\1\0\0\0b", 3);
    void *k = key(c, name, 1);
    scan_cursor = cursor();
    while (API(int, ScanKey, void *, void *, scan_fn, void *)(k, scan_cursor, fn, c)) ;
    destroy(scan_cursor);
    if (fn != scan_close_key) close_key(k);
    API(int, DeleteKey, void *)(k = key(c, name, 2));
    close_key(k);
    free_string(c, name);
}
static void scan_delete(void *c, struct str *name, void *k, void *data) { // its own key
    (void)c, (void)k;
    void *again = key(data, name, 2);
    API(int, DeleteKey, void *)(again);
    close_key(again);
}
static void scan_close(void *c, struct str *name, void *k, void *data) {
    (void)c, (void)name, (void)data;
    if (k == NULL) abort();
    close_key(k);
}
static void scan_add(void *c, struct str *name, void *k, void *data) {
    (void)c, (void)k;
    struct str *other = API(struct str *, CreateString, void *, const char *, size_t)(data, "other", 5);
    void *added = key(data, other, 2);
    API(int, StringSet, void *, struct str *)(added, name);
    close_key(added);
    free_string(data, other);
}
static void scan_destroy(void *c, struct str *name, void *k, void *data) {
    (void)c, (void)name, (void)k, (void)data;
    destroy(scan_cursor);
}
static void scan_close_key(void *k, struct str *field, void *value, void *data) {
    (void)field, (void)value, (void)data;
    close_key(k);
}
static void scan_nothing(void *k, struct str *field, void *value, void *data) { (void)k, (void)field, (void)value, (void)data; }
static void right_scan(void *c) { ok(c), scan_with(c, scan_delete); }
static void right_scan_key(void *c) { ok(c), scan_key_with(c, scan_nothing); }
static void close_scanned(void *c) { ok(c), scan_with(c, scan_close); }
static void add_in_scan(void *c) { ok(c), scan_with(c, scan_add); }
static void cursor_in_scan(void *c) { ok(c), scan_with(c, scan_destroy); }
static void close_in_scan_key(void *c) { ok(c), scan_key_with(c, scan_close_key); }
static void cursor_twice(void *c) {
    ok(c);
    void *s = cursor();
    destroy(s), destroy(s);
}
static void cursor_after(void *c) {
    ok(c);
    void *s = cursor();
    destroy(s), API(int, Scan, void *, void *, scan_fn, void *)(c, s, scan_close, NULL);
}
static void restart_after(void *c) {
    ok(c);
    void *s = cursor();
    destroy(s), API(void, ScanCursorRestart, void *)(s);
}

// Calls.
static void right_call(void *c) { ok(c), free_reply(call(c)); }
static void reply_twice(void *c) {
    ok(c);
    void *r = call(c);
    free_reply(r), free_reply(r);
}
static void reply_after(void *c) {
    ok(c);
    void *r = call(c);
    free_reply(r);
    API(int, CallReplyType, void *)(r);
}
static void call_format(void *c) { ok(c), free_reply(API(void *, Call, void *, const char *, const char *, ...)(c, "PING", "z")); }
static void call_bytes(void *c) { ok(c), free_reply(API(void *, Call, void *, const char *, const char *, ...)(c, "ECHO", "b", (char *)NULL, (size_t)3)); }
static void call_dead(void *c) {
    ok(c);
    struct str *s = string(c);
    free_string(c, s);
    free_reply(API(void *, Call, void *, const char *, const char *, ...)(c, "ECHO", "s", s));
}
static void replicate_nothing(void *c) { ok(c), API(int, Replicate, void *, const char *, const char *, ...)(c, NULL, ""); }

// Contexts and blocked clients.
static void right_context(void *c) { ok(c), free_context(detached(c)); }
static void context_twice(void *c) {
    ok(c);
    void *t = detached(c);
    free_context(t), free_context(t);
}
static void context_after(void *c) {
    ok(c);
    void *t = detached(c);
    free_context(t);
    API(void, AutoMemory, void *)(t);
}
static void not_its_context(void *c) { ok(c), free_context(c); }
static void block_nobody(void *c) {
    ok(c);
    void *t = detached(c);
    block(t, 0);
    free_context(t);
}
static void block_before(void *c) {
    ok(c);
    API(int, AbortBlock, void *)(block(c, -1));
}
static void unblock_twice(void *c) {
    void *b = block(c, 0);
    unblock(b), unblock(b);
}
static void abort_late(void *c) {
    void *b = block(c, 0);
    unblock(b);
    API(int, AbortBlock, void *)(b);
}

// What belongs to a load.
static void keys_below(void *c) { ok(c), API(int, CreateCommand, void *, const char *, void *, const char *, int, int, int)(c, "", NULL, "", -1, 0, 0); }
static void keys_back(void *c) { ok(c), API(int, CreateCommand, void *, const char *, void *, const char *, int, int, int)(c, "wrong.back", NULL, "", 3, 0, 1); }
static void sub_of_none(void *c) { ok(c), API(int, CreateSubcommand, void *, const char *, void *, const char *, int, int, int)(NULL, "sub", NULL, "", 0, 0, 0); }
static void categories_of_none(void *c) { ok(c), API(int, SetCommandACLCategories, void *, const char *)(NULL, "fast"); }
static void no_context(void *c) { ok(c), API(int, CreateCommand, void *, const char *, void *, const char *, int, int, int)(NULL, " ", NULL, "", 0, 0, 0); }
static void type_name(void *c) {
    uint64_t methods[19] = {1};
    ok(c), API(void *, CreateDataType, void *, const char *, int, void *)(c, "short", 0, methods);
}
static void info_of_none(void *c) { ok(c), API(int, SetCommandInfo, void *, void *)(NULL, NULL); }
static void info_with(void *c, const struct key_spec *k) {
    static const struct {
        int version;
        size_t history, key_spec, arg;
    } version = {1, sizeof(struct history), sizeof(struct key_spec), sizeof(struct arg)};
    struct key_spec specs[2] = {*k, {0}};
    struct info info = {.version = (const void *)&version, .arity = -1, .key_specs = specs};
    ok(c), API(int, CreateCommand, void *, const char *, void *, const char *, int, int, int)(c, "wrong.keys", NULL, "", 0, 0, 0);
    API(int, SetCommandInfo, void *, void *)(API(void *, GetCommand, void *, const char *)(c, "wrong.keys"), &info);
}
static void info_index(void *c) { info_with(c, &(struct key_spec){.begin = 2, .b.index = 0, .find = 1}); }
static void info_keyword(void *c) { info_with(c, &(struct key_spec){.begin = 3, .b.word = {"", 1}, .find = 1}); }
static void info_step(void *c) { info_with(c, &(struct key_spec){.begin = 1, .find = 2, .f = {1, 0, 0}}); }
static void info_limit(void *c) { info_with(c, &(struct key_spec){.begin = 1, .find = 2, .f = {-2, 1, 2}}); }
static void info_number(void *c) { info_with(c, &(struct key_spec){.begin = 1, .find = 3, .f = {1, 1, 1}}); }
static void right_info(void *c) { info_with(c, &(struct key_spec){.begin = 3, .b.word = {"word", -2}, .find = 3, .f = {0, 1, 2}}); }
static void attribs(void *c) { ok(c), API(void, SetModuleAttribs, void *, const char *, int, int)(c, "", 1, 1); }
static void io_after(void *c) { ok(c), API(uint64_t, LoadUnsigned, void *)(NULL); }

// What stays alive is no fault: the test counts it.
static void leak_string(void *c) { ok(c), string(c); }
static void leak_memory(void *c) { ok(c), memory(3); }
static void leak_reply(void *c) { ok(c), call(c); }
static void leak_context(void *c) { ok(c), detached(c); }
static void leak_dict(void *c) { ok(c), dict(); }
static void leak_iterator(void *c) {
    ok(c);
    void *d = dict();
    iterator(d, "^");
    free_dict(d);
}
static void leak_cursor(void *c) { ok(c), cursor(); }
static void leak_key(void *c) {
    ok(c);
    struct str *name = string(c);
    key(c, name, 2);
    free_string(c, name);
}

static const struct {
    const char *name;
    void (*fn)(void *c);
    const char *fault;
} wrong[] = {
#define WRONG(fn, fault) {#fn, fn, fault}
    WRONG(right, ""), WRONG(right_nested, ""), WRONG(right_strings, ""), WRONG(right_keys, ""), WRONG(right_call, ""), WRONG(right_context, ""),
    WRONG(nothing, "wrong: no reply"), WRONG(twice, "wrong: 2 replies"), WRONG(no_length, "wrong: 1 aggregates without a length"),
    WRONG(too_short, "wrong: the reply is not whole"), WRONG(too_long, "wrong: 2 replies"), WRONG(half_a_pair, "wrong: the reply is not whole"),
    WRONG(length_of_nothing, "ReplySetArrayLength: 1, and 0 aggregates wait"), WRONG(length_below_zero, "ReplySetArrayLength: -3"),
    WRONG(other_kind, "ReplySetArrayLength: the aggregate is of another kind"), WRONG(below_zero, "ReplyWithArray: -5 elements"),
    WRONG(too_deep, "ReplyWithArray: too deep"), WRONG(two_lines, "ReplyWithSimpleString: the text breaks the line"),
    WRONG(error_lines, "ReplyWithError: the text breaks the line"), WRONG(big_lines, "ReplyWithBigNumber: the text breaks the line"),
    WRONG(no_bytes, "a reply of 5 bytes that are not there"), WRONG(odd_format, "ReplyWithVerbatimStringType: the format has 4 bytes"),
    WRONG(dead_string, "ReplyWithString: the string is dead"), WRONG(dead_reply, "ReplyWithCallReply: the reply is dead"),
    WRONG(string_twice, "FreeString: the string is dead"), WRONG(string_after, "StringPtrLen: the string is dead"),
    WRONG(string_of_nothing, "CreateStringFromString: (nil) is no string"), WRONG(string_bytes, "CreateString: no memory, and 7 bytes"), WRONG(auto_twice, "FreeString: the string is dead"),
    WRONG(not_a_string, "StringPtrLen: the string is none"), WRONG(memory_twice, "Free: the memory is dead"),
    WRONG(memory_behind, "Free: written outside of the memory"), WRONG(memory_before, "Free: written outside of the memory"),
    WRONG(memory_again, "Realloc: the memory is dead"), WRONG(key_twice, "CloseKey: the key is dead"), WRONG(key_after, "KeyType: the key is dead"),
    WRONG(key_mode, "OpenKey: the mode 0x400"), WRONG(key_of_dead, "OpenKey: the string is dead"), WRONG(no_value, "ModuleTypeSetValue: no type or value"), WRONG(expire_late, "SetExpire: 9223372036854774808 ms"),
    WRONG(right_dict, ""), WRONG(dict_twice, "FreeDict: the dictionary is dead"), WRONG(dict_after, "DictSetC: the dictionary is dead"),
    WRONG(dict_bytes, "DictSetC: a key of 3 bytes that are not there"), WRONG(iterator_op, "DictIteratorStart: the operator !="),
    WRONG(iterator_twice, "DictIteratorStop: the iterator is dead"), WRONG(iterator_after, "DictNextC: the iterator is dead"),
    WRONG(iterator_after_dict, "DictNextC: the dictionary is dead"), WRONG(iterator_seek_after_dict, "DictIteratorReseek: the dictionary is dead"),
    WRONG(dict_changed, "DictNextC: the dictionary has changed"), WRONG(dict_compared, "DictCompare: the dictionary has changed"),
    WRONG(right_scan, ""), WRONG(right_scan_key, ""), WRONG(close_scanned, "CloseKey: the key is a scan's"), WRONG(add_in_scan, "Scan: its function adds or deletes"),
    WRONG(cursor_in_scan, "ScanCursorDestroy: the cursor is in use"), WRONG(close_in_scan_key, "ScanKey: the key is dead"),
    WRONG(cursor_twice, "ScanCursorDestroy: the cursor is dead"), WRONG(cursor_after, "Scan: the cursor is dead"),
    WRONG(restart_after, "ScanCursorRestart: the cursor is dead"),
    WRONG(reply_twice, "FreeCallReply: the reply is dead"), WRONG(reply_after, "CallReplyType: the reply is dead"), WRONG(call_format, "Call: the format z"),
    WRONG(call_bytes, "Call: 3 bytes that are not there"), WRONG(call_dead, "Call: the string is dead"), WRONG(replicate_nothing, "Replicate: no command"),
    WRONG(context_twice, "FreeThreadSafeContext: the context is dead"), WRONG(context_after, "AutoMemory: the context is dead"),
    WRONG(not_its_context, "FreeThreadSafeContext: the context is a callback's"), WRONG(block_nobody, "BlockClient: no client"),
    WRONG(block_before, "BlockClient: -1 ms"), WRONG(unblock_twice, "UnblockClient: a second time"), WRONG(abort_late, "AbortBlock: the client is not blocked any more"),
    WRONG(keys_below, "CreateCommand: keys -1 0 0"), WRONG(keys_back, "CreateCommand: keys 3 0 1"), WRONG(sub_of_none, "CreateSubcommand: no command"),
    WRONG(categories_of_none, "SetCommandACLCategories: no command"), WRONG(no_context, "CreateCommand: outside of a load"), WRONG(type_name, "CreateDataType: short"),
    WRONG(info_of_none, "SetCommandInfo: no command"), WRONG(right_info, ""), WRONG(info_index, "SetCommandInfo: keys from argument 0 on"),
    WRONG(info_keyword, "SetCommandInfo: a keyword from argument 1 on"), WRONG(info_step, "SetCommandInfo: keys up to 1, step 0, limit 0"),
    WRONG(info_limit, "SetCommandInfo: keys up to -2, step 1, limit 2"), WRONG(info_number, "SetCommandInfo: the number 1 of keys, the first 1, step 1"),
    WRONG(attribs, "SetModuleAttribs"), WRONG(io_after, "LoadUnsigned: (nil) is no RDB file"),
    WRONG(leak_string, "1 string"), WRONG(leak_memory, "1 memory"), WRONG(leak_reply, "1 reply"), WRONG(leak_context, "1 context"), WRONG(leak_dict, "1 dictionary"), WRONG(leak_iterator, "1 iterator"), WRONG(leak_cursor, "1 cursor"), WRONG(leak_key, "1 string, 1 key"),
};

const char *ct_host_wrong(int i, const char **fault) {
    if (i < 0 || (size_t)i >= sizeof wrong / sizeof wrong[0]) return NULL;
    *fault = wrong[i].fault;
    return wrong[i].name;
}

static word run_wrong(struct ctx *c, struct str **argv, int argc);
static word at;

static word run_wrong(struct ctx *c, struct str **argv, int argc) {
    (void)argv, (void)argc;
    wrong[at].fn(c);
    return HOST_OK;
}

word ct_host_run_wrong(word i) {
    struct host_command cmd = {.name = (char *)(uintptr_t)"wrong", .fn = run_wrong};
    struct client *cl = calloc(1, sizeof *cl); // a blocked one stays until its end
    if (cl == NULL) abort();
    cl->resp = 3;
    at = i;
    host_blocked_client = NULL;
    host_run_command(&cmd, cl, NULL, 0);
    if (host_blocked_client == cl) return 0;
    ct_buf_free(&cl->out);
    free(cl);
    return 0;
}
