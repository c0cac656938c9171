// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package lint holds tests about the project's own text: what its documents say
// of the code must be so.
package lint
