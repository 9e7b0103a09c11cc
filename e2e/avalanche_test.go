//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	callstorm "hotline/cmd/callstorm/storm"
)

// TestFiveThousandPhonesAtOnce: the phones of a large centre register within one second, as they do when the power comes back. All are
// registered within a minute, those that are told to come later among them, and the calls that come meanwhile are served (reliability.md
// §4, 24).
func TestFiveThousandPhonesAtOnce(t *testing.T) {
	const phones = 5000
	e := startEngine(t, "127.0.0.81", manyAgents(10+phones))
	cfg := callstorm.Registers{
		Server: netip.MustParseAddrPort(e.ip + ":5060"), Local: netip.MustParseAddr("127.0.81.1"), Domain: domain, Rate: phones, AtOnce: phones,
	}
	for i := range phones {
		user := fmt.Sprint(8011 + i)
		cfg.Users = append(cfg.Users, callstorm.Agent{User: user, Password: "pw-" + user})
	}
	type answer struct {
		res *callstorm.RegisterResult
		err error
	}
	done := make(chan answer, 1)
	go func() {
		time.Sleep(4 * time.Second) // of the twelve in which calls come
		res, err := callstorm.RunRegisters(context.Background(), cfg)
		done <- answer{res, err}
	}()
	calls := storm(t, e, "--agents", "10", "--rate", "5", "--calls", "60", "--hold", "500ms", "--key-delay", "200ms", "--duration", "60s", "--seed", "1")
	if calls.Connected != 60 || len(calls.Failed) != 0 {
		t.Errorf("calls beside it: %+v", calls)
	}
	a := <-done
	if a.err != nil {
		t.Fatal(a.err)
	}
	t.Logf("%d registered in %.1f s, %d times one was told to come later; %d repeated; ms %+v", a.res.Registered, a.res.Seconds, a.res.Later, a.res.Resent, a.res.LatencyMS)
	if a.res.Registered != phones || a.res.Seconds > 60 {
		t.Errorf("%+v", a.res)
	}
}
