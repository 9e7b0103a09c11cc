package main

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"hotline"
)

// reloadGrace is how long a phone in a page may be gone before its agent counts as one without a phone: a page that is loaded
// anew is back within it.
const reloadGrace = 6 * time.Second

// pagePhones are the phones in pages: it lets the switch serve their sockets, and holds back for a moment that one is gone. The
// phones of logins that are no agents are none of the shard's business.
type pagePhones struct {
	put   func(hotline.SetDevice)
	page  func(http.ResponseWriter, *http.Request, string, func() bool)
	grace time.Duration

	mu   sync.Mutex
	open map[hotline.AgentID]int         // sockets of its pages, closed ones for the grace
	gone map[hotline.AgentID]*time.Timer // who has no phone just now, and is not told so yet
}

func newPagePhones(put func(hotline.SetDevice)) *pagePhones {
	return &pagePhones{
		put: put, grace: reloadGrace, open: make(map[hotline.AgentID]int), gone: make(map[hotline.AgentID]*time.Timer),
	}
}

// serve says by whom sockets are served. It is called once, before the first comes.
func (p *pagePhones) serve(page func(http.ResponseWriter, *http.Request, string, func() bool)) {
	p.page = page
}

// ServePage implements web.Phones.
func (p *pagePhones) ServePage(w http.ResponseWriter, r *http.Request, user string, alive func() bool) {
	agent := hotline.AgentID(user)
	p.count(agent, 1)
	defer time.AfterFunc(p.grace, func() { p.count(agent, -1) })
	p.page(w, r, user, alive)
}

func (p *pagePhones) count(agent hotline.AgentID, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open[agent] += n; p.open[agent] <= 0 {
		delete(p.open, agent)
	}
}

// noAgent says whether the phone is that of a login without an agent: see auth.LoginPhone.
func noAgent(phone hotline.AgentID) bool { return strings.HasPrefix(string(phone), "~") }

// up is told that a phone registered.
func (p *pagePhones) up(agent hotline.AgentID) {
	if noAgent(agent) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.gone[agent]; t != nil {
		t.Stop()
		delete(p.gone, agent)
	}
	p.put(hotline.SetDevice{Agent: agent, Up: true})
}

// down is told that the last phone of an agent is gone.
func (p *pagePhones) down(agent hotline.AgentID) {
	if noAgent(agent) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open[agent] == 0 {
		p.put(hotline.SetDevice{Agent: agent})
		return
	}
	var t *time.Timer
	t = time.AfterFunc(p.grace, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.gone[agent] == t {
			delete(p.gone, agent)
			p.put(hotline.SetDevice{Agent: agent})
		}
	})
	p.gone[agent] = t
}
