// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

import "unsafe"

// ACLCheckKeyPrefixPermissions tells whether a user may use all keys that begin with
// prefix so: OK, or ERR and [Errno]. Valkey has another function of the same name, which
// takes the bytes and their number; there they are those of prefix.
//
// C: int RedisModule_ACLCheckKeyPrefixPermissions(RedisModuleUser *user, RedisModuleString *prefix, int flags),
// int ValkeyModule_ACLCheckKeyPrefixPermissions(ValkeyModuleUser *user, const char *key, size_t len, unsigned int flags)
// Since Redis 8.0, Valkey 9.1. Lane fast: never comes back into Go. Thread: with the
// server's lock only.
func ACLCheckKeyPrefixPermissions(user User, prefix String, flags int32) int32 {
	if !IsValkey() || !Has(FnACLCheckKeyPrefixPermissions) {
		return aCLCheckKeyPrefixPermissions(user, prefix, flags)
	}
	var n uintptr
	p := StringPtrLen(prefix, &n)
	return int32(gate4(FnACLCheckKeyPrefixPermissions, uintptr(user), uintptr(unsafe.Pointer(p)), n, uintptr(uint32(flags))))
}
