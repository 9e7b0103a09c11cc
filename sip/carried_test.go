package sip

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/wire"
)

// TestCarried: a trunk's X- headers come with the call, bounded; an agent's never do.
func TestCarried(t *testing.T) {
	req := gosip.NewRequest(gosip.INVITE, gosip.Uri{User: "95500", Host: "hotline.example"})
	for _, h := range [][2]string{
		{"X-Customer", " 4711 "},
		{"x-customer", "4712"},
		{"Subject", "no"},
		{"X-Empty", " "},
		{"X-Long", strings.Repeat("x", 300)},
		{"X-" + strings.Repeat("n", 70), "v"},
		{"X-Region", "010"},
	} {
		req.AppendHeader(gosip.NewHeader(h[0], h[1]))
	}
	got := carried(wire.Inbound{Req: req, Trunk: "carrier"})
	if want := map[string]string{"x-customer": "4711", "x-region": "010"}; !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := carried(wire.Inbound{Req: req, Agent: "8001"}); got != nil {
		t.Errorf("of an agent: %v", got)
	}
	for i := range 50 {
		req.AppendHeader(gosip.NewHeader(fmt.Sprint("X-N", i), "v"))
	}
	if got := carried(wire.Inbound{Req: req, Trunk: "carrier"}); len(got) != maxCarried {
		t.Errorf("%d headers carried", len(got))
	}
}
