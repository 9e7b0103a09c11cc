package wire

import (
	"testing"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/wiretest"
)

// TestClientPanics: a response that a transaction cannot bear ends that transaction and nothing else.
func TestClientPanics(t *testing.T) {
	w := startWire(t, &fakeCalls{}, nil)
	ask := func(callID string, panics bool) (answers chan int, failed chan error) {
		t.Helper()
		peer := wiretest.ListenUDP(t)
		answers, failed = make(chan int, 4), make(chan error, 4)
		tx, err := w.Request(t.Context(), Outbound{
			Req: newRequest("INVITE", callID, pathOf(w, peer)), Path: pathOf(w, peer),
			Answer: func(res *gosip.Response) { answers <- res.StatusCode }, Failed: func(err error) { failed <- err },
		})
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 65536)
		n, err := peer.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		if panics {
			feed(w, peer, wiretest.ResponseTo(string(buf[:n]), 180))
			if code := <-answers; code != 180 {
				t.Errorf("%d", code)
			}
			tx.conn.way = Path{} // the ACK of a refusal has nowhere to go, which nobody thought of
			feed(w, peer, wiretest.ResponseTo(string(buf[:n]), 486))
			wiretest.Eventually(t, "the transaction is over", func() bool { return w.cfg.Metrics.ClientTx.Load() == 0 })
			return answers, failed
		}
		for range 2 {
			feed(w, peer, wiretest.ResponseTo(string(buf[:n]), 200))
			if code := <-answers; code != 200 {
				t.Errorf("%d", code)
			}
		}
		return answers, failed
	}
	answers, failed := ask("bad", true)
	if n := w.cfg.Metrics.Panics.Swap(0); n != 1 {
		t.Errorf("%d panics", n)
	}
	if len(failed) != 1 || len(answers) != 0 {
		t.Errorf("answered %d times, failed %d times", len(answers), len(failed))
	}
	ask("good", false)
}
