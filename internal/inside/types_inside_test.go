// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// word is a value of a data type: one text.
type word struct{ text string }

var (
	words    *rm.Type[word]
	wordErrs = map[string]error{} // of types that were refused at load

	freedWords atomic.Int64
	seenWords  []string // what callbacks were told
	quietWords bool
	saveWord   func(w *rm.Saver, v *word) error
	loadWord   func(r *rm.Loader, version int) (*word, error)
)

func seen(what string, k rm.KeyInfo) {
	if quietWords {
		return
	}
	seenWords = append(seenWords, fmt.Sprintf("%s %s@%d>%s@%d", what, k.Name().Clone(), k.DB(), k.ToName().Clone(), k.ToDB()))
}

func init() {
	rm.AtLoad(func(ctx rm.Context) (err error) {
		spec := rm.TypeSpec[word]{
			Name: "insidewrd", Version: 7,
			Save: func(w *rm.Saver, v *word) error {
				if saveWord != nil {
					return saveWord(w, v)
				}
				w.SaveText(v.text)
				return nil
			},
			Load: func(r *rm.Loader, version int) (*word, error) {
				if loadWord != nil {
					return loadWord(r, version)
				}
				return &word{r.LoadText()}, nil
			},
			Free:     func(v *word) { freedWords.Add(1) },
			Copy:     func(k rm.KeyInfo, v *word) (*word, error) { seen("copy", k); return &word{v.text}, nil },
			Unlink:   func(k rm.KeyInfo, v *word) { seen("unlink", k) },
			MemUsage: func(k rm.KeyInfo, v *word, samples int) int { seen(fmt.Sprint("memory ", samples), k); return 12345 },
			FreeEffort: func(k rm.KeyInfo, v *word) int {
				seen("effort", k)
				return 1
			},
			Digest: func(d *rm.Digest, v *word) {
				seenWords = append(seenWords, fmt.Sprintf("digest %s@%d", d.Key().Clone(), d.DB()))
				d.AddStringBuffer([]byte(v.text))
				d.EndSequence()
			},
		}
		if words, err = rm.NewType(ctx, spec); err != nil {
			return err
		}
		for name, change := range map[string]func(s *rm.TypeSpec[word]){
			"short":   func(s *rm.TypeSpec[word]) { s.Name = "short" },
			"long":    func(s *rm.TypeSpec[word]) { s.Name = "0123456789" },
			"space":   func(s *rm.TypeSpec[word]) { s.Name = "with spce" },
			"letters": func(s *rm.TypeSpec[word]) { s.Name = "äbcdefgh" },
			"twice":   func(s *rm.TypeSpec[word]) {},
			"version": func(s *rm.TypeSpec[word]) { s.Name, s.Version = "insidever", 1024 },
			"minus":   func(s *rm.TypeSpec[word]) { s.Name, s.Version = "insidever", -1 },
			"load":    func(s *rm.TypeSpec[word]) { s.Name, s.Load = "insidever", nil },
			"save":    func(s *rm.TypeSpec[word]) { s.Name, s.Save = "insidever", nil },
			"aux": func(s *rm.TypeSpec[word]) {
				s.Name, s.AuxSave = "insidever", func(*rm.Saver, rm.AuxWhen) error { return nil }
			},
			"when": func(s *rm.TypeSpec[word]) { s.Name, s.AuxWhen = "insidever", 4 },
		} {
			bad := spec
			change(&bad)
			_, wordErrs[name] = rm.NewType(ctx, bad)
		}
		return nil
	})
}

// InsideTypeSpecs shows what is refused.
func InsideTypeSpecs(t *inside.T, ctx rm.Context) {
	for name, want := range map[string]string{
		"short": `data type "short": Name: has 5 characters; it must have 9`, "long": "has 10 characters", "space": "other characters than letters",
		"letters": "other characters", "twice": "registered twice", "version": "1024 is not one of 0 to 1023", "minus": "-1 is not",
		"load": "Load: is nil", "save": "Save: is nil", "aux": "belong together", "when": "AuxWhen: 4 is not known",
	} {
		require.ErrorContains(t, wordErrs[name], want, name)
	}
	_, err := rm.NewType(ctx, rm.TypeSpec[word]{Name: "too--late"})
	require.ErrorContains(t, err, "while the module loads only")
	require.Equal(t, "insidewrd", words.Name())
	require.NotZero(t, words.Raw())
}

// InsideTypeValues sets, reads, replaces and removes values.
//
// Drives: ModuleTypeSetValue, ModuleTypeGetType, ModuleTypeGetValue, ModuleTypeReplaceValue.
func InsideTypeValues(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	base := words.Values()
	get := func(key string) any {
		k := ctx.OpenReadKey(e.str(key))
		defer k.Close()
		v, ok, err := words.Get(k)
		switch {
		case err != nil:
			return err
		case !ok:
			return nil
		}
		return v
	}
	k := ctx.OpenWriteKey(e.str("k"))
	_, ok, err := words.Get(k.ReadKey())
	require.False(t, ok)
	require.NoError(t, err)
	one, two := &word{"one"}, &word{"two"}
	require.Equal(t, rm.ErrNilValue, words.Set(k, nil))
	require.NoError(t, words.Set(k, one))
	freed := freedWords.Load()
	require.NoError(t, words.Set(k, one), "nothing happens")
	require.Equal(t, freed, freedWords.Load())
	require.Equal(t, base+1, words.Values())
	require.NoError(t, k.SetTTL(1e12))
	if serverHas(t, "ModuleTypeReplaceValue") {
		old, err := words.Replace(k, two)
		require.NoError(t, err)
		require.Same(t, one, old)
		require.Equal(t, freed, freedWords.Load(), "it is the caller's")
		_, err = words.Replace(k, two)
		require.Equal(t, rm.ErrSameValue, err)
		_, err = words.Replace(k, nil)
		require.Equal(t, rm.ErrNilValue, err)
		ttl, ok, err := k.TTL()
		require.NoError(t, err)
		require.True(t, ok)
		require.NotZero(t, ttl, "the time to live stays")
	}
	require.NoError(t, words.Set(k, &word{"three"}))
	require.Equal(t, freed+1, freedWords.Load(), "the value before is freed")
	require.Equal(t, base+1, words.Values())
	require.Equal(t, rm.KeyTypeModule, k.Type())
	k.Close()
	require.Equal(t, &word{"three"}, get("k"))
	require.Equal(t, rm.ErrKeyClosed, told(func() any { _, _, err := words.Get(k.ReadKey()); return err }))
	require.Equal(t, rm.ErrKeyClosed, told(func() any { return words.Set(k, one) }))

	require.Nil(t, get("missing"))
	e.otherTypes("", func(key string) {
		require.Equal(t, rm.ErrWrongType, get(key), key)
		k := ctx.OpenWriteKey(e.str(key))
		defer k.Close()
		if serverHas(t, "ModuleTypeReplaceValue") {
			_, err := words.Replace(k, one)
			require.Equal(t, rm.ErrWrongType, err)
		}
	})
	missing := ctx.OpenWriteKey(e.str("missing"))
	if serverHas(t, "ModuleTypeReplaceValue") {
		_, err = words.Replace(missing, one)
		require.Equal(t, rm.ErrNoKey, err)
	}
	missing.Close()
	r := ctx.OpenReadKey(e.str("k"))
	require.ErrorIs(t, words.Set(forged(r), one), rm.ErrRefused)
	r.Close()
	require.Equal(t, base+1, words.Values())
	e.do("SET", "k", "a string again")
	require.Equal(t, base, words.Values())

	fresh := ctx.OpenWriteKey(e.str("fresh"))
	made, err := words.GetOrNew(fresh)
	require.NoError(t, err)
	require.Equal(t, &word{}, made)
	again, err := words.GetOrNew(fresh)
	require.NoError(t, err)
	require.Same(t, made, again)
	require.Equal(t, base+1, words.Values())
	require.NoError(t, fresh.Delete())
	fresh.Close()
	require.Equal(t, base, words.Values())
	other := ctx.OpenWriteKey(e.str("k"))
	_, err = words.GetOrNew(other)
	require.Equal(t, rm.ErrWrongType, err)
	other.Close()
	require.Equal(t, rm.ErrKeyClosed, told(func() any { _, err := words.GetOrNew(other); return err }))

	var never rm.Type[word]
	w := ctx.OpenWriteKey(e.str("new"))
	defer w.Close()
	require.Equal(t, rm.ErrTypeOver, never.Set(w, one))
	_, _, err = never.Get(w.ReadKey())
	require.Equal(t, rm.ErrTypeOver, err)
}

// InsideTypeKeyInfo looks at what callbacks are told.
//
// Drives: GetKeyNameFromOptCtx, GetDbIdFromOptCtx, GetToKeyNameFromOptCtx, GetToDbIdFromOptCtx,
// GetKeyNameFromDigest, GetDbIdFromDigest, DigestAddStringBuffer.
func InsideTypeKeyInfo(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	put := func(key string) {
		k := ctx.OpenWriteKey(e.str(key))
		require.NoError(t, words.Set(k, &word{"x"}))
		k.Close()
	}
	put("from")
	told := func(wants ...string) {
		t.Helper()
		for _, w := range wants {
			require.Contains(t, seenWords, w)
		}
		seenWords = nil
	}
	seenWords = nil
	e.do("COPY", "from", "to", "DB", "5")
	told("copy from@0>to@5")
	require.GreaterOrEqual(t, e.do("MEMORY", "USAGE", "from", "SAMPLES", "17"), 12345)
	told("memory 17 from@0>@-1")
	e.do("DEBUG", "DIGEST-VALUE", "from")
	told("digest from@0")
	e.do("UNLINK", "from")
	told("effort from@0>@-1", "unlink from@0>@-1")
	e.do("FLUSHALL")
	for end := time.Now().Add(10 * time.Second); words.Values() > 0 && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	require.Zero(t, words.Values(), "freed on another thread")
}

// InsideTypeDump saves values to strings and back, with every kind of item.
//
// Drives: SaveDataTypeToString, LoadDataTypeFromString, LoadDataTypeFromStringEncver, SaveUnsigned, SaveSigned,
// SaveString, SaveStringBuffer, SaveDouble, SaveFloat, SaveLongDouble, LoadUnsigned, LoadSigned, LoadString,
// LoadStringBuffer, LoadDouble, LoadFloat, LoadLongDouble, IsIOError, GetKeyNameFromIO, GetDbIdFromIO, LogIOError.
func InsideTypeDump(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	base, freed := words.Values(), freedWords.Load()
	t.Cleanup(func() { saveWord, loadWord = nil, nil })
	saveWord = func(w *rm.Saver, v *word) error {
		for _, n := range []uint64{0, 1, math.MaxUint64} {
			w.SaveUnsigned(n)
			w.SaveSigned(int64(n))
		}
		for _, s := range awkward {
			w.SaveText(s)
			w.SaveString(e.str(s))
			w.SaveStringBuffer([]byte(s))
		}
		for _, f := range []float64{0, -0.5, math.Inf(1), math.MaxFloat64, math.SmallestNonzeroFloat64} {
			w.SaveDouble(f)
			w.SaveFloat(float32(f))
			w.SaveLongDouble(f)
		}
		w.SaveDouble(math.NaN())
		require.True(t, w.Key().IsZero())
		require.Negative(t, w.DB())
		w.Log(rm.LevelNotice, "a line\nof Save")
		require.NoError(t, w.Err())
		return nil
	}
	s, err := words.Dump(ctx, &word{"x"})
	require.NoError(t, err)
	defer s.Free()
	require.Equal(t, base, words.Values())
	loadWord = func(r *rm.Loader, version int) (*word, error) {
		require.Equal(t, 7, version)
		for _, n := range []uint64{0, 1, math.MaxUint64} {
			require.Equal(t, n, r.LoadUnsigned())
			require.Equal(t, int64(n), r.LoadSigned())
		}
		for _, s := range awkward {
			require.Equal(t, s, r.LoadText())
			owned := r.LoadString()
			require.Equal(t, s, owned.Clone())
			owned.Free()
			block := r.LoadStringBuffer()
			require.Equal(t, s, string(block.Bytes()))
			block.Free()
		}
		for _, f := range []float64{0, -0.5, math.Inf(1), math.MaxFloat64, math.SmallestNonzeroFloat64} {
			require.Equal(t, f, r.LoadDouble())
			require.Equal(t, float32(f), r.LoadFloat())
			require.Equal(t, f, r.LoadLongDouble())
		}
		require.True(t, math.IsNaN(r.LoadDouble()))
		require.NoError(t, r.Err())
		return &word{"loaded"}, nil
	}
	restore := func(version int) (*word, error) {
		v, err := words.Restore(ctx, s.Str(), version)
		require.Equal(t, base, words.Values())
		return v, err
	}
	v, err := restore(7)
	require.NoError(t, err)
	require.Equal(t, "loaded", v.text)
	require.Equal(t, freed, freedWords.Load())

	_, err = restore(8)
	require.ErrorContains(t, err, "the encoding version is 8, and this module knows those up to 7")
	for _, version := range []int{-1, 1024} {
		_, err = restore(version)
		require.Equal(t, rm.ErrRange, err)
	}
	require.Equal(t, rm.ErrNoString, told(func() any { _, err := words.Restore(ctx, rm.RStr{}, 7); return err }))
	_, err = words.Dump(ctx, nil)
	require.Equal(t, rm.ErrNilValue, err)

	// An error stays, and gives zeros.
	for name, first := range map[string]func(r *rm.Loader) bool{
		"signed": func(r *rm.Loader) bool { return r.LoadFloat() == 0 }, "double": func(r *rm.Loader) bool { return r.LoadDouble() == 0 },
		"text": func(r *rm.Loader) bool { return r.LoadText() == "" }, "string": func(r *rm.Loader) bool { s := r.LoadString(); return s.IsZero() },
		"block": func(r *rm.Loader) bool { b := r.LoadStringBuffer(); return b.IsZero() },
		"bytes": func(r *rm.Loader) bool { return r.LoadBytes() == nil }, "long double": func(r *rm.Loader) bool { return r.LoadLongDouble() == 0 },
	} {
		loadWord = func(r *rm.Loader, version int) (*word, error) {
			require.True(t, first(r), name)
			require.ErrorIs(t, r.Err(), rm.ErrIO, name)
			require.Zero(t, r.LoadUnsigned())
			require.Zero(t, r.LoadSigned())
			require.Equal(t, []byte("before"), r.AppendBytes([]byte("before")))
			require.Zero(t, r.LoadLength(100))
			require.ErrorIs(t, r.Err(), rm.ErrIO, name)
			require.Regexp(t, `^ERR the server could not read or write the value: Load\w+, item 1$`, r.Err().Error())
			return &word{"in vain"}, nil
		}
		freed := freedWords.Load()
		_, err := restore(7)
		require.ErrorIs(t, err, rm.ErrIO, name)
		require.Equal(t, freed+1, freedWords.Load(), "what was made is freed")
	}
	const own = rm.Error("ERR of the module")
	for _, c := range []struct {
		load func(r *rm.Loader, version int) (*word, error)
		want string
	}{
		{func(r *rm.Loader, _ int) (*word, error) { return nil, nil }, "there is no value: Load returned nil without an error"},
		{func(r *rm.Loader, _ int) (*word, error) { return &word{}, own }, "of the module"},
		{func(r *rm.Loader, _ int) (*word, error) { r.Fail(own); r.Fail(rm.ErrRange); return &word{}, nil }, "of the module"},
		{func(r *rm.Loader, _ int) (*word, error) {
			r.LoadUnsigned()
			r.LoadSigned()
			r.LoadLength(0)
			return &word{}, r.Err()
		}, "out of range: LoadLength, item 3"},
		{func(r *rm.Loader, _ int) (*word, error) {
			for range 4 {
				r.LoadUnsigned()
			}
			return &word{fmt.Sprint(make([]int, r.LoadLength(math.MaxInt)))}, nil
		}, "out of range"},
		{func(r *rm.Loader, _ int) (*word, error) { panic("in Load") }, "panic: in Load"},
		{func(r *rm.Loader, _ int) (*word, error) {
			for r.Err() == nil {
				r.LoadUnsigned()
			}
			return &word{}, nil
		}, "could not read or write"},
	} {
		loadWord = c.load
		_, err := restore(7)
		require.ErrorContains(t, err, c.want)
	}
	loadWord = nil
	for _, c := range []struct {
		save func(w *rm.Saver, v *word) error
		want string
	}{
		{func(w *rm.Saver, v *word) error { return own }, "of the module"},
		{func(w *rm.Saver, v *word) error { w.Fail(own); w.SaveText("x"); return nil }, "of the module"},
		{func(w *rm.Saver, v *word) error { w.SaveString(rm.RStr{}); return nil }, "a string is missing: SaveString, item 1"},
		{func(w *rm.Saver, v *word) error { w.SaveText("x"); panic("in Save") }, "panic: in Save"},
	} {
		saveWord = c.save
		_, err := words.Dump(ctx, &word{})
		require.ErrorContains(t, err, c.want)
		require.Equal(t, base, words.Values())
	}
	var kept *rm.Saver
	saveWord = func(w *rm.Saver, v *word) error { kept = w; w.SaveText(v.text); return nil }
	s2, err := words.Dump(ctx, &word{"x"})
	require.NoError(t, err)
	s2.Free()
	if !debugBuild {
		kept.SaveText("after the end")
		require.Equal(t, rm.ErrIOOver, kept.Err())
		require.True(t, kept.Key().IsZero())
		require.Equal(t, -1, kept.DB())
		kept.Log(rm.LevelNotice, "after the end")
	}
}

// InsideTypeGoexit ends the goroutine in callbacks.
func InsideTypeGoexit(t *inside.T, ctx rm.Context) {
	if !canGoexit() {
		t.Skip("nothing answers for runtime.Goexit without assembly")
	}
	base := words.Values()
	t.Cleanup(func() { saveWord, loadWord = nil, nil })
	s, err := words.Dump(ctx, &word{"x"})
	require.NoError(t, err)
	defer s.Free()
	saveWord = func(w *rm.Saver, v *word) error { w.SaveText("x"); runtime.Goexit(); return nil }
	_, err = words.Dump(ctx, &word{"x"})
	require.ErrorContains(t, err, "runtime.Goexit")
	loadWord = func(r *rm.Loader, _ int) (*word, error) { runtime.Goexit(); return nil, nil }
	_, err = words.Restore(ctx, s.Str(), 7)
	require.ErrorContains(t, err, "runtime.Goexit")
	require.Equal(t, base, words.Values())
}

// InsideTypeCosts looks for leaks and for Go allocations.
//
// Drives: ModuleTypeSetValue, ModuleTypeGetValue, SaveDataTypeToString, LoadDataTypeFromStringEncver.
func InsideTypeCosts(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	one, two, key := &word{"one"}, &word{strings.Repeat("two", 100)}, e.str("k")
	quietWords = true
	t.Cleanup(func() { quietWords = false })
	e.costs(func() {
		k := ctx.OpenWriteKey(key)
		if words.Set(k, one) != nil || words.Set(k, two) != nil {
			panic("cannot be set")
		}
		if redismodule.Has(redismodule.FnModuleTypeReplaceValue) {
			if old, err := words.Replace(k, one); err != nil || old != two {
				panic("cannot be replaced")
			}
		}
		k.Close()
		r := ctx.OpenReadKey(key)
		if _, ok, err := words.Get(r); !ok || err != nil {
			panic("not there")
		}
		r.Close()
		s, err := words.Dump(ctx, two)
		if err != nil {
			panic(err)
		}
		s.Free()
	})
	e.leakless(func() {
		s, err := words.Dump(ctx, two)
		require.NoError(t, err)
		_, err = words.Restore(ctx, s.Str(), 7)
		require.NoError(t, err)
		s.Free()
		saveWord = func(w *rm.Saver, v *word) error { return rm.ErrRefused }
		_, err = words.Dump(ctx, two)
		require.Error(t, err)
		saveWord = nil
	})
}
