// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package inside is for tests that run inside the server: functions of the module's
// own package, with a real [rm.Context], ordinary assertions, and everything that the
// package does not export.
//
// Such tests are functions whose names begin with Inside, in files whose names end
// with inside_test.go, beside the code that they test:
//
//	func InsideGreeting(t *inside.T, ctx rm.Context) {
//		require.NoError(t, remember(ctx, "Ann"))
//		require.Equal(t, "Hello Ann", greeting(ctx))
//	}
//
// An ordinary test runs them, each as a subtest:
//
//	func TestInside(t *testing.T) { rmtest.Inside(t, ".", rmtest.InsideOptions{}) }
//
// It builds the package as a module, with these files in it, and loads that into a
// server. What go build makes of the package has none of it. A test runs in a handler
// of a command, so everything a handler may do is allowed, and what a handler must not
// do is not: a test that waits holds up the server. Before each test the server's data
// is deleted.
//
// A failed assertion, a panic and a runtime.Goexit fail that test alone. A test that
// does not end in time fails with the stacks of all goroutines, a test that ends the
// server fails with the server's log; the others then run on a new server.
//
// To see what a command replies to, call it: ctx.Call("hello.greet", 0). What a test
// itself replies to goes nowhere.
package inside
