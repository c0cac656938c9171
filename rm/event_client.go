// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "github.com/iredismodule/redismodule"

// ClientChange is a client that has come or gone.
type ClientChange struct {
	Sub    ClientChangeSub
	Client ClientInfo
}

// OnClientChange has f called when a client has connected, and when one is about to go. A
// client that has gone can be asked for nothing more: what there is of it is in e.
//
// C: RedisModule_SubscribeToServerEvent (ClientChange), since Redis 6.0.
func (ctx Context) OnClientChange(f func(ctx Context, e ClientChange)) (Listener, error) {
	return ctx.listenTo(&clientChange, f != nil, func(ctx Context, w occurrence) {
		e := ClientChange{Sub: ClientChangeSub(w.sub)}
		if d := dataOf[redismodule.ClientInfo](w); d != nil {
			e.Client = ClientInfo{d.ID, ClientFlags(d.Flags), int(d.Port), int(d.DB), d.Addr}
		}
		f(ctx, e)
	})
}
