// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

// Fixtures that check the register side of the C calling convention. The
// assembly is in regs_<arch>.h, at file scope, as it must be sure of every register.

#include "ctest.h"

#include <stddef.h>

#define STR2(x) #x
#define STR(x) STR2(x)

// Offsets into struct regs, for the assembly.
#define FN 0
#define ARG 8
#define RESULT 56
#define FRESULT 64
#define WANT 72
#define GOT 264

struct regs {
    word fn;
    word arg[6];
    word result;
    double fresult;
    word want[CT_MAX_REGS]; // loaded before the call
    word got[CT_MAX_REGS];  // found after it
};

_Static_assert(offsetof(struct regs, arg) == ARG, "ARG");
_Static_assert(offsetof(struct regs, result) == RESULT, "RESULT");
_Static_assert(offsetof(struct regs, fresult) == FRESULT, "FRESULT");
_Static_assert(offsetof(struct regs, want) == WANT, "WANT");
_Static_assert(offsetof(struct regs, got) == GOT, "GOT");

// Asm names are given in full: on macOS C symbols have an underscore in front.
#ifdef __APPLE__
#define SYM(name) "_" #name
#else
#define SYM(name) #name
#endif
#ifdef __ELF__
#define ASM_BEGIN ".pushsection .text\n"
#define ASM_END ".popsection\n"
#define ASM_FUNC(name) \
    ".p2align 4\n.globl " SYM(name) "\n.hidden " SYM(name) "\n.type " SYM(name) ", %function\n" SYM(name) ":\n"
#else
#define ASM_BEGIN ".text\n"
#define ASM_END ""
#define ASM_FUNC(name) ".p2align 4\n.globl " SYM(name) "\n" SYM(name) ":\n"
#endif

// Loads want[] into the callee-saved registers, calls fn, stores them in got[].
void ct_regs_call(struct regs *r);

#if defined(__x86_64__)
#include "regs_amd64.h"
#elif defined(__aarch64__)
#include "regs_arm64.h"
#else
#include "regs_other.h"
#endif

int ct_regs_checked(void) { return REG_COUNT > 0; }

// Calls j->fn between two looks at the registers; j->mask has a bit for every
// one that the call did not preserve.
int ct_job_checked(struct ct_job *j) {
    static word seed;
    struct regs r = {.fn = j->fn};
    // Another pattern every time, so that a nested call cannot pass for intact
    // what an outer one left there.
    word pattern = __atomic_add_fetch(&seed, 0x9e3779b97f4a7c15u, __ATOMIC_RELAXED);
    for (int i = 0; i < 6; i++) r.arg[i] = j->arg[i];
    for (int i = 0; i < REG_COUNT; i++) {
        pattern = pattern * 6364136223846793005u + 1442695040888963407u;
        r.want[i] = pattern;
    }
    set_control(&r);
    ct_regs_call(&r);
    word mask = REG_COUNT > 0 ? 0 : ~(word)0;
    for (int i = 0; i < REG_COUNT; i++) {
        if ((r.want[i] ^ r.got[i]) & reg_bits(i)) mask |= (word)1 << i;
    }
    j->result = r.result;
    j->fresult = r.fresult;
    j->mask = mask;
    return 0;
}

word ct_fill_and_call(uintptr_t fn, word a0, word a1, word a2, word a3, word a4, word a5,
                      word *result) {
    struct ct_job j = {.fn = fn, .arg = {a0, a1, a2, a3, a4, a5}};
    ct_job_checked(&j);
    if (result) *result = j.result;
    return j.mask;
}

// Meant to be called through a gate, with a trampoline as fn: Go -> C -> Go.
word ct_check_callee(uintptr_t fn, word a0, word a1, word a2, word a3, word *result) {
    return ct_fill_and_call(fn, a0, a1, a2, a3, 0, 0, result);
}

// Calls fn(fn, depth-1), which is expected to come back here, until depth is 0.
// The result is the depth reached; its top bit is set if a register was lost on
// any level.
word ct_call_nested(uintptr_t fn, word depth) {
    if (depth == 0) return 0;
    struct ct_job j = {.fn = fn, .arg = {fn, depth - 1}};
    ct_job_checked(&j);
    word lost = REG_COUNT > 0 && j.mask != 0 ? (word)1 << 63 : 0;
    return (1 + j.result) | lost;
}
