// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package fuzz has the fuzz targets, all in its tests. README.md says how they are run and what
// they have found.
package fuzz
