// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build rm_debug

package rm

// debugging tells whether the tag rm_debug is set: misuse of a handle then panics
// where it happens instead of returning an error.
const debugging = true
