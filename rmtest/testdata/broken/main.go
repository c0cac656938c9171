// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command broken does not compile.
package main

func main() { thisNameDoesNotExist() }
