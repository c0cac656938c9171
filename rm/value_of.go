// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// ValueOf makes a Value of an ordinary Go value:
//
//   - nil and nil pointers, slices and maps are null;
//   - integers are integers, or big numbers if they do not fit into an int64;
//   - float32 and float64 are doubles, bool is a boolean;
//   - string, []byte, RStr and RString are bulk strings, an error is an error;
//   - slices, arrays and Args are arrays; maps with keys of a string type are maps, sorted
//     by key;
//   - Value, CallReply and Reply are what they are;
//   - pointers and types made of all these are what they are made of.
//
// Anything else, and what is nested deeper than 128 levels, is an error that says
// where it is. The Value refers to x, which must not change until it is sent. It
// allocates.
func ValueOf(x any) (Value, error) { return valueOf(x, maxReplyDepth) }

// unfitError is about a part of a value.
type unfitError struct {
	path string
	what string
}

func (e *unfitError) Error() string {
	if e.path == "" {
		return "ERR no reply can be made of " + e.what
	}
	return "ERR no reply can be made of " + e.what + " at " + e.path
}

// at adds where the value with the error is.
func (e *unfitError) at(format string, args ...any) error {
	e.path = fmt.Sprintf(format, args...) + e.path
	return e
}

func valueOf(x any, levels int) (Value, error) {
	switch x := x.(type) {
	case nil:
		return Value{}, nil
	case Value:
		return x, nil
	case int:
		return LongLongValue(int64(x)), nil
	case int64:
		return LongLongValue(x), nil
	case float64:
		return DoubleValue(x), nil
	case bool:
		return BoolValue(x), nil
	case string:
		return TextValue(x), nil
	case []byte:
		if x == nil {
			return Value{}, nil
		}
		return BytesValue(x), nil
	case RStr:
		return StrValue(x), nil
	case RString:
		return StrValue(x.rstr), nil
	case Args:
		return valueOfKind(reflect.ValueOf(x.v), levels)
	case CallReply:
		return CallReplyValue(x), nil
	case Reply:
		return ReplyValue(x), nil
	case error:
		if v := reflect.ValueOf(x); v.Kind() == reflect.Pointer && v.IsNil() {
			return Value{}, nil
		}
		return ErrorValue(x), nil
	}
	return valueOfKind(reflect.ValueOf(x), levels)
}

// valueOfKind handles what is known by its kind only.
func valueOfKind(v reflect.Value, levels int) (Value, error) {
	switch v.Kind() {
	case reflect.Bool:
		return BoolValue(v.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return LongLongValue(v.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return Uint64Value(v.Uint()), nil
	case reflect.Float32, reflect.Float64:
		return DoubleValue(v.Float()), nil
	case reflect.String:
		return TextValue(v.String()), nil
	}
	if levels == 0 {
		return Value{}, &unfitError{what: fmt.Sprintf("more than %d levels", maxReplyDepth)}
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return Value{}, nil
		}
		return valueOf(v.Elem().Interface(), levels-1)
	case reflect.Slice:
		if v.IsNil() {
			return Value{}, nil
		}
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return BytesValue(v.Bytes()), nil
		}
		return arrayOf(v, levels)
	case reflect.Array:
		return arrayOf(v, levels)
	case reflect.Map:
		if v.IsNil() {
			return Value{}, nil
		}
		if v.Type().Key().Kind() == reflect.String {
			return mapOf(v, levels)
		}
	}
	return Value{}, &unfitError{what: "a " + v.Type().String()}
}

func arrayOf(v reflect.Value, levels int) (Value, error) {
	elements := make([]Value, v.Len())
	for i := range elements {
		var err error
		if elements[i], err = valueOf(v.Index(i).Interface(), levels-1); err != nil {
			return Value{}, err.(*unfitError).at("[%d]", i)
		}
	}
	return ArrayValue(elements...), nil
}

func mapOf(v reflect.Value, levels int) (Value, error) {
	values := make(map[string]reflect.Value, v.Len())
	for it := v.MapRange(); it.Next(); {
		values[it.Key().String()] = it.Value()
	}
	pairs := make([]Value, 0, 2*len(values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		value, err := valueOf(values[key].Interface(), levels-1)
		if err != nil {
			return Value{}, err.(*unfitError).at("[%q]", key)
		}
		pairs = append(pairs, TextValue(key), value)
	}
	return MapValue(pairs...), nil
}
