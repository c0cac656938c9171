// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
)

// A value that C has loaded is shown to the module's Check before the server gets it. No key holds it
// yet: what stands in the place of one is an openKey that is in no table.

var spareChecks spare[openKey]

// loaded is C's callback for a value that is loaded: (io, value). It answers 0 to refuse it.
func (t *StructType) loaded(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	k := spareChecks.take()
	k.o = newOrigin("Check of a data type")
	k.thread = runningThread()
	k.seq = k.value + 1
	k.value, k.raw = k.seq, checkedKey
	k.setWatch(0)
	defer endCheck(k)
	if err := t.spec.Check(StructReader{t, k, a1, k.value}); err != nil {
		err = detached(err)
		(&IO{io: redismodule.IO(a0), t: &t.dataType}).failed("Check", err)
		return 0
	}
	return 1
}

// checkedKey stands for the server's handle of a key that there is not. Nobody passes it on.
const checkedKey = ^redismodule.Key(0)

// endCheck ends the readers of a value.
func endCheck(k *openKey) {
	k.o.end()
	k.raw, k.quick, k.seq = 0, 0, 0
	spareChecks.giveBack(k)
}

// loadedFailed answers for a Check that panicked or called runtime.Goexit.
func (t *StructType) loadedFailed(a0, _ uintptr, f redismodule.Failure) uintptr {
	(&IO{io: redismodule.IO(a0), t: &t.dataType}).failed("Check", Error(describe(f)))
	return 0
}
