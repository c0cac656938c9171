// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// When Go starts. The linker puts the start of the Go runtime among the library's
// initialisers, which the loader runs. That is the wrong time and the wrong place:
//
//   - Initialisers get the arguments and the environment with which the process
//     began, and a server that shows its state as its process title has written
//     over both. musl gives initialisers nothing at all, and Go does not survive it.
//   - A library that is preloaded (musl needs that) is initialised before the server's
//     main function: a server that then goes into the background by forking
//     leaves Go's threads behind, and its signal handlers come on top of Go's.
//   - What is wrong can be said to nobody: an initialiser cannot fail.
//
// So an initialiser of ours, which runs before those without a priority, takes the
// rest out of the list, and RedisModule_OnLoad runs them, with a fresh block of arguments
// and environment (block.c). Where the list does not look as expected, it stays as it is.

#define _GNU_SOURCE
#include "cgate.h"

// The build tag rm_start_at_load leaves Go's start where it was, for a library whose
// own C code wants Go before, or without, RedisModule_OnLoad.
#if defined(__linux__) && !defined(RM_START_AT_LOAD)

#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

typedef void (*initialiser)(int, char **, char **);

extern ElfW(Dyn) _DYNAMIC[] __attribute__((weak, visibility("hidden")));
extern const ElfW(Ehdr) __ehdr_start __attribute__((weak, visibility("hidden")));

enum { MOST = 64 };
static initialiser later[MOST]; // Go's start is one of them
static int waiting;             // how many
static int started;

// segment returns the first of the library's segments of a kind.
static const ElfW(Phdr) *segment(ElfW(Word) kind) {
	const ElfW(Phdr) *p = (const ElfW(Phdr) *)((const char *)&__ehdr_start + __ehdr_start.e_phoff);
	for (int i = 0; i < __ehdr_start.e_phnum; i++)
		if (p[i].p_type == kind) return &p[i];
	return 0;
}

// is_library tells whether this code is in a library: in programs (tests) nobody calls
// RedisModule_OnLoad.
static int is_library(void) {
	return &__ehdr_start != 0 && _DYNAMIC != 0 && segment(PT_INTERP) == 0 &&
		getauxval(AT_PHDR) != (uintptr_t)&__ehdr_start + __ehdr_start.e_phoff;
}

// list returns the library's initialisers.
static initialiser *list(int *n) {
	uintptr_t at = 0, size = 0;
	for (const ElfW(Dyn) *d = _DYNAMIC; d->d_tag != DT_NULL; d++) {
		if (d->d_tag == DT_INIT_ARRAY) at = (uintptr_t)&__ehdr_start + d->d_un.d_ptr;
		if (d->d_tag == DT_INIT_ARRAYSZ) size = d->d_un.d_val;
	}
	*n = at != 0 ? (int)(size / sizeof(initialiser)) : 0;
	return (initialiser *)at;
}

// clip cuts the pages from lo to hi down to those that the loader has made read-only.
static void clip(uintptr_t *lo, uintptr_t *hi, uintptr_t page) {
	const ElfW(Phdr) *p = segment(PT_GNU_RELRO);
	uintptr_t start = p != 0 ? (uintptr_t)&__ehdr_start + p->p_vaddr : 0;
	uintptr_t end = p != 0 ? (start + p->p_memsz) & -page : 0;
	start &= -page;
	*lo = *lo & -page;
	*hi = (*hi + page - 1) & -page;
	if (*lo < start) *lo = start;
	if (*hi > end) *hi = end;
}

static void nothing(int argc, char **argv, char **envp) {
	(void)argc;
	(void)argv;
	(void)envp;
}

__attribute__((constructor(102))) static void take(int argc, char **argv, char **envp) {
	int n, next = 0;
	(void)envp;
	if (!is_library()) return;
	initialiser *entries = list(&n);
	while (next < n && entries[next] != take) next++;
	int behind = n - ++next;
	if (behind <= 0 || behind > MOST) return;
	uintptr_t lo = (uintptr_t)&entries[next], hi = (uintptr_t)&entries[n];
	clip(&lo, &hi, (uintptr_t)sysconf(_SC_PAGESIZE));
	// SAFETY(U52): the entries are data of this library, and the loader reads each when its
	// turn comes, behind ours, on this thread.
	if (lo < hi && mprotect((void *)lo, hi - lo, PROT_READ | PROT_WRITE) != 0) return;
	for (int i = next; i < n; i++) {
		later[waiting++] = entries[i];
		*(initialiser volatile *)&entries[i] = nothing;
	}
	if (lo < hi) mprotect((void *)lo, hi - lo, PROT_READ);
	rm_block_arguments(argc, argv);
}

// rm_start starts Go, the first time. It returns why it does not, or 0.
const char *rm_start(void *ctx) {
	char **argv, **envp;
	int argc;
	if (started || waiting == 0) return 0;
	const char *why = rm_no_room();
	if (why == 0) why = rm_block(ctx, &argc, &argv, &envp);
	if (why != 0) return why;
	started = 1;
	rm_signals_note();
	for (int i = 0; i < waiting; i++) later[i](argc, argv, envp);
	return 0;
}

#else

const char *rm_start(void *ctx) {
	(void)ctx;
	return 0;
}

#endif
