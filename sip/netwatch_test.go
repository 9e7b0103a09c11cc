//go:build linux

package sip

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"
)

// TestNetworkChanged: a new address of the machine is noticed, once.
func TestNetworkChanged(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	told := make(chan struct{}, 10)
	done := make(chan error, 1)
	go func() { done <- netwatch(ctx, 50*time.Millisecond, func() { told <- struct{}{} }) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	if os.Getuid() != 0 {
		t.Skip("only root can give the machine an address")
	}
	time.Sleep(50 * time.Millisecond) // until it listens
	const address = "198.18.77.77/32"
	if out, err := exec.Command("ip", "addr", "add", address, "dev", "lo").CombinedOutput(); err != nil {
		t.Skipf("no address can be added: %s", out)
	}
	defer func() { _ = exec.Command("ip", "addr", "del", address, "dev", "lo").Run() }()
	select {
	case <-told:
	case <-time.After(5 * time.Second):
		t.Error("nobody was told")
	}
}

// TestNetworkChangeIsFollowed: what was known of our own addresses is forgotten, and trunks are registered with anew.
func TestNetworkChangeIsFollowed(t *testing.T) {
	c, next := registrarPhone(t)
	r := newRig(t, func(cfg *Config) {
		cfg.Trunks = []Trunk{{Name: "t", Servers: []Server{ServerAt(mustPort(c.addr()))}, User: "u", Password: "p", Register: &Register{}}}
	})
	c.engine = r.addr
	c.reply(next(), 200, "a", "", "Expires: 600")
	eventually(t, "registered", func() bool { return r.sw.Trunks()[0].Registration.Registered })
	r.sw.wire.netChanged()
	again := next()
	c.reply(again, 200, "a", "", "Expires: 600")
	go r.sw.Close()
	c.reply(next(), 200, "a", "")
}
