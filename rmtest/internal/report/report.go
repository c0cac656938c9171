// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package report is what package inside tells package rmtest about a test: the one
// runs in the server, the other starts it.
package report

// The commands that package inside adds to a module.
const (
	// List replies with the names of the tests, an array of strings.
	List = "rmtest.list"
	// Run runs one test: RUN ID NAME MILLISECONDS FILE. After so many milliseconds
	// it writes the stacks of all goroutines into the file. An empty NAME goes on
	// with the test that ran last.
	Run = "rmtest.run"
	// Fetch replies with the result of the run of an ID as JSON, or with a null when
	// there is none yet.
	Fetch = "rmtest.result"
)

// Result is how a test ended.
type Result struct {
	Name            string
	Failed, Skipped bool
	// More tells that the test goes on in another command, Delay milliseconds later.
	More  bool  `json:",omitempty"`
	Delay int64 `json:",omitempty"`
	// Log has a text for each call of the test's methods that log, with the file and
	// the line in front.
	Log []string `json:",omitempty"`
	// Sub are the subtests, in their order.
	Sub []*Result `json:",omitempty"`
}
