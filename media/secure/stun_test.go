package secure_test

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"

	"github.com/pion/stun/v3"

	"hotline/media/secure"
)

// theAgent is our side in the tests.
func theAgent() secure.Agent {
	return secure.Agent{Ufrag: "ours", Password: "0123456789012345678901", Peer: "them"}
}

// request is a check as a browser makes it.
func request(t testing.TB, user, password string, more ...stun.Setter) []byte {
	t.Helper()
	setters := append([]stun.Setter{stun.TransactionID, stun.BindingRequest, stun.NewUsername(user)}, more...)
	setters = append(setters, stun.NewShortTermIntegrity(password), stun.Fingerprint)
	m, err := stun.Build(setters...)
	if err != nil {
		t.Fatal(err)
	}
	return m.Raw
}

// attr is an attribute of any kind.
type attr struct {
	kind  stun.AttrType
	value []byte
}

func (a attr) AddTo(m *stun.Message) error { m.Add(a.kind, a.value); return nil }

func TestAnswersChecks(t *testing.T) {
	agent := theAgent()
	from := netip.MustParseAddrPort("192.0.2.7:40000")
	controlling := attr{stun.AttrICEControlling, make([]byte, 8)}
	priority := attr{stun.AttrPriority, []byte{1, 2, 3, 4}}
	nominate := attr{stun.AttrUseCandidate, nil}
	cases := []struct {
		name      string
		request   []byte
		from      netip.AddrPort
		code      int // 0: success, -1: nothing at all
		nominated bool
	}{
		{"check", request(t, "ours:them", agent.Password, controlling, priority), from, 0, false},
		{"nomination", request(t, "ours:them", agent.Password, priority, nominate, controlling), from, 0, true},
		{"over IPv6", request(t, "ours:them", agent.Password, priority), netip.MustParseAddrPort("[2001:db8::7]:40000"), 0, false},
		{"both control", request(t, "ours:them", agent.Password, attr{stun.AttrICEControlled, make([]byte, 8)}), from, 487, false},
		{"must be understood", request(t, "ours:them", agent.Password, attr{0x7777, []byte("x")}), from, 420, false},
		{"may be ignored", request(t, "ours:them", agent.Password, attr{0xC057, []byte{0, 1, 0, 0}}), from, 0, false},
		{"another password", request(t, "ours:them", "1123456789012345678901", controlling), from, -1, false},
		{"another leg", request(t, "other:them", agent.Password), from, -1, false},
		{"another peer", request(t, "ours:nobody", agent.Password), from, -1, false},
		{"no colon", request(t, "ours", agent.Password), from, -1, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			check, ok := agent.Answer(c.request, c.from, make([]byte, 128))
			if c.code < 0 {
				if ok || check.Reply != nil || check.Valid {
					t.Fatalf("answered: %+v", check)
				}
				return
			}
			if !ok || check.Nominated != c.nominated || check.Valid != (c.code == 0) {
				t.Fatalf("%v %+v", ok, check)
			}
			if float64(len(check.Reply)) > 1.5*float64(len(c.request)) {
				t.Errorf("%d bytes answered with %d", len(c.request), len(check.Reply))
			}
			m := &stun.Message{Raw: check.Reply}
			if err := m.Decode(); err != nil {
				t.Fatal(err)
			}
			if err := stun.NewShortTermIntegrity(agent.Password).Check(m); err != nil {
				t.Error(err)
			}
			if err := stun.Fingerprint.Check(m); err != nil {
				t.Error(err)
			}
			if !bytes.Equal(m.TransactionID[:], c.request[8:20]) {
				t.Error("another transaction")
			}
			if c.code != 0 {
				var code stun.ErrorCodeAttribute
				if err := code.GetFrom(m); err != nil || int(code.Code) != c.code || m.Type.Class != stun.ClassErrorResponse {
					t.Errorf("%v %v %v", err, code, m.Type)
				}
				return
			}
			var mapped stun.XORMappedAddress
			if err := mapped.GetFrom(m); err != nil || mapped.String() != c.from.String() {
				t.Errorf("%v %v", err, mapped)
			}
		})
	}
}

// TestSTUNGarbage_CVE_2022_31003: lengths that lie, attributes that end behind the message, proof in the wrong place:
// nothing is answered (CVE-2022-31003, CVE-2023-22741 and the like trusted the length byte).
func TestSTUNGarbage_CVE_2022_31003(t *testing.T) {
	agent := theAgent()
	from := netip.MustParseAddrPort("192.0.2.7:40000")
	good := request(t, "ours:them", agent.Password, attr{stun.AttrPriority, []byte{1, 2, 3, 4}})
	silent := func(name string, b []byte) {
		t.Helper()
		if check, ok := agent.Answer(b, from, make([]byte, 128)); ok {
			t.Errorf("%s: answered %+v", name, check)
		}
	}
	for n := range len(good) {
		silent("cut", good[:n])
	}
	for bit := range 8 * len(good) {
		if b := bit / 8; b == len(good)-8 || b == len(good)-7 {
			continue // the name of FINGERPRINT, the last: a change makes it an attribute behind the proof, which does not count
		}
		b := bytes.Clone(good)
		b[bit/8] ^= 1 << (bit % 8)
		silent("a bit changed", b)
	}
	for at := 20; at < len(good); at += 4 { // every word as a length that lies
		for _, length := range []uint16{0xFFFF, 0x8000, 1, 3, uint16(len(good))} {
			b := bytes.Clone(good)
			binary.BigEndian.PutUint16(b[at+2:], length)
			if !bytes.Equal(b, good) {
				silent("length", b)
			}
		}
	}
	plain, _ := stun.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername("ours:them"), stun.Fingerprint)
	silent("without proof", plain.Raw)
	bare, _ := stun.Build(stun.TransactionID, stun.BindingRequest)
	silent("bare", bare.Raw)
	indication, _ := stun.Build(stun.TransactionID, stun.NewType(stun.MethodBinding, stun.ClassIndication), stun.NewUsername("ours:them"), stun.NewShortTermIntegrity(agent.Password))
	silent("indication", indication.Raw)
	response, _ := stun.Build(stun.TransactionID, stun.BindingSuccess, stun.NewUsername("ours:them"), stun.NewShortTermIntegrity(agent.Password))
	silent("response", response.Raw) // no two engines can be made to talk to each other
	// What stands behind the proof was not proven.
	late := &stun.Message{}
	_ = late.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername("ours:them"), stun.NewShortTermIntegrity(agent.Password))
	late.Add(stun.AttrUseCandidate, nil)
	late.WriteHeader()
	if check, ok := agent.Answer(late.Raw, from, make([]byte, 128)); !ok || check.Nominated {
		t.Errorf("nominated behind the proof: %v %+v", ok, check)
	}
}

func TestAgentKeepsItsPassword(t *testing.T) {
	agent := theAgent()
	if text := agent.LogValue().String() + agent.String() + agent.GoString(); strings.Contains(text, agent.Password) {
		t.Error(text)
	}
}

func FuzzSTUN(f *testing.F) {
	agent := theAgent()
	f.Add(request(f, "ours:them", agent.Password))
	f.Add([]byte("\x00\x01\x00\x00\x21\x12\xa4\x42............"))
	from := netip.MustParseAddrPort("192.0.2.7:40000")
	f.Fuzz(func(t *testing.T, b []byte) {
		check, ok := agent.Answer(b, from, make([]byte, 128))
		if !ok {
			return
		}
		m := &stun.Message{Raw: bytes.Clone(b)}
		if err := m.Decode(); err != nil {
			t.Fatalf("answered what cannot be read: %v", err)
		}
		if err := stun.NewShortTermIntegrity(agent.Password).Check(m); err != nil {
			t.Fatalf("answered without proof: %v", err)
		}
		if len(check.Reply) > 2*len(b) {
			t.Fatal("longer than what it answers")
		}
	})
}
