package call_test

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"hotline"
	"hotline/call"
	"hotline/centre"
	"hotline/ivr"
)

// ownPlan is the centre of the scenarios in which agents call by themselves. consent is its rule.
func ownPlan(consent string) *ivr.Plan {
	return ivr.NewPlan(&centre.Centre{
		Language: "zh-CN", Emergency: []string{"110"}, Consent: centre.Consent{Rule: consent},
		DialOut: centre.DialOut{Allow: []string{"0", "1"}, Deny: []string{"00"}, Trunk: "carrier", From: "95500"},
		Agents: []centre.Agent{
			{ID: "8001", Name: "王芳"},
			{ID: "8002", Name: "李雷"},
			{ID: "8003", Name: "韩梅梅", Dial: centre.AgentDial{Number: "13900000003", Trunk: "mobile", Confirm: true}},
		},
		Queues: []centre.Queue{
			{ID: "claims", Callback: centre.Callback{From: "4008001", Trunk: "second"}, WrapUp: centre.WrapUp{Mode: "timed", After: 20 * time.Second}},
			{ID: "quiet", Record: "never", Language: "en-US"},
		},
		Flows: map[string]centre.Flow{
			"main": {ID: "main", Steps: []centre.Step{{Kind: centre.StepAnswer}, {Kind: centre.StepQueue, Queue: "quiet"}}},
		},
		Numbers: map[string]string{"95500": "main"},
	})
}

// ownVerb takes the verbs of the calls that agents make.
func (p *player) ownVerb(verb string, arg func(int) string) bool {
	switch verb {
	case "own": // own [announce|ask|hidden]: the centre of ownPlan, with that rule of consent, or with numbers hidden from agents
		rule := arg(0)
		plan := ownPlan(strings.TrimPrefix(rule, "hidden"))
		plan.NumbersHidden = rule == "hidden"
		p.m = call.NewMachine(plan, call.Limits{})
	case "dial": // dial AGENT TO [queue=QUEUE] [for=CONTACT]: page or program wants the agent's call made
		o := hotline.OwnCall{Agent: hotline.AgentID(arg(0)), To: arg(1)}
		for i := 2; arg(i) != ""; i++ {
			if q, ok := strings.CutPrefix(arg(i), "queue="); ok {
				o.Queue = hotline.QueueID(q)
			}
			if c, ok := strings.CutPrefix(arg(i), "for="); ok {
				o.For = hotline.ContactID(c)
			}
		}
		p.step(call.Begun{Call: "C", Order: o})
		if err := p.m.Denied(); err != nil {
			fmt.Fprintf(&p.out, "\t! %v\n", err)
		}
	case "outbound": // outbound AGENT [PHONE]: the shard shows the agent in the call; its phone is there
		p.step(call.Told{Event: hotline.Event{
			Shard: "s1", Contact: "C", Call: "C", Agent: hotline.AgentID(arg(0)), At: p.now,
			Fact: hotline.AgentSet{State: hotline.AgentOutbound, From: hotline.AgentReady, Phone: hotline.PhoneID(arg(1))},
		}})
	case "lent": // lent AGENT BY [PHONE]: the shard has given the colleague
		p.step(call.Told{Event: hotline.Event{
			Shard: "s1", Contact: "C", Call: "C", Agent: hotline.AgentID(arg(0)), At: p.now,
			Fact: hotline.CalledIn{By: hotline.AgentID(cmp.Or(arg(1), "8001")), Phone: hotline.PhoneID(arg(2))},
		}})
	case "early": // early LEG: it rings, and what its network plays can be heard
		p.heard(hotline.Ringing{Leg: legNamed(arg(0)), Early: true})
	case "offered-at": // offered-at N AGENT PHONE
		p.step(call.Told{Event: hotline.Event{
			Shard: "s1", Contact: "C", Call: "C", Queue: "quiet", Agent: hotline.AgentID(arg(1)), At: p.now,
			Fact: hotline.Offered{
				Visit: p.visit, Offer: p.visit.Offer(number(arg(0))), Attempt: 1, Until: p.now.Add(15 * time.Second), Phone: hotline.PhoneID(arg(2)),
			},
		}})
	default:
		return false
	}
	return true
}
