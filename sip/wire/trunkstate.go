package wire

import (
	"net/netip"
	"time"
)

// TrunkState is how a trunk is just now.
type TrunkState struct {
	Name         string
	Up           bool // one of its servers takes calls, as far as they are asked
	Asked        bool // they are, or a connection says it
	Calls        int  // up now, in and out
	MaxCalls     int  // at once; 0: no limit
	Servers      []ServerState
	Registration *RegistrationState // nil: we do not register with it
}

// ServerState is one address of a trunk's servers.
type ServerState struct {
	Server  string // as it is configured
	Network string // "udp", "tcp" or "tls"
	Addr    netip.AddrPort
	Up      bool
	Since   time.Time // of Up or its opposite; zero: from the start
	Rests   time.Time // until then it is called last, because it said so
	Problem string    // why there is no connection
}

// RegistrationState is how we are registered with a trunk.
type RegistrationState struct {
	Registered bool
	Since      time.Time // of Registered or its opposite; zero: from the start
	Expires    time.Time // of the registration, while there is one
	Next       time.Time // when it is refreshed or tried again
	Server     string    // that answered last
	Problem    string    // what became of the last try, "" when it went well
}

// Trunks are the states of the trunks that calls go out by or that we register with, in the order of the config.
func (w *Wire) Trunks() []TrunkState {
	var all []TrunkState
	for _, t := range w.trunks.all() {
		if len(t.Servers) > 0 || t.reg != nil {
			all = append(all, t.state())
		}
	}
	return all
}

// TrunkCalls is how many calls are up on the trunk of that name, in and out.
func (w *Wire) TrunkCalls(name string) int {
	if t := w.trunks.named(name); t != nil {
		return t.room.taken()
	}
	return 0
}

func (t *trunk) state() TrunkState {
	st := TrunkState{Name: t.Name, Up: t.up(), MaxCalls: t.MaxCalls, Calls: t.room.taken()}
	t.mu.Lock()
	for _, g := range t.gateways {
		st.Asked = st.Asked || g.pulse != nil || g.network != "udp"
		st.Servers = append(st.Servers, ServerState{
			Server: g.server.String(), Network: g.network, Addr: g.addr, Up: !g.dead, Since: g.since, Rests: g.rests, Problem: g.refused,
		})
	}
	t.mu.Unlock()
	if len(st.Servers) == 0 && len(t.Servers) > 0 { // its names lead nowhere yet
		st.Up = false
	}
	if t.reg != nil {
		r := t.reg.state()
		st.Registration = &r
	}
	return st
}
