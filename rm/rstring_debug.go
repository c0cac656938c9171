// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build rm_debug

package rm

import (
	"sync"

	"github.com/iredismodule/redismodule"
)

// errStringFreed is what the panics about owned strings say.
const errStringFreed = Error("ERR the string is freed")

// quarantined is how many freed strings are kept. Their memory is not reused
// meanwhile, so that whoever still uses one is recognised.
const quarantined = 4096

// ownedStrings is the account of the module's strings.
var ownedStrings struct {
	sync.Mutex
	references map[redismodule.String]*account
	freed      map[redismodule.String]string // in quarantine: where it was freed
	given      map[redismodule.String]string // of others' strings: where the last reference was freed
	queue      [quarantined]redismodule.String
	next       int
}

// account is what is known of a string of which the module has references.
type account struct {
	references int
	made       bool // by the module: nobody else knows its address
}

// owned makes an RString of a reference that the module has got: to a new string,
// or to one that is known as of.
func owned(s, of redismodule.String) RString {
	if s == 0 {
		return RString{}
	}
	o := &ownedStrings
	o.Lock()
	defer o.Unlock()
	if o.references == nil {
		o.references = map[redismodule.String]*account{}
		o.freed = map[redismodule.String]string{}
		o.given = map[redismodule.String]string{}
	}
	delete(o.given, s)
	a := o.references[s]
	if a == nil {
		a = &account{made: s != of}
		o.references[s] = a
	}
	a.references++
	return RString{RStr{s}}
}

// freeString frees a reference. The last one to a string that the module made goes
// into quarantine instead, in the place of the one that was there longest.
func freeString(s redismodule.String) {
	if release := forgetString(s); release != 0 {
		redismodule.FreeString(0, release)
	}
}

// forgetString takes a reference out of the account and returns what to free.
func forgetString(s redismodule.String) redismodule.String {
	o := &ownedStrings
	o.Lock()
	defer o.Unlock()
	a := o.references[s]
	if a == nil {
		for _, m := range []map[redismodule.String]string{o.freed, o.given} {
			if where, found := m[s]; found {
				panic("rm_debug: " + string(errStringFreed) + where + "; it is freed again" + outsideLine())
			}
		}
		return s // made where no account is kept
	}
	a.references--
	if a.references > 0 {
		return s
	}
	delete(o.references, s)
	if !a.made {
		o.given[s] = outsideLine()
		return s
	}
	oldest := o.queue[o.next]
	delete(o.freed, oldest)
	o.queue[o.next] = s
	o.freed[s] = outsideLine()
	o.next = (o.next + 1) % quarantined
	return oldest
}

// disowned takes a reference that goes to the server out of the account.
func disowned(s redismodule.String) {
	o := &ownedStrings
	o.Lock()
	defer o.Unlock()
	if where, freed := o.freed[s]; freed {
		panic("rm_debug: " + string(errStringFreed) + where + "; it is passed on" + outsideLine())
	}
	if a := o.references[s]; a != nil {
		if a.references--; a.references == 0 {
			delete(o.references, s)
		}
	}
}

// alive panics if the string is freed.
func (s RStr) alive() {
	o := &ownedStrings
	o.Lock()
	defer o.Unlock()
	if where, freed := o.freed[s.s]; freed {
		panic("rm_debug: " + string(errStringFreed) + where + "; it is used" + outsideLine())
	}
}
