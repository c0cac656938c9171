// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Part of regs.c: 64-bit ARM, AAPCS64.

// x19-x28, x29, the low halves of v8-v15, FPCR, and the word at the caller's SP.
enum { REG_COUNT = 21, R_FPCR = 19, R_STACK };

static word reg_bits(int i) { return i == R_FPCR ? 0x07c00000 : ~(word)0; }

// FPCR gets a value that is harmless, but not the usual one: denormals flushed
// to zero.
static void set_control(struct regs *r) {
    word fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    r->want[R_FPCR] = fpcr ^ 0x01000000;
}

// clang-format off
#define W(i) "#(" STR(WANT) "+8*" #i ")"
#define G(i) "#(" STR(GOT) "+8*" #i ")"
__asm__(ASM_BEGIN
ASM_FUNC(ct_regs_call)
    // 0 canary, 8 struct regs, 16 FPCR, 32-111 x19-x28, 112-175 d8-d15, 176 x29 x30.
    "sub sp, sp, #192\n"
    "stp x29, x30, [sp, #176]\n"
    "stp x19, x20, [sp, #32]\n stp x21, x22, [sp, #48]\n stp x23, x24, [sp, #64]\n"
    "stp x25, x26, [sp, #80]\n stp x27, x28, [sp, #96]\n"
    "stp d8, d9, [sp, #112]\n stp d10, d11, [sp, #128]\n"
    "stp d12, d13, [sp, #144]\n stp d14, d15, [sp, #160]\n"
    "str x0, [sp, #8]\n"
    "mrs x9, fpcr\n str x9, [sp, #16]\n"
    "ldr x9, [x0, " W(20) "]\n str x9, [sp]\n"
    "ldr x9, [x0, " W(19) "]\n msr fpcr, x9\n"
    "ldr x19, [x0, " W(0) "]\n ldr x20, [x0, " W(1) "]\n"
    "ldr x21, [x0, " W(2) "]\n ldr x22, [x0, " W(3) "]\n"
    "ldr x23, [x0, " W(4) "]\n ldr x24, [x0, " W(5) "]\n"
    "ldr x25, [x0, " W(6) "]\n ldr x26, [x0, " W(7) "]\n"
    "ldr x27, [x0, " W(8) "]\n ldr x28, [x0, " W(9) "]\n"
    "ldr x29, [x0, " W(10) "]\n"
    "ldr d8, [x0, " W(11) "]\n ldr d9, [x0, " W(12) "]\n"
    "ldr d10, [x0, " W(13) "]\n ldr d11, [x0, " W(14) "]\n"
    "ldr d12, [x0, " W(15) "]\n ldr d13, [x0, " W(16) "]\n"
    "ldr d14, [x0, " W(17) "]\n ldr d15, [x0, " W(18) "]\n"
    "mov x9, x0\n"
    "ldr x16, [x9, #" STR(FN) "]\n"
    "ldp x0, x1, [x9, #" STR(ARG) "]\n"
    "ldp x2, x3, [x9, #" STR(ARG) "+16]\n"
    "ldp x4, x5, [x9, #" STR(ARG) "+32]\n"
    "blr x16\n"
    "ldr x9, [sp, #8]\n"
    "str x0, [x9, #" STR(RESULT) "]\n"
    "str d0, [x9, #" STR(FRESULT) "]\n"
    "str x19, [x9, " G(0) "]\n str x20, [x9, " G(1) "]\n"
    "str x21, [x9, " G(2) "]\n str x22, [x9, " G(3) "]\n"
    "str x23, [x9, " G(4) "]\n str x24, [x9, " G(5) "]\n"
    "str x25, [x9, " G(6) "]\n str x26, [x9, " G(7) "]\n"
    "str x27, [x9, " G(8) "]\n str x28, [x9, " G(9) "]\n"
    "str x29, [x9, " G(10) "]\n"
    "str d8, [x9, " G(11) "]\n str d9, [x9, " G(12) "]\n"
    "str d10, [x9, " G(13) "]\n str d11, [x9, " G(14) "]\n"
    "str d12, [x9, " G(15) "]\n str d13, [x9, " G(16) "]\n"
    "str d14, [x9, " G(17) "]\n str d15, [x9, " G(18) "]\n"
    "mrs x10, fpcr\n str x10, [x9, " G(19) "]\n"
    "ldr x10, [sp]\n str x10, [x9, " G(20) "]\n"
    "ldr x9, [sp, #16]\n msr fpcr, x9\n"
    "ldp d14, d15, [sp, #160]\n ldp d12, d13, [sp, #144]\n"
    "ldp d10, d11, [sp, #128]\n ldp d8, d9, [sp, #112]\n"
    "ldp x27, x28, [sp, #96]\n ldp x25, x26, [sp, #80]\n"
    "ldp x23, x24, [sp, #64]\n ldp x21, x22, [sp, #48]\n ldp x19, x20, [sp, #32]\n"
    "ldp x29, x30, [sp, #176]\n"
    "add sp, sp, #192\n"
    "ret\n"

// Breaks the convention in the one way that its argument names.
#define BAD(n, ins) "cmp x0, #" #n "\n b.ne 1f\n" ins "\n1:\n"
ASM_FUNC(ct_bad_callee)
    BAD(0, "mvn x19, x19") BAD(1, "mvn x20, x20") BAD(2, "mvn x21, x21")
    BAD(3, "mvn x22, x22") BAD(4, "mvn x23, x23") BAD(5, "mvn x24, x24")
    BAD(6, "mvn x25, x25") BAD(7, "mvn x26, x26") BAD(8, "mvn x27, x27")
    BAD(9, "mvn x28, x28") BAD(10, "mvn x29, x29")
    BAD(11, "fneg d8, d8") BAD(12, "fneg d9, d9") BAD(13, "fneg d10, d10")
    BAD(14, "fneg d11, d11") BAD(15, "fneg d12, d12") BAD(16, "fneg d13, d13")
    BAD(17, "fneg d14, d14") BAD(18, "fneg d15, d15")
    BAD(19, "mrs x1, fpcr\n eor x1, x1, #0x01000000\n msr fpcr, x1")
    BAD(20, "ldr x1, [sp]\n mvn x1, x1\n str x1, [sp]")
    "ret\n"

ASM_FUNC(ct_bad_second)
    "mov x0, x1\n"
    "b " SYM(ct_bad_callee) "\n"

// Returns its first argument plus 1 and leaves garbage in every other register
// that a callee may write, the high halves of v8-v15 among them. x18 belongs to
// the system outside of Linux.
#ifdef __linux__
#define CLOBBER_X18 "mov x18, x1\n"
#else
#define CLOBBER_X18
#endif
ASM_FUNC(ct_clobber_all)
    "add x0, x0, #1\n"
    "movz x1, #0xdead\n movk x1, #0xdead, lsl #16\n"
    "movk x1, #0xdead, lsl #32\n movk x1, #0xdead, lsl #48\n"
    "mov x2, x1\n mov x3, x1\n mov x4, x1\n mov x5, x1\n mov x6, x1\n mov x7, x1\n"
    "mov x8, x1\n mov x9, x1\n mov x10, x1\n mov x11, x1\n mov x12, x1\n mov x13, x1\n"
    "mov x14, x1\n mov x15, x1\n mov x16, x1\n mov x17, x1\n" CLOBBER_X18
    "dup v0.2d, x1\n dup v1.2d, x1\n dup v2.2d, x1\n dup v3.2d, x1\n"
    "dup v4.2d, x1\n dup v5.2d, x1\n dup v6.2d, x1\n dup v7.2d, x1\n"
    "ins v8.d[1], x1\n ins v9.d[1], x1\n ins v10.d[1], x1\n ins v11.d[1], x1\n"
    "ins v12.d[1], x1\n ins v13.d[1], x1\n ins v14.d[1], x1\n ins v15.d[1], x1\n"
    "dup v16.2d, x1\n dup v17.2d, x1\n dup v18.2d, x1\n dup v19.2d, x1\n"
    "dup v20.2d, x1\n dup v21.2d, x1\n dup v22.2d, x1\n dup v23.2d, x1\n"
    "dup v24.2d, x1\n dup v25.2d, x1\n dup v26.2d, x1\n dup v27.2d, x1\n"
    "dup v28.2d, x1\n dup v29.2d, x1\n dup v30.2d, x1\n dup v31.2d, x1\n"
    "cmp x0, x1\n"
    "ret\n"

// Stores SP as the caller had it at the call.
ASM_FUNC(ct_sp_now)
    "mov x1, sp\n"
    "str x1, [x0]\n"
    "mov w0, #0\n"
    "ret\n"
ASM_END);
// clang-format on
