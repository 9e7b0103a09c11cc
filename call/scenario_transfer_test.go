package call_test

import (
	"cmp"
	"fmt"

	"hotline"
	"hotline/call"
)

// transferVerb takes the verbs of transfers. An agent's second line is the leg l.
func (p *player) transferVerb(verb string, arg func(int) string) bool {
	switch verb {
	case "second": // second NUMBER [AGENT] [LEG]: the agent calls from its second line, to take the leg's place
		in := hotline.Incoming{
			Call: "D", Leg: "D-0", At: p.now, From: hotline.Party{Number: "8001"}, To: arg(0),
			Agent: hotline.AgentID(cmp.Or(arg(1), "8001")),
		}
		if arg(2) != "" {
			in.Replaces = legNamed(arg(2))
		}
		p.heard(in)
	case "refer": // refer LEG TO [LEG]
		s := hotline.Referred{Leg: legNamed(arg(0)), To: arg(1)}
		if arg(2) != "" {
			s.Replaces = legNamed(arg(2))
		}
		p.heard(s)
	case "calledin": // calledin AGENT [DESK]
		p.step(call.Told{Event: hotline.Event{
			Shard: "s1", Contact: "C", Call: "C", Agent: hotline.AgentID(arg(0)), At: p.now,
			Fact: hotline.CalledIn{Visit: p.visit, By: "8001", Phone: hotline.PhoneID(arg(1))},
		}})
	case "ask": // ask AGENT VERB [to=TO] [party=LEG] [keys=KEYS] [expect=STATE] [id=ID] [announce]
		p.command(arg)
	case "info": // what an operator, and who looks after dialogs, sees of the call
		i := p.m.Info()
		fmt.Fprintf(&p.out, "\t%s %s %s\n", i.Phase, i.Agent, cmp.Or(i.Line, "-"))
	default:
		return p.watchVerb(verb, arg)
	}
	return true
}
