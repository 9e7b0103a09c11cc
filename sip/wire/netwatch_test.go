//go:build linux

package wire

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
