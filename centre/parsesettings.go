package centre

import (
	"slices"
	"strings"
	"time"

	"hotline"
	"hotline/centre/strict"
)

// Rules of Order.
const (
	OrderStrict     = "strict"
	OrderAged       = "aged"
	OrderDelayRatio = "delay_ratio"
	OrderQueueRatio = "queue_ratio"
)

// Rules of Handover and of Consent.
const (
	HandoverRefuse  = "refuse"
	HandoverQueue   = "queue"
	ConsentAnnounce = "announce"
	ConsentAsk      = "ask"
)

func order(v strict.Value) Order {
	m := v.Map("rule", "ageing", "give_way", "ring")
	o := Order{Rule: m.Get("rule").OneOf(OrderStrict, OrderStrict, OrderAged, OrderDelayRatio, OrderQueueRatio)}
	var usual time.Duration
	if o.Rule == OrderAged {
		usual = time.Minute
	}
	o.Ageing = m.Get("ageing").Duration(usual, time.Second, time.Hour)
	if o.Rule == OrderStrict && m.Get("ageing").Present() {
		m.Get("ageing").Fault("has no effect with rule "+o.Rule, "remove it, or rule: aged")
		o.Ageing = 0
	}
	if o.Rule == OrderQueueRatio {
		o.GiveWay = m.Get("give_way").Duration(0, 0, time.Minute)
		o.Ring = m.Get("ring").Duration(3*time.Second, 0, time.Minute)
		return o
	}
	for _, key := range []string{"give_way", "ring"} {
		if m.Get(key).Present() {
			m.Get(key).Fault("has no effect with rule "+o.Rule, "remove it, or rule: "+OrderQueueRatio)
		}
	}
	return o
}

func misses(v strict.Value) Misses {
	m := v.Map("limit", "rest")
	rest := m.Get("rest").Map("no_answer", "rejected", "busy", "unreachable")
	read := func(cause hotline.OfferResult, usual time.Duration) time.Duration {
		return rest.Get(string(cause)).Duration(usual, 0, time.Hour)
	}
	return Misses{
		Limit: m.Get("limit").Int(1, 1, 20),
		Rest: map[hotline.OfferResult]time.Duration{
			hotline.OfferNoAnswer:    read(hotline.OfferNoAnswer, 10*time.Second),
			hotline.OfferRejected:    read(hotline.OfferRejected, 5*time.Second),
			hotline.OfferBusy:        read(hotline.OfferBusy, 30*time.Second),
			hotline.OfferUnreachable: read(hotline.OfferUnreachable, time.Minute),
		},
	}
}

func handover(v strict.Value) Handover {
	m := v.Map("rule", "grace")
	if !v.Present() {
		return Handover{Grace: 30 * time.Minute}
	}
	return Handover{
		Rule:  m.Get("rule").Need().OneOf(HandoverRefuse, HandoverRefuse, HandoverQueue),
		Grace: m.Get("grace").Duration(30*time.Minute, 0, 12*time.Hour),
	}
}

func consent(v strict.Value) Consent {
	m := v.Map("rule", "prompt", "refuse")
	if !v.Present() {
		return Consent{}
	}
	c := Consent{
		Rule: m.Get("rule").Need().OneOf(ConsentAnnounce, ConsentAnnounce, ConsentAsk), Prompt: prompt(m.Get("prompt"), "consent"),
		Refuse: m.Get("refuse").Text("9"),
	}
	if !isKey(c.Refuse) {
		m.Get("refuse").Fault(strict.Quote(c.Refuse)+" is no key of a phone", keyWant)
	}
	if c.Rule == ConsentAnnounce && m.Get("refuse").Present() {
		m.Get("refuse").Fault("has no effect with rule announce", "remove it, or rule: ask")
	}
	return c
}

// isKey says whether s is one key of a phone.
func isKey(s string) bool { return len(s) == 1 && strings.Contains("0123456789*#", s) }

const keyWant = "one of 0 to 9, * and #, in quotes"

func (p *parser) emergency(v strict.Value) {
	for _, one := range v.List() {
		number := one.Text("")
		switch {
		case number == "":
		case !isDialled(number):
			one.Fault(strict.Quote(number)+" cannot be dialled", dialWant)
		case slices.Contains(p.c.Emergency, number):
			one.Fault(strict.Quote(number)+" stands twice", "keep one")
		}
		p.c.Emergency = append(p.c.Emergency, number)
		p.later = append(p.later, func() {
			if number != "" && (p.knows(kindAgent, number) || p.knows(kindDesk, number)) {
				one.Fault(strict.Quote(number)+" is the id of an agent or a desk", "another id there")
			}
		})
	}
}
