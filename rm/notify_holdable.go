// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"strings"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// holdable are the commands whose replies can be held back, by the names the server has given them; true when the server has
// said that it is its own command and no module's, which nothing changes any more. What is not here is refused: commands that
// block by themselves, for the server would block the client twice; those of modules and others that may begin a reply with
// a length that is told at the end before they cause an event (XREADGROUP, XCLAIM, XAUTOCLAIM), for the server puts
// such a length and what follows into different lists; and those that only read.
var holdable = func() map[string]bool {
	const names = "set setnx setex psetex getset getdel getex append setrange incr decr incrby decrby incrbyfloat mset msetnx msetex delifeq " +
		"setbit bitfield bitop pfadd pfmerge " +
		"del unlink rename renamenx copy move restore expire pexpire expireat pexpireat persist " +
		"lpush rpush lpushx rpushx lpop rpop lmpop lset linsert ltrim lrem lmove rpoplpush " +
		"sadd srem spop smove sinterstore sunionstore sdiffstore " +
		"hset hsetnx hmset hdel hincrby hincrbyfloat hsetex hgetex hgetdel hexpire hpexpire hexpireat hpexpireat hpersist " +
		"zadd zincrby zrem zremrangebyrank zremrangebyscore zremrangebylex zpopmin zpopmax zmpop zrangestore zunionstore zinterstore zdiffstore " +
		"geoadd geosearchstore " +
		"xadd xdel xtrim xsetid xgroup|create xgroup|destroy xgroup|setid xgroup|createconsumer xgroup|delconsumer"
	commands := make(map[string]bool)
	for _, name := range strings.Fields(names) {
		commands[name] = false
	}
	return commands
}()

// mayHoldCommand tells whether the reply of the running command can be held back.
func (ctx Context) mayHoldCommand() bool {
	name := redismodule.GetCurrentCommandName(ctx.raw())
	if name == nil {
		return false
	}
	known, ok := holdable[unsafeconv.CString(name)]
	if known || !ok {
		return ok
	}
	// A module has the name when the server's own command was renamed; the name that this one has then is not asked for.
	command := strings.Clone(unsafeconv.CString(name))
	if !ctx.commandHas(command, "write") || ctx.commandHas(command, "module", "blocking") {
		return false
	}
	holdable[command] = true
	return true
}

// The section and the field of INFO that count the clients that track keys.
var (
	clientsSection  = []byte("clients\x00")
	trackingClients = []byte("tracking_clients\x00")
)

// mayHoldPushes tells whether the client gets no push messages by its own command: the server sends them past the reply that
// is held back and counts them as part of it, which ends it. Besides clients that track keys themselves, any one of RESP3 may be where
// another that tracks has its messages sent; the server does not tell that of a client, only whether there is one that tracks.
func (ctx Context) mayHoldPushes() bool {
	info, ok, err := ctx.ClientInfoByID(redismodule.GetClientId(ctx.raw()))
	if err != nil || !ok || info.Flags&ClientTracking != 0 {
		return false
	}
	if redismodule.GetContextFlags(ctx.raw())&redismodule.CTX_FLAGS_RESP3 == 0 {
		return true
	}
	data := redismodule.GetServerInfo(0, &clientsSection[0])
	missing := int32(redismodule.OK)
	n := redismodule.ServerInfoGetFieldUnsigned(data, &trackingClients[0], &missing)
	redismodule.FreeServerInfo(0, data)
	return n == 0 && missing == redismodule.OK
}
