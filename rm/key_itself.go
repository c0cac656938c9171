// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "github.com/iredismodule/redismodule"

// Delete removes the key with its value. The open key stays, and writing to it
// makes a new value. Deleting a missing key does nothing. It ends an iteration over
// the value.
//
// C: RedisModule_DeleteKey, since Redis 4.0.
func (k WriteKey) Delete() error {
	if debugging {
		k.alone()
	}
	raw, err := k.writable()
	if err != nil {
		return err
	}
	there := k.k.stopIterators()
	if redismodule.DeleteKey(raw) != redismodule.OK {
		return ErrRefused
	}
	if there {
		k.wrote()
	}
	k.k.noteChange()
	return nil
}

// Unlink is Delete, but the server frees a large value in the background. Before
// Redis 4.0.7 it is Delete.
//
// C: RedisModule_UnlinkKey, since Redis 4.0.7.
func (k WriteKey) Unlink() error {
	if debugging {
		k.alone()
	}
	if !has(featureUnlinkKey) {
		return k.Delete()
	}
	raw, err := k.writable()
	if err != nil {
		return err
	}
	there := k.k.stopIterators()
	if redismodule.UnlinkKey(raw) != redismodule.OK {
		return ErrRefused
	}
	if there {
		k.wrote()
	}
	k.k.noteChange()
	return nil
}

// stopIterators ends what the server keeps in the handle to walk over the value,
// before the value goes: the handle could not be closed otherwise. It tells whether there is one.
func (k *openKey) stopIterators() (there bool) {
	k.list = listPlace{}
	k.newValue()
	t := redismodule.KeyType(k.raw)
	switch t {
	case redismodule.KEYTYPE_LIST:
		// Access by index leaves an iterator in the handle. Nothing stops it as
		// such, but a push drops it.
		if has(featureListGet) {
			redismodule.ListPush(k.raw, redismodule.LIST_TAIL, redismodule.GetKeyNameFromModuleKey(k.raw))
		}
	case redismodule.KEYTYPE_ZSET:
		redismodule.ZsetRangeStop(k.raw)
	case redismodule.KEYTYPE_STREAM:
		if has(featureStreamIteratorStop) {
			redismodule.StreamIteratorStop(k.raw)
		}
	}
	return t != redismodule.KEYTYPE_EMPTY
}

// newValue is called before the value is replaced or removed; see [StructReader].
func (k *openKey) newValue() {
	keys.seq++
	k.value = keys.seq
}

// setValue makes a value of a module's type the key's. The key is open for writing.
func (k *openKey) setValue(t redismodule.ModuleType, value uintptr) bool {
	k.newValue()
	if redismodule.ModuleTypeSetValue(k.raw, t, value) != redismodule.OK {
		// An iterator is left in the handle, or the key is open for reading only.
		k.stopIterators()
		if redismodule.ModuleTypeSetValue(k.raw, t, value) != redismodule.OK {
			return false
		}
	}
	k.list = listPlace{}
	WriteKey{ReadKey{k, k.seq}}.wrote()
	k.noteChange()
	return true
}

// Name returns the key's name. It is valid until the key is closed. Zero for a key
// that is missing or closed, and before Redis 6.0.
//
// C: RedisModule_GetKeyNameFromModuleKey, since Redis 6.0.
func (k ReadKey) Name() RStr {
	raw, err := k.handle()
	if err != nil || raw == 0 || !has(featureGetKeyNameFromModuleKey) {
		return RStr{}
	}
	return RStr{k.k.o, redismodule.GetKeyNameFromModuleKey(raw)}
}

// DB returns the number of the database that the key was opened in. ErrNoKey for a
// missing key that is open for reading, ErrUnsupported before Redis 7.0.
//
// C: RedisModule_GetDbIdFromModuleKey, since Redis 7.0.
func (k ReadKey) DB() (int, error) {
	raw, err := k.value()
	switch {
	case err != nil:
		return 0, err
	case !has(featureGetDbIdFromModuleKey):
		return 0, lacks(featureGetDbIdFromModuleKey)
	}
	return int(redismodule.GetDbIdFromModuleKey(raw)), nil
}
