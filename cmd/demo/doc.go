// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command demo builds examples/hello, loads it into a server on a unix socket in
// a temporary folder, shows its commands with their replies, and stops the server.
//
//	go run ./cmd/demo
//	go run ./cmd/demo -mode portable
//	go run ./cmd/demo -server "valkey-server"
//
// It fails when a reply is not what it should be. -expect names the mode that the
// module must report (resident, gates or portable).
package main
