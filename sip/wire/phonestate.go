package wire

import (
	"net/netip"
	"time"

	"hotline"
)

// PhoneState is a registered phone as it is just now.
type PhoneState struct {
	Agent     hotline.AgentID // or the desk's id
	Addr      netip.AddrPort  // where its REGISTER came from
	Network   string          // "udp", "tcp", "tls", "ws" or "wss"
	UserAgent string
	Since     time.Time // of the last REGISTER
	Expires   time.Time
	Alive     bool
	RTT       time.Duration // of the last OPTIONS that was answered; 0: none was
}

// Phones are the phones that are registered now, in no order.
func (w *Wire) Phones(now time.Time) []PhoneState {
	r := w.reg
	var all []PhoneState
	var pulses []*pulse
	r.mu.Lock()
	for agent, cs := range r.aors {
		for _, c := range live(cs, now) {
			all = append(all, PhoneState{
				Agent: agent, Addr: c.Path.Peer, Network: c.Path.Network(), UserAgent: c.agent, Since: c.modified, Expires: c.expires,
				Alive: c.pulse == nil || !c.pulse.down,
			})
			pulses = append(pulses, c.pulse)
		}
	}
	r.mu.Unlock()
	for i, p := range pulses {
		all[i].RTT = r.alive.roundTrip(p)
	}
	return all
}

// roundTrip is how long the last answer took; 0: there was none.
func (b *prober) roundTrip(p *pulse) time.Duration {
	if b == nil || p == nil {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return p.took
}
