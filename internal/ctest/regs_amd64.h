// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Part of regs.c: x86-64, System V convention.

// rbx rbp r12-r15, the control bits of MXCSR and of the x87, the direction flag
// and the word above the return address.
enum { REG_COUNT = 10, R_MXCSR = 6, R_FCW, R_DF, R_STACK };

// Which bits of a slot count. The low bits of MXCSR are sticky exception flags.
static word reg_bits(int i) {
    switch (i) {
    case R_MXCSR: return 0xffc0;
    case R_FCW: return 0x1f3f;
    case R_DF: return 0x400;
    default: return ~(word)0;
    }
}

// Control registers get values that are harmless, but not the usual ones:
// denormals flushed to zero, and a mantissa of 53 instead of 64 bits.
static void set_control(struct regs *r) {
    uint32_t mxcsr;
    uint16_t fcw;
    __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr), "=m"(fcw));
    r->want[R_MXCSR] = (mxcsr & 0xffc0) ^ 0x8000;
    r->want[R_FCW] = fcw ^ 0x0100;
    r->want[R_DF] = 0;
}

// clang-format off
__asm__(ASM_BEGIN
ASM_FUNC(ct_regs_call)
    "pushq %rbp\n pushq %rbx\n pushq %r12\n pushq %r13\n pushq %r14\n pushq %r15\n"
    // 0 canary, 8 struct regs, 16 MXCSR, 20 x87 control word; keeps 16-byte alignment.
    "subq $40, %rsp\n"
    "movq %rdi, 8(%rsp)\n"
    "stmxcsr 16(%rsp)\n"
    "fnstcw 20(%rsp)\n"
    "movq " STR(WANT) "+72(%rdi), %rax\n"
    "movq %rax, (%rsp)\n"
    "ldmxcsr " STR(WANT) "+48(%rdi)\n"
    "fldcw " STR(WANT) "+56(%rdi)\n"
    "movq " STR(WANT) "+0(%rdi), %rbx\n"
    "movq " STR(WANT) "+8(%rdi), %rbp\n"
    "movq " STR(WANT) "+16(%rdi), %r12\n"
    "movq " STR(WANT) "+24(%rdi), %r13\n"
    "movq " STR(WANT) "+32(%rdi), %r14\n"
    "movq " STR(WANT) "+40(%rdi), %r15\n"
    "movq %rdi, %rax\n"
    "movq " STR(FN) "(%rax), %r11\n"
    "movq " STR(ARG) "+0(%rax), %rdi\n"
    "movq " STR(ARG) "+8(%rax), %rsi\n"
    "movq " STR(ARG) "+16(%rax), %rdx\n"
    "movq " STR(ARG) "+24(%rax), %rcx\n"
    "movq " STR(ARG) "+32(%rax), %r8\n"
    "movq " STR(ARG) "+40(%rax), %r9\n"
    "xorl %eax, %eax\n"
    "call *%r11\n"
    "movq 8(%rsp), %rcx\n"
    "movq %rax, " STR(RESULT) "(%rcx)\n"
    "movsd %xmm0, " STR(FRESULT) "(%rcx)\n"
    "pushfq\n popq %rdx\n"
    "cld\n"
    "movq %rdx, " STR(GOT) "+64(%rcx)\n"
    "movq %rbx, " STR(GOT) "+0(%rcx)\n"
    "movq %rbp, " STR(GOT) "+8(%rcx)\n"
    "movq %r12, " STR(GOT) "+16(%rcx)\n"
    "movq %r13, " STR(GOT) "+24(%rcx)\n"
    "movq %r14, " STR(GOT) "+32(%rcx)\n"
    "movq %r15, " STR(GOT) "+40(%rcx)\n"
    "stmxcsr " STR(GOT) "+48(%rcx)\n"
    "fnstcw " STR(GOT) "+56(%rcx)\n"
    "movq (%rsp), %rdx\n"
    "movq %rdx, " STR(GOT) "+72(%rcx)\n"
    "ldmxcsr 16(%rsp)\n"
    "fldcw 20(%rsp)\n"
    "addq $40, %rsp\n"
    "popq %r15\n popq %r14\n popq %r13\n popq %r12\n popq %rbx\n popq %rbp\n"
    "ret\n"

// Breaks the convention in the one way that its argument names.
#define BAD(n, ins) "cmpq $" #n ", %rdi\n jne 1f\n" ins "\n1:\n"
ASM_FUNC(ct_bad_callee)
    BAD(0, "notq %rbx")
    BAD(1, "notq %rbp")
    BAD(2, "notq %r12")
    BAD(3, "notq %r13")
    BAD(4, "notq %r14")
    BAD(5, "notq %r15")
    BAD(6, "stmxcsr -8(%rsp)\n xorl $0x8000, -8(%rsp)\n ldmxcsr -8(%rsp)")
    BAD(7, "fnstcw -8(%rsp)\n xorw $0x0100, -8(%rsp)\n fldcw -8(%rsp)")
    BAD(8, "std")
    BAD(9, "notq 8(%rsp)")
    "movq %rdi, %rax\n"
    "ret\n"

ASM_FUNC(ct_bad_second)
    "movq %rsi, %rdi\n"
    "jmp " SYM(ct_bad_callee) "\n"

// Returns its first argument plus 1 and leaves garbage in every other register
// that a callee may write.
ASM_FUNC(ct_clobber_all)
    "leaq 1(%rdi), %rax\n"
    "movabsq $0xdeaddeaddeaddead, %rcx\n"
    "movq %rcx, %rdx\n movq %rcx, %rsi\n movq %rcx, %rdi\n"
    "movq %rcx, %r8\n movq %rcx, %r9\n movq %rcx, %r10\n movq %rcx, %r11\n"
    "movq %rcx, %xmm0\n punpcklqdq %xmm0, %xmm0\n"
    "movdqa %xmm0, %xmm1\n movdqa %xmm0, %xmm2\n movdqa %xmm0, %xmm3\n"
    "movdqa %xmm0, %xmm4\n movdqa %xmm0, %xmm5\n movdqa %xmm0, %xmm6\n"
    "movdqa %xmm0, %xmm7\n movdqa %xmm0, %xmm8\n movdqa %xmm0, %xmm9\n"
    "movdqa %xmm0, %xmm10\n movdqa %xmm0, %xmm11\n movdqa %xmm0, %xmm12\n"
    "movdqa %xmm0, %xmm13\n movdqa %xmm0, %xmm14\n movdqa %xmm0, %xmm15\n"
    "cmpq %rax, %rcx\n"
    "ret\n"

// Stores SP as the caller had it at the call, without the return address.
ASM_FUNC(ct_sp_now)
    "leaq 8(%rsp), %rax\n"
    "movq %rax, (%rdi)\n"
    "xorl %eax, %eax\n"
    "ret\n"
ASM_END);
// clang-format on
