// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// StructSpec says what a data type in C memory is: its name, and the fields of its values.
type StructSpec struct {
	// Name has exactly nine characters: letters, digits, - and _. RDB files have it, so it
	// must not change, and no other type of any module should have it.
	Name string
	// Version is the encoding version, 0 to 1023. It must be raised when a field is added.
	// Values of this version and of earlier ones are loaded; those of later versions are refused.
	Version int
	// Fields are the fields, in the order in which they are saved. That order must
	// not change, and no field may be removed or get another kind: a release that adds one puts it at the
	// end, with the new version as its Since. The same fields in another type are an error.
	Fields []StructField
	// Check, if it is given, looks at each value that was loaded, from a file, a master or by RESTORE, before anybody else sees it. The
	// list of fields tells C what a value looks like; whether its fields belong together, as two arrays of one
	// length, only the module knows, and who sends a RESTORE may send anything. A value for which it returns an error, panics or calls
	// runtime.Goexit is refused: RESTORE gives an error, a load fails, and the log has the error with the key. s is valid until it returns.
	//
	// It runs in every mode, on the thread that loads (the server's as a rule), never in a forked child, and costs a call of Go for each
	// value. It does not see what commands write.
	Check func(s StructReader) error
}

// StructField is a field of a [StructType]: a [NumberField], [FixedField], [BytesField], [ArrayField] or [TextsField].
type StructField interface {
	// part returns what is common to all kinds, and what C is to know.
	part() (f *structField, kind, element uint32, value uint64)
	fieldName() string
	since() int
}

// structField is the place of a field in a value. It is settled when the type is registered.
type structField struct {
	t      *StructType
	offset uintptr
	told   uint32 // 1 when the log tells that it was read of a value that does not have it
}

// StructType is a data type whose values are structs in memory of the server's. C alone saves,
// loads, copies, digests, measures, defragments and frees them, from the list of their fields: that works
// in forked children and on the server's threads in every mode, and whatever Go is doing. (With a Check, Go looks at what was loaded.) The
// memory counts in used_memory, and Go's garbage collector has nothing to do with it. Values are
// read and changed in place, through an open key. [NewStructType] makes it. It belongs to the load in which it was made.
type StructType struct {
	dataType
	spec     StructSpec
	size     uintptr
	defaults []structDefault
	free     redismodule.CFunc
}

// structDefault is a number that new values begin with.
type structDefault struct {
	offset uintptr
	size   uintptr
	bits   uint64
}

// Errors of data types in C memory.
const (
	// ErrTooLong means that a field would have more bytes or elements than it can: 4294967295.
	ErrTooLong = Error("ERR the field would be too long")
	// ErrStructOver means that a value is not there any more: its key is closed, or the value was replaced or removed.
	ErrStructOver = Error("ERR the value is not there any more")
	// ErrStructField means that a field is none of the value's: it was forgotten in the Fields of the type's [StructSpec], or belongs to
	// another type. What is returned names the field; errors.Is tells it to be this.
	ErrStructField = Error("ERR the field is not in the Fields of the value's type")
)

// NewStructType registers a data type in C memory. It is possible in [Module].OnLoad only. A module with a
// data type cannot be unloaded; that is the server's rule. A module can have 32 of them.
//
// A value takes what the same struct takes in C, and is saved and loaded in the same time: 1.02 and 1.01 of the instructions of a type that
// is written in C. [NewType] says when to choose which.
//
// The module is registered as one that handles errors of input and output: a damaged value
// fails a load, and does not end the server at once.
//
// C: RedisModule_CreateDataType, since Redis 4.0; RedisModule_SaveDataTypeToString and RedisModule_SetModuleOptions, since
// Redis 6.0.
func NewStructType(ctx Context, spec StructSpec) (*StructType, error) {
	t := &StructType{spec: spec, dataType: dataType{name: spec.Name}}
	if err := t.checkName(spec.Version); err != nil {
		return nil, err
	}
	if !has(featureSaveDataTypeToString) {
		return nil, lacks(featureSaveDataTypeToString)
	}
	fields, err := t.layOut()
	if err != nil {
		return nil, err
	}
	methods := redismodule.TypeMethods{Version: typeMethodVersion()}
	head := core.StructNew(spec.Name, spec.Version, t.size, fields, &methods)
	if head == 0 {
		return nil, t.bad("Name", "there are too many data types in C memory")
	}
	if err := t.create(ctx, spec.Version, &methods); err != nil {
		return nil, err
	}
	// SAFETY(U110): the head is in C memory that stays for as long as the process lives.
	t.head = unsafeconv.Ptr[core.StructHead](head)
	t.head.Type, t.head.Closed, t.free = t.mt, 1, methods.Free
	if spec.Check != nil {
		// Nothing can have been loaded yet.
		check := (&kind{name: "data type " + t.name + ": Check", run: t.loaded, failed: t.loadedFailed}).midway()
		f, err := check.fn()
		if err != nil {
			return nil, t.bad("Check", err.Error())
		}
		t.head.Check = uintptr(f)
	}
	for _, f := range spec.Fields {
		part, _, _, _ := f.part()
		part.t, part.told = t, 0
	}
	return t, nil
}

// What a struct can hold.
const (
	blockSize     = unsafe.Sizeof(core.StructBlock{})
	maxStructSize = 1 << 20
	maxFieldLen   = math.MaxUint32
)

// numberSizes are the bytes of the kinds of numbers.
var numberSizes = [...]uintptr{1, 2, 4, 8, 1, 2, 4, 8, 4, 8}

// layOut gives the fields their places, as a compiler of C does, and describes them.
func (t *StructType) layOut() ([]core.StructField, error) {
	var fields []core.StructField
	names, last, seen := map[string]bool{}, 0, map[*structField]bool{}
	for i, f := range t.spec.Fields {
		if f == nil {
			return nil, t.bad("Fields", fmt.Sprintf("field %d is nil", i+1))
		}
		part, kind, element, value := f.part()
		name := f.fieldName()
		switch {
		case name == "":
			return nil, t.bad("Fields", fmt.Sprintf("field %d has no name", i+1))
		case names[name] || seen[part]:
			return nil, t.bad("Fields", name+" is there twice")
		case part.t != nil && part.t.mt != 0:
			return nil, t.bad("Fields", name+" is a field of another type")
		case f.since() < last:
			return nil, t.bad("Fields", name+" came earlier than the field before it: new fields come last")
		case f.since() > t.spec.Version:
			return nil, t.bad("Fields", fmt.Sprintf("%s came with version %d, which is later than Version", name, f.since()))
		case kind == core.FieldFixed && (element == 0 || element > maxStructSize):
			return nil, t.bad("Fields", fmt.Sprintf("%s: the length is not one of 1 to %d", name, maxStructSize))
		}
		names[name], seen[part], last = true, true, f.since()
		size, align := blockSize, unsafe.Alignof(core.StructBlock{})
		switch {
		case kind == core.FieldFixed:
			size, align = uintptr(element), 1
		case kind < uint32(len(numberSizes)):
			size = numberSizes[kind]
			align = size
		}
		t.size = (t.size + align - 1) &^ (align - 1)
		part.offset = t.size
		t.size += size
		if t.size > maxStructSize {
			return nil, t.bad("Fields", fmt.Sprintf("the values are larger than %d bytes", maxStructSize))
		}
		if value != 0 {
			t.defaults = append(t.defaults, structDefault{part.offset, size, value})
		}
		fields = append(fields, core.StructField{Kind: kind, Element: element, Offset: uint32(part.offset), Since: int32(f.since()), Value: value})
	}
	if len(fields) == 0 {
		return nil, t.bad("Fields", "there is none")
	}
	return fields, nil
}

// Name returns the name of the type.
func (t *StructType) Name() string { return t.name }

// Raw returns the handle for the raw layer, 0 when the load of the type is over.
func (t *StructType) Raw() redismodule.ModuleType { return t.mt }

// Size returns how many bytes the struct itself takes, without what bytes, arrays and texts take beside it.
func (t *StructType) Size() int { return int(t.size) }
