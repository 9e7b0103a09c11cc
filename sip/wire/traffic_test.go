package wire

import (
	"fmt"
	"testing"

	"hotline/sip/syntax"
)

// TestTraffic: messages are counted by direction, method and code, and a peer that invents methods and codes makes no more
// counters than there are classes.
func TestTraffic(t *testing.T) {
	traffic := new(Traffic)
	in := func(text string) {
		h, err := syntax.ReadHead([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		traffic.heard(h)
	}
	in("INVITE sip:a@b SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\n")
	in("HACK sip:a@b SIP/2.0\r\nCSeq: 1 HACK\r\n\r\n")
	in("SIP/2.0 486 Busy Here\r\nCSeq:  7  INVITE\r\n\r\n")
	in("SIP/2.0 503 Service Unavailable\r\nCSeq: 7 OPTIONS\r\n\r\n")
	for i := range 100 {
		in(fmt.Sprintf("SIP/2.0 %d Odd\r\nCSeq: 7 M%d\r\n\r\n", 610+i%80, i))
	}
	traffic.said([]byte("SIP/2.0 200 OK\r\nVia: x\r\nCSeq: 1 INVITE\r\n\r\n"))
	traffic.said([]byte("BYE sip:a@b SIP/2.0\r\nCSeq: 2 BYE\r\n\r\n"))
	got := map[string]uint64{}
	traffic.Requests(func(out bool, method string, n uint64) { got[fmt.Sprint(out, " ", method)] = n })
	traffic.Responses(func(out bool, method, code string, n uint64) { got[fmt.Sprint(out, " ", method, " ", code)] = n })
	want := map[string]uint64{
		"false INVITE": 1, "false other": 1, "true BYE": 1, "false INVITE 486": 1, "false OPTIONS 503": 1, "false other 6xx": 100, "true INVITE 200": 1,
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	reply := []byte("SIP/2.0 200 OK\r\nVia: x\r\nCSeq: 1 INVITE\r\n\r\n")
	if n := testing.AllocsPerRun(100, func() { traffic.said(reply) }); n != 0 {
		t.Errorf("counting a message allocates %v times", n)
	}
}
