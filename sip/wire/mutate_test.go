package wire

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"hotline/sip/syntax"
	"hotline/sip/wiretest"
)

// TestMutations: messages with a few octets changed, taken out or doubled, by a seed that is printed; nothing panics,
// nothing is left, and calls that were let through are calls.
func TestMutations(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = n
	}
	t.Logf("SEED=%d", seed)
	chance := rand.New(rand.NewPCG(seed, 1))
	corpus := [][]byte{wiretest.Plain(nil), inviteText(), []byte(registerText(1, "")), []byte(registerText(2, "Authorization: Digest username=\"8001\", realm=\"x\"\r\n"))}
	corpus = append(corpus, tortureMessages(t)...)
	h := &quietCalls{onRequest: func(in Inbound) {
		if in.Req.From() == nil || in.Req.To() == nil || in.Req.CSeq() == nil || in.Req.CallID() == nil {
			t.Errorf("a request without its names came up: %s", in.Req)
		}
		_, _, _ = syntax.NumberOf(in.Req.Recipient), syntax.NumberOf(in.Req.From().Address), syntax.DisplayName(in.Req.From().DisplayName)
		if in.Release != nil {
			in.Release()
		}
		if in.Tx != nil {
			if err := in.Tx.Respond(in.Tx.Reply(486, "Busy Here")); err != nil {
				t.Error(err)
			}
		}
	}}
	w := openWire(t, h, func(c *Config) {
		c.Logger = wiretest.NoLog()
		c.Trunks = []Trunk{{Name: "t", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}
	})
	defer w.Close()
	sink := pathOf(w, wiretest.ListenUDP(t))
	const tokens = "\r\n \t;,:=<>\"@[]%\\\x00\x0b\xff09azSIP"
	for range 20_000 {
		data := bytes.Clone(corpus[chance.IntN(len(corpus))])
		for range 1 + chance.IntN(6) {
			i, j := chance.IntN(len(data)), chance.IntN(len(data))
			switch chance.IntN(4) {
			case 0:
				data[i] = tokens[chance.IntN(len(tokens))]
			case 1:
				data = slices.Insert(data, i, tokens[chance.IntN(len(tokens))])
			case 2:
				data = slices.Delete(data, min(i, j), min(max(i, j), min(i, j)+8))
			case 3:
				data = slices.Insert(data, i, data[min(i, j):min(max(i, j), min(i, j)+40)]...)
			}
			if len(data) < 2 {
				break
			}
		}
		w.datagram(sink, data)
	}
	wiretest.Eventually(t, "all are worked off", func() bool { return w.boxes.queued.Load() == 0 })
	if n := w.cfg.Metrics.Panics.Load(); n != 0 {
		t.Errorf("%d panics", n)
	}
	if n := w.trunks.all()[0].room.calls; n != 0 {
		t.Errorf("%d places of the trunk are lost", n)
	}
	w.Close()
	w.boxes.stop()
	w.boxes.each((*mailbox).abandon)
	if n := w.cfg.Metrics.ServerTx.Load() + w.cfg.Metrics.ClientTx.Load() + w.cfg.Metrics.Mailboxes.Load(); n != 0 {
		t.Errorf("%d transactions and mailboxes left", n)
	}
}
