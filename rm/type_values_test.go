// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
)

// TestTypeValues takes and drops values in every order, and asks for those that are gone.
func TestTypeValues(t *testing.T) {
	var table rm.TypeValues[int]
	r := rand.New(rand.NewPCG(1, 2))
	words, gone := map[uintptr]*int{}, map[uintptr]bool{}
	var list []uintptr
	for i := range 50_000 {
		if len(list) > 0 && r.IntN(5) < 2 {
			n := r.IntN(len(list))
			word := list[n]
			list[n] = list[len(list)-1]
			list = list[:len(list)-1]
			require.Same(t, words[word], table.Drop(word))
			require.Nil(t, table.Drop(word))
			delete(words, word)
			gone[word] = true
			continue
		}
		v := &i
		word, err := table.Take(v)
		require.NoError(t, err)
		require.NotZero(t, word)
		require.Nil(t, words[word])
		require.False(t, gone[word], "a word comes once")
		words[word] = v
		list = append(list, word)
	}
	for word, v := range words {
		require.Same(t, v, table.Get(word))
	}
	for word := range gone {
		require.Nil(t, table.Get(word))
	}
	require.Equal(t, len(words), table.Count())
	require.LessOrEqual(t, table.Grown(), len(words)+len(gone))
	for _, word := range []uintptr{0, 1 << 31, 1<<32 - 1, ^uintptr(0), 1 << 40} {
		require.Nil(t, table.Get(word))
		require.Nil(t, table.Drop(word))
	}
}

// TestTypeValuesFull fills the table's last leaf.
func TestTypeValuesFull(t *testing.T) {
	var table rm.TypeValues[int]
	table.Grow(rm.MaxTypeValues - 2)
	var last uintptr
	for range 2 {
		word, err := table.Take(new(int))
		require.NoError(t, err)
		last = word
	}
	for range 3 {
		_, err := table.Take(new(int))
		require.Equal(t, rm.ErrNoMemory, err)
	}
	require.NotNil(t, table.Drop(last))
	_, err := table.Take(new(int))
	require.NoError(t, err, "the slot is used again")
}

// TestTypeValuesBeside takes, reads and drops on several goroutines; each value is
// dropped on another one than it was taken on.
func TestTypeValuesBeside(t *testing.T) {
	var table rm.TypeValues[atomic.Int64]
	ch := make(chan uintptr, 100)
	var takers, droppers sync.WaitGroup
	for range 4 {
		takers.Go(func() {
			for i := range 20_000 {
				v := new(atomic.Int64)
				v.Store(int64(i))
				word, err := table.Take(v)
				if err != nil || table.Get(word) != v {
					t.Errorf("%v, or another value", err)
				}
				ch <- word
			}
		})
		droppers.Go(func() {
			for word := range ch {
				v := table.Drop(word)
				if v == nil || v.Swap(-1) < 0 {
					t.Error("not there, or dropped twice")
				}
				if table.Get(word) != nil || table.Drop(word) != nil {
					t.Error("still there")
				}
			}
		})
	}
	takers.Wait()
	close(ch)
	droppers.Wait()
	require.Zero(t, table.Count())
	require.Less(t, table.Grown(), 1000)
}
