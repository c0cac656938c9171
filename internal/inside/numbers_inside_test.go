// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// InsideStringNumbers reads numbers from strings.
//
// Drives: StringToULongLong, StringToLongLong, StringToDouble, StringToLongDouble.
func InsideStringNumbers(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	for text, want := range map[string]any{
		"0": uint64(0), "007": uint64(7), "9223372036854775808": uint64(1 << 63), "18446744073709551615": uint64(math.MaxUint64),
		"18446744073709551616": rm.ErrNotInteger, strings.Repeat("9", 1000): rm.ErrNotInteger,
		"-1": rm.ErrNotInteger, " -1": rm.ErrNotInteger, "+1": rm.ErrNotInteger, " 1": rm.ErrNotInteger,
		"1 ": rm.ErrNotInteger, "12\x003": rm.ErrNotInteger, "": rm.ErrNotInteger, "0x10": rm.ErrNotInteger,
	} {
		require.Equal(t, want, either(e.str(text).Uint64()), "%q", text)
	}
	for text, want := range map[string]any{
		"-9223372036854775808": int64(math.MinInt64), "9223372036854775807": int64(math.MaxInt64), "0": int64(0),
		"9223372036854775808": rm.ErrNotInteger, "007": rm.ErrNotInteger, "1\x00": rm.ErrNotInteger, "": rm.ErrNotInteger,
	} {
		require.Equal(t, want, either(e.str(text).Int64()), "%q", text)
	}
	for text, want := range map[string]any{
		"0.1": 0.1, "-inf": math.Inf(-1), "1e400": rm.ErrNotFloat, "nan": rm.ErrNotFloat,
		"1.5x": rm.ErrNotFloat, " 1": rm.ErrNotFloat, "1.5\x00": rm.ErrNotFloat, "": rm.ErrNotFloat,
	} {
		require.Equal(t, want, either(e.str(text).Float64()), "%q", text)
	}
	for text, want := range map[string]any{
		"0.1": 0.1, "-2.5e3": -2500.0, "nan": rm.ErrNotFloat,
		"1.5x": rm.ErrNotFloat, "1.5\x00": rm.ErrNotFloat, " 1": rm.ErrNotFloat, "": rm.ErrNotFloat, strings.Repeat("1", 6000): rm.ErrNotFloat,
	} {
		require.Equal(t, want, either(e.str(text).LongDouble()), "%.20q", text)
	}
}

// InsideStringsOfNumbers makes strings of numbers.
//
// Drives: CreateStringFromLongLong, CreateStringFromULongLong, CreateStringFromDouble,
// CreateStringFromLongDouble.
func InsideStringsOfNumbers(t *inside.T, ctx rm.Context) {
	for _, n := range []uint64{0, 7, math.MaxInt64, 1 << 63, math.MaxUint64} {
		require.Equal(t, strconv.FormatUint(n, 10), text(rm.NewRStringUint64(n), true, nil))
		require.Equal(t, strconv.FormatInt(int64(n), 10), text(rm.NewRStringInt64(int64(n)), true, nil))
	}
	for _, f := range []float64{0, 1, -1.5, 0.1, 1e21, 1e300, 5e-324, math.MaxFloat64, math.Pi, math.Inf(1), math.Inf(-1), 1 << 53} {
		for how, s := range map[string]rm.RString{"float": rm.NewRStringFloat64(f), "long double": rm.NewRStringLongDouble(f)} {
			got, err := strconv.ParseFloat(s.String(), 64)
			require.NoError(t, err)
			require.Equal(t, f, got, "%s of %v", how, f)
			s.Free()
		}
	}
	for f, want := range map[float64]string{
		0.1: "0.10000000000000001", 1e20: "100000000000000000000", 3: "3", -0.25: "-0.25", 1e-30: "0", math.Inf(1): "inf",
		1e300: strings.TrimSuffix(fmt.Sprintf("%f", 1e300), ".000000"),
	} {
		require.Equal(t, want, text(rm.NewRStringHumanLongDouble(f), true, nil), "%v", f)
	}
}
