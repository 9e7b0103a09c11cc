package wire

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/wiretest"
)

// spoil fills a buffer for messages that nobody is using with what no message has.
func (w *Wire) spoil() {
	buf := w.buffer.Get().(*[]byte)
	b := (*buf)[:cap(*buf)]
	copy(b, bytes.Repeat([]byte{0xDB}, len(b)))
	*buf = b
	w.buffer.Put(buf)
}

// TestNoAnswerShowsAnother: many phones at once, by every network, on memory that is used again and spoiled in between. What is
// answered, at once, late, again and to a CANCEL, is the words of the one who asked, and the handler still has his body and header.
func TestNoAnswerShowsAnother(t *testing.T) {
	wiretest.Over(t, testNoAnswerShowsAnother, "udp", "tcp", "ws")
}

func testNoAnswerShowsAnother(t *testing.T, network string) {
	const phones, each = 8, 20
	calls := &fakeCalls{}
	calls.onRequest = func(in Inbound) {
		if in.Tx == nil {
			return
		}
		time.AfterFunc(2*time.Millisecond, func() { // others have come and gone meanwhile
			res := in.Tx.Reply(486, "Busy Here")
			res.AppendHeader(gosip.NewHeader("X-Mark", in.Req.GetHeader("X-Mark").Value()))
			res.SetBody(nil)
			_ = in.Tx.Respond(res)
		})
	}
	w := startWire(t, calls, func(c *Config) {
		c.Trunks = []Trunk{{Name: "carrier", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}
	})
	stop := make(chan struct{})
	var spoiling, work sync.WaitGroup
	spoiling.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				w.spoil()
			}
		}
	})
	for p := range phones {
		u := wiretest.DialUA(t, network, at(w, network))
		work.Go(func() {
			for i := range each {
				mark := fmt.Sprintf("m%d-%d", p, i)
				req := u.Request("INVITE", "x"+mark, "95500", 1, mark, "X-Mark: "+mark, "X-Long: "+strings.Repeat(mark, 1+i*10))
				u.Send(req)
				if i%3 == 0 {
					u.Send(req)
				}
				for {
					res := u.Read(5 * time.Second)
					if res == "" {
						t.Errorf("%s: no answer", mark)
						return
					}
					id := wiretest.FieldOf(res, "Call-ID")
					if strings.ContainsRune(res, 0xFFFD) || strings.Contains(res, "\xDB") || len(id) != 1 || !strings.HasPrefix(id[0], fmt.Sprintf("m%d-", p)) ||
						!strings.Contains(wiretest.FieldOf(res, "From")[0], "x"+id[0]) {
						t.Errorf("%s got %q", mark, res)
						return
					}
					if id[0] == mark && wiretest.StatusOf([]byte(res)) >= 200 {
						break
					}
				}
			}
		})
	}
	work.Wait()
	close(stop)
	spoiling.Wait()
	for _, in := range calls.requests() {
		id := in.Req.CallID().Value()
		if mark := in.Req.GetHeader("X-Mark"); mark == nil || mark.Value() != id || !strings.Contains(in.Req.From().Address.User, id) {
			t.Fatalf("%s is now %q", id, in.Req.String())
		}
	}
}
