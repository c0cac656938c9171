// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package load has what the programs that put a server under load share, and the
// tests of package safety with them: a server, a small client, a watch that sends
// PING all the time, and the patterns of client traffic that have made a server
// stand still.
package load
