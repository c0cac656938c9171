// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"bytes"
	"unsafe"

	"github.com/iredismodule/redismodule"
)

const (
	// ErrNoClient means that no client has the number, or that the context has none.
	ErrNoClient = Error("ERR no such client")
	// ErrClientName means that a client's name has characters that the server does not
	// take: spaces, line ends, what is not ASCII.
	ErrClientName = Error("ERR client names cannot contain spaces, newlines or special characters")
)

// ClientFlags say in which state a client is.
type ClientFlags uint64

// The flags of a client. ClientReadOnly comes from Valkey 9.0 on, those after it from Valkey
// 9.1 on, none of them from Redis.
const (
	ClientSSL        ClientFlags = redismodule.CLIENTINFO_FLAG_SSL        // connected by TLS
	ClientPubSub     ClientFlags = redismodule.CLIENTINFO_FLAG_PUBSUB     // subscribed to a channel
	ClientBlocked    ClientFlags = redismodule.CLIENTINFO_FLAG_BLOCKED    // waits in a blocking command
	ClientTracking   ClientFlags = redismodule.CLIENTINFO_FLAG_TRACKING   // has client-side caching on
	ClientUnixSocket ClientFlags = redismodule.CLIENTINFO_FLAG_UNIXSOCKET // connected by a Unix socket
	ClientMulti      ClientFlags = redismodule.CLIENTINFO_FLAG_MULTI      // in a transaction

	ClientReadOnly          ClientFlags = redismodule.CLIENTINFO_FLAG_READONLY           // reads from a replica in a cluster
	ClientPrimary           ClientFlags = redismodule.CLIENTINFO_FLAG_PRIMARY            // is this replica's master
	ClientReplica           ClientFlags = redismodule.CLIENTINFO_FLAG_REPLICA            // is a replica of this server
	ClientMonitor           ClientFlags = redismodule.CLIENTINFO_FLAG_MONITOR            // in MONITOR
	ClientModule            ClientFlags = redismodule.CLIENTINFO_FLAG_MODULE             // made for a module
	ClientAuthenticated     ClientFlags = redismodule.CLIENTINFO_FLAG_AUTHENTICATED      // logged in
	ClientEverAuthenticated ClientFlags = redismodule.CLIENTINFO_FLAG_EVER_AUTHENTICATED // has been logged in
	ClientFake              ClientFlags = redismodule.CLIENTINFO_FLAG_FAKE               // has no connection
)

// ClientInfo is what the server tells of a client. It is a value without memory of the
// server's.
type ClientInfo struct {
	ID    uint64
	Flags ClientFlags
	Port  int // of the client's end; 0 with a Unix socket
	DB    int // that it has selected
	addr  [46]byte
}

// Addr returns the IP address of the client's end, without the port. What stands there for
// a client of a Unix socket depends on the server.
func (i *ClientInfo) Addr() string { return string(i.AppendAddr(nil)) }

// AppendAddr appends it to dst.
func (i *ClientInfo) AppendAddr(dst []byte) []byte { return append(dst, upToNUL(i.addr[:])...) }

// upToNUL is a text of C's in a buffer.
func upToNUL(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}

// ClientInfoByID returns what the server tells of a client; ok is false when there is none
// of that number. Nothing is allocated.
//
// C: RedisModule_GetClientInfoById, since Redis 6.0.
func (ctx Context) ClientInfoByID(id uint64) (info ClientInfo, ok bool, err error) {
	ctx.alive()
	if !has(featureGetClientInfoByID) {
		return ClientInfo{}, false, lacks(featureGetClientInfoByID)
	}
	raw := redismodule.ClientInfo{Version: redismodule.CLIENTINFO_VERSION}
	// The function does not come back into Go (api/lanes.tsv): raw stays where it is.
	if redismodule.GetClientInfoById(unsafe.Pointer(&raw), id) != redismodule.OK {
		return ClientInfo{}, false, nil
	}
	return ClientInfo{raw.ID, ClientFlags(raw.Flags), int(raw.Port), int(raw.DB), raw.Addr}, true, nil
}

// ClientExists tells whether there is a client of that number.
//
// C: RedisModule_GetClientInfoById, since Redis 6.0.
func (ctx Context) ClientExists(id uint64) (bool, error) {
	ctx.alive()
	if !has(featureGetClientInfoByID) {
		return false, lacks(featureGetClientInfoByID)
	}
	return redismodule.GetClientInfoById(nil, id) == redismodule.OK, nil
}

// ClientNameByID returns the name that a client has given itself (CLIENT SETNAME), which
// must be freed; ok is false when it has none, or is not there.
//
// C: RedisModule_GetClientNameById, since Redis 7.0.3.
func (ctx Context) ClientNameByID(id uint64) (name RString, ok bool, err error) {
	if !has(featureGetClientNameByID) {
		return RString{}, false, lacks(featureGetClientNameByID)
	}
	name = fromKey(ctx.raw(), redismodule.GetClientNameById(ctx.raw(), id))
	return name, !name.IsZero(), nil
}

// SetClientNameByID gives a client a name, as CLIENT SETNAME does; an empty one takes its
// name away. The error is [ErrNoClient] or [ErrClientName].
//
// C: RedisModule_SetClientNameById, since Redis 7.0.3.
func (ctx Context) SetClientNameByID(id uint64, name RStr) error {
	if !has(featureSetClientNameByID) {
		return lacks(featureSetClientNameByID)
	}
	if name.s == 0 {
		name = ctx.Str("")
	}
	if bytes.IndexByte(name.Bytes(), 0) >= 0 {
		return ErrClientName // some servers look at what is in front of it
	}
	if redismodule.SetClientNameById(id, name.raw()) == redismodule.OK {
		return nil
	}
	if there, err := ctx.ClientExists(id); err == nil && !there {
		return ErrNoClient
	}
	return ErrClientName
}

// ClientUserNameByID returns the name of the user as whom a client is logged in, which must
// be freed; ok is false when there is no such client, or when its user is one of a module's
// that has no name.
//
// C: RedisModule_GetClientUserNameById, since Redis 6.2.1.
func (ctx Context) ClientUserNameByID(id uint64) (name RString, ok bool, err error) {
	if !has(featureGetClientUserNameByID) {
		return RString{}, false, lacks(featureGetClientUserNameByID)
	}
	name = fromKey(ctx.raw(), redismodule.GetClientUserNameById(ctx.raw(), id))
	return name, !name.IsZero(), nil
}

// ClientCertificate returns the certificate that a client has shown, in PEM, which must be
// freed; ok is false when there is none: without TLS, or without such a client.
//
// C: RedisModule_GetClientCertificate, since Redis 6.0.9.
func (ctx Context) ClientCertificate(id uint64) (pem RString, ok bool, err error) {
	if !has(featureGetClientCertificate) {
		return RString{}, false, lacks(featureGetClientCertificate)
	}
	pem = fromKey(ctx.raw(), redismodule.GetClientCertificate(ctx.raw(), id))
	return pem, !pem.IsZero(), nil
}

// RedactClientCommandArgument keeps argument i of the running command out of the slow log
// and of MONITOR: a password, say. The name, number 0, cannot be redacted; then, and
// when there is no such argument, the error is [ErrRange]. It is [ErrNoCommand] in a context
// that is not a command's. Redact when the argument is not needed any more: some servers
// (Valkey 8.1) take it out of the handler's arguments as well.
//
// C: RedisModule_RedactClientCommandArgument, since Redis 7.0.
func (ctx Context) RedactClientCommandArgument(i int) error {
	ctx.alive()
	switch {
	case !ctx.inCommand():
		return ctx.noCommand()
	case !has(featureRedactClientCommandArgument):
		return lacks(featureRedactClientCommandArgument)
	case i <= 0 || i != int(int32(i)) || redismodule.RedactClientCommandArgument(ctx.raw(), int32(i)) != redismodule.OK:
		return ErrRange
	}
	return nil
}

// DeauthenticateAndCloseClient takes a client's login away and closes its connection: that
// of the running command's own client when the command has been answered. The error is
// [ErrNoClient] when there is none of that number, and [ErrDisconnectsHere] behind BlockClient in the command of the
// client itself, where Valkey would neither answer it nor close its connection: use [Context.EventLoopAddOneShot].
//
// C: RedisModule_DeauthenticateAndCloseClient, since Redis 6.0.
func (ctx Context) DeauthenticateAndCloseClient(id uint64) error {
	if !has(featureDeauthenticateAndCloseClient) {
		return lacks(featureDeauthenticateAndCloseClient)
	}
	if there, err := ctx.ClientExists(id); err == nil && !there {
		return ErrNoClient // servers before Redis 6.0.7 answer nothing
	}
	if leavesWaiting(id) {
		return ErrDisconnectsHere
	}
	redismodule.DeauthenticateAndCloseClient(ctx.raw(), id)
	return nil
}

// MustObeyClient tells whether the running command must not be refused: it comes from the
// master, or from the append only file. The error is [ErrNoCommand] in a context that is
// not a command's.
//
// C: ValkeyModule_MustObeyClient, since Valkey 8.1.
func (ctx Context) MustObeyClient() (bool, error) {
	ctx.alive()
	switch {
	case !ctx.inCommand():
		return false, ctx.noCommand()
	case !has(featureMustObeyClient):
		return false, lacks(featureMustObeyClient)
	}
	return redismodule.MustObeyClient(ctx.raw()) != 0, nil
}
