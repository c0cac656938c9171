// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"
	"unsafe"

	"github.com/iredismodule/redismodule"
)

// settle makes the C functions of a type: those of what is given, in the newest form that
// the server reads.
func (t *Type[T]) settle(m *redismodule.TypeMethods) (err error) {
	s := &t.spec
	method := func(to *redismodule.CFunc, given bool, k *kind) {
		if !given || err != nil {
			return
		}
		k.name = "data type " + t.name + ": " + k.name
		if to != &m.Free { // which runs on any thread
			k.midway()
		}
		*to, err = k.fn()
	}
	must := true
	method(&m.RdbLoad, must, &kind{name: "Load", run: t.load, failed: t.loadFailed})
	method(&m.RdbSave, must, &kind{name: "Save", run: t.save, failed: t.saveFailed, inChildren: true})
	method(&m.AofRewrite, must, &kind{name: "Rewrite", run: t.rewrite, failed: t.rewriteFailed, inChildren: true})
	method(&m.Free, must, &kind{name: "Free", run: t.freed})
	method(&m.Digest, s.Digest != nil, &kind{name: "Digest", run: t.digest})
	if m.Version >= 2 {
		if m.AuxSaveTriggers = int32(s.AuxWhen); s.AuxWhen == 0 {
			m.AuxSaveTriggers = redismodule.AUX_BEFORE_RDB
		}
		aux := &m.AuxSave
		if m.Version >= 5 {
			aux = &m.AuxSave2
		}
		method(aux, s.AuxSave != nil, &kind{name: "AuxSave", run: t.auxSave, failed: writeFailed, inChildren: true})
		method(&m.AuxLoad, s.AuxLoad != nil, &kind{name: "AuxLoad", run: t.auxLoad, failed: auxLoadFailed})
	}
	if m.Version < 4 {
		method(&m.MemUsage, s.MemUsage != nil, &kind{name: "MemUsage", run: t.memUsage})
	} else {
		method(&m.MemUsage2, s.MemUsage != nil, &kind{name: "MemUsage", run: t.memUsage2})
		method(&m.FreeEffort2, s.FreeEffort != nil, &kind{name: "FreeEffort", run: t.freeEffort2, failed: oneEffort})
		method(&m.Unlink2, s.Unlink != nil, &kind{name: "Unlink", run: t.unlink2})
		method(&m.Copy2, s.Copy != nil, &kind{name: "Copy", run: t.copy2})
	}
	if m.Version == 3 {
		method(&m.FreeEffort, s.FreeEffort != nil, &kind{name: "FreeEffort", run: t.freeEffort, failed: oneEffort})
		method(&m.Unlink, s.Unlink != nil, &kind{name: "Unlink", run: t.unlink})
		method(&m.Copy, s.Copy != nil, &kind{name: "Copy", run: t.copy})
	}
	if m.Version >= 3 {
		method(&m.Defrag, s.Defrag != nil, &kind{name: "Defrag", run: t.defrag})
	}
	return err
}

// freed is the server's callback: (value), on any thread.
func (t *Type[T]) freed(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	v := t.takeBack(a0)
	if v == nil {
		Log(LevelWarning, "data type "+t.name+": the server frees a value that is not known")
		return 0
	}
	if t.spec.Free != nil {
		t.spec.Free(v)
	}
	return 0
}

// KeyInfo tells for which key a callback of a data type runs. It is valid until the callback
// returns.
type KeyInfo struct {
	o        origin
	opt      redismodule.KeyOptCtx // 0 before Redis 7.0
	from, to redismodule.String    // before Redis 7.0
}

// Name returns the name of the key, in a Copy of that which is copied. Zero when the server does not tell: in MemUsage
// before Redis 7.0, and in a FreeEffort that runs for the defragmentation where [Defrag.Key] is zero, too.
//
// C: RedisModule_GetKeyNameFromOptCtx, since Redis 7.0.
func (k KeyInfo) Name() RStr {
	if k.opt == 0 {
		return RStr{k.o, keyName(k.from)}
	}
	return RStr{k.o, keyName(redismodule.GetKeyNameFromOptCtx(k.opt))}
}

// DB returns the number of the key's database, -1 when the server does not tell: before
// Redis 7.0.
//
// C: RedisModule_GetDbIdFromOptCtx, since Redis 7.0.
func (k KeyInfo) DB() int {
	if k.opt == 0 {
		return -1
	}
	return int(redismodule.GetDbIdFromOptCtx(k.opt))
}

// ToName returns the name of the new key in a Copy; zero elsewhere.
//
// C: RedisModule_GetToKeyNameFromOptCtx, since Redis 7.0.
func (k KeyInfo) ToName() RStr {
	if k.opt == 0 {
		return RStr{k.o, k.to}
	}
	return RStr{k.o, redismodule.GetToKeyNameFromOptCtx(k.opt)}
}

// ToDB returns the number of the new key's database in a Copy; -1 elsewhere, and before Redis 7.0.
//
// C: RedisModule_GetToDbIdFromOptCtx, since Redis 7.0.
func (k KeyInfo) ToDB() int {
	if k.opt == 0 {
		return -1
	}
	return int(redismodule.GetToDbIdFromOptCtx(k.opt))
}

// aboutKey makes the KeyInfo of a callback. Its origin is to be ended.
func aboutKey(opt uintptr, from, to uintptr) KeyInfo {
	return KeyInfo{newOrigin("callback of a data type"), redismodule.KeyOptCtx(opt), redismodule.String(from), redismodule.String(to)}
}

// memUsage is the server's callback: (value).
func (t *Type[T]) memUsage(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	return t.memory(aboutKey(0, 0, 0), a0, 0)
}

// memUsage2 is the server's callback: (key, value, samples).
func (t *Type[T]) memUsage2(a0, a1, a2, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	return t.memory(aboutKey(a0, 0, 0), a1, int(a2))
}

func (t *Type[T]) memory(k KeyInfo, word uintptr, samples int) uintptr {
	defer k.o.end()
	if v := t.values.get(word); v != nil {
		return uintptr(max(t.spec.MemUsage(k, v, samples), 0))
	}
	return 0
}

// oneEffort answers for a FreeEffort that failed: the value is freed where it is.
func oneEffort(_, _ uintptr, _ redismodule.Failure) uintptr { return 1 }

// freeEffort is the server's callback: (key, value).
func (t *Type[T]) freeEffort(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	return t.effort(aboutKey(0, a0, 0), a1)
}

// freeEffort2 is the server's callback: (key, value).
func (t *Type[T]) freeEffort2(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	return t.effort(aboutKey(a0, 0, 0), a1)
}

func (t *Type[T]) effort(k KeyInfo, word uintptr) uintptr {
	defer k.o.end()
	if v := t.values.get(word); v != nil {
		return uintptr(max(t.spec.FreeEffort(k, v), 0))
	}
	return 1
}

// unlink is the server's callback: (key, value).
func (t *Type[T]) unlink(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	return t.unlinked(aboutKey(0, a0, 0), a1)
}

// unlink2 is the server's callback: (key, value).
func (t *Type[T]) unlink2(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	return t.unlinked(aboutKey(a0, 0, 0), a1)
}

func (t *Type[T]) unlinked(k KeyInfo, word uintptr) uintptr {
	defer k.o.end()
	if v := t.values.get(word); v != nil {
		t.spec.Unlink(k, v)
	}
	return 0
}

// copy is the server's callback: (from, to, value).
func (t *Type[T]) copy(a0, a1, a2, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	return t.copied(aboutKey(0, a0, a1), a2)
}

// copy2 is the server's callback: (key, value).
func (t *Type[T]) copy2(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	return t.copied(aboutKey(a0, 0, 0), a1)
}

// copied returns 0 for a copy that failed.
func (t *Type[T]) copied(k KeyInfo, word uintptr) uintptr {
	defer k.o.end()
	v := t.values.get(word)
	if v == nil {
		return 0
	}
	c, err := t.spec.Copy(k, v)
	if err == nil && c == v {
		c, err = nil, ErrSameValue
	}
	copied, err := t.made(c, err, "Copy")
	if err != nil {
		Log(LevelWarning, "data type "+t.name+": Copy: "+err.Error())
	}
	return copied
}

// made keeps a value that a function of the module has made, unless there is an error with it.
func (t *Type[T]) made(v *T, err error, method string) (uintptr, error) {
	word := uintptr(0)
	if err == nil && v == nil {
		err = fmt.Errorf("%w: %s returned nil without an error", ErrNilValue, method)
	}
	if err == nil {
		word, err = t.give(v)
	}
	if err != nil && v != nil && t.spec.Free != nil {
		t.spec.Free(v)
	}
	return word, err
}
