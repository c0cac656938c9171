// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"bytes"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// MaxClusterSlots is how many slots the keys of a cluster are spread over.
const MaxClusterSlots = 16384

// SlotRange is a range of slots, both ends included.
type SlotRange struct{ First, Last int }

// ClusterKeySlot returns the slot of a key: of the part in braces if it has one. It is the
// same on every server, in cluster mode or not, and may be asked on any goroutine; servers
// that do not tell are not needed for it.
//
// C: RedisModule_ClusterKeySlot, since Redis 7.4, Valkey 8.0; before that it is computed.
func ClusterKeySlot(key RStr) int {
	if key.s == 0 || !has(featureClusterKeySlot) {
		return keySlot(key.Bytes())
	}
	return int(redismodule.ClusterKeySlot(key.raw()))
}

// ClusterKeySlotC is [ClusterKeySlot] of a key's name that is no string of the server.
//
// C: RedisModule_ClusterKeySlotC, since Redis 8.4, Valkey 9.1; before that it is computed.
func ClusterKeySlotC(key []byte) int {
	if !has(featureClusterKeySlotC) {
		return keySlot(key)
	}
	return int(redismodule.ClusterKeySlotC(unsafeconv.DataBytes(key), uintptr(len(key))))
}

// keySlot computes the slot as the specification of the cluster says: the CRC-16 (XMODEM)
// of what is between the first brace and the next closing one, if there is anything there,
// else of the whole.
func keySlot(key []byte) int {
	if open := bytes.IndexByte(key, '{'); open >= 0 {
		if n := bytes.IndexByte(key[open+1:], '}'); n > 0 {
			key = key[open+1 : open+1+n]
		}
	}
	const polynomial = 0x1021
	var crc uint16
	for _, b := range key {
		crc ^= uint16(b) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ polynomial
			} else {
				crc <<= 1
			}
		}
	}
	return int(crc) % MaxClusterSlots
}

// ClusterCanonicalKeyNameInSlot returns a short text that hashes to a slot, to be put into
// braces in a key's name. It stays for good. The error is [ErrRange] when there is no such slot.
//
// C: RedisModule_ClusterCanonicalKeyNameInSlot, since Redis 7.4, Valkey 8.0.
func ClusterCanonicalKeyNameInSlot(slot int) (string, error) {
	switch {
	case !has(featureClusterCanonicalKeyNameInSlot):
		return "", lacks(featureClusterCanonicalKeyNameInSlot)
	case slot < 0 || slot >= MaxClusterSlots:
		return "", ErrRange
	}
	return unsafeconv.CString(redismodule.ClusterCanonicalKeyNameInSlot(uint32(slot))), nil
}

// ClusterCanAccessKeysInSlot tells whether this node serves the keys of a slot now. The
// error is [ErrRange] when there is no such slot.
//
// C: RedisModule_ClusterCanAccessKeysInSlot, since Redis 8.4.
func (ctx Context) ClusterCanAccessKeysInSlot(slot int) (bool, error) {
	ctx.alive()
	switch {
	case !has(featureClusterCanAccessKeysInSlot):
		return false, lacks(featureClusterCanAccessKeysInSlot)
	case slot < 0 || slot >= MaxClusterSlots:
		return false, ErrRange
	}
	return redismodule.ClusterCanAccessKeysInSlot(int32(slot)) != 0, nil
}

// AppendClusterLocalSlotRanges appends the slots that this node serves, those of its master
// on a replica, to dst and returns the longer slice. Outside of a cluster these are all.
//
// C: RedisModule_ClusterGetLocalSlotRanges and RedisModule_ClusterFreeSlotRanges, since Redis 8.4.
func (ctx Context) AppendClusterLocalSlotRanges(dst []SlotRange) ([]SlotRange, error) {
	ctx.alive()
	if !has(featureClusterGetLocalSlotRanges) {
		return dst, lacks(featureClusterGetLocalSlotRanges)
	}
	return ctx.appendSlotRanges(dst, redismodule.ClusterGetLocalSlotRanges(ctx.raw())), nil
}

// AppendClusterNodeSlotRanges is [Context.AppendClusterLocalSlotRanges] for another node. The
// error is [ErrNoCluster] outside of a cluster, [ErrNoClusterNode] for a node that is not known.
//
// C: RedisModule_GetClusterNodeSlotRanges, since Redis 8.10.
func (ctx Context) AppendClusterNodeSlotRanges(dst []SlotRange, id ClusterNodeID) ([]SlotRange, error) {
	ctx.alive()
	switch {
	case !has(featureGetClusterNodeSlotRanges):
		return dst, lacks(featureGetClusterNodeSlotRanges)
	case !clusterEnabled():
		return dst, ErrNoCluster
	}
	z := new(zeroEnded)
	*z = id.zeroEnded()
	ranges := redismodule.GetClusterNodeSlotRanges(ctx.raw(), &z[0])
	if ranges == nil {
		return dst, ErrNoClusterNode
	}
	return ctx.appendSlotRanges(dst, ranges), nil
}

func (ctx Context) appendSlotRanges(dst []SlotRange, ranges *redismodule.SlotRangeArray) []SlotRange {
	if ranges == nil {
		return dst
	}
	for _, r := range ranges.Ranges() {
		dst = append(dst, SlotRange{int(r.Start), int(r.End)})
	}
	redismodule.ClusterFreeSlotRanges(ctx.raw(), ranges)
	return dst
}

// ClusterPropagateForSlotMigration sends a command to the node that slots move to, in front
// of their keys: what a module keeps beside the keys can go with them so. It is for listeners
// to the event of slot migrations while the server asks for this; elsewhere, and for keys of
// other slots, the error is [ErrRefused].
//
// C: RedisModule_ClusterPropagateForSlotMigration, since Redis 8.4.
func (ctx Context) ClusterPropagateForSlotMigration(command string, args ...Arg) error {
	ctx.alive()
	if !has(featureClusterPropagateForSlotMigration) {
		return lacks(featureClusterPropagateForSlotMigration)
	}
	if err := commandNameFits(command); err != nil {
		return err
	}
	f := newCallFrame()
	defer f.release()
	f.name = append(append(f.name, command...), 0)
	words, err := f.build(args)
	if err != nil {
		return err
	}
	status := redismodule.ClusterPropagateForSlotMigration(ctx.raw(), &f.name[0], &f.format[0], words...)
	keepAlive(f)
	if status != redismodule.OK {
		return ErrRefused
	}
	return nil
}

// ClusterDisableTrim keeps the keys of slots that have moved to another node from being
// deleted here, until the Stop of what it returns, or until the module is unloaded. The
// error is [ErrRefused] when the server does not do it.
//
// C: RedisModule_ClusterDisableTrim and RedisModule_ClusterEnableTrim, since Redis 8.4.1.
func (ctx Context) ClusterDisableTrim() (ClusterTrimPause, error) {
	ctx.alive()
	if !has(featureClusterDisableTrim) {
		return ClusterTrimPause{}, lacks(featureClusterDisableTrim)
	}
	if redismodule.ClusterDisableTrim(ctx.raw()) != redismodule.OK {
		return ClusterTrimPause{}, ErrRefused
	}
	return ClusterTrimPause{trimPauses.take().handle()}, nil
}

// ClusterTrimPause keeps slots that have moved away from being deleted; see
// [Context.ClusterDisableTrim].
type ClusterTrimPause struct{ h handle[trimPause] }

type trimPause struct{ cell[trimPause] }

var trimPauses = table[trimPause]{cellOf: func(p *trimPause) *cell[trimPause] { return &p.cell }, perLoad: true}

// Stop lets the server delete them again. It does nothing the second time.
//
// C: RedisModule_ClusterEnableTrim, since Redis 8.4.1.
func (p ClusterTrimPause) Stop(ctx Context) {
	ctx.alive()
	if e := p.h.live(); e != nil {
		e.stop(ctx)
	}
}

func (p *trimPause) stop(ctx Context) {
	redismodule.ClusterEnableTrim(ctx.raw())
	trimPauses.drop(&p.cell)
}
