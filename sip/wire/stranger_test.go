package wire

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"hotline/sip/wiretest"
)

// TestTellsNobody: who asks for a login cannot tell an agent from nobody, neither by the answers nor by the time they take.
func TestTellsNobody(t *testing.T) {
	w := startWire(t, &fakeCalls{}, func(c *Config) { c.Logger = wiretest.NoLog() })
	u := wiretest.DialUA(t, "udp", w.Listening()[0].Addr)
	users := []string{"8001", "9999"}
	took := map[string][]time.Duration{}
	n := wiretest.Tries(t, 300)
	for i := range n {
		for _, user := range users {
			id := fmt.Sprintf("tells-%d-%s", i, user)
			u.Send(u.Request("REGISTER", user, user, 1, id))
			first := u.Final()
			if first == "" {
				t.Fatal("no answer") // throttled: the pace below is too quick
			}
			auth := wiretest.Authorize(wiretest.FieldOf(first, "WWW-Authenticate")[0], "REGISTER", "sip:"+wiretest.Domain, user+"x", "wrong", 1)
			if i%max(50, n/6) != 0 { // ten wrong passwords within a minute are a ban: ask mostly without
				auth = ""
			}
			began := time.Now()
			if auth == "" {
				u.Send(u.Request("REGISTER", user, user, 2, id+"b"))
			} else {
				u.Send(u.Request("REGISTER", user, user, 2, id, auth))
			}
			res := u.Final()
			took[user] = append(took[user], time.Since(began))
			if a, b := wiretest.StatusOf([]byte(first)), wiretest.StatusOf([]byte(res)); a != 401 || b != 401 && b != 403 {
				t.Fatalf("%s: %d, %d", user, a, b)
			}
		}
		time.Sleep(2 * time.Millisecond) // a stranger who asks too much is not heard: see guard
		switch {
		case i >= 200: // four refusals a try, and a hundred points forgotten a second
			time.Sleep(45 * time.Millisecond)
		case i%20 == 0:
			time.Sleep(100 * time.Millisecond)
		}
	}
	var p50 [2]time.Duration
	for i, user := range users {
		slices.Sort(took[user])
		p50[i] = took[user][len(took[user])/2]
	}
	t.Logf("half of the answers within %v for an agent, %v for nobody", p50[0], p50[1])
	if d := p50[0] - p50[1]; d > time.Millisecond || d < -time.Millisecond {
		t.Errorf("an agent is told from nobody by %v", d)
	}
}
