package wire

import (
	"strings"
	"testing"

	gosip "github.com/emiago/sipgo/sip"
)

// TestServiceRouteRefused: a registrar may name proxies, and nothing else.
func TestServiceRouteRefused(t *testing.T) {
	many := strings.Repeat("<sip:p.example;lr>,", 8)
	for text, want := range map[string]int{
		"": 0, "<sip:p.example;lr>": 1, ",, <sip:p.example;lr> ,<sip:[2001:db8::1]:5070;lr>;x=y": 2, many: 8, "<sips:p.example;lr>": -1,
		many + "<sip:p.example;lr>": -1, "<sip:p.example>": -1, "<tel:1>": -1, "sip:p.example;lr": -1, "<sip:p.example;lr": -1, "<sip:p.example;lr?Route=x>": -1,
		"<sip:;lr>": -1, "<sip:p.example;lr>, bad": -1, "<sip:" + strings.Repeat("p", 1100) + ";lr>": -1, "<sip:p\x00.example;lr>": -1, "<sip:p.example;lr> <sip:q;lr>": -1,
	} {
		res := gosip.NewResponse(200, "OK")
		res.AppendHeader(gosip.NewHeader("Service-Route", text))
		routes, err := serviceRoute(res, false)
		if err == nil && len(routes) != want || err != nil && (want >= 0 || routes != nil) {
			t.Errorf("%q: %v, %v, want %d", text, routes, err, want)
		}
	}
	res := gosip.NewResponse(200, "OK")
	res.AppendHeader(gosip.NewHeader("Service-Route", "<sips:p.example;lr>"))
	if routes, err := serviceRoute(res, true); err != nil || len(routes) != 1 {
		t.Errorf("sips said over tls: %v, %v", routes, err)
	}
}
