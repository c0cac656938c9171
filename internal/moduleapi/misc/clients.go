// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"strings"
	"unicode"

	"github.com/iredismodule/redismodule/rm"
)

// clientInfo replies with what is known of the client.
func clientInfo(ctx rm.Context, _ rm.Args) error {
	info, ok, err := ctx.ClientInfoByID(ctx.ClientID())
	if err != nil {
		return err
	}
	if !ok {
		return rm.ErrNoClient
	}
	if err := ctx.ReplyWithArray(4); err != nil {
		return err
	}
	if err := ctx.ReplyWithText("db"); err != nil {
		return err
	}
	if err := ctx.ReplyWithLongLong(int64(info.DB)); err != nil {
		return err
	}
	if err := ctx.ReplyWithText("flags"); err != nil {
		return err
	}
	return ctx.ReplyWithText(flags(info.Flags))
}

// flags writes flags as the units want to see them: six with a place of their own, and newer ones behind.
func flags(f rm.ClientFlags) string {
	places := []struct {
		flag rm.ClientFlags
		name string
	}{
		{rm.ClientSSL, "ssl"}, {rm.ClientPubSub, "pubsub"}, {rm.ClientBlocked, "blocked"},
		{rm.ClientTracking, "tracking"}, {rm.ClientUnixSocket, "unixsocket"}, {rm.ClientMulti, "multi"},
		{rm.ClientReadOnly, "readonly"}, {rm.ClientPrimary, "primary"}, {rm.ClientReplica, "replica"}, {rm.ClientMonitor, "monitor"},
		{rm.ClientModule, "module"}, {rm.ClientAuthenticated, "authenticated"},
		{rm.ClientEverAuthenticated, "ever_authenticated"}, {rm.ClientFake, "fake"},
	}
	var words []string
	for i, place := range places {
		switch {
		case f&place.flag != 0:
			words = append(words, place.name)
		case i < 6:
			words = append(words, "")
		}
	}
	return strings.Join(words, ":")
}

// getName replies with the client's name.
func getName(ctx rm.Context, _ rm.Args) error {
	name, ok, err := ctx.ClientNameByID(ctx.ClientID())
	if err != nil {
		return err
	}
	if !ok {
		return rm.Error("-ERR No name")
	}
	defer name.Free()
	return ctx.ReplyWithString(name.Str())
}

// test.setname NAME
func setName(ctx rm.Context, args rm.Args) error {
	err := ctx.SetClientNameByID(ctx.ClientID(), args.At(1))
	if errors.Is(err, rm.ErrClientName) {
		return rm.Error("ERR Invalid argument")
	}
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// certificate replies with the client's certificate.
func certificate(ctx rm.Context, _ rm.Args) error {
	pem, ok, err := ctx.ClientCertificate(ctx.ClientID())
	if err != nil {
		return err
	}
	if !ok {
		return ctx.ReplyWithNull()
	}
	defer pem.Free()
	return ctx.ReplyWithText(strings.TrimRightFunc(pem.String(), unicode.IsSpace))
}
