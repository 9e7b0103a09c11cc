package sip

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline"
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
	with := func(c *wireConfig) {
		c.Bindings = kept
		if at.IsValid() {
			c.Listen = []Listen{{"udp", at}}
		}
	}
	first := openWire(t, &fakeCalls{}, with)
	stop := make(chan struct{})
	ended := make(chan struct{})
	go func() { first.run(t.Context()); close(ended) }()
	at = first.socks[0].addr
	u := dialUA(t, "udp", at)
	if got := u.register("8001", "secret", "reg-1", 1); !strings.HasPrefix(got, "SIP/2.0 200") {
		t.Fatalf("register: %s", got)
	}
	eventually(t, "the registration is kept", func() bool { return kept.len() == 3 })
	want := first.reg.contacts("8001", time.Now())
	first.close()
	<-ended
	close(stop)

	calls := &fakeCalls{}
	second := startWire(t, calls, with)
	eventually(t, "the phone is told of", func() bool {
		return slices.Contains(calls.signals(), hotline.Signal(hotline.DeviceUp{Agent: "8001", First: true}))
	})
	got := second.reg.contacts("8001", time.Now())
	if len(got) != 1 || got[0].key != want[0].key || got[0].uri.String() != want[0].uri.String() || got[0].path.peer != want[0].path.peer ||
		!got[0].expires.Equal(want[0].expires) || got[0].cseq != want[0].cseq {
		t.Errorf("came back as %+v, was %+v", got, want)
	}
	if n := len(second.reg.contacts("8001", got[0].expires)); n != 0 {
		t.Error("a restart prolonged the registration")
	}
	if got := u.register("8001", "secret", "reg-1", 10, "Expires: 0"); !strings.HasPrefix(got, "SIP/2.0 200") {
		t.Fatalf("unregister: %s", got)
	}
	eventually(t, "what was taken back is not kept", func() bool { return kept.len() == 2 })
}
