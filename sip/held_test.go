package sip

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/syntax"
	"hotline/sip/wire"
)

// TestContactHoldsNoINVITE: what a contact learns of its INVITE stays for days, and the INVITE's text does not with it.
func TestContactHoldsNoINVITE(t *testing.T) {
	const n, long = 200, 60_000
	filler := strings.Repeat("x", long)
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	sigs := make([]hotline.Incoming, n)
	before := heap()
	for i := range sigs {
		h, err := syntax.ReadHead(fmt.Appendf(nil, "INVITE sip:95500@hotline.example SIP/2.0\r\nx-customer: %d\r\n"+
			"Diversion: <sip:1%d@a>;reason=user-busy\r\nP-Asserted-Identity: li <sip:2%d@a>\r\nX-Long: %s\r\n\r\n", i, i, i, filler))
		if err != nil {
			t.Fatal(err)
		}
		req := gosip.NewRequest(gosip.INVITE, gosip.Uri{})
		for _, f := range h.Fields {
			req.AppendHeader(gosip.NewHeader(f.Name, f.Value))
		}
		sigs[i] = hotline.Incoming{Headers: carried(wire.Inbound{Req: req, Trunk: "carrier"}), Diverted: diverted(req)}
		sigs[i].From, _, _ = asserted(req)
	}
	if kept := heap() - before; kept > n*long/10 {
		t.Errorf("%d KiB are kept of %d INVITEs", kept>>10, n)
	}
	last := sigs[n-1]
	if last.Headers["x-customer"] != fmt.Sprint(n-1) || last.Diverted.Reason != "user-busy" || last.From.Number == "" || last.From.Name != "li" {
		t.Errorf("%+v", last)
	}
}
