// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package fuzz

// choices are the fuzzer's bytes, of which programs are made. When there are none left they are all 0.
type choices struct{ rest []byte }

func (c *choices) take() byte {
	if len(c.rest) == 0 {
		return 0
	}
	b := c.rest[0]
	c.rest = c.rest[1:]
	return b
}

// bytes takes up to n of them as a text.
func (c *choices) bytes(n int) string {
	n = min(n, len(c.rest))
	s := string(c.rest[:n])
	c.rest = c.rest[n:]
	return s
}

func (c *choices) pick(from ...string) string { return from[int(c.take())%len(from)] }
