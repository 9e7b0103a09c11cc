package sip

import (
	"strings"
	"testing"

	"hotline/sip/wiretest"
)

// TestNoDialogIsNotKept: requests into a dialog that there is not get 481, each copy anew (RFC 3261 §12.2.2, §8.2.7), and leave nothing
// behind: half a minute of each would be the memory of whoever sends them by the hundred thousand.
func TestNoDialogIsNotKept(t *testing.T) {
	r := newRig(t, nil)
	for _, network := range []string{"udp", "tcp"} {
		u := wiretest.DialUA(t, network, port(r.sw, network))
		for _, method := range []string{"BYE", "INFO", "UPDATE", "INVITE"} {
			msg := strings.Replace(u.Request(method, "13800001111", "95500", 1, "none-"+word()), "\r\nCall-ID:", ";tag=none\r\nCall-ID:", 1)
			for range 2 {
				u.Send(msg)
				if res := u.Final(); wiretest.StatusOf([]byte(res)) != 481 {
					t.Errorf("%s over %s: %q", method, network, res)
				}
			}
		}
		u.Conn.Close()
	}
	if n := r.sw.cfg.Metrics.ServerTx.Load(); n != 0 {
		t.Errorf("%d transactions are kept", n)
	}
}
