// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Preloaded into a server whose instructions are counted: it takes away what makes two
// runs of the same work differ.
//
//	gcc -O2 -fPIC -shared -Wall -Wextra -Werror -o steady.so steady.c
//
// The server's hash seed and its random numbers, on which chains in tables and the
// heights of a sorted set's nodes depend, are the same each time. Its date stands
// still, and with it the IDs of stream entries. Its monotonic clock goes a thousand
// times slower, so that its periodic work does not come while commands are counted.
// What its comparisons cost does not depend on where the strings lie: those of the C
// library look at page borders, and the heap is another with another module.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { SLOWER = 1000, DATE = 1700000000, BILLION = 1000000000 };

typedef FILE *(*opener)(const char *path, const char *mode);

static FILE *open_steady(const char *function, const char *path, const char *mode) {
    opener next = (opener)dlsym(RTLD_NEXT, function);
    return next(strcmp(path, "/dev/urandom") == 0 ? "/dev/zero" : path, mode);
}

FILE *fopen(const char *path, const char *mode) { return open_steady("fopen", path, mode); }
FILE *fopen64(const char *path, const char *mode) { return open_steady("fopen64", path, mode); }

// Without a seed the sequence of random numbers is always the same.
void srandom(unsigned seed) { (void)seed; }
void srand(unsigned seed) { (void)seed; }

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    now->tv_sec = DATE;
    now->tv_usec = 0;
    return 0;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    if (syscall(SYS_clock_gettime, clock, now) != 0) return -1;
    if (clock == CLOCK_MONOTONIC) {
        unsigned long long ns = ((unsigned long long)now->tv_sec * BILLION + (unsigned long long)now->tv_nsec) / SLOWER;
        now->tv_sec = (time_t)(ns / BILLION);
        now->tv_nsec = (long)(ns % BILLION);
    }
    return 0;
}

typedef uint64_t __attribute__((may_alias, aligned(1))) word; // of any type, anywhere

static int lower(unsigned char b) { return b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b; }

int strcasecmp(const char *a, const char *b) {
    for (;; a++, b++) {
        int x = lower((unsigned char)*a), y = lower((unsigned char)*b);
        if (x != y || x == 0) return x - y;
    }
}

int memcmp(const void *left, const void *right, size_t n) {
    const unsigned char *a = left, *b = right;
    for (; n >= sizeof(word); n -= sizeof(word), a += sizeof(word), b += sizeof(word)) {
        if (*(const word *)a != *(const word *)b) break; // the bytes below tell which is less
    }
    for (; n > 0; n--, a++, b++) {
        if (*a != *b) return *a - *b;
    }
    return 0;
}
