// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

const clientmod = "github.com/iredismodule/redismodule/internal/testmod/clientmod"

// withClients runs a test against a server with the module that tells of clients.
func withClients(t *testing.T, test func(t *testing.T, s *rmtest.Server), config ...string) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		m := rmtest.Module{Path: rmtest.Build(t, clientmod), Args: []string{"rm-mode=" + mode}}
		test(t, rmtest.Start(t, rmtest.Options{TCP: true, Modules: []rmtest.Module{m}, Config: config}))
	})
}

// TestClientInfo has one client look at another one.
//
// Drives: GetClientInfoById, GetClientUserNameById, GetClientNameById.
func TestClientInfo(t *testing.T) {
	withClients(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		id := strings.Trim(w.do("CLIENT", "ID"), ":\r\n")
		info := func() string { t.Helper(); return s.MustDo("cl.info", id).(string) }
		require.Contains(t, info(), " ClientUnixSocket db=0 ")
		w.do("SELECT", "5")
		w.do("MULTI")
		require.Contains(t, info(), " ClientUnixSocket|ClientMulti db=5 ")
		w.do("DISCARD")
		w.do("SUBSCRIBE", "x")
		require.Contains(t, info(), " ClientPubSub|ClientUnixSocket db=5 ")
		require.NoError(t, w.conn.Close())
		eventually(t, func() bool { return s.MustDo("cl.info", id) == "none" })

		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port()))
		require.NoError(t, err)
		defer conn.Close()
		w = &wire{t: t, conn: conn, r: bufio.NewReader(conn)}
		s.MustDo("ACL", "SETUSER", "small", "on", "nopass", "+auth", "+client|id", "~*")
		id = strings.Trim(w.do("CLIENT", "ID"), ":\r\n")
		w.do("AUTH", "small", "x")
		_, port, err := net.SplitHostPort(conn.LocalAddr().String())
		require.NoError(t, err)
		require.Contains(t, info(), fmt.Sprintf(" db=0 127.0.0.1 %s user=small", port))
	})
}

// TestClientClosed closes clients: another one, and the caller's own, which gets its reply.
//
// Drives: DeauthenticateAndCloseClient.
func TestClientClosed(t *testing.T) {
	withClients(t, func(t *testing.T, s *rmtest.Server) {
		for _, how := range []string{"plain", "multi"} {
			w := dial(t, s, 2)
			id := strings.Trim(w.do("CLIENT", "ID"), ":\r\n")
			if how == "multi" {
				w.do("MULTI")
			}
			require.Equal(t, "OK", s.MustDo("cl.close", id))
			_, err := w.r.ReadByte()
			require.Error(t, err, "it is closed")
			_, err = s.Do("cl.close", id)
			require.EqualError(t, err, "ERR no such client")

			w = dial(t, s, 2)
			id = strings.Trim(w.do("CLIENT", "ID"), ":\r\n")
			if how == "multi" {
				w.do("MULTI")
				require.Equal(t, "+QUEUED\r\n", w.do("cl.close", id))
				require.Equal(t, "*1\r\n+OK\r\n", w.do("EXEC"))
			} else {
				require.Equal(t, "+OK\r\n", w.do("cl.close", id))
			}
			_, err = w.r.ReadByte()
			require.Error(t, err)
		}
		require.Equal(t, "PONG", s.MustDo("PING"))
	})
}

// TestClientRedact keeps an argument out of the slow log.
//
// Drives: RedactClientCommandArgument.
func TestClientRedact(t *testing.T) {
	withClients(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("CONFIG", "SET", "slowlog-log-slower-than", "0")
		since70(t, s)
		require.Equal(t, "secret", s.MustDo("cl.redact", "1", "secret", "x"))
		log := fmt.Sprint(s.MustDo("SLOWLOG", "GET", "5"))
		require.Contains(t, log, "[cl.redact 1 (redacted) x]")
		require.NotContains(t, log, "secret")
	})
}

// TestClientObey asks on a replica whether the master's command must be obeyed.
//
// Drives: MustObeyClient.
func TestClientObey(t *testing.T) {
	withClients(t, func(t *testing.T, s *rmtest.Server) {
		got, err := s.Do("cl.obey", "k")
		if err != nil {
			require.EqualError(t, err, lacking("MustObeyClient"))
			return
		}
		require.Equal(t, "false", got)
		r := s.Replica()
		s.MustDo("cl.obey", "k")
		s.WaitReplica(r)
		require.Equal(t, "true", r.MustDo("GET", "k"))
	}, "repl-diskless-sync-delay 0")
}

// TestClientCertificate shows a certificate to the server.
//
// Drives: GetClientCertificate.
func TestClientCertificate(t *testing.T) {
	dir := t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a client"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	secret, err := x509.MarshalECPrivateKey(key)
	require.NoError(t, err)
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	certFile, keyFile := filepath.Join(dir, "cert"), filepath.Join(dir, "key")
	require.NoError(t, os.WriteFile(certFile, cert, 0o600))
	require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret}), 0o600))
	port := busPort(t)
	withClients(t, func(t *testing.T, s *rmtest.Server) {
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		require.NoError(t, err)
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(cert)
		conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port), &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: pool})
		require.NoError(t, err)
		defer conn.Close()
		w := &wire{t: t, conn: conn, r: bufio.NewReader(conn)}
		id := strings.Trim(w.do("CLIENT", "ID"), ":\r\n")
		require.Equal(t, string(cert), s.MustDo("cl.certificate", id))
		require.Contains(t, s.MustDo("cl.info", id), " ClientSSL ")
	}, fmt.Sprintf("tls-port %d", port), "tls-cert-file "+certFile, "tls-key-file "+keyFile, "tls-ca-cert-file "+certFile)
}
