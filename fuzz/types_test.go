// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package fuzz

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/iredismodule/redismodule/internal/ctest"
)

// reader reads the host's files: each item is a letter and its content.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) item(kind byte, n int) []byte {
	if r.failed = r.failed || len(r.rest) < n+1 || r.rest[0] != kind; r.failed {
		return make([]byte, n)
	}
	b := r.rest[1 : n+1]
	r.rest = r.rest[n+1:]
	return b
}

func (r *reader) unsigned() uint64 { return binary.NativeEndian.Uint64(r.item('u', 8)) }

func (r *reader) text() string {
	n := binary.NativeEndian.Uint32(r.item('s', 4))
	if r.failed = r.failed || uint64(n) > uint64(len(r.rest)); r.failed {
		return ""
	}
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s
}

// readValue is what Load should make of a file.
func readValue(file []byte, version int) (v value, ok bool) {
	r := reader{rest: file}
	if version > typeVersion {
		return v, false
	}
	v.U, v.N = r.unsigned(), int64(r.unsigned())
	v.D = math.Float64frombits(binary.NativeEndian.Uint64(r.item('d', 8)))
	v.F = math.Float32frombits(binary.NativeEndian.Uint32(r.item('f', 4)))
	if version > 0 {
		v.LD = longDouble(r.text())
	}
	if v.Text = r.text(); version == typeVersion {
		v.Text += r.text()
	}
	if v.Text == textPanic || v.Text == textExit {
		return v, false
	}
	n := r.unsigned()
	if n > listMost {
		return v, false
	}
	for range n {
		v.List = append(v.List, r.text())
	}
	return v, !r.failed && (version != 1 || v.N >= 0)
}

// longDouble is what the host reads of the text of a long double, NaN for what is not compared.
func longDouble(text string) float64 {
	if len(text) >= 64 {
		return 0
	}
	if !hex.MatchString(text) && !decimal.MatchString(text) || len(text) > 24 {
		return math.NaN() // strtold takes its beginning
	}
	if hex.MatchString(text) && !strings.ContainsAny(text, "pP") {
		text += "p0"
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return math.NaN()
	}
	return f
}

// write is the file of a value.
func (v *value) write(version int) (b []byte) {
	b = binary.NativeEndian.AppendUint64(append(b, 'u'), v.U)
	b = binary.NativeEndian.AppendUint64(append(b, 'u'), uint64(v.N))
	b = binary.NativeEndian.AppendUint64(append(b, 'd'), math.Float64bits(v.D))
	b = binary.NativeEndian.AppendUint32(append(b, 'f'), math.Float32bits(v.F))
	text := func(s string) { b = append(binary.NativeEndian.AppendUint32(append(b, 's'), uint32(len(s))), s...) }
	if version > 0 {
		text(strconv.FormatFloat(v.LD, 'x', -1, 64))
	}
	text(v.Text[:len(v.Text)/2])
	if version == typeVersion {
		text(v.Text[len(v.Text)/2:])
	}
	b = binary.NativeEndian.AppendUint64(append(b, 'u'), uint64(len(v.List)))
	for _, s := range v.List {
		text(s)
	}
	return b
}

// loadFile loads a file, and compares with what there is to be read.
func loadFile(t *testing.T, file []byte, version int) {
	t.Helper()
	before := ctest.HostLiving()
	valuesMade, valuesFreed = 0, 0 // other targets have values, too
	defer func() {
		if valuesMade != valuesFreed {
			t.Errorf("version %d: of %d values that were loaded %d were freed: %q", version, valuesMade, valuesFreed, file)
		}
	}()
	v, failed := ctest.HostTypeLoad(typeName, version, file)
	want, ok := readValue(file, version)
	if !ok {
		if v != 0 {
			t.Errorf("version %d, a damaged file gives a value: %q", version, file)
			ctest.HostTypeFree(typeName, v)
		}
		settled(t, before)
		return
	}
	if v == 0 || failed {
		t.Fatalf("version %d, no value of %q: %s", version, file, ctest.HostLog())
	}
	again := ctest.HostTypeSave(typeName, v)
	if !saved.equal(&want) {
		t.Errorf("version %d: %+v, want %+v", version, saved, want)
	}
	ctest.HostTypeFree(typeName, v)
	w, _ := ctest.HostTypeLoad(typeName, typeVersion, again)
	if w == 0 {
		t.Fatalf("what was saved does not load: %q", again)
	}
	ctest.HostTypeSave(typeName, w)
	if !saved.equal(&want) {
		t.Errorf("saved and loaded: %+v, want %+v", saved, want)
	}
	ctest.HostTypeFree(typeName, w)
	settled(t, before)
}

// FuzzTypeLoad loads a value of a data type from any bytes: it is what is written there, or
// nothing, and then nothing is left.
func FuzzTypeLoad(f *testing.F) {
	hosted(f)
	good := value{1, -2, 3.5, -4.5, 3, "text", []string{"a", "", "\x00\xff"}}
	for version := range typeVersion + 2 {
		f.Add(uint8(version), good.write(version))
	}
	for version := range typeVersion + 1 { // Load ends in another way, or refuses what it has read
		for _, text := range []string{textPanic, textExit, ""} {
			v := value{U: 7, N: -1, Text: text}
			f.Add(uint8(version), v.write(version))
		}
	}
	huge := bytes.Replace(good.write(typeVersion), []byte("s\x02\x00\x00\x00te"), []byte("s\xff\xff\xff\xffte"), 1)
	f.Add(uint8(typeVersion), huge)
	for _, n := range []int{listMost - 1, listMost, listMost + 1} {
		long := value{math.MaxUint64, math.MinInt64, math.Inf(-1), float32(math.Inf(1)), -0.1, "", make([]string, n)}
		f.Add(uint8(typeVersion), long.write(typeVersion))
	}
	f.Fuzz(func(t *testing.T, version uint8, file []byte) { loadFile(t, file, int(version%8)) })
}

// FuzzTypeTruncated loads all truncations of a good file, and the same with one byte changed.
func FuzzTypeTruncated(f *testing.F) {
	hosted(f)
	f.Add(uint64(1), int64(-1), 1.5, "text", uint8(3), uint16(0), uint8(0))
	f.Fuzz(func(t *testing.T, u uint64, n int64, d float64, text string, length uint8, at uint16, flip uint8) {
		v := value{U: u, N: n, D: d, F: float32(d), LD: d, Text: text[:min(len(text), 64)]}
		for i := range int(length % 8) {
			v.List = append(v.List, text[:min(i, len(text))])
		}
		file := v.write(typeVersion)
		for i := range file {
			before := ctest.HostLiving()
			if w, failed := ctest.HostTypeLoad(typeName, typeVersion, file[:i:i]); w != 0 || !failed {
				t.Fatalf("%d of %d bytes make a value", i, len(file))
			}
			settled(t, before)
		}
		loadFile(t, file, typeVersion)
		file[int(at)%len(file)] ^= flip
		loadFile(t, file, typeVersion)
	})
}
