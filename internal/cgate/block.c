// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// The block with which Go starts: arguments, environment and what the kernel says of
// the machine, one behind the other, as a program finds them on its first stack. Go
// keeps pointers into it, so it is never freed.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif

#include "cgate.h"

#if defined(__linux__)

extern char **environ;

static int argument_count;
static char **arguments;

#if !defined(__GLIBC__)
// read_arguments reads what the kernel knows, before the server writes over it.
static void read_arguments(void) {
	enum { MOST = 1 << 20 };
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	if (fd < 0) return;
	char *text = malloc(MOST);
	size_t size = 0;
	for (ssize_t n; text != NULL && size < MOST && (n = read(fd, text + size, MOST - size)) > 0;) size += (size_t)n;
	close(fd);
	int count = 0;
	for (size_t i = 0; i < size; i++) count += text[i] == 0;
	char **list = size > 0 ? calloc((size_t)count + 1, sizeof *list) : NULL;
	if (list != NULL) {
		char *next = text;
		for (int i = 0; i < count; i++, next += strlen(next) + 1) list[i] = next;
		arguments = list;
		argument_count = count;
	} else free(text);
}
#endif

// rm_block_arguments notes the arguments that the loader gives to initialisers. musl
// gives none.
void rm_block_arguments(int argc, char **argv) {
#if defined(__GLIBC__)
	argument_count = argc;
	arguments = argv;
#else
	(void)argc;
	(void)argv;
	read_arguments();
#endif
}

// A server may load modules so that they find libc's own variables before those that
// the program has in their place (RTLD_DEEPBIND): ask for the program's.
static char **of_program(const char *name) {
	void *program = dlopen(NULL, RTLD_LAZY);
	char **v = program != NULL ? dlsym(program, name) : NULL;
	if (program != NULL) dlclose(program);
	return v;
}

// leave_preload takes this library's file out of LD_PRELOAD: programs that the
// server starts have no use for it.
static void leave_preload(void) {
	const char *list = getenv("LD_PRELOAD");
	Dl_info info;
	struct stat own, other;
	if (list == NULL || dladdr((void *)rm_block, &info) == 0 || stat(info.dli_fname, &own) != 0) return;
	// Not strdup, which may have another malloc than this library.
	size_t len = strlen(list) + 1;
	char *files = malloc(len), *rest = calloc(1, len), *state = NULL;
	int found = 0;
	if (files != NULL && rest != NULL) {
		memcpy(files, list, len);
		for (char *f = strtok_r(files, ": ", &state); f != NULL; f = strtok_r(NULL, ": ", &state)) {
			if (stat(f, &other) == 0 && other.st_dev == own.st_dev && other.st_ino == own.st_ino) {
				found = 1;
				continue;
			}
			if (*rest != 0) strcat(rest, ":");
			strcat(rest, f);
		}
		if (found && *rest != 0) setenv("LD_PRELOAD", rest, 1);
		else if (found) unsetenv("LD_PRELOAD");
	}
	free(files);
	free(rest);
}

static int is_number(const char *v, long long least) {
	char *end;
	errno = 0;
	long long n = strtoll(v, &end, 10);
	return errno == 0 && end != v && *end == 0 && n >= least && n <= INT_MAX;
}

static int is_percent(const char *v) { return strcmp(v, "off") == 0 || is_number(v, INT_MIN); }
// Each P takes some memory.
static int is_count(const char *v) { return is_number(v, 1) && strtol(v, NULL, 10) <= 1 << 14; }

// Go ends the process for this one when it was not built with it.
static int is_debug(const char *v) { return strstr(v, "cgocheck=2") == NULL; }

// is_size tells whether Go understands a memory limit: 1024, 64KiB, 512MiB, 2GiB, off.
static int is_size(const char *v) {
	static const struct {
		const char *unit;
		int shift;
	} units[] = {{"", 0}, {"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}};
	char *end;
	if (strcmp(v, "off") == 0) return 1;
	if (*v < '0' || *v > '9') return 0;
	errno = 0;
	long long n = strtoll(v, &end, 10);
	for (size_t i = 0; errno == 0 && i < sizeof units / sizeof *units; i++)
		if (strcmp(end, units[i].unit) == 0) return n <= LLONG_MAX >> units[i].shift;
	return 0;
}

// understood tells whether Go can make sense of a variable. One that it cannot is left
// out: of a memory limit that is no size, Go would die, and the server with it.
static int understood(const char *variable, void *ctx) {
	static const struct {
		const char *name;
		int (*good)(const char *);
	} known[] = {{"GOMAXPROCS=", is_count}, {"GOGC=", is_percent}, {"GOMEMLIMIT=", is_size}, {"GODEBUG=", is_debug}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		size_t n = strlen(known[i].name);
		const char *v = variable + n;
		if (strncmp(variable, known[i].name, n) != 0) continue;
		if (*v == 0 || known[i].good(v)) return 1;
		rm_log(ctx, "environment variable %.*s: \"%s\" is ignored", (int)n - 1, variable, v);
		return 0;
	}
	return 1;
}

static char *copy(char **to, const char *s) {
	size_t n = strlen(s) + 1;
	char *at = memcpy(*to, s, n);
	*to += n;
	return at;
}

// The kernel's values have small numbers; 0 ends them, 1 is one to be skipped.
enum { LAST_VALUE = 63 };

// rm_block makes the block. It returns why not, or 0.
const char *rm_block(void *ctx, int *argc, char ***argv, char ***envp) {
	leave_preload();
	char ***program_environ = (char ***)of_program("environ");
	char **env = program_environ != NULL ? *program_environ : environ;
	// The first argument is where the title is.
	char **name = of_program("program_invocation_name");
	const char *first = name != NULL && *name != NULL ? *name : argument_count > 0 ? arguments[0] : "";

	size_t variables = 0, count = argument_count > 0 ? (size_t)argument_count : 1, text = strlen(first) + 1;
	for (size_t i = 1; i < count; i++) text += strlen(arguments[i]) + 1;
	for (; env != NULL && env[variables] != NULL; variables++) text += strlen(env[variables]) + 1;
	size_t words = count + 1 + variables + 1 + 2 * (LAST_VALUE + 1);
	uintptr_t *block = calloc(1, words * sizeof *block + text);
	if (block == NULL) return "there is no memory for Go's environment";

	uintptr_t *word = block;
	char *strings = (char *)(block + words);
	*argc = (int)count;
	*argv = (char **)word;
	*word++ = (uintptr_t)copy(&strings, first);
	for (size_t i = 1; i < count; i++) *word++ = (uintptr_t)copy(&strings, arguments[i]);
	*word++ = 0;
	*envp = (char **)word;
	for (size_t i = 0; i < variables; i++)
		if (understood(env[i], ctx)) *word++ = (uintptr_t)copy(&strings, env[i]);
	*word++ = 0;
	for (unsigned long key = 2; key <= LAST_VALUE; key++) {
		errno = 0;
		unsigned long value = getauxval(key);
		if (errno != 0) continue; // there is none
		*word++ = key;
		*word++ = value;
	}
	return 0;
}

#endif
