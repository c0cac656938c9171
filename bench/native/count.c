// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// A plugin for qemu's user emulation that counts the instructions of a program: at the end it writes
// into a file how many the thread has run that has run most of them, and how many all together:
//
//	gcc -O2 -fPIC -shared -o count.so count.c
//	qemu-aarch64 -plugin ./count.so,out=FILE PROGRAM
//
// The few functions of the plugin interface (version 1) are declared by hand.

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t plugin_id;
struct tb; // a piece of code that is run from its begin to its end

extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*f)(plugin_id id, struct tb *tb));
extern size_t qemu_plugin_tb_n_insns(const struct tb *tb);
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct tb *tb, void (*f)(unsigned thread, void *data), int flags, void *data);
extern void qemu_plugin_register_atexit_cb(plugin_id id, void (*f)(plugin_id id, void *data), void *data);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

enum { THREADS = 4096 };

// Each thread has a line of the cache for itself.
static struct {
    uint64_t n, rest[7];
} counts[THREADS];

static char file[4096];

static void ran(unsigned thread, void *n) { counts[thread % THREADS].n += (uint64_t)(uintptr_t)n; }

static void translated(plugin_id id, struct tb *tb) {
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, ran, 0, (void *)(uintptr_t)qemu_plugin_tb_n_insns(tb));
}

static void ended(plugin_id id, void *data) {
    (void)id;
    (void)data;
    uint64_t most = 0, sum = 0;
    for (int i = 0; i < THREADS; i++) {
        if (counts[i].n > most) most = counts[i].n;
        sum += counts[i].n;
    }
    FILE *f = fopen(file, "w");
    if (f == NULL) return;
    fprintf(f, "%llu %llu\n", (unsigned long long)most, (unsigned long long)sum);
    fclose(f);
}

__attribute__((visibility("default"))) int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv);

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv) {
    (void)info;
    for (int i = 0; i < argc; i++)
        if (strncmp(argv[i], "out=", 4) == 0) snprintf(file, sizeof file, "%s", argv[i] + 4);
    if (file[0] == 0) return 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
