// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package cgate is the C edge: the little that must be C. It holds the symbols
// that the server looks up (RedisModule_OnLoad, RedisModule_OnUnload), the
// thunks and trampolines of the portable path, and what the call layer asks of
// libc at load. Importing it for its side effects makes a program a module;
// package rm does.
package cgate
