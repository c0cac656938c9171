// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

const (
	// ErrNoCluster means that the server does not run in cluster mode.
	ErrNoCluster = Error("ERR This instance has cluster support disabled")
	// ErrNoClusterNode means that this node knows of no node with the ID, or that it has no
	// connection to it.
	ErrNoClusterNode = Error("ERR Unknown node")
	// ErrClusterMessageType means that a type of cluster messages is 255: the server has
	// room for 0 to 254.
	ErrClusterMessageType = Error("ERR cluster messages have the types 0 to 254")
)

// ClusterNodeID is the ID of a node of the cluster, 40 hexadecimal digits. It is a value,
// and can be compared. The zero ClusterNodeID is no node.
type ClusterNodeID [redismodule.NODE_ID_LEN]byte

// ParseClusterNodeID reads an ID as it is written; ok is false when a text cannot be one.
func ParseClusterNodeID(text string) (id ClusterNodeID, ok bool) {
	if copy(id[:], text) != len(id) || len(text) != len(id) {
		return ClusterNodeID{}, false
	}
	return id, true
}

// IsZero tells whether it is no node.
func (id ClusterNodeID) IsZero() bool { return id == ClusterNodeID{} }

// String returns the 40 digits, "" for no node.
func (id ClusterNodeID) String() string { return string(upToNUL(id[:])) }

// zeroEnded is an ID for C, with a NUL behind it.
type zeroEnded [redismodule.NODE_ID_LEN + 1]byte

func (id ClusterNodeID) zeroEnded() (z zeroEnded) {
	copy(z[:], id[:])
	return z
}

// ClusterNodeFlags say what a node is.
type ClusterNodeFlags uint32

// The flags of a node. No release has ClusterNodePortTLS yet.
const (
	ClusterNodeMyself     ClusterNodeFlags = redismodule.NODE_MYSELF     // this server
	ClusterNodeMaster     ClusterNodeFlags = redismodule.NODE_MASTER     // serves slots, or could
	ClusterNodeReplica    ClusterNodeFlags = redismodule.NODE_SLAVE      // follows a master
	ClusterNodePFail      ClusterNodeFlags = redismodule.NODE_PFAIL      // this node cannot reach it
	ClusterNodeFail       ClusterNodeFlags = redismodule.NODE_FAIL       // the cluster holds it for failed
	ClusterNodeNoFailover ClusterNodeFlags = redismodule.NODE_NOFAILOVER // a replica that never takes over
	ClusterNodePortTLS    ClusterNodeFlags = redismodule.NODE_PORT_TLS   // the port is that of TLS
)

// ClusterNodeInfo is what this node knows of a node.
type ClusterNodeInfo struct {
	ID     ClusterNodeID
	Flags  ClusterNodeFlags
	Master ClusterNodeID // of a replica
	Port   int           // for clients
	ip     [46]byte
}

// IP returns the IP address. That of this node may be "" until another one has told it.
func (i *ClusterNodeInfo) IP() string { return string(i.AppendIP(nil)) }

// AppendIP appends it to dst.
func (i *ClusterNodeInfo) AppendIP(dst []byte) []byte { return append(dst, upToNUL(i.ip[:])...) }

// ClusterFlags turn parts of the cluster off.
type ClusterFlags uint64

// The parts.
const (
	ClusterNoFailover    ClusterFlags = redismodule.CLUSTER_FLAG_NO_FAILOVER    // no replica takes over by itself
	ClusterNoRedirection ClusterFlags = redismodule.CLUSTER_FLAG_NO_REDIRECTION // every node serves all slots: clients are not sent elsewhere
)

// clusterEnabled tells whether there is a cluster, which some functions of the server rely
// on.
func clusterEnabled() bool { return redismodule.GetMyClusterID() != nil }

// MyClusterID returns the ID of this node; ok is false when the server does not run in
// cluster mode.
//
// C: RedisModule_GetMyClusterID, since Redis 5.0.
func (ctx Context) MyClusterID() (id ClusterNodeID, ok bool) {
	ctx.alive()
	p := redismodule.GetMyClusterID()
	if p == nil {
		return ClusterNodeID{}, false
	}
	copy(id[:], unsafeconv.BytesAt(p, uintptr(len(id))))
	return id, true
}

// ClusterSize returns how many nodes the cluster has, this one among them, as far as this
// node knows; 0 when the server does not run in cluster mode.
//
// C: RedisModule_GetClusterSize, since Redis 5.0.
func (ctx Context) ClusterSize() int {
	ctx.alive()
	return int(redismodule.GetClusterSize())
}

// ClusterNodesList yields the IDs of the nodes that this node knows, this one among them, in no
// order; none when the server does not run in cluster mode. Go allocates nothing.
//
//	for id := range ctx.ClusterNodesList {
//
// C: RedisModule_GetClusterNodesList and RedisModule_FreeClusterNodesList, since Redis 5.0.
func (ctx Context) ClusterNodesList(yield func(id ClusterNodeID) bool) {
	ids := redismodule.GetClusterNodesList(ctx.raw(), &clusterAnswer.n)
	n := clusterAnswer.n
	if ids == 0 {
		return
	}
	defer redismodule.FreeClusterNodesList(ids)
	// SAFETY(U80): the server's list holds n pointers to IDs of 40 bytes; holds until
	// FreeClusterNodesList. Whatever the body does, the list is the caller's own copy.
	for _, p := range unsafeconv.SliceAt[*byte](ids, int(n)) {
		var id ClusterNodeID
		copy(id[:], unsafeconv.BytesAt(p, uintptr(len(id))))
		if !yield(id) {
			return
		}
	}
}

// ClusterNodeInfo returns what this node knows of a node; ok is false when it knows none
// of that ID. The error is [ErrNoCluster] when the server does not run in cluster mode. Go
// allocates nothing.
//
// C: RedisModule_GetClusterNodeInfo, since Redis 5.0.
func (ctx Context) ClusterNodeInfo(id ClusterNodeID) (info ClusterNodeInfo, ok bool, err error) {
	ctx.alive()
	if !clusterEnabled() {
		return ClusterNodeInfo{}, false, ErrNoCluster
	}
	a := askNode(id)
	return a.node(id, redismodule.GetClusterNodeInfo(ctx.c, &a.id[0], &a.info.ip[0], &a.info.Master[0], &a.port, &a.flags))
}

// ClusterNodeInfoForClient is [Context.ClusterNodeInfo] with the address that suits a client
// of this node: of its kind (IPv4, IPv6), of the port with or without TLS. ok is false, too,
// when there is no client of that number.
//
// C: ValkeyModule_GetClusterNodeInfoForClient, since Valkey 8.0.
func (ctx Context) ClusterNodeInfoForClient(client uint64, id ClusterNodeID) (info ClusterNodeInfo, ok bool, err error) {
	ctx.alive()
	if !has(featureGetClusterNodeInfoForClient) {
		return ClusterNodeInfo{}, false, lacks(featureGetClusterNodeInfoForClient)
	}
	ctx.alive()
	if !clusterEnabled() {
		return ClusterNodeInfo{}, false, ErrNoCluster
	}
	a := askNode(id)
	return a.node(id, redismodule.GetClusterNodeInfoForClient(ctx.c, client, &a.id[0], &a.info.ip[0], &a.info.Master[0], &a.port, &a.flags))
}

// clusterAnswer is what C writes to, in memory that does not move. The functions do not
// come back into Go, and whoever asks holds the server's lock.
var clusterAnswer struct {
	nodeAnswer
	n uintptr
}

type nodeAnswer struct {
	id          zeroEnded
	info        ClusterNodeInfo
	port, flags int32
}

func askNode(id ClusterNodeID) *nodeAnswer {
	clusterAnswer.nodeAnswer = nodeAnswer{id: id.zeroEnded()}
	return &clusterAnswer.nodeAnswer
}

func (a *nodeAnswer) node(id ClusterNodeID, status int32) (info ClusterNodeInfo, ok bool, err error) {
	if status != redismodule.OK {
		return ClusterNodeInfo{}, false, nil
	}
	info = a.info
	info.ID, info.Port, info.Flags = id, int(a.port), ClusterNodeFlags(a.flags)
	return info, true, nil
}

// SetClusterFlags turns parts of the cluster off on this node, beside those that are off
// already. They stay so until the server ends, whatever becomes of the module. The error is
// [ErrNoCluster] when the server does not run in cluster mode.
//
// C: RedisModule_SetClusterFlags, since Redis 5.0.
func (ctx Context) SetClusterFlags(flags ClusterFlags) error {
	ctx.alive()
	if !clusterEnabled() {
		return ErrNoCluster
	}
	redismodule.SetClusterFlags(ctx.raw(), uint64(flags))
	return nil
}

// InternalSecret returns the secret that the nodes of the cluster share. It is the
// server's, and must not be written to or kept beyond the callback; ok is false when there
// is none, as outside of a cluster.
//
// C: RedisModule_GetInternalSecret, since Redis 8.0.
func (ctx Context) InternalSecret() (secret []byte, ok bool, err error) {
	ctx.alive()
	if !has(featureGetInternalSecret) {
		return nil, false, lacks(featureGetInternalSecret)
	}
	p := redismodule.GetInternalSecret(ctx.raw(), &clusterAnswer.n)
	if p == nil {
		return nil, false, nil
	}
	return ctx.o.show(unsafeconv.BytesAt(p, clusterAnswer.n)), true, nil
}
