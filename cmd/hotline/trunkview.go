package main

import (
	"time"

	"hotline/sip/wire"
	"hotline/web"
)

// trunkViews are the trunks as the API shows them.
func trunkViews(trunks []wire.TrunkState) []web.Trunk {
	all := make([]web.Trunk, 0, len(trunks))
	for _, t := range trunks {
		v := web.Trunk{Name: t.Name, Up: t.Up, Calls: t.Calls, MaxCalls: t.MaxCalls, Servers: []web.TrunkServer{}}
		for _, s := range t.Servers {
			v.Servers = append(v.Servers, web.TrunkServer{
				Server: s.Server, Network: s.Network, Address: s.Addr.String(), Up: s.Up, Since: s.Since, Rests: s.Rests, Problem: s.Problem,
			})
		}
		if r := t.Registration; r != nil {
			v.Registration = &web.TrunkRegistration{
				Registered: r.Registered, Since: r.Since, Expires: r.Expires, Next: r.Next, Server: r.Server, Problem: r.Problem,
			}
			if !r.Registered {
				v.Registration.Expires = time.Time{}
			}
		}
		all = append(all, v)
	}
	return all
}

// registeredPhones are the phones as the API shows them.
func registeredPhones(phones []wire.PhoneState) []web.RegisteredPhone {
	all := make([]web.RegisteredPhone, 0, len(phones))
	for _, p := range phones {
		v := web.RegisteredPhone{
			Agent: string(p.Agent), Address: p.Addr.String(), Network: p.Network, UserAgent: p.UserAgent, Since: p.Since, Expires: p.Expires, Alive: p.Alive,
		}
		if p.RTT > 0 {
			ms := p.RTT.Milliseconds()
			v.RTTMS = &ms
		}
		all = append(all, v)
	}
	return all
}
