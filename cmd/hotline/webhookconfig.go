package main

import (
	"fmt"
	"slices"
	"time"

	"hotline/centre/strict"
	"hotline/notify"
)

// Bounds of the webhooks.
const (
	maxWebhooks = 20
	leastSecret = 16 // bytes
)

// webhooks reads who else is told what happens.
func (r configReader) webhooks(v strict.Value) []notify.Hook {
	var hooks []notify.Hook
	names := map[string]bool{}
	for i, one := range v.List() {
		if i == maxWebhooks {
			one.Fault("is one webhook too many", fmt.Sprintf("at most %d", maxWebhooks))
			break
		}
		h := r.webhook(one)
		if h.Name != "" && names[h.Name] {
			one.Fault(fmt.Sprintf("a second webhook is called %s", strict.Quote(h.Name)), "another name")
		}
		names[h.Name] = true
		hooks = append(hooks, h)
	}
	return hooks
}

func (r configReader) webhook(v strict.Value) notify.Hook {
	m := v.Map("name", "url", "secret", "events", "queues", "timeout", "numbers")
	h := notify.Hook{
		Name: r.name(m.Get("name")), URL: r.text(m.Get("url").Need(), ""), Secret: r.text(m.Get("secret").Need(), ""),
		Timeout: m.Get("timeout").Duration(5*time.Second, time.Second, 30*time.Second), Numbers: m.Get("numbers").Bool(false),
	}
	r.postURL(m.Get("url"), h.URL)
	r.secret(m.Get("secret"), h.Secret)
	events := []string{notify.EventOffer, notify.EventAnswer, notify.EventEnd, notify.EventWrapUp, notify.EventReport}
	for _, one := range m.Get("events").List() {
		if e := one.OneOf("", events...); e != "" && !slices.Contains(h.Events, e) {
			h.Events = append(h.Events, e)
		}
	}
	h.Queues = r.queueList(m.Get("queues"))
	return h
}
