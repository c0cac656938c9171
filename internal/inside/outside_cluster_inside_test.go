// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/iredismodule/redismodule/rm"
)

// The methods of a context that ask for the cluster, for clients, and for shared functions.

// gives is nil if err is want, or that the server lacks the function.
func gives(err, want error) error {
	if err = supported(err); err == nil || err == want {
		return nil
	}
	return fmt.Errorf("%v instead of %v", err, want)
}

// needsCluster is [gives] of a method that needs a cluster, and must not succeed.
func needsCluster(err error) error {
	return errors.Join(wants("a cluster", err != nil), gives(err, rm.ErrNoCluster))
}

// outsideText wants no text of a client.
func outsideText(text rm.RString, ok bool, err error) error {
	defer text.Free()
	return errors.Join(wants("a text", !ok && text.IsZero()), supported(err))
}

func init() {
	node, _ := rm.ParseClusterNodeID(strings.Repeat("a", 40))
	for name, f := range map[string]func(ctx rm.Context) error{
		"MyClusterID": func(ctx rm.Context) error { _, ok := ctx.MyClusterID(); return wants("a cluster", !ok) },
		"ClusterSize": func(ctx rm.Context) error { return wants("a node", ctx.ClusterSize() == 0) },
		"ClusterNodesList": func(ctx rm.Context) error {
			n := 0
			for range ctx.ClusterNodesList {
				n++
			}
			return wants("a node", n == 0)
		},
		"ClusterNodeInfo": func(ctx rm.Context) error {
			_, ok, err := ctx.ClusterNodeInfo(node)
			return errors.Join(wants("a node", !ok), needsCluster(err))
		},
		"ClusterNodeInfoForClient": func(ctx rm.Context) error {
			_, ok, err := ctx.ClusterNodeInfoForClient(ctx.ClientID(), node)
			return errors.Join(wants("a node", !ok), needsCluster(err))
		},
		"SetClusterFlags":    func(ctx rm.Context) error { return needsCluster(ctx.SetClusterFlags(rm.ClusterNoFailover)) },
		"SendClusterMessage": func(ctx rm.Context) error { return needsCluster(ctx.SendClusterMessage(node, 1, []byte("x"))) },
		"RegisterClusterMessageReceiver": func(ctx rm.Context) error {
			r, err := ctx.RegisterClusterMessageReceiver(1, func(rm.Context, rm.ClusterNodeID, []byte) {})
			r.Stop(ctx)
			return needsCluster(err)
		},
		"InternalSecret": func(ctx rm.Context) error {
			secret, ok, err := ctx.InternalSecret()
			return errors.Join(wants("a secret", !ok && secret == nil), supported(err))
		},
		"ClusterCanAccessKeysInSlot": func(ctx rm.Context) error {
			can, err := ctx.ClusterCanAccessKeysInSlot(1)
			return errors.Join(wants("no access", can == (err == nil)), supported(err))
		},
		"AppendClusterLocalSlotRanges": func(ctx rm.Context) error {
			ranges, err := ctx.AppendClusterLocalSlotRanges(nil)
			all := len(ranges) == 1 && ranges[0] == rm.SlotRange{First: 0, Last: rm.MaxClusterSlots - 1}
			return errors.Join(wants("another range", all == (err == nil)), supported(err))
		},
		"AppendClusterNodeSlotRanges": func(ctx rm.Context) error {
			ranges, err := ctx.AppendClusterNodeSlotRanges(nil, node)
			return errors.Join(wants("a range", ranges == nil), needsCluster(err))
		},
		"ClusterPropagateForSlotMigration": func(ctx rm.Context) error {
			err := ctx.ClusterPropagateForSlotMigration("SET", rm.Text("x"), rm.Text("y"))
			return errors.Join(wants("a migration", err != nil), gives(err, rm.ErrRefused))
		},
		"ClusterDisableTrim": func(ctx rm.Context) error {
			pause, err := ctx.ClusterDisableTrim()
			pause.Stop(ctx)
			return supported(err)
		},

		"ClientInfoByID": func(ctx rm.Context) error {
			_, ok, err := ctx.ClientInfoByID(ctx.ClientID())
			return errors.Join(wants("a client", !ok), err)
		},
		"ClientExists": func(ctx rm.Context) error {
			ok, err := ctx.ClientExists(ctx.ClientID())
			return errors.Join(wants("a client", !ok), err)
		},
		"ClientNameByID":     func(ctx rm.Context) error { return outsideText(ctx.ClientNameByID(ctx.ClientID())) },
		"ClientUserNameByID": func(ctx rm.Context) error { return outsideText(ctx.ClientUserNameByID(ctx.ClientID())) },
		"ClientCertificate":  func(ctx rm.Context) error { return outsideText(ctx.ClientCertificate(ctx.ClientID())) },
		"SetClientNameByID": func(ctx rm.Context) error {
			err := ctx.SetClientNameByID(ctx.ClientID(), ctx.Str("name"))
			return errors.Join(wants("a client", err != nil), gives(err, rm.ErrNoClient))
		},
		"DeauthenticateAndCloseClient": func(ctx rm.Context) error {
			return wants("a client", ctx.DeauthenticateAndCloseClient(ctx.ClientID()) == rm.ErrNoClient)
		},
		"RedactClientCommandArgument": func(ctx rm.Context) error {
			return wants("a command", ctx.RedactClientCommandArgument(1) == rm.ErrNoCommand)
		},
		"MustObeyClient": func(ctx rm.Context) error {
			must, err := ctx.MustObeyClient()
			return wants("a command", !must && err == rm.ErrNoCommand)
		},

		"CurrentUserName": func(ctx rm.Context) error {
			_, ok, err := ctx.CurrentUserName()
			return wants("a command", !ok && err == rm.ErrNoCommand)
		},
		"ACLAddLogEntry": func(ctx rm.Context) error {
			return wants("a command", ctx.ACLAddLogEntry(rm.User{}, ctx.Str("x"), rm.ACLReasonKey) == rm.ErrNoCommand)
		},
		"ACLAddLogEntryByUserName": func(ctx rm.Context) error {
			return wants("a command", ctx.ACLAddLogEntryByUserName(ctx.Str("x"), ctx.Str("x"), rm.ACLReasonKey) == rm.ErrNoCommand)
		},
		"AuthenticateClientWithACLUser": func(ctx rm.Context) error {
			id, err := ctx.AuthenticateClientWithACLUser("default", nil)
			return wants("a command", id == 0 && err == rm.ErrNoCommand)
		},
		"AuthenticateClientWithUser": func(ctx rm.Context) error {
			id, err := ctx.AuthenticateClientWithUser(rm.User{}, nil)
			return wants("a command", id == 0 && err == rm.ErrNoCommand)
		},
		"AddACLCategory": func(ctx rm.Context) error {
			if err := ctx.AddACLCategory("read"); err != rm.ErrCategoryExists && !strings.Contains(err.Error(), "while the module loads") {
				return gives(err, rm.ErrUnsupported)
			}
			return nil
		},
		"RegisterAuthCallback": func(ctx rm.Context) error {
			c, err := ctx.RegisterAuthCallback(func(rm.Context, rm.Auth) (rm.AuthVerdict, error) { return rm.AuthSkip(), nil })
			c.Stop(ctx)
			return gives(err, rm.ErrUnsupported)
		},
		"User": func(ctx rm.Context) error {
			_, ok, err := ctx.User()
			return errors.Join(wants("a user", !ok), gives(err, rm.ErrUnsupported))
		},

		"ExportSharedAPI": func(ctx rm.Context) error {
			err := ctx.ExportSharedAPI("outside.shared", rm.Shared0(func() int64 { return 1 }))
			if outsideAtLoad == nil { // the load itself
				return err
			}
			return wants("no name that is taken", err == rm.ErrSharedName)
		},
		"SharedAPI": func(ctx rm.Context) error {
			api, ok, err := ctx.SharedAPI("outside.nobody's")
			return errors.Join(wants("a function", !ok && api.IsZero()), err)
		},
	} {
		outsideOthers[name] = f
	}
}
