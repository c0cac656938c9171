// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux

// The host's replies, written in the protocol of the client as the server writes them.

#include "host.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// to returns the client that a reply goes to. It counts the replies of a command: what stands
// between aggregates is counted by the decoder that reads it all.
static struct client *to(void *ctx, const char *who) {
    struct ctx *c = host_ctx(ctx, who);
    if (c == NULL || c->client == NULL) return NULL;
    c->client->replies++;
    return c->client;
}

static int put(struct client *cl, const char *p) {
    if (cl != NULL) ct_buf_add(&cl->out, p, strlen(p));
    return HOST_OK;
}

static void one_line(const char *p, size_t n, const char *who) {
    if (memchr(p, '\r', n) != NULL || memchr(p, '\n', n) != NULL || memchr(p, 0, n) != NULL) host_fault("%s: the text breaks the line", who);
}

static int bulk(struct client *cl, const char *p, size_t n) {
    if (p == NULL && n > 0) {
        host_fault("a reply of %zu bytes that are not there", n);
        n = 0;
    }
    if (cl == NULL) return HOST_OK;
    ct_buf_printf(&cl->out, "$%zu\r\n", n);
    ct_buf_add(&cl->out, p, n);
    return put(cl, "\r\n");
}

static int reply_ll(void *c, long long n) {
    struct client *cl = to(c, "ReplyWithLongLong");
    if (cl != NULL) ct_buf_printf(&cl->out, ":%lld\r\n", n);
    return HOST_OK;
}

static int line(void *c, const char *mark, const char *s, const char *who) {
    struct client *cl = to(c, who);
    one_line(s, strlen(s), who);
    put(cl, mark);
    put(cl, s);
    return put(cl, "\r\n");
}

static int reply_simple(void *c, const char *s) { return line(c, "+", s, "ReplyWithSimpleString"); }
static int reply_error(void *c, const char *s) { return line(c, "-", s, "ReplyWithError"); }
static int wrong_arity(void *c) { return line(c, "-", "ERR wrong number of arguments", "WrongArity"); }

static int reply_null(void *c) {
    struct client *cl = to(c, "ReplyWithNull");
    return put(cl, cl != NULL && cl->resp == 3 ? "_\r\n" : "$-1\r\n");
}

static int reply_null_array(void *c) {
    struct client *cl = to(c, "ReplyWithNullArray");
    return put(cl, cl != NULL && cl->resp == 3 ? "_\r\n" : "*-1\r\n");
}

static int reply_buffer(void *c, const char *p, size_t n) { return bulk(to(c, "ReplyWithStringBuffer"), p, n); }
static int reply_cstring(void *c, const char *p) { return bulk(to(c, "ReplyWithCString"), p, strlen(p)); }
static int reply_empty(void *c) { return bulk(to(c, "ReplyWithEmptyString"), "", 0); }

static int reply_string(void *c, struct str *s) {
    struct client *cl = to(c, "ReplyWithString");
    return host_live(s, HOST_STR, "ReplyWithString") ? bulk(cl, s->ptr, s->len) : HOST_OK;
}

static int number(struct client *cl, const char *text) {
    if (cl == NULL) return HOST_OK;
    if (cl->resp == 2) return bulk(cl, text, strlen(text));
    put(cl, ",");
    put(cl, text);
    return put(cl, "\r\n");
}

static int reply_double(void *c, double f) {
    char text[64];
    struct client *cl = to(c, "ReplyWithDouble");
    if (isinf(f)) return number(cl, f > 0 ? "inf" : "-inf");
    if (isnan(f)) return number(cl, "nan");
    snprintf(text, sizeof text, "%.17g", f);
    return number(cl, text);
}

static int reply_long_double(void *c, long double f) {
    char text[5200];
    struct client *cl = to(c, "ReplyWithLongDouble");
    if (isinf(f)) return number(cl, f > 0 ? "inf" : "-inf");
    if (isnan(f)) return number(cl, "nan");
    int n = snprintf(text, sizeof text, "%.17Lf", f);
    while (text[n - 1] == '0') n--;
    if (text[n - 1] == '.') n--;
    text[n] = 0;
    return number(cl, text);
}

static int reply_bool(void *c, int b) {
    struct client *cl = to(c, "ReplyWithBool");
    if (cl == NULL) return HOST_OK;
    return put(cl, cl->resp == 3 ? (b ? "#t\r\n" : "#f\r\n") : b ? ":1\r\n" : ":0\r\n");
}

static int reply_big(void *c, const char *p, size_t n) {
    struct client *cl = to(c, "ReplyWithBigNumber");
    one_line(p, n, "ReplyWithBigNumber");
    if (cl == NULL || cl->resp == 2) return bulk(cl, p, n);
    put(cl, "(");
    ct_buf_add(&cl->out, p, n);
    return put(cl, "\r\n");
}

static int reply_verbatim_type(void *c, const char *p, size_t n, const char *ext) {
    struct client *cl = to(c, "ReplyWithVerbatimStringType");
    if (strlen(ext) != 3) host_fault("ReplyWithVerbatimStringType: the format has %zu bytes", strlen(ext));
    if (cl == NULL || cl->resp == 2) return bulk(cl, p, n);
    ct_buf_printf(&cl->out, "=%zu\r\n%s:", n + 4, ext);
    ct_buf_add(&cl->out, p, n);
    return put(cl, "\r\n");
}

static int reply_verbatim(void *c, const char *p, size_t n) { return reply_verbatim_type(c, p, n, "txt"); }

// Aggregates. The length of a postponed one is put in front of it when it comes.

enum { ARRAY, MAP, SET, ATTRIBUTE };

static void header(struct ct_buf *b, int kind, long n, int resp) {
    if (resp == 2 && kind == MAP) n *= 2;
    ct_buf_printf(b, "%c%ld\r\n", resp == 2 ? '*' : "*%~|"[kind], n);
}

static int begin(void *c, int kind, long n, const char *who) {
    struct client *cl = to(c, who);
    if (cl == NULL) return HOST_OK;
    if (kind == ATTRIBUTE && cl->resp == 2) {
        cl->replies--;
        return HOST_ERR;
    }
    if (n == HOST_POSTPONED) {
        if (cl->depth == 256) host_fault("%s: too deep", who);
        else cl->postponed[cl->depth++] = (int)cl->out.len << 2 | kind;
        return HOST_OK;
    }
    if (n < 0) host_fault("%s: %ld elements", who, n);
    header(&cl->out, kind, n, cl->resp);
    return HOST_OK;
}

static int reply_array(void *c, long n) { return begin(c, ARRAY, n, "ReplyWithArray"); }
static int reply_map(void *c, long n) { return begin(c, MAP, n, "ReplyWithMap"); }
static int reply_set(void *c, long n) { return begin(c, SET, n, "ReplyWithSet"); }
static int reply_attribute(void *c, long n) { return begin(c, ATTRIBUTE, n, "ReplyWithAttribute"); }
static int reply_empty_array(void *c) { return begin(c, ARRAY, 0, "ReplyWithEmptyArray"); }

static void end(void *c, int kind, long n, const char *who) {
    struct client *cl = to(c, who);
    struct ct_buf b = {0};
    if (cl == NULL) return;
    if (kind == ATTRIBUTE && cl->resp == 2) return;
    if (cl->depth == 0 || n < 0) {
        host_fault("%s: %ld, and %d aggregates wait", who, n, cl->depth);
        return;
    }
    int p = cl->postponed[--cl->depth];
    if ((p & 3) != kind) host_fault("%s: the aggregate is of another kind", who);
    size_t at = (size_t)p >> 2;
    header(&b, kind, n, cl->resp);
    ct_buf_add(&b, cl->out.p == NULL ? "" : cl->out.p + at, cl->out.len - at);
    cl->out.len = at;
    ct_buf_add(&cl->out, b.p, b.len);
    ct_buf_free(&b);
}

static void set_array(void *c, long n) { end(c, ARRAY, n, "ReplySetArrayLength"); }
static void set_map(void *c, long n) { end(c, MAP, n, "ReplySetMapLength"); }
static void set_set(void *c, long n) { end(c, SET, n, "ReplySetSetLength"); }
static void set_attribute(void *c, long n) { end(c, ATTRIBUTE, n, "ReplySetAttributeLength"); }

// What the client of a command has got, when it is over.

static int most_replies = 1;

// A command may send so many replies: a server does not count them, but clients do.
void ct_host_replies(int most) { most_replies = most; }

// skip returns where a reply ends, NULL when it is not whole.
static const char *skip(const char *p, const char *end) {
    const char *start = p, *stop;
    if (p >= end || (stop = memchr(p, '\r', (size_t)(end - p))) == NULL || stop + 2 > end) return NULL;
    long n = strtol(p + 1, NULL, 10);
    p = stop + 2;
    switch (*start) {
    case '$':
    case '=':
        if (n < 0) return p;
        return n + 2 <= end - p ? p + n + 2 : NULL;
    case '%':
        n *= 2;
        break;
    case '|':
        n = 2 * n + 1; // and the reply that it belongs to
        break;
    case '*':
    case '~':
        break;
    default:
        return p;
    }
    for (; n > 0 && p != NULL; n--) p = skip(p, end);
    return p;
}

void host_one_reply(const struct client *cl, const char *who) {
    const char *p = cl->out.p, *end = p + cl->out.len;
    int n = 0;
    for (; p != NULL && p < end; n++) p = skip(p, end);
    if (cl->out.len > 0 && p == NULL) host_fault("%s: the reply is not whole", who);
    else if (n == 0) host_fault("%s: no reply", who);
    else if (n > most_replies) host_fault("%s: %d replies", who, n);
}

const struct host_fn host_reply_fns[] = {
    {"ReplyWithLongLong", reply_ll}, {"ReplyWithSimpleString", reply_simple}, {"ReplyWithError", reply_error},
    {"WrongArity", wrong_arity}, {"ReplyWithNull", reply_null}, {"ReplyWithNullArray", reply_null_array},
    {"ReplyWithStringBuffer", reply_buffer}, {"ReplyWithCString", reply_cstring}, {"ReplyWithEmptyString", reply_empty},
    {"ReplyWithString", reply_string}, {"ReplyWithDouble", reply_double}, {"ReplyWithLongDouble", reply_long_double},
    {"ReplyWithBool", reply_bool}, {"ReplyWithBigNumber", reply_big}, {"ReplyWithVerbatimStringType", reply_verbatim_type},
    {"ReplyWithVerbatimString", reply_verbatim}, {"ReplyWithArray", reply_array}, {"ReplyWithMap", reply_map},
    {"ReplyWithSet", reply_set}, {"ReplyWithAttribute", reply_attribute}, {"ReplyWithEmptyArray", reply_empty_array},
    {"ReplySetArrayLength", set_array}, {"ReplySetMapLength", set_map}, {"ReplySetSetLength", set_set},
    {"ReplySetAttributeLength", set_attribute},
    {NULL, NULL},
};
