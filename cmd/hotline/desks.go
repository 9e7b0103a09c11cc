package main

import (
	"sync"

	"hotline"
)

// desks knows who sits at which desk, for calls from a desk's phone: they are its sitter's. The log is where that is kept.
type desks struct {
	mu sync.Mutex
	at map[hotline.PhoneID]hotline.AgentID
}

func (d *desks) apply(ev hotline.Event) {
	f, ok := ev.Fact.(hotline.PhoneTaken)
	if !ok {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.at == nil {
		d.at = make(map[hotline.PhoneID]hotline.AgentID)
	}
	if d.at[f.Was] == ev.Agent {
		delete(d.at, f.Was)
	}
	if f.Phone != "" {
		d.at[f.Phone] = ev.Agent
	}
}

// sitter is the agent whose call it is when that phone calls: the one at the desk, else the agent of that name.
func (d *desks) sitter(phone hotline.AgentID) hotline.AgentID {
	d.mu.Lock()
	defer d.mu.Unlock()
	if a, ok := d.at[hotline.PhoneID(phone)]; ok {
		return a
	}
	return phone
}
