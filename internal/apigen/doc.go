// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command apigen writes the raw layer (zapi_*.go in the root package) from the
// fact tables api/functions.tsv, api/lanes.tsv and api/constants.tsv, with the words
// of api/words.tsv, and the checks of api/twins.tsv. Run it from the root as
//
//	go run ./internal/apigen
//
// The tables are the source: a wrong signature, constant or lane is corrected
// there, what the tables cannot say (a Go name, a parameter that is memory of the
// caller) in overrides.go, each entry with its reason; the output never is.
// Structs are not generated: structs.go is written by hand and compared with
// api/structs.md by its test.
//
// The output depends on nothing but the tables and this program.
package main
