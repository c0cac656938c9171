// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// InsideClusterOff asks for the cluster of a server that is in none.
//
// Drives: GetClusterNodesList, GetMyClusterID, GetClusterSize, GetInternalSecret.
func InsideClusterOff(t *inside.T, ctx rm.Context) {
	for range ctx.ClusterNodesList {
		t.Fatal("there is a node")
	}
	_, ok := ctx.MyClusterID()
	require.False(t, ok)
	require.Equal(t, 0, ctx.ClusterSize())
	node, ok := rm.ParseClusterNodeID(strings.Repeat("a", 40))
	require.True(t, ok)
	require.Equal(t, strings.Repeat("a", 40), node.String())
	_, ok, err := ctx.ClusterNodeInfo(node)
	require.False(t, ok)
	require.Equal(t, rm.ErrNoCluster, err)
	_, ok, err = ctx.ClusterNodeInfoForClient(ctx.ClientID(), node)
	require.False(t, ok)
	if serverHas(t, "GetClusterNodeInfoForClient") {
		require.Equal(t, rm.ErrNoCluster, err)
	} else {
		requireError(t, rm.ErrUnsupported, err)
	}
	require.Equal(t, rm.ErrNoCluster, ctx.SetClusterFlags(rm.ClusterNoFailover))
	require.Equal(t, rm.ErrNoCluster, ctx.SendClusterMessage(rm.ClusterNodeID{}, 1, nil))
	require.Equal(t, rm.ErrClusterMessageType, ctx.SendClusterMessage(node, 255, nil))
	nobody := func(rm.Context, rm.ClusterNodeID, []byte) {}
	_, err = ctx.RegisterClusterMessageReceiver(1, nobody)
	require.Equal(t, rm.ErrNoCluster, err)
	_, err = ctx.RegisterClusterMessageReceiver(255, nobody)
	require.Equal(t, rm.ErrClusterMessageType, err)
	_, err = ctx.RegisterClusterMessageReceiver(1, nil)
	require.EqualError(t, err, "ERR there is no function to run")
	rm.ClusterReceiver{}.Stop(ctx)
	rm.ClusterTrimPause{}.Stop(ctx)
	if serverHas(t, "GetInternalSecret") {
		_, ok, err = ctx.InternalSecret()
		require.NoError(t, err)
		require.False(t, ok)
	} else {
		_, _, err = ctx.InternalSecret()
		requireError(t, rm.ErrUnsupported, err)
	}
}

// InsideClusterTypes reads and writes what has no server behind it.
func InsideClusterTypes(t *inside.T, _ rm.Context) {
	for _, text := range []string{"", "abc", strings.Repeat("a", 41)} {
		id, ok := rm.ParseClusterNodeID(text)
		require.False(t, ok, text)
		require.True(t, id.IsZero())
		require.Equal(t, "", id.String())
	}
	require.Equal(t, "ClusterNodeMaster|ClusterNodeNoFailover|0x80", (rm.ClusterNodeMaster | rm.ClusterNodeNoFailover | 0x80).String())
	require.Equal(t, "0", rm.ClusterNodeFlags(0).String())
	require.Equal(t, "ClusterNoFailover", rm.ClusterNoFailover.String())
}

// InsideClusterSlots compares the slots of keys with what the server says.
//
// Drives: ClusterKeySlot, ClusterKeySlotC, ClusterCanonicalKeyNameInSlot.
func InsideClusterSlots(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	require.Equal(t, 12182, rm.ClusterKeySlotC([]byte("foo")))
	require.Equal(t, 0x31c3, rm.ClusterKeySlotC([]byte("123456789")), "the check value of the CRC")
	require.Equal(t, 0, rm.ClusterKeySlot(rm.RStr{}))
	require.Equal(t, 0, rm.ClusterKeySlotC(nil))
	for _, tag := range []string{"{foo}bar", "bar{foo}", "x{foo}{y}", "x{foo}}", "{foo}{"} {
		require.Equal(t, 12182, rm.ClusterKeySlotC([]byte(tag)), tag)
	}
	for _, none := range []string{"{}foo", "foo{", "}foo{", "{", "}", "{}", "a{}b{c}", "x{{foo}}"} {
		key := e.str(none)
		require.Equal(t, rm.ClusterKeySlot(key), rm.ClusterKeySlotC([]byte(none)), none)
		if none != "x{{foo}}" {
			require.NotEqual(t, rm.ClusterKeySlotC([]byte("foo")), rm.ClusterKeySlotC([]byte(none)), none)
		}
	}
	for _, s := range append(awkward, "user1000", "{user1000}.following") {
		require.Equal(t, rm.ClusterKeySlot(e.str(s)), rm.ClusterKeySlotC([]byte(s)), "%.20q", s)
	}
	key := e.str("{user1000}.following")
	e.costs(func() { _ = rm.ClusterKeySlot(key); _ = rm.ClusterKeySlotC(key.Bytes()) })
	if !serverHas(t, "ClusterCanonicalKeyNameInSlot") {
		_, err := rm.ClusterCanonicalKeyNameInSlot(0)
		requireError(t, rm.ErrUnsupported, err)
		return
	}
	for _, slot := range []int{0, 1, 8000, rm.MaxClusterSlots - 1} {
		name, err := rm.ClusterCanonicalKeyNameInSlot(slot)
		require.NoError(t, err)
		require.Equal(t, slot, rm.ClusterKeySlotC(fmt.Appendf(nil, "x{%s}y", name)))
	}
	for _, slot := range []int{-1, rm.MaxClusterSlots, 1 << 32} {
		_, err := rm.ClusterCanonicalKeyNameInSlot(slot)
		require.Equal(t, rm.ErrRange, err)
	}
}

// InsideClusterMigration asks for what is about the slots of this node and their move to
// another one, which the newest servers have.
//
// Drives: ClusterCanAccessKeysInSlot, ClusterGetLocalSlotRanges, ClusterFreeSlotRanges,
// GetClusterNodeSlotRanges, ClusterDisableTrim, ClusterEnableTrim,
// ClusterPropagateForSlotMigration.
func InsideClusterMigration(t *inside.T, ctx rm.Context) {
	can, err := ctx.ClusterCanAccessKeysInSlot(1)
	ranges, err2 := ctx.AppendClusterLocalSlotRanges([]rm.SlotRange{{First: 1, Last: 2}})
	require.Equal(t, rm.SlotRange{First: 1, Last: 2}, ranges[0])
	if serverHas(t, "ClusterCanAccessKeysInSlot") {
		require.NoError(t, err)
		require.True(t, can)
		require.NoError(t, err2)
		require.Equal(t, []rm.SlotRange{{First: 1, Last: 2}, {First: 0, Last: rm.MaxClusterSlots - 1}}, ranges)
		_, err = ctx.ClusterCanAccessKeysInSlot(rm.MaxClusterSlots)
		require.Equal(t, rm.ErrRange, err)
		require.Equal(t, rm.ErrRefused, ctx.ClusterPropagateForSlotMigration("SET", rm.Text("x"), rm.Text("y")))
	} else {
		requireError(t, rm.ErrUnsupported, err)
		requireError(t, rm.ErrUnsupported, err2)
		require.Len(t, ranges, 1)
		requireError(t, rm.ErrUnsupported, ctx.ClusterPropagateForSlotMigration("SET", rm.Text("x"), rm.Text("y")))
	}
	_, err = ctx.AppendClusterNodeSlotRanges(nil, rm.ClusterNodeID{})
	if serverHas(t, "GetClusterNodeSlotRanges") {
		require.Equal(t, rm.ErrNoCluster, err)
	} else {
		requireError(t, rm.ErrUnsupported, err)
	}
	pause, err := ctx.ClusterDisableTrim()
	if serverHas(t, "ClusterDisableTrim") {
		require.NoError(t, err)
		pause.Stop(ctx)
		pause.Stop(ctx)
	} else {
		requireError(t, rm.ErrUnsupported, err)
	}
}
