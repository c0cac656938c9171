// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Nothing: with a file of assembly in the package, Go functions may be declared without a body, as those of the
// runtime are in seat_linux.go.
