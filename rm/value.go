// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"math"
	"strconv"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// Value is a reply as a value: [Context.Reply] sends it, whatever it is. The zero
// Value is null. It refers to what it was made from, which must stay unchanged
// until it is sent. Simple values allocate nothing, nor does an aggregate of them; of
// nested aggregates each inner one allocates its list, unless it is given one with
// "list..." that exists already.
type Value struct {
	o        origin  // of that handle
	elements []Value // keys and values in turn for maps and attributes
	text     string
	bits     uint64 // integer, bits of a float64, or a handle of the server
	reply    Reply
	kind     valueKind
	format   [3]byte // of a verbatim string
}

type valueKind uint8

const (
	valueNull valueKind = iota
	valueNullArray
	valueInteger
	valueDouble
	valueLongDouble
	valueBool
	valueText
	valueStr
	valueSimple
	valueError
	valueBigNumber
	valueVerbatim
	valueArray
	valueSet
	valueMap
	valueAttribute // the last element is what it belongs to
	valueCallReply
	valueReply
)

// NullValue is null.
func NullValue() Value { return Value{} }

// NullArrayValue is RESP2's null array; in RESP3 it is null.
func NullArrayValue() Value { return Value{kind: valueNullArray} }

// LongLongValue is an integer.
func LongLongValue(n int64) Value { return Value{kind: valueInteger, bits: uint64(n)} }

// Uint64Value is an integer, a big number if it does not fit into an int64.
func Uint64Value(n uint64) Value {
	if n > math.MaxInt64 {
		return BigNumberValue(strconv.FormatUint(n, 10))
	}
	return LongLongValue(int64(n))
}

// DoubleValue is a floating-point number.
func DoubleValue(f float64) Value { return Value{kind: valueDouble, bits: math.Float64bits(f)} }

// LongDoubleValue is a number that is written like [Context.ReplyWithLongDouble]
// does.
func LongDoubleValue(f float64) Value { return Value{kind: valueLongDouble, bits: math.Float64bits(f)} }

// BoolValue is a boolean.
func BoolValue(b bool) Value { return Value{kind: valueBool, bits: uint64(boolInt(b))} }

// TextValue is a Go string as a bulk string.
func TextValue(s string) Value { return Value{kind: valueText, text: s} }

// BytesValue is a byte slice as a bulk string. The bytes must not change before
// the value is sent.
func BytesValue(b []byte) Value { return Value{kind: valueText, text: unsafeconv.String(b)} }

// StrValue is a server string as a bulk string, null for the zero RStr.
func StrValue(s RStr) Value {
	if s.s == 0 {
		return Value{}
	}
	return Value{o: s.o, kind: valueStr, bits: uint64(s.raw())}
}

// SimpleStringValue is a status: one line of text.
func SimpleStringValue(s string) Value { return Value{kind: valueSimple, text: s} }

// ErrorValue is an error reply with the text of [Context.ReplyWithError].
func ErrorValue(err error) Value {
	if err == nil {
		err = ErrNilError
	}
	return Value{kind: valueError, text: replyText(err)}
}

// BigNumberValue is an integer of any size, given in decimal.
func BigNumberValue(decimal string) Value { return Value{kind: valueBigNumber, text: decimal} }

// VerbatimStringValue is a text of a format of three bytes.
func VerbatimStringValue(text, format string) Value {
	v := Value{kind: valueVerbatim, text: text}
	if len(format) == len(v.format) { // else it stays empty, which is refused
		copy(v.format[:], format)
	}
	return v
}

// ArrayValue is an array.
func ArrayValue(elements ...Value) Value { return Value{kind: valueArray, elements: elements} }

// SetValue is a set: an array in RESP2.
func SetValue(elements ...Value) Value { return Value{kind: valueSet, elements: elements} }

// MapValue is a map of keys and values in turn, in this order: an array in RESP2.
func MapValue(pairs ...Value) Value { return Value{kind: valueMap, elements: pairs} }

// AttributeValue is the last of its arguments, with the pairs before it, keys and
// values in turn, as its attribute; RESP2 has no attributes and gets the last alone.
func AttributeValue(pairsAndReply ...Value) Value {
	return Value{kind: valueAttribute, elements: pairsAndReply}
}

// CallReplyValue is the reply of a call, null for the zero CallReply. It must not be
// freed before the value is sent.
func CallReplyValue(r CallReply) Value {
	if r.IsZero() {
		return Value{}
	}
	return Value{kind: valueCallReply, bits: uint64(r.Raw())}
}

// ReplyValue is a recorded reply. It must not be freed before the value is sent.
func ReplyValue(r Reply) Value { return Value{kind: valueReply, reply: r} }

// Reply replies with a value. A value that the protocol cannot carry (a simple
// string of two lines, a map without the last value, more than 128 levels) gives an
// error, and nothing is sent. Servers before 7.0, whose modules know only the types
// of RESP2, get the RESP2 form of the others.
//
// C: RedisModule_ReplyWithLongLong, RedisModule_ReplyWithStringBuffer,
// RedisModule_ReplyWithString, RedisModule_ReplyWithCallReply, since Redis 4.0; the
// others by [Reply.ReplyTo].
func (ctx Context) Reply(v Value) error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	switch v.kind { // what needs no recording
	case valueInteger:
		return ctx.ReplyWithLongLong(int64(v.bits))
	case valueText:
		return ctx.ReplyWithText(v.text)
	case valueStr:
		return ctx.ReplyWithString(v.str())
	case valueNull:
		return ctx.ReplyWithNull()
	case valueError:
		if v.text == string(ErrWrongArity) {
			return ctx.WrongArity()
		}
		countReply()
		ctx.replyErrorText(v.text)
		return nil
	case valueReply:
		return v.reply.ReplyTo(ctx)
	case valueCallReply:
		// The server refuses a reply in RESP3 to a client that speaks RESP2.
		if r := v.callReply(); r.Type() != ReplyPromise && ctx.ReplyWithCallReply(r) == nil {
			return nil
		}
	}
	b := NewReply()
	b.value(&v)
	err := b.ReplyTo(ctx)
	b.Free()
	return err
}

func (v *Value) str() RStr { return RStr{v.o, redismodule.String(v.bits)} }

func (v *Value) callReply() CallReply { return CallReply{v.o, unsafeconv.Pointer(uintptr(v.bits))} }

// Value records a value.
func (b Reply) Value(v Value) { b.value(&v) }

func (b Reply) value(v *Value) {
	switch v.kind {
	case valueNull:
		b.Null()
	case valueNullArray:
		b.NullArray()
	case valueInteger:
		b.LongLong(int64(v.bits))
	case valueDouble:
		b.Double(math.Float64frombits(v.bits))
	case valueLongDouble:
		b.LongDouble(math.Float64frombits(v.bits))
	case valueBool:
		b.Bool(v.bits != 0)
	case valueText:
		b.Text(v.text)
	case valueStr:
		b.Str(v.str())
	case valueSimple:
		b.SimpleString(v.text)
	case valueError:
		b.errorText(v.text)
	case valueBigNumber:
		b.BigNumber(v.text)
	case valueVerbatim:
		b.VerbatimString(v.text, unsafeconv.String(v.format[:]))
	case valueArray:
		b.BeginArray(len(v.elements))
		b.values(v.elements)
	case valueSet:
		b.BeginSet(len(v.elements))
		b.values(v.elements)
	case valueMap:
		if b.pairs(opMap, len(v.elements)) {
			b.values(v.elements)
		}
	case valueAttribute:
		if b.pairs(opAttribute, len(v.elements)-1) {
			b.values(v.elements)
		}
	case valueCallReply:
		b.CallReply(v.callReply())
	case valueReply:
		b.Reply(v.reply)
	}
}

// pairs begins a map or an attribute of n keys and values.
func (b Reply) pairs(kind opKind, n int) bool {
	r := b.live()
	switch {
	case r == nil || r.err != nil:
		return false
	case n < 0:
		r.fail("the reply that the attribute belongs to is missing")
		return false
	case n%2 != 0:
		r.fail("the last key of " + aggregateName(kind) + " is without a value")
		return false
	}
	b.begin(kind, n/2, 2)
	return true
}

func (b Reply) values(elements []Value) {
	for i := range elements {
		if b.r == nil || b.r.err != nil {
			return
		}
		b.value(&elements[i])
	}
}
