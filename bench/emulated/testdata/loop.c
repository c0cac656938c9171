// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// What looks like a test program: it prints the name of the benchmark that it is asked
// for, and runs as many rounds of a loop as it is told.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    volatile long sum = 0;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "-test.bench=^", 13) == 0) {
            for (char *p = argv[i] + 13; *p != 0; p++)
                if (*p != '$' && *p != '^') putchar(*p);
            putchar('\n');
        }
        if (strncmp(argv[i], "-test.benchtime=", 16) == 0)
            for (long n = atol(argv[i] + 16); n > 0; n--) __asm__ volatile("");
    }
    return (int)sum;
}
