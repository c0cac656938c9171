// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package launch starts servers and ends them: for package rmtest, the demo, the
// benchmarks and the tools. Nothing else in this module does.
package launch
