// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command enumgen writes rm/zenums.go: the method String of every exported integer type
// of package rm that has exported constants. It finds the types by itself.
//
// The text of a value is the Go constant's name. Flags are joined by "|", and what is left
// of them is hexadecimal: "CmdWrite|CmdFast|0x80000000". A value without a constant is
// "KeyType(99)"; that without flags is "0".
//
// A type holds flags if its name ends in Flags, Mode or Mask, or is in flagTypes.
package main
