// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && !amd64 && !arm64

package ctest

// Registers are not checked here.
var regNames []string
