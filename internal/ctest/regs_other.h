// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Part of regs.c: CPUs without assembly gates, where registers are not checked.

enum { REG_COUNT = 0 };

static word reg_bits(int i) { return (void)i, 0; }

static void set_control(struct regs *r) { (void)r; }

void ct_regs_call(struct regs *r) {
    const word *a = r->arg;
    r->result = ((ct_fn6)(uintptr_t)r->fn)(a[0], a[1], a[2], a[3], a[4], a[5]);
}

word ct_bad_callee(word which) { return which; }

word ct_bad_second(word a0, word which) { return (void)a0, which; }

word ct_clobber_all(word a0, word a1, word a2, word a3, word a4, word a5) {
    (void)a1, (void)a2, (void)a3, (void)a4, (void)a5;
    return a0 + 1;
}

int ct_sp_now(void *out) {
    *(void **)out = __builtin_frame_address(0);
    return 0;
}
