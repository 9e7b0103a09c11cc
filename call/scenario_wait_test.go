package call_test

import (
	"time"

	"hotline"
	"hotline/centre"
)

// waiting adds to the centre of the scenarios what is about waiting: a queue with a choice (95503), one whose callers are
// not answered before an agent is (95504), one with rules (95505), a caller who is turned away and one who is known.
func waiting(c *centre.Centre) *centre.Centre {
	play := func(prompt string) centre.Step { return centre.Step{Kind: centre.StepPlay, Prompt: prompt} }
	queue := func(id hotline.QueueID) centre.Step { return centre.Step{Kind: centre.StepQueue, Queue: id} }
	c.Queues = append(
		c.Queues,
		centre.Queue{ID: "asked", Announce: centre.Announce{Position: true, Every: 30 * time.Second}, Choice: &centre.Menu{
			Prompt: "wait-choice", Every: 30 * time.Second, Timeout: 5 * time.Second, Tries: 1,
			Keys: map[string][]centre.Step{
				"1": {{Kind: centre.StepStay}}, "2": {{Kind: centre.StepVoicemail, Voicemail: &centre.Voicemail{}}},
				"3": {{Kind: centre.StepCallback}}, "4": {queue("vip")}, "5": {play("address")},
				"8": {{Kind: centre.StepHangup}}, "9": {{Kind: centre.StepBusy}},
			},
		}},
		centre.Queue{
			ID: "rules", MaxWait: centre.Limit{Then: centre.Actions{play("sorry"), queue("vip")}},
			MaxWaiting: centre.Limit{Then: centre.Actions{{Kind: centre.StepBusy}}},
			NoAgents:   centre.NoAgents{Then: centre.Actions{play("nobody")}},
			LongWait:   centre.Limit{Then: centre.Actions{{Kind: centre.StepCallback}}},
			Closing: centre.Closing{
				Join: centre.Actions{play("closed")}, Waiting: centre.Actions{play("closing"), {Kind: centre.StepHangup}},
			},
		},
	)
	c.Flows["asked"] = centre.Flow{ID: "asked", Steps: []centre.Step{queue("asked")}}
	c.Flows["rules"] = centre.Flow{ID: "rules", Steps: []centre.Step{queue("rules")}}
	c.Flows["unanswered"] = centre.Flow{ID: "unanswered", Steps: []centre.Step{
		{Kind: centre.StepQueue, Queue: "claims", Unanswered: true},
	}}
	c.Flows["unanswered-rules"] = centre.Flow{ID: "unanswered-rules", Steps: []centre.Step{
		{Kind: centre.StepQueue, Queue: "rules", Unanswered: true},
	}}
	c.Numbers["95507"] = "unanswered-rules"
	c.Flows["beside"] = centre.Flow{ID: "beside", Steps: []centre.Step{
		{Kind: centre.StepSet, Attrs: map[string]string{"product": "car"}},
		{Kind: centre.StepQueue, Queue: "claims", Also: []hotline.QueueID{"vip"}, Needs: "english >= 3", Priority: 2},
	}}
	c.Numbers["95503"], c.Numbers["95504"], c.Numbers["95505"], c.Numbers["95506"] = "asked", "unanswered", "rules", "beside"
	c.Tables = append(c.Tables, centre.Table{ID: "black", Entries: []centre.TableEntry{
		{Number: "13900000000", Then: "reject"},
		{Number: "13700000000", Name: "张总", Priority: 3, Agent: "8001", Attrs: map[string]string{"vip": "gold"}},
	}})
	return c
}

// waitFact is a fact of the shard about one of several visits, or about the end of one by a rule.
func (p *player) waitFact(verb string, arg func(int) string) (hotline.QueueID, hotline.Fact) {
	queue := hotline.QueueID(arg(0))
	switch verb {
	case "beside": // beside QUEUE: queued there as well
		return queue, hotline.Queued{
			Visit: p.side(queue), Entry: hotline.EntryOverflow, Since: p.now, Place: p.now.Add(-time.Minute), Position: 1, Beside: p.visit,
		}
	case "offered-in": // offered-in QUEUE N AGENT
		v := p.side(queue)
		return queue, hotline.Offered{Visit: v, Offer: v.Offer(number(arg(1))), Until: p.now.Add(15 * time.Second)}
	case "lost-in": // lost-in QUEUE N RESULT
		v := p.side(queue)
		return queue, hotline.OfferLost{Visit: v, Offer: v.Offer(number(arg(1))), Result: hotline.OfferResult(arg(2))}
	case "connected-in": // connected-in QUEUE N AGENT LEG
		v := p.side(queue)
		return queue, hotline.Connected{Visit: v, Offer: v.Offer(number(arg(1))), Leg: legNamed(arg(3))}
	case "dequeued": // dequeued [QUEUE]
		return queue, hotline.Left{Visit: p.side(queue), Outcome: hotline.OutcomeDequeued}
	case "ruled": // ruled OUTCOME RULE [THEN TO]
		return "", hotline.Left{Visit: p.visit, Outcome: hotline.Outcome(arg(0)), Rule: arg(1), Then: arg(2), To: arg(3)}
	case "barred": // barred REASON RULE
		return "", hotline.Blocked{Visit: p.visit, Reason: hotline.BlockReason(arg(0)), Rule: arg(1)}
	case "reprioritised":
		return "", hotline.Reprioritised{Visit: p.visit, Priority: 20}
	case "prefer-ended":
		return "", hotline.PreferEnded{Visit: p.visit}
	case "desk": // desk N PHONE: offered at a desk
		return "", hotline.Offered{
			Visit: p.visit, Offer: p.visit.Offer(number(arg(0))), Until: p.now.Add(15 * time.Second), Phone: hotline.PhoneID(arg(1)),
		}
	}
	return "", nil
}

// side is the visit beside the latest one, in that queue.
func (p *player) side(q hotline.QueueID) hotline.VisitID {
	if q == "" {
		return p.visit
	}
	return p.visit + "+" + hotline.VisitID(q)
}

func number(s string) (n int) {
	for _, c := range s {
		n = n*10 + int(c-'0')
	}
	return n
}
