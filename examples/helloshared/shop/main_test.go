// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

func TestMain(m *testing.M) { os.Exit(rmtest.Main(m)) }

const noTax = "ERR the module hellotax is not loaded"

// TestShared: one module calls the function of the other, in whatever order they come and go.
func TestShared(t *testing.T) {
	shop, tax := rmtest.Build(t, "."), rmtest.Build(t, "../tax")
	s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{{Path: shop}}})
	s.MustDo("MODULE", "UNLOAD", "helloshop")
	s.MustDo("MODULE", "LOAD", shop)
	for range 3 {
		_, err := s.Do("helloshop.price", 1999)
		require.EqualError(t, err, noTax)
		s.MustDo("MODULE", "LOAD", tax)
		s.MustDo("hellotax.rate", 20)
		require.EqualValues(t, 2399, s.MustDo("helloshop.price", 1999))
		s.MustDo("hellotax.rate", 7)
		require.EqualValues(t, 2139, s.MustDo("helloshop.price", 1999))

		// As long as somebody may call the function, its module stays.
		_, err = s.Do("MODULE", "UNLOAD", "hellotax")
		require.Error(t, err)
		require.EqualValues(t, 2139, s.MustDo("helloshop.price", 1999))
		s.MustDo("MODULE", "UNLOAD", "helloshop")
		s.MustDo("MODULE", "UNLOAD", "hellotax")
		s.MustDo("MODULE", "LOAD", shop)
	}
}
