// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && rm_start_at_load

package cgate

// #cgo CFLAGS: -DRM_START_AT_LOAD
import "C"
