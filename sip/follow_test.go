//go:build linux

package sip

import (
	"testing"

	"hotline/sip/wire"
	"hotline/sip/wiretest"
)

// TestNetworkChangeIsFollowed: what was known of our own addresses is forgotten, and trunks are registered with anew.
func TestNetworkChangeIsFollowed(t *testing.T) {
	c, next := registrarPhone(t)
	r := newRig(t, func(cfg *Config) {
		cfg.Trunks = []wire.Trunk{{Name: "t", Servers: []wire.Server{wire.ServerAt(mustPort(c.addr()))}, User: "u", Password: "p", Register: &wire.Register{}}}
	})
	c.engine = r.addr
	c.reply(next(), 200, "a", "", "Expires: 600")
	wiretest.Eventually(t, "registered", func() bool { return r.sw.Trunks()[0].Registration.Registered })
	r.sw.wire.NetworkChanged()
	again := next()
	c.reply(again, 200, "a", "", "Expires: 600")
	go r.sw.Close()
	c.reply(next(), 200, "a", "")
}
