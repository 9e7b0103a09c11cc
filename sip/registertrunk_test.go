package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/sip/digest"
	"hotline/sip/rewrite"
	"hotline/sip/wire"
	"hotline/sip/wiretest"
)

// registrarPhone is a carrier's registrar; next is its next REGISTER.
func registrarPhone(t *testing.T) (c *phone, next func() *sipMsg) {
	c = newPhone(t, netip.AddrPort{})
	return c, func() *sipMsg {
		t.Helper()
		select {
		case m := <-c.regs:
			return m
		case <-time.After(5 * time.Second):
			t.Fatal("no REGISTER")
		}
		return nil
	}
}

func mustPort(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func rule(t *testing.T, match, replace string) rewrite.Rules {
	t.Helper()
	r, err := rewrite.New(match, replace, rewrite.Both)
	if err != nil {
		t.Fatal(err)
	}
	return rewrite.Rules{r}
}

// TestRegisteredTrunk is a carrier that wants to be registered with, from the first REGISTER to the last.
func TestRegisteredTrunk(t *testing.T) {
	c, next := registrarPhone(t)
	r := newRig(t, func(cfg *Config) {
		cfg.Trunks = []wire.Trunk{{
			Name: "carrier", Servers: []wire.Server{wire.ServerAt(netip.MustParseAddrPort(c.addr()))}, User: "acct7", Password: "geheim",
			Register: &wire.Register{Every: 20 * time.Second}, Domain: "carrier.example", Number: "95500", In: rule(t, "+86", ""), Out: rule(t, `1\d{10}`, "+86$0"),
		}}
	})
	c.engine = r.addr
	state := func() wire.RegistrationState { return *r.sw.Trunks()[0].Registration }
	if state().Registered {
		t.Error("registered without a word")
	}
	first := next()
	if !strings.HasPrefix(first.start, "REGISTER sip:carrier.example SIP/2.0") || uriIn(first.get("to")) != "sip:acct7@carrier.example" || uriIn(first.get("from")) != "sip:acct7@carrier.example" ||
		uriIn(first.get("contact")) != "sip:acct7@"+r.addr.String() || first.get("expires") != "20" || first.get("authorization") != "" {
		t.Errorf("%+v", first)
	}
	c.reply(first, 401, "a", "", `WWW-Authenticate: Digest realm="carrier.example", nonce="n1", qop="auth", algorithm=SHA-256`, `WWW-Authenticate: Digest realm="carrier.example", nonce="n1", qop="auth", algorithm=MD5`)
	second := next()
	proof := second.get("authorization")
	if cr, ok := digest.ReadCredentials(proof); !ok || cr.Algorithm != "SHA-256" || cr.Nonce != "n1" || cr.URI != "sip:carrier.example" || second.seq() != first.seq()+1 || second.get("call-id") != first.get("call-id") {
		t.Errorf("%s", proof)
	} else if alg, _ := digest.By("SHA-256"); cr.Response != alg.Response(alg.Hash("acct7:carrier.example:geheim"), "REGISTER", cr) {
		t.Errorf("wrong response: %s", proof)
	}
	c.reply(second, 401, "a", "", `WWW-Authenticate: Digest realm="carrier.example", nonce="n2", stale=true, qop="auth", algorithm=SHA-256`)
	third := next()
	if cr, _ := digest.ReadCredentials(third.get("authorization")); cr.Nonce != "n2" || len(third.all("authorization")) != 1 {
		t.Errorf("%+v", third)
	}
	c.reply(third, 423, "a", "", "Min-Expires: 60")
	fourth := next()
	if fourth.get("expires") != "60" || fourth.seq() <= third.seq() {
		t.Errorf("%+v", fourth)
	}
	c.reply(fourth, 200, "a", "", "Contact: <"+uriIn(fourth.get("contact"))+">;expires=60")
	wiretest.Eventually(t, "registered", func() bool { return state().Registered })
	if s := state(); s.Problem != "" || !strings.Contains(s.Server, c.addr()) || time.Until(s.Expires) < 55*time.Second || time.Until(s.Next) > 31*time.Second || s.Since.IsZero() {
		t.Errorf("%+v", s)
	}

	// Its calls come to our account, from the address of the registrar, which is nobody's peer by the config.
	l := c.dialler("acct7")
	l.me = fmt.Sprintf("<sip:+8613800001111@carrier.example>;tag=%s", word())
	l.them = "<sip:+8695500@carrier.example>"
	l.target = uriIn(first.get("contact"))
	l.ask("INVITE", c.sdp(1))
	in := want[hotline.Incoming](r, nil)
	if in.Trunk != "carrier" || in.To != "95500" || in.From.Number != "13800001111" {
		t.Errorf("%+v", in)
	}
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseBusy})
	l.ackRefusal(c.want("486 INVITE"))

	// Calls out show the trunk's number where they have none, at its domain.
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "13800002222", Trunk: "carrier"})
	inv := c.want("INVITE")
	if !strings.HasPrefix(inv.start, "INVITE sip:+8613800002222@"+c.addr()) || uriIn(inv.get("from")) != "sip:95500@carrier.example" {
		t.Errorf("%s, From %s", inv.start, inv.get("from"))
	}
	c.reply(inv, 486, "x", "")
	c.want("ACK")
	want[hotline.Failed](r, nil)

	// Who stops in order takes its registration back.
	go r.sw.Close()
	last := next()
	if last.get("expires") != "0" || last.get("call-id") != first.get("call-id") || last.seq() <= fourth.seq() {
		t.Errorf("%+v", last)
	}
	c.reply(last, 200, "a", "")
}

// TestRegistrarThatKeepsAsking gets the password twice at most (CVE-2020-28242), and nobody else gets it (CVE-2021-41158).
func TestRegistrarThatKeepsAsking(t *testing.T) {
	c, next := registrarPhone(t)
	r := newRig(t, func(cfg *Config) {
		cfg.Trunks = []wire.Trunk{
			{Name: "carrier", Servers: []wire.Server{wire.ServerAt(netip.MustParseAddrPort(c.addr()))}, User: "u", Password: "p", Register: &wire.Register{}},
			{Name: "foreign", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}},
		}
	})
	c.engine = r.addr
	tries := 0
	for i := range 10 {
		m := next()
		tries++
		c.reply(m, 401, "a", "", fmt.Sprintf(`WWW-Authenticate: Digest realm="c", nonce="n%d", stale=true, algorithm=MD5`, i))
		if m.get("authorization") != "" && tries == 3 {
			break
		}
	}
	select {
	case m := <-c.regs:
		t.Errorf("a fourth: %+v", m)
	case <-time.After(200 * time.Millisecond):
	}
	if s := r.sw.Trunks()[0].Registration; s.Registered || !strings.Contains(s.Problem, "401") || time.Until(s.Next) < 10*time.Second {
		t.Errorf("%+v", s)
	}
	// A foreign peer that challenges in answer to our BYE with the trunk's very realm learns nothing.
	stranger := newPhone(t, r.addr)
	l := stranger.dialler("95500")
	l.ask("INVITE", stranger.sdp(1))
	in := want[hotline.Incoming](r, nil)
	r.do(hotline.Answer{Leg: in.Leg})
	l.establish()
	want[hotline.PickedUp](r, nil)
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
	stranger.reply(stranger.want("BYE"), 407, "", "", `Proxy-Authenticate: Digest realm="c", nonce="z", algorithm=MD5`)
	stranger.none("BYE", 200*time.Millisecond)
	r.idle(time.Second)
}
