// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// A module in C that exports c.add, and by c.call calls what others export. c.fast calls
// sharer.deep, which may come back by c.deep.

#include <stddef.h>
#include <string.h>

typedef struct ctx ctx;
typedef struct str str;

static int (*set_module_attribs)(ctx *c, const char *name, int ver, int apiver);
static int (*create_command)(ctx *c, const char *name, int (*f)(ctx *, str **, int), const char *flags, int, int, int);
static int (*reply_with_long_long)(ctx *c, long long n);
static int (*reply_with_null)(ctx *c);
static const char *(*string_ptr_len)(str *s, size_t *n);
static int (*string_to_long_long)(str *s, long long *n);
static int (*export_shared_api)(ctx *c, const char *name, void *f);
static void *(*get_shared_api)(ctx *c, const char *name);

static long long add(long long a, long long b) { return a + b; }

static long long (*deep)(long long);

static long long c_deep(long long n) { return n <= 0 || !deep ? 0 : deep(n - 1) + 1; }

static int call(ctx *c, str **argv, int argc) {
    size_t n;
    long long w[6] = {0};
    void *f = get_shared_api(c, string_ptr_len(argv[1], &n));
    if (f == NULL) return reply_with_null(c);
    for (int i = 0; i < 6 && i + 2 < argc; i++) string_to_long_long(argv[i + 2], &w[i]);
    if (strcmp(string_ptr_len(argv[1], &n), "sharer.int") == 0) return reply_with_long_long(c, ((int (*)(int))f)((int)w[0]));
    if (strcmp(string_ptr_len(argv[1], &n), "sharer.fail") == 0) return reply_with_long_long(c, ((int (*)(int))f)((int)w[0]));
    if (strcmp(string_ptr_len(argv[1], &n), "sharer.deep") == 0) deep = (long long (*)(long long))f;
    return reply_with_long_long(
        c, ((long long (*)(long long, long long, long long, long long, long long, long long))f)(w[0], w[1], w[2], w[3], w[4], w[5]));
}

int RedisModule_OnLoad(ctx *c, void **argv, int argc) {
    int (*get_api)(const char *, void *) = *(int (**)(const char *, void *))c;
    (void)argv;
    (void)argc;
    get_api("RedisModule_SetModuleAttribs", (void *)&set_module_attribs);
    get_api("RedisModule_CreateCommand", (void *)&create_command);
    get_api("RedisModule_ReplyWithLongLong", (void *)&reply_with_long_long);
    get_api("RedisModule_ReplyWithNull", (void *)&reply_with_null);
    get_api("RedisModule_StringPtrLen", (void *)&string_ptr_len);
    get_api("RedisModule_StringToLongLong", (void *)&string_to_long_long);
    get_api("RedisModule_ExportSharedAPI", (void *)&export_shared_api);
    get_api("RedisModule_GetSharedAPI", (void *)&get_shared_api);
    set_module_attribs(c, "cshared", 1, 1);
    if (export_shared_api(c, "c.add", (void *)add) != 0 || export_shared_api(c, "c.deep", (void *)c_deep) != 0) return 1;
    return create_command(c, "c.call", call, "readonly", 0, 0, 0);
}
