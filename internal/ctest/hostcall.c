// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux

// The host's calls. A call parses its format as the server does and is noted; the answer is
// what the test has put down, or that of a command of the module, which runs nested.

#include "host.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ct_buf answer; // RESP
static int answer_errno, answered;
static struct ct_buf calls; // a line of the format's flags, then each argument with its length

void ct_host_answer(const char *p, size_t n, int err) {
    ct_buf_free(&answer);
    ct_buf_free(&calls);
    answered = p != NULL || err != 0;
    if (p != NULL) ct_buf_add(&answer, p, n);
    answer_errno = err;
}

void ct_host_calls(struct ct_buf *to) {
    *to = calls;
    calls = (struct ct_buf){0};
}

// A reply: the outermost owns the bytes and all replies in it.
enum {
    UNKNOWN = -1, STRING, ERROR, INTEGER, ARRAY, NIL, MAP, SET, BOOL, DOUBLE, BIG, VERBATIM, ATTRIBUTE
};
struct reply {
    struct obj o;
    int type, resp3;
    struct ctx *ctx; // of the outermost
    struct reply *parent, *attribute;
    const char *proto, *text;
    size_t proto_len, len; // elements, of a map pairs
    long long n;
    double f;
    struct reply **elements;
    struct ct_buf owned;
};

static const char *parse(struct reply *r, const char *p, const char *end, int depth);

static struct reply *child(struct reply *parent, const char **p, const char *end, int depth) {
    struct reply *r = host_new(HOST_REPLY, sizeof *r);
    r->parent = parent;
    r->type = UNKNOWN;
    if (*p != NULL) *p = parse(r, *p, end, depth);
    parent->resp3 |= r->resp3;
    return r;
}

// parse reads one reply and returns where it ends, NULL when there is none: then it and what
// comes after it in the same reply is of unknown type.
static const char *parse(struct reply *r, const char *p, const char *end, int depth) {
    const char *start = p, *line, *stop;
    char *after;
    r->type = UNKNOWN;
    r->proto = start;
    if (p >= end || depth > 200 || (stop = memchr(p, '\r', (size_t)(end - p))) == NULL || stop + 2 > end || stop[1] != '\n') return NULL;
    line = p + 1;
    p = stop + 2;
    long long n = strtoll(line, &after, 10);
    int is_number = after == stop && after > line;
    switch (*start) {
    case '+':
    case '-':
        r->type = *start == '+' ? STRING : ERROR;
        r->text = line;
        r->len = (size_t)(stop - line);
        break;
    case ':':
        if (!is_number) return NULL;
        r->type = INTEGER;
        r->n = n;
        break;
    case '_':
        r->type = NIL;
        r->resp3 = 1;
        break;
    case '#':
        r->type = BOOL;
        r->n = *line == 't';
        r->resp3 = 1;
        break;
    case ',':
        r->type = DOUBLE;
        r->f = strtod(line, NULL);
        r->resp3 = 1;
        break;
    case '(':
        r->type = BIG;
        r->text = line;
        r->len = (size_t)(stop - line);
        r->resp3 = 1;
        break;
    case '$':
    case '=':
        if (is_number && n == -1 && *start == '$') {
            r->type = NIL;
            break;
        }
        if (!is_number || n < 0 || n > end - p - 2 || memcmp(p + n, "\r\n", 2) != 0 || (*start == '=' && (n < 4 || p[3] != ':'))) return NULL;
        r->type = *start == '$' ? STRING : VERBATIM;
        r->text = p;
        r->len = (size_t)n;
        r->resp3 |= *start == '=';
        p += n + 2;
        break;
    case '*':
    case '~':
    case '%':
    case '|':
        if (is_number && n == -1 && *start == '*') {
            r->type = NIL;
            break;
        }
        if (!is_number || n < 0 || n > end - p) return NULL;
        r->resp3 |= *start != '*';
        if (*start == '|' && r->attribute != NULL) return NULL; // a server would forget the first one
        if (*start == '|') {
            struct reply *a = host_new(HOST_REPLY, sizeof *a);
            a->parent = r;
            a->type = ATTRIBUTE;
            a->proto = start;
            a->len = (size_t)n;
            a->elements = calloc(2 * (size_t)n + 1, sizeof *a->elements);
            for (long long i = 0; i < 2 * n; i++) a->elements[i] = child(a, &p, end, depth + 1);
            r->attribute = a;
            if (p == NULL) return NULL;
            a->proto_len = (size_t)(p - start);
            p = parse(r, p, end, depth + 1);
            r->proto = start;
            r->resp3 = 1;
            if (p != NULL) r->proto_len = (size_t)(p - start);
            return p;
        }
        r->type = *start == '*' ? ARRAY : *start == '~' ? SET : MAP;
        r->len = (size_t)n;
        if (*start == '%') n *= 2;
        r->elements = calloc((size_t)n + 1, sizeof *r->elements);
        for (long long i = 0; i < n; i++) r->elements[i] = child(r, &p, end, depth + 1);
        if (p == NULL) return NULL;
        break;
    default:
        return NULL;
    }
    r->proto_len = (size_t)(p - start);
    return p;
}

static void drop(struct reply *r) {
    if (r == NULL) return;
    size_t n = r->type == MAP || r->type == ATTRIBUTE ? 2 * r->len : r->len;
    for (size_t i = 0; r->elements != NULL && i < n; i++) drop(r->elements[i]);
    drop(r->attribute);
    free(r->elements);
    if (r->owned.p != NULL) memset(r->owned.p, 0xdd, r->owned.len);
    ct_buf_free(&r->owned);
    r->text = r->proto = NULL;
    host_end(r);
}

void host_reply_free(void *p) { drop(p); }

static void free_reply(struct reply *r) {
    if (!host_live(r, HOST_REPLY, "FreeCallReply")) return;
    if (r->parent != NULL) return; // as the server: nested ones are its own
    host_unauto(r->ctx, HOST_REPLY, r);
    drop(r);
}

static struct reply *is(struct reply *r, const char *who) { return host_live(r, HOST_REPLY, who) ? r : NULL; }

static int reply_type(struct reply *r) { return r == NULL || is(r, "CallReplyType") == NULL ? UNKNOWN : r->type; }

static size_t reply_length(struct reply *r) {
    if (is(r, "CallReplyLength") == NULL) return 0;
    switch (r->type) {
    case STRING:
    case ERROR:
    case ARRAY:
    case SET:
    case MAP:
    case ATTRIBUTE:
        return r->len;
    }
    return 0;
}

static long long reply_integer(struct reply *r) { return is(r, "CallReplyInteger") && r->type == INTEGER ? r->n : -9223372036854775807ll - 1; }
static double reply_double(struct reply *r) { return is(r, "CallReplyDouble") && r->type == DOUBLE ? r->f : -9223372036854775808.0; }
static int reply_bool(struct reply *r) { return is(r, "CallReplyBool") && r->type == BOOL ? (int)r->n : -2147483647 - 1; }

static const char *text_of(struct reply *r, size_t *n, int a, int b) {
    if (r == NULL || (r->type != a && r->type != b)) return NULL;
    if (n != NULL) *n = r->len;
    return r->text;
}
static const char *reply_string(struct reply *r, size_t *n) { return text_of(is(r, "CallReplyStringPtr"), n, STRING, ERROR); }
static const char *reply_big(struct reply *r, size_t *n) { return text_of(is(r, "CallReplyBigNumber"), n, BIG, BIG); }
static const char *reply_verbatim(struct reply *r, size_t *n, const char **format) {
    const char *p = text_of(is(r, "CallReplyVerbatim"), n, VERBATIM, VERBATIM);
    if (p == NULL) return NULL;
    if (n != NULL) *n -= 4;
    if (format != NULL) *format = p;
    return p + 4;
}

static const char *reply_proto(struct reply *r, size_t *n) {
    if (is(r, "CallReplyProto") == NULL) return NULL;
    *n = r->proto_len;
    return r->proto;
}

static struct reply *element(struct reply *r, size_t i, int type, const char *who) {
    return is(r, who) != NULL && r->type == type && i < r->len ? r->elements[i] : NULL;
}
static struct reply *array_element(struct reply *r, size_t i) { return element(r, i, ARRAY, "CallReplyArrayElement"); }
static struct reply *set_element(struct reply *r, size_t i) { return element(r, i, SET, "CallReplySetElement"); }

static int pair(struct reply *r, size_t i, struct reply **k, struct reply **v, int type, const char *who) {
    if (is(r, who) == NULL || r->type != type || i >= r->len) return HOST_ERR;
    if (k != NULL) *k = r->elements[2 * i];
    if (v != NULL) *v = r->elements[2 * i + 1];
    return HOST_OK;
}
static int map_element(struct reply *r, size_t i, struct reply **k, struct reply **v) { return pair(r, i, k, v, MAP, "CallReplyMapElement"); }
static int attribute_element(struct reply *r, size_t i, struct reply **k, struct reply **v) {
    return pair(r, i, k, v, ATTRIBUTE, "CallReplyAttributeElement");
}
static struct reply *reply_attribute(struct reply *r) { return is(r, "CallReplyAttribute") ? r->attribute : NULL; }

// As in the server the string is one of the context that made the call, also when that has automatic memory.
static struct str *string_of(struct reply *r) {
    char number[32];
    struct str *s = NULL;
    if (is(r, "CreateStringFromCallReply") == NULL) return NULL;
    switch (r->type) {
    case STRING:
    case ERROR:
        s = host_str(r->text, r->len);
        break;
    case INTEGER:
        s = host_str(number, (size_t)snprintf(number, sizeof number, "%lld", r->n));
        break;
    }
    while (r->parent != NULL) r = r->parent;
    host_auto(host_ctx(r->ctx, "CreateStringFromCallReply"), HOST_STR, s);
    return s;
}

static int reply_with(struct ctx *ctx, struct reply *r) {
    struct ctx *c = host_ctx(ctx, "ReplyWithCallReply");
    if (is(r, "ReplyWithCallReply") == NULL) return HOST_ERR;
    if (c == NULL || c->client == NULL) return HOST_OK;
    if (r->resp3 && c->client->resp == 2) return HOST_ERR;
    c->client->replies++;
    ct_buf_add(&c->client->out, r->proto, r->proto_len);
    return HOST_OK;
}

static void note(const char *p, size_t n) {
    uint32_t len = (uint32_t)n;
    ct_buf_add(&calls, &len, sizeof len);
    ct_buf_add(&calls, p, n);
}

static struct str *arg(const char *p, size_t n) {
    if (p == NULL && n > 0) {
        host_fault("Call: %zu bytes that are not there", n);
        n = 0;
    }
    note(p, n);
    return host_str(p, n);
}

static struct reply *call(struct ctx *ctx, const char *name, const char *fmt, ...) {
    struct ctx *c = host_ctx(ctx, "Call");
    struct str **argv = NULL;
    int argc = 0;
    va_list a;
    char flags[64];
    size_t nflags = 0;
    note(name, strlen(name));
#define ADD(s) (argv = realloc(argv, (size_t)(argc + 1) * sizeof *argv), argv[argc++] = (s))
    ADD(host_str(name, strlen(name)));
    va_start(a, fmt);
    for (const char *p = fmt; *p != 0; p++) {
        switch (*p) {
        case 's': {
            struct str *s = va_arg(a, struct str *);
            if (host_live(s, HOST_STR, "Call")) ADD(arg(s->ptr, s->len));
            break;
        }
        case 'c': {
            const char *s = va_arg(a, const char *);
            ADD(arg(s, strlen(s)));
            break;
        }
        case 'b': {
            const char *s = va_arg(a, const char *);
            size_t n = va_arg(a, size_t);
            ADD(arg(s, n));
            break;
        }
        case 'l': {
            char number[32];
            int n = snprintf(number, sizeof number, "%lld", va_arg(a, long long));
            ADD(arg(number, (size_t)n));
            break;
        }
        case 'v': {
            struct str **v = va_arg(a, struct str **);
            size_t n = va_arg(a, size_t);
            for (size_t i = 0; i < n; i++) {
                if (host_live(v[i], HOST_STR, "Call")) ADD(arg(v[i]->ptr, v[i]->len));
            }
            break;
        }
        default:
            if (strchr("!AR30CSWMEDKX", *p) == NULL || nflags == sizeof flags) host_fault("Call: the format %s", fmt);
            else flags[nflags++] = *p;
        }
    }
    va_end(a);
    ct_buf_add(&calls, "\xff\xff\xff\xff", 4); // the end of the arguments
    note(flags, nflags);
    struct ct_buf got = {0};
    struct host_command *cmd = host_find_command(argv[0]->ptr);
    int err = 0;
    if (cmd != NULL) {
        struct client cl = {.resp = memchr(flags, '3', nflags) != NULL ? 3 : 2};
        host_run_command(cmd, &cl, argv, argc);
        got = cl.out;
    } else if (answered) {
        err = answer_errno;
        ct_buf_add(&got, answer.p, answer.len);
    } else {
        ct_buf_printf(&got, "$-1\r\n");
    }
    for (int i = 0; i < argc; i++) host_str_drop(argv[i]);
    free(argv);
    if (err != 0) {
        ct_buf_free(&got);
        errno = err;
        return NULL;
    }
    struct reply *r = host_new(HOST_REPLY, sizeof *r);
    r->owned = got;
    r->ctx = c;
    parse(r, got.p, got.p + got.len, 0);
    host_auto(c, HOST_REPLY, r);
    return r;
}

static int replicate(struct ctx *c, const char *name, const char *fmt, ...) {
    host_ctx(c, "Replicate");
    if (name == NULL || fmt == NULL) host_fault("Replicate: no command");
    return HOST_OK;
}

const struct host_fn host_call_fns[] = {
    {"Call", call}, {"Replicate", replicate}, {"FreeCallReply", free_reply}, {"CallReplyType", reply_type},
    {"CallReplyLength", reply_length}, {"CallReplyInteger", reply_integer}, {"CallReplyDouble", reply_double},
    {"CallReplyBool", reply_bool}, {"CallReplyStringPtr", reply_string}, {"CallReplyBigNumber", reply_big},
    {"CallReplyVerbatim", reply_verbatim}, {"CallReplyProto", reply_proto}, {"CallReplyArrayElement", array_element},
    {"CallReplySetElement", set_element}, {"CallReplyMapElement", map_element},
    {"CallReplyAttributeElement", attribute_element}, {"CallReplyAttribute", reply_attribute},
    {"CreateStringFromCallReply", string_of}, {"ReplyWithCallReply", reply_with},
    {NULL, NULL},
};
