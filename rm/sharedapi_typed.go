// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

// SharedWord is the type of an argument or result of a shared function: an integer, or an
// address as a uintptr. Handles are passed as theirs (RStr.Raw, Context.Raw); for a floating-point
// number there is none, its bits (math.Float64bits) have one.
type SharedWord interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

// Shared0 makes a shared function of a Go function without arguments, for
// [Context.ExportSharedAPI]. Shared1 to Shared4 do it for one to four. Each argument has
// the type of the C prototype: int32 for int, int64 for long long.
func Shared0[R SharedWord](f func() R) SharedFunc {
	return func(SharedWords) uintptr { return uintptr(f()) }
}

// Shared1 is [Shared0] with one argument.
func Shared1[A, R SharedWord](f func(A) R) SharedFunc {
	return func(w SharedWords) uintptr { return uintptr(f(A(w[0]))) }
}

// Shared2 is [Shared0] with two arguments.
func Shared2[A, B, R SharedWord](f func(A, B) R) SharedFunc {
	return func(w SharedWords) uintptr { return uintptr(f(A(w[0]), B(w[1]))) }
}

// Shared3 is [Shared0] with three arguments.
func Shared3[A, B, C, R SharedWord](f func(A, B, C) R) SharedFunc {
	return func(w SharedWords) uintptr { return uintptr(f(A(w[0]), B(w[1]), C(w[2]))) }
}

// Shared4 is [Shared0] with four arguments.
func Shared4[A, B, C, D, R SharedWord](f func(A, B, C, D) R) SharedFunc {
	return func(w SharedWords) uintptr { return uintptr(f(A(w[0]), B(w[1]), C(w[2]), D(w[3]))) }
}

// Imported0 makes a Go function of another module's that takes no arguments
// ([Context.SharedAPI]). Imported1 to Imported4 do it for one to four. The types are those of
// the C prototype; nothing can check that they are. The error is that of [SharedAPI.Call].
// A call allocates nothing.
func Imported0[R SharedWord](api SharedAPI) func() (R, error) {
	return func() (R, error) {
		r, err := api.Call()
		return R(r), err
	}
}

// Imported1 is [Imported0] with one argument.
func Imported1[A, R SharedWord](api SharedAPI) func(A) (R, error) {
	return func(a A) (R, error) {
		r, err := api.Call(uintptr(a))
		return R(r), err
	}
}

// Imported2 is [Imported0] with two arguments.
func Imported2[A, B, R SharedWord](api SharedAPI) func(A, B) (R, error) {
	return func(a A, b B) (R, error) {
		r, err := api.Call(uintptr(a), uintptr(b))
		return R(r), err
	}
}

// Imported3 is [Imported0] with three arguments.
func Imported3[A, B, C, R SharedWord](api SharedAPI) func(A, B, C) (R, error) {
	return func(a A, b B, c C) (R, error) {
		r, err := api.Call(uintptr(a), uintptr(b), uintptr(c))
		return R(r), err
	}
}

// Imported4 is [Imported0] with four arguments.
func Imported4[A, B, C, D, R SharedWord](api SharedAPI) func(A, B, C, D) (R, error) {
	return func(a A, b B, c C, d D) (R, error) {
		r, err := api.Call(uintptr(a), uintptr(b), uintptr(c), uintptr(d))
		return R(r), err
	}
}
