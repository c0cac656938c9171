// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// TypeSpec says what a data type of the module is: its name, and what it can do. Load and
// Save must be given; of the others only those that are given are registered with the
// server.
//
// The values are Go values. A function that gets one may change it only where the
// documentation says so. Beside Load and Copy nothing runs at the same time for a value,
// except that a forked child saves a copy of all memory as it was at the fork.
//
// Save, Rewrite and AuxSave run in forked children: there they may compute, allocate,
// panic and recover, but they must not wait ([InChild] has the rules), and a mutex that
// a goroutine held at the fork is held for ever. In portable mode Go cannot run in a
// child: as long as there is a value of the type, BGSAVE, the rewriting of the AOF and
// full syncs fail, loudly, and a line in the log says so at load; of a type with AuxSave
// they fail always, but for the rewriting of an AOF without an RDB preamble, which has no place
// for it. SAVE, DUMP and DEBUG RELOAD work.
type TypeSpec[T any] struct {
	// Name has exactly nine characters: letters, digits, - and _. RDB files have it, so it
	// must not change, and no other type of any module should have it.
	Name string
	// Version is the encoding version that Save writes, 0 to 1023. Load gets values of this
	// version and of earlier ones; those of later versions are refused without it.
	Version int

	// Load makes a value of what Save has written, in the encoding of a version. What it
	// reads may be damaged or made by an enemy: lengths are read with
	// [Loader.LoadLength], and slices grow as the elements come. A value that is returned
	// together with an error is given to Free; nil without an error is an error. It must read all that
	// Save has written: see [Loader].
	Load func(r *Loader, version int) (*T, error)
	// Save writes a value. When it returns an error, panics or calls runtime.Goexit, the
	// whole save fails, in the background and in the foreground: no file is left that
	// lacks the value, and the client of SAVE gets an error. A DUMP cannot fail; what it returns then
	// is refused by RESTORE.
	Save func(w *Saver, v *T) error
	// Rewrite writes the commands that make the value anew, for an AOF without an RDB
	// preamble. It fails like Save. Without it the value is written by Save, into a RESTORE
	// command. A value for which it writes nothing is gone after the rewriting.
	Rewrite func(a *AOF, key RStr, v *T) error
	// Free is told that the server has dropped the value, for types whose values own
	// memory of the server's, files or counters. It runs on any thread, without the server's
	// lock. Go memory needs no Free.
	Free func(v *T)
	// Copy makes the value for the new key of a COPY: one that shares nothing with v that
	// changes. Without it COPY answers with an error. A value that is returned together
	// with an error is given to Free. Since Redis 6.2.
	Copy func(k KeyInfo, v *T) (*T, error)
	// Unlink is told that the value is taken from its key, before Free, which may run later and
	// on another thread. A key that is renamed or moved is taken from its old name. Since Redis
	// 6.2.
	Unlink func(k KeyInfo, v *T)
	// MemUsage returns how many bytes the value takes, for MEMORY USAGE. samples is how many
	// elements to look at where not all are: 0 means all, and so does a server before
	// Redis 7.0.
	MemUsage func(k KeyInfo, v *T, samples int) int
	// FreeEffort returns how many blocks of memory there are to free. Above 64 the server
	// frees the value on a thread of its own, where it may (UNLINK, lazyfree settings); 0
	// means always. Without it a value counts 1. Since Redis 6.2.
	FreeEffort func(k KeyInfo, v *T) int
	// Digest adds the content to the digest of DEBUG DIGEST: equal values must add the same.
	// Without it the digest does not depend on the content.
	Digest func(d *Digest, v *T)
	// Defrag moves memory of the server's that the value owns. Since Redis 6.2.
	Defrag func(d *Defrag, v *T)

	// AuxSave writes what belongs to no key: to each RDB file, before the keys or after
	// them. When it writes nothing it leaves no trace, and the file can be loaded without the
	// module. Not so where a server before Redis 7.2 saves: it writes a mark in any case, for which AuxLoad
	// runs. Where such servers matter, write a number first that says whether there is more. It fails like Save.
	//
	// An AOF without an RDB preamble (aof-use-rdb-preamble no) has no place for it: after the rewriting
	// what belongs to no key is not in the AOF, and a server that starts from it does not have it. In an AOF with a preamble
	// it is as it was at the last rewriting; what has changed since must be in commands.
	//
	// In portable mode AuxSave cannot run in a forked child: every BGSAVE, full sync and rewriting of an AOF with a
	// preamble fails, whether there are values of the type or not. Since Redis 5.0.6.
	AuxSave func(w *Saver, when AuxWhen) error
	// AuxLoad reads what AuxSave has written. It must be there if AuxSave is. It does not
	// run when the file has nothing from the module, or from an AuxSave that wrote nothing. But in a file that a server before
	// Redis 7.2 has saved there is a mark even then: AuxLoad runs, and to read anything is an error.
	AuxLoad func(r *Loader, version int, when AuxWhen) error
	// AuxWhen says when AuxSave runs; 0 is AuxBeforeRDB.
	AuxWhen AuxWhen
}

// AuxWhen is a moment in an RDB file, or both.
type AuxWhen int32

// The moments.
const (
	AuxBeforeRDB AuxWhen = redismodule.AUX_BEFORE_RDB // before the keys
	AuxAfterRDB  AuxWhen = redismodule.AUX_AFTER_RDB  // after them
)

// Type is a data type of the module, whose values are of the Go type T. [NewType] makes
// it. It belongs to the load in which it was made. Its methods need the server's lock, as
// those of keys do.
type Type[T any] struct {
	dataType
	spec   TypeSpec[T]
	values typeValues[T]
}

// dataType is what types have beside their Go type.
type dataType struct {
	mt   redismodule.ModuleType // 0: not registered, or its load is over
	name string
	// For Dump and Restore: which value is dumped, and the error of the last Save or Load.
	dumping uintptr
	err     error
	// In Restore, whose value is the caller's.
	restoring bool

	head *core.StructHead // what C knows of a type in C memory, nil for others

	owned  sync.Map // in the debug build: the values that are under keys
	uneven bool     // in the debug build: it was told that Load reads less than Save writes
}

// Errors of data types.
const (
	// ErrNilValue means that a value of a data type is missing: a nil pointer.
	ErrNilValue = Error("ERR there is no value")
	// ErrTypeOver means that a data type is used outside of the load that registered it.
	ErrTypeOver = Error("ERR the data type is not registered")
	// ErrSameValue means that a key holds a value already that is to take its own place.
	ErrSameValue = Error("ERR the key holds this value already")
	// ErrValueTwice means that a value of a key is to be the value of another one. Only the debug
	// build tells.
	ErrValueTwice = Error("ERR the value is that of another key already")
	// ErrValueLost means that a key holds a value of the type that this package does not know.
	ErrValueLost = Error("ERR the value of the key is not known")
)

// types are the data types of a load. They cannot be undone, but they are over with it.
type typeList struct{ all []*dataType }

func (l *typeList) forget() {
	for _, t := range l.all {
		if t.mt = 0; t.head != nil {
			t.head.Type, t.head.Closed = 0, 1
		}
	}
	l.all = nil
}

// open lets values in C memory be loaded and saved, when the module is loaded.
func (l *typeList) open() {
	for _, t := range l.all {
		if t.head != nil {
			t.head.Closed = 0
		}
	}
}

func (l *typeList) held() string { return "" } // the server itself refuses to unload a module with types
func (l *typeList) stop(Context) {}

var types = func() *typeList { l := new(typeList); tables = append(tables, l); return l }()

// NewType registers a data type. It is possible in [Module].OnLoad only. A module with a
// data type cannot be unloaded; that is the server's rule.
//
// Its values are Go values, of any kind. Where a value fits into fields, [NewStructType] is the one to choose
// for many values, for maxmemory, and for saves in portable mode: of a number and a text of 26 bytes a value of NewType takes 64
// bytes of Go's heap beside 88 of the server's, of NewStructType 152 of the server's; saving and loading
// one takes 1.06 and 1.14 of the instructions that it takes in C, and 1.02 and 1.01; and Go's collector marks each value of NewType, a million in
// some 0.1 s of CPU time, whenever the heap has doubled. docs/DATATYPES.md has more.
//
// The module is registered as one that handles errors of input and output: a damaged value
// fails a load, and does not end the server at once.
//
// C: RedisModule_CreateDataType, since Redis 4.0; RedisModule_GetTypeMethodVersion, since
// Redis 6.2; RedisModule_SetModuleOptions, since Redis 6.0.
func NewType[T any](ctx Context, spec TypeSpec[T]) (*Type[T], error) {
	t := &Type[T]{spec: spec, dataType: dataType{name: spec.Name}}
	if err := t.check(); err != nil {
		return nil, err
	}
	methods := redismodule.TypeMethods{Version: typeMethodVersion()}
	if err := t.settle(&methods); err != nil {
		return nil, t.bad("Load", err.Error())
	}
	if err := t.create(ctx, spec.Version, &methods); err != nil {
		return nil, err
	}
	if mode, _ := redismodule.CurrentMode(); mode != redismodule.ModeResident {
		fails := "BGSAVE, BGREWRITEAOF and full syncs fail while there are values of it"
		if spec.AuxSave != nil {
			fails = "BGSAVE and full syncs fail, with and without values of it, since it has AuxSave, and so does BGREWRITEAOF, " +
				"but for one without an RDB preamble while there are no values"
		}
		ctx.Log(LevelWarning, fmt.Sprintf("data type %s: in %s mode Go does not run in forked children: %s; SAVE, DUMP and DEBUG RELOAD work",
			spec.Name, mode, fails))
	}
	return t, nil
}

// create registers the type with the server.
func (t *dataType) create(ctx Context, version int, methods *redismodule.TypeMethods) error {
	ctx.addModuleOptions(redismodule.OPTIONS_HANDLE_IO_ERRORS)
	name := unsafeconv.NewZ(t.name)
	if t.mt = redismodule.CreateDataType(ctx.raw(), name.Ptr(), int32(version), methods); t.mt == 0 {
		return t.bad("Name", "the server refuses it: a data type of another module has the name")
	}
	types.all = append(types.all, t)
	return nil
}

func (t *dataType) bad(field, reason string) error {
	return &fieldError{fmt.Sprintf("data type %q", t.name), field, reason}
}

// typeNameChars are the characters of a name, in the order of their numbers.
const typeNameChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// What the server has room for.
const (
	typeNameLen    = 9
	maxTypeVersion = 1<<10 - 1
)

// check finds what is wrong with a type before the server sees it.
func (t *Type[T]) check() error {
	s := &t.spec
	if err := t.checkName(s.Version); err != nil {
		return err
	}
	switch {
	case s.Load == nil:
		return t.bad("Load", "is nil; without it no file with a value could be loaded")
	case s.Save == nil:
		return t.bad("Save", "is nil; without it no file could be saved")
	case (s.AuxSave == nil) != (s.AuxLoad == nil):
		return t.bad("AuxLoad", "AuxSave and AuxLoad belong together")
	case s.AuxWhen&^(AuxBeforeRDB|AuxAfterRDB) != 0:
		return t.bad("AuxWhen", fmt.Sprintf("%d is not known", s.AuxWhen))
	case s.AuxSave != nil && typeMethodVersion() < 2:
		return lacks(featureTypeAux)
	}
	return nil
}

// checkName is what is asked of all types.
func (t *dataType) checkName(version int) error {
	switch {
	case !creating:
		return errors.New(t.bad("Name", "data types can be registered while the module loads only: in OnLoad").Error())
	case len(t.name) != typeNameLen:
		return t.bad("Name", fmt.Sprintf("has %d characters; it must have %d", len(t.name), typeNameLen))
	case strings.Trim(t.name, typeNameChars) != "":
		return t.bad("Name", "has other characters than letters, digits, - and _")
	case version < 0 || version > maxTypeVersion:
		return t.bad("Version", fmt.Sprintf("%d is not one of 0 to %d", version, maxTypeVersion))
	}
	for _, other := range types.all {
		if other.name == t.name {
			return t.bad("Name", "is registered twice")
		}
	}
	return nil
}

// typeMethodVersion is the version of the methods that the server reads.
func typeMethodVersion() uint64 {
	switch {
	case has(featureGetTypeMethodVersion):
		return uint64(min(redismodule.GetTypeMethodVersion(), redismodule.TYPE_METHOD_VERSION))
	case has(featureGetKeyNameFromIO): // it came with the second version
		return 2
	}
	return 1
}

// Get returns the value of a key. It stays the key's: it may be changed in place as long as
// a [WriteKey] for it is open, whose Close tells those who watch the key. ok is false when the key is missing; the
// error is ErrWrongType when its value is not of the type.
//
// The value is valid until something removes or replaces it. Go keeps its memory for as long as
// it is referred to; but Free may have been called.
//
// C: RedisModule_ModuleTypeGetType and RedisModule_ModuleTypeGetValue, since Redis 4.0.
func (t *Type[T]) Get(k ReadKey) (v *T, ok bool, err error) {
	raw, err := k.handle()
	if err != nil || raw == 0 {
		return nil, false, err
	}
	if mt := redismodule.ModuleTypeGetType(raw); mt != t.mt || mt == 0 {
		return nil, false, t.otherType(k)
	}
	if v = t.values.get(redismodule.ModuleTypeGetValue(raw)); v == nil {
		return nil, false, ErrValueLost
	}
	return v, true, nil
}

// live is the error of a type that cannot have new values.
func (t *dataType) live() error {
	switch {
	case t.mt == 0:
		return ErrTypeOver
	case creating:
		return ErrStillLoading
	}
	return nil
}

// otherType is the error of a key that has no value of the type, nil when it is empty.
func (t *dataType) otherType(k ReadKey) error {
	switch {
	case t.mt == 0:
		return ErrTypeOver
	case k.Type() == KeyTypeEmpty:
		return nil
	}
	return ErrWrongType
}

// Set makes v the value of the key, whatever it was before, and without its time to live.
// From then on v is the server's: it is given to Free when the server drops it, and must not be
// made the value of another key. Setting the value that the key has already does nothing.
// ErrNilValue for nil, and ErrStillLoading in OnLoad, where no value can be made in any other way either.
//
// C: RedisModule_ModuleTypeSetValue, since Redis 4.0.
func (t *Type[T]) Set(k WriteKey, v *T) error {
	raw, err := k.writable()
	switch {
	case err != nil:
		return err
	case v == nil:
		return ErrNilValue
	}
	if err := t.live(); err != nil {
		return err
	}
	if redismodule.ModuleTypeGetType(raw) == t.mt && t.values.get(redismodule.ModuleTypeGetValue(raw)) == v {
		return nil
	}
	word, err := t.give(v)
	if err != nil {
		return err
	}
	if !k.k.setValue(t.mt, word) {
		t.takeBack(word)
		return ErrRefused
	}
	return nil
}

// GetOrNew returns the value of a key, and makes a missing key's, new(T), which is the server's
// as with Set. For values that need more to begin with there are Get and Set. ErrWrongType
// when the key has a value of another type.
//
// C: RedisModule_ModuleTypeGetValue and RedisModule_ModuleTypeSetValue, since Redis 4.0.
func (t *Type[T]) GetOrNew(k WriteKey) (*T, error) {
	v, ok, err := t.Get(k.ReadKey())
	if ok || err != nil {
		return v, err
	}
	v = new(T)
	return v, t.Set(k, v)
}

// Replace puts v in the place of the value of the key, which keeps its time to live, and
// returns the old value, which belongs to the caller from then on: Free is not called for it.
// ErrNoKey for a missing key, ErrWrongType for a value that is not of the type, ErrSameValue
// when v is the key's value.
//
// C: RedisModule_ModuleTypeReplaceValue, since Redis 6.0.
func (t *Type[T]) Replace(k WriteKey, v *T) (old *T, err error) {
	if !has(featureModuleTypeReplaceValue) {
		return nil, lacks(featureModuleTypeReplaceValue)
	}
	if v == nil {
		return nil, ErrNilValue
	}
	old, ok, err := t.Get(k.readKey)
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, ErrNoKey
	case old == v:
		return nil, ErrSameValue
	}
	raw, err := k.writable()
	if err != nil {
		return nil, err
	}
	word, err := t.give(v)
	if err != nil {
		return nil, err
	}
	k.k.newValue()
	var before uintptr
	if redismodule.ModuleTypeReplaceValue(raw, t.mt, word, &before) != redismodule.OK {
		t.takeBack(word)
		return nil, ErrRefused
	}
	k.wrote()
	return t.takeBack(before), nil
}

// give makes a value the server's. The debug build tells of one that is that already.
func (t *Type[T]) give(v *T) (uintptr, error) {
	if debugging {
		if _, double := t.owned.LoadOrStore(v, true); double {
			return 0, misuse(ErrValueTwice)
		}
	}
	return t.values.take(v)
}

// takeBack ends that.
func (t *Type[T]) takeBack(word uintptr) *T {
	v := t.values.drop(word)
	if debugging && v != nil {
		t.owned.Delete(v)
	}
	return v
}

// Values returns how many values of the type there are, under keys and on their way to be freed. It may be
// called on any goroutine.
func (t *Type[T]) Values() int { return int(t.values.count.Load()) }

// Name returns the name of the type.
func (t *Type[T]) Name() string { return t.name }

// Raw returns the handle for the raw layer, 0 when the load of the type is over.
func (t *Type[T]) Raw() redismodule.ModuleType { return t.mt }
