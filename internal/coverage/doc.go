// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command coverage writes docs/API_COVERAGE.md: what becomes of each function of
// the server's API in the raw layer and in package rm, and which tests drive it.
// Run it from the root as
//
//	go run ./internal/coverage
//
// It reads
//
//   - api/functions.tsv and api/lanes.tsv: the functions, their areas and lanes;
//
//   - zapi_functions_*.go: the raw layer's names;
//
//   - the last paragraph of doc comments in rm, by which a declaration says what it
//     is made of:
//
//     // C: RedisModule_ListPush, since Redis 4.0; RedisModule_ListInsert, since Redis 7.0.
//
//   - the last paragraph of the doc comments of tests, in the root, rm and
//     internal/*, those that run inside the server among them (Inside...), by which a
//     test says what it drives through the typed API:
//
//     // Drives: ListPush, ListPop.
//
// A name that is no function of the API is an error, and so is such a line where
// it says nothing: above an unexported declaration, inside a body, above a
// function that is no test.
//
// With -trace it writes nothing and holds the tests' lines against what was
// called while they ran; see ci/coverage.sh.
package main
