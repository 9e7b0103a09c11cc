package wire

import (
	"encoding/json"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline"
	"hotline/sip/wiretest"
)

// memBindings is a Bindings in memory.
type memBindings struct {
	mu   sync.Mutex
	vals map[string][]byte
}

func (m *memBindings) PutAll(vals map[string][]byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, val := range vals {
		if val == nil {
			delete(m.vals, key)
		} else {
			m.vals[key] = val
		}
	}
	return nil
}

func (m *memBindings) Each(prefix string, f func(string, []byte) bool) error {
	m.mu.Lock()
	all := maps.Clone(m.vals)
	m.mu.Unlock()
	for _, k := range slices.Sorted(maps.Keys(all)) {
		if strings.HasPrefix(k, prefix) && !f(k, all[k]) {
			return nil
		}
	}
	return nil
}

func (m *memBindings) len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.vals)
}

// TestRegistrationsSurviveARestart: a phone that registered over udp is reachable, and told of, in the next run, until its
// registration is over or taken back; what cannot be read is passed over.
func TestRegistrationsSurviveARestart(t *testing.T) {
	kept := &memBindings{vals: map[string][]byte{"broken": []byte("{"), "8009": []byte("[]")}}
	var at netip.AddrPort
	with := func(c *Config) {
		c.Bindings = kept
		if at.IsValid() {
			c.Listen = []Listen{{"udp", at}}
		}
	}
	first := openWire(t, &fakeCalls{}, with)
	stop := make(chan struct{})
	ended := make(chan struct{})
	go func() { first.Run(t.Context()); close(ended) }()
	at = first.socks[0].addr
	u := wiretest.DialUA(t, "udp", at)
	if got := u.Register("8001", "secret", "reg-1", 1); !strings.HasPrefix(got, "SIP/2.0 200") {
		t.Fatalf("register: %s", got)
	}
	wiretest.Eventually(t, "the registration is kept", func() bool { return kept.len() == 3 })
	want := first.reg.contacts("8001", time.Now())
	first.Close()
	<-ended
	close(stop)

	calls := &fakeCalls{}
	second := startWire(t, calls, with)
	wiretest.Eventually(t, "the phone is told of", func() bool {
		return slices.Contains(calls.signals(), hotline.Signal(hotline.DeviceUp{Agent: "8001", First: true}))
	})
	got := second.reg.contacts("8001", time.Now())
	if len(got) != 1 || got[0].Key != want[0].Key || got[0].URI.String() != want[0].URI.String() || got[0].Path.Peer != want[0].Path.Peer ||
		!got[0].expires.Equal(want[0].expires) || got[0].cseq != want[0].cseq {
		t.Errorf("came back as %+v, was %+v", got, want)
	}
	if n := len(second.reg.contacts("8001", got[0].expires)); n != 0 {
		t.Error("a restart prolonged the registration")
	}
	if got := u.Register("8001", "secret", "reg-1", 10, "Expires: 0"); !strings.HasPrefix(got, "SIP/2.0 200") {
		t.Fatalf("unregister: %s", got)
	}
	wiretest.Eventually(t, "what was taken back is not kept", func() bool { return kept.len() == 2 })
}

// What is written by hand is what encoding/json would write, whatever a phone calls itself.
func TestSavedContactIsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		moment := func(name string) time.Time {
			return time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, name), rapid.Int64Range(0, 1e9-1).Draw(t, name)).UTC()
		}
		s := savedContact{
			Path: rapid.String().Draw(t, "path"), Text: rapid.String().Draw(t, "text"), Route: rapid.SliceOfN(rapid.String(), 0, 2).Draw(t, "route"),
			Q: rapid.Float64Range(0, 1).Draw(t, "q"), Expires: moment("expires"), Modified: moment("modified"), Agent: rapid.String().Draw(t, "agent"),
			Key: rapid.StringMatching(`[ -~]*`).Draw(t, "key"), Instance: rapid.StringMatching(`"?[ -~]*`).Draw(t, "instance"),
			CallID: rapid.StringMatching(`[ -~\\<>&é]*`).Draw(t, "callID"), CSeq: rapid.Uint32().Draw(t, "cseq"),
		}
		want, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.append(nil)
		if err != nil || string(got) != string(want) {
			t.Fatalf("%v\n%s\n%s", err, got, want)
		}
	})
}
