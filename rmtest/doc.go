// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package rmtest tests modules against a real server. It builds a module, starts a
// Redis or Valkey server with it on a unix socket in a temporary folder, hands out
// clients, shows the server's log when a test fails, and stops the server.
//
//	func TestEcho(t *testing.T) {
//		so := rmtest.Build(t, ".") // the package of this folder
//		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{{Path: so}}})
//		require.Equal(t, "hi", s.MustDo("hello.echo", "hi"))
//	}
//
// [Server.Do] says which Go types replies have. A helper of a handler is tested with the
// least effort by a function that runs inside the server; see [Inside] and package
// [github.com/iredismodule/redismodule/rmtest/inside]. [Options].TCP, [Server.Replica] and
// [Server.RestartFromAOF] help to test what a module replicates and persists,
// [StartCluster] what it does in a cluster.
//
// # The server
//
// [Options].Server names it; if empty, the environment variable RM_SERVER does; if
// that is empty too, it is redis-server or else valkey-server of PATH. Either may be
// a command with arguments separated by spaces, such as a loader with its library
// path or an emulator in front of the server binary; what runs last must keep the
// process id (use exec in a script). With no server the test is skipped, or fails if
// RM_REQUIRE_SERVER is 1, as it should be in CI.
//
// RM_TEST_SLOW, a number above 1, multiplies all time-outs, for emulators and loaded
// machines.
//
// For a server of another CPU the modules have to be of that CPU too, the test itself
// not; set the compilers' variables for the test process only:
//
//	go test -exec "env GOARCH=arm64 CGO_ENABLED=1 CC=aarch64-linux-gnu-gcc" ./...
//
// A server whose C library cannot load Go modules later than at its start (musl) needs
// them preloaded. RM_BUILT in the server's environment has the files of all modules
// that [Build] has made so far, separated by colons, for a script in front of the server.
//
// # Environment
//
//	RM_SERVER          the server, or a command that starts it
//	RM_REQUIRE_SERVER  1: no server is a fault, not a skipped test
//	RM_TEST_SLOW       multiplies all time-outs
//	RM_BUILT           set for the server: the modules built so far
//
// # The race detector
//
// A module cannot be built with it: the dynamic loader refuses such a library in a
// server that runs already, because the detector must reserve memory that is taken by
// then. Put what goroutines share into a package of its own and run the ordinary tests
// of that package with go test -race.
//
// # Faults
//
// A server that dies although nobody stopped it, that does not stop when told to,
// or that ends with an error status while stopping, fails the test. A test
// that expects an end says so: [Options].WantFail for the start, [Server.WaitExit] for
// later. The end of the log is printed for every test that failed.
package rmtest
