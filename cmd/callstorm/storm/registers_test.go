package storm

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
)

// TestRegistersComeLater: a phone that is told to come later does so, and then registers with a fresh challenge.
func TestRegistersComeLater(t *testing.T) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go func() {
		buf := make([]byte, 4096)
		for seen := 0; ; seen++ {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			status, more := "200 OK", ""
			switch {
			case seen == 0:
				status, more = "503 Later", "Retry-After: 1 (overload)\r\n"
			case !strings.Contains(string(buf[:n]), "Authorization: "):
				status, more = "401 Who", "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n"
			}
			res := fmt.Sprintf("SIP/2.0 %s\r\nFrom: %s\r\nCSeq: %s\r\n%s\r\n", status, field(buf[:n], "From: "), field(buf[:n], "CSeq: "), more)
			_, _ = conn.WriteToUDPAddrPort([]byte(res), from)
		}
	}()
	res, err := RunRegisters(t.Context(), Registers{
		Server: conn.LocalAddr().(*net.UDPAddr).AddrPort(), Local: netip.MustParseAddr("127.0.0.1"), Domain: "hotline.example",
		Users: []Agent{{"8001", "pw"}},
	})
	if err != nil || res.Registered != 1 || res.Later != 1 || len(res.Failed) != 0 || res.LatencyMS.Max < 1000 {
		t.Errorf("%+v, %v", res, err)
	}
}
