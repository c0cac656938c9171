// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Which build of the library is in memory, and whether its path still has that build.
// A Go library stays in the process when it is unloaded. The dynamic loader knows it by
// its path, and answers the next load with it, whatever the file is by then.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgate.h"

#define ID 97 // of a build, with the 0 at its end

static char path[PATH_MAX]; // as the server gave it, made absolute
static struct stat first;   // what was there at the first load
static char build[ID];      // of what is in memory

// note_id looks for a build ID in notes: the linker's, as hexadecimal digits, or Go's.
// 1 when it found one.
static int note_id(const char *notes, size_t size, char *id) {
	const size_t head = sizeof(ElfW(Nhdr));
	for (size_t at = 0; at + head <= size;) {
		ElfW(Nhdr) n;
		memcpy(&n, notes + at, head);
		const char *name = notes + at + head;
		size_t data = at + head + ((n.n_namesz + 3) & ~(size_t)3);
		if (n.n_namesz > size || n.n_descsz > size || data + n.n_descsz > size) return 0;
		if (n.n_namesz == 4 && memcmp(name, "GNU", 4) == 0 && n.n_type == NT_GNU_BUILD_ID) {
			for (size_t i = 0; i < n.n_descsz && 2 * i + 3 <= ID; i++)
				snprintf(id + 2 * i, 3, "%02x", (unsigned char)notes[data + i]);
			return 1;
		}
		if (n.n_namesz == 4 && memcmp(name, "Go\0", 4) == 0 && n.n_type == 4)
			snprintf(id, ID, "%.*s", (int)n.n_descsz, notes + data); // the linker's, if there is one, comes over it
		at = data + ((n.n_descsz + 3) & ~(size_t)3);
	}
	return 0;
}

static int note_mapped(struct dl_phdr_info *info, size_t size, void *id) {
	(void)size;
	int ours = 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t from = info->dlpi_addr + p->p_vaddr;
		if (p->p_type == PT_LOAD && (uintptr_t)note_mapped >= from && (uintptr_t)note_mapped < from + p->p_memsz) ours = 1;
	}
	for (int i = 0; ours && i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		if (p->p_type == PT_NOTE && note_id((const char *)(info->dlpi_addr + p->p_vaddr), p->p_memsz, id)) break;
	}
	return ours;
}

// file_id reads the build ID of a file; id stays empty when it has none.
static void file_id(const char *file, char *id) {
	const size_t most = 1 << 16; // the notes of a library are at its start
	id[0] = 0;
	char *text = malloc(most);
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n = text != NULL && fd >= 0 ? pread(fd, text, most, 0) : -1;
	if (fd >= 0) close(fd);
	ElfW(Ehdr) e;
	if (n >= (ssize_t)sizeof e) {
		memcpy(&e, text, sizeof e);
		for (size_t i = 0; memcmp(e.e_ident, ELFMAG, SELFMAG) == 0 && i < e.e_phnum; i++) {
			ElfW(Phdr) p;
			size_t at = e.e_phoff + i * sizeof p;
			if (e.e_phoff > (size_t)n || at + sizeof p > (size_t)n) break;
			memcpy(&p, text + at, sizeof p);
			if (p.p_type != PT_NOTE || p.p_offset > (size_t)n || p.p_filesz > (size_t)n - p.p_offset) continue;
			if (note_id(text + p.p_offset, p.p_filesz, id)) break;
		}
	}
	free(text);
}

const char *rm_build_id(void) {
	if (build[0] == 0) dl_iterate_phdr(note_mapped, build);
	return build;
}

static void note_first(void) {
	Dl_info info;
	if (dladdr((void *)note_first, &info) == 0 || info.dli_fname == NULL) return;
	char dir[PATH_MAX] = "";
	if (info.dli_fname[0] != '/' && getcwd(dir, sizeof dir) == NULL) return;
	if (stat(info.dli_fname, &first) != 0) return;
	int n = snprintf(path, sizeof path, "%s%s%s", dir, dir[0] != 0 ? "/" : "", info.dli_fname);
	if (n < 0 || n >= (int)sizeof path) path[0] = 0;
}

static int same_file(const struct stat *a, const struct stat *b) {
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
		a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

// rm_build_check compares what is in memory with what the path has now. It returns 0,
// or 1 with the reason for which a load must be refused. The first load has nothing to
// compare, and notes.
int rm_build_check(char *why, size_t size) {
	static int noted;
	struct stat now;
	char id[ID];
	rm_build_id();
	if (!noted) {
		noted = 1;
		note_first();
		return 0;
	}
	if (path[0] == 0) return 0;
	if (stat(path, &now) != 0) {
		snprintf(why, size, "%s is not there any more; in memory is still the build %s. "
			"Restart the server, or load from a new path", path, build);
		return 1;
	}
	if (same_file(&first, &now)) return 0;
	file_id(path, id);
	if (id[0] != 0 && strcmp(id, build) == 0) {
		first = now; // the same build once more
		return 0;
	}
	snprintf(why, size, "%s is another build now (%s) than the one in memory (%s), which would run again: "
		"a Go library cannot be replaced in a process. Restart the server, or load the new build from a new path",
		path, id[0] != 0 ? id : "without an ID", build);
	return 1;
}
