package call_test

import (
	"fmt"
	"strings"

	"hotline"
	"hotline/call"
)

// watchVerb takes the verbs of supervision. A supervisor's line beside the call is W1, W2, …, its leg w1, w2; the line itself is
// played as the call C, with the leg a1.
func (p *player) watchVerb(verb string, arg func(int) string) bool {
	var in call.Input
	switch verb {
	case "attend": // attend W1 MODE [follow=8001] [own=8002]
		a := call.Attend{
			Line: hotline.CallID(arg(0)), Leg: hotline.CallID(arg(0)).Sub(1), By: "lead" + strings.TrimPrefix(arg(0), "W"), Phone: "d01", Mode: hotline.Mode(arg(1)),
		}
		for i := 2; arg(i) != ""; i++ {
			switch name, value, _ := strings.Cut(arg(i), "="); name {
			case "follow":
				a.Follow = hotline.AgentID(value)
			case "team":
				a.Team = value
			case "own":
				a.Own = hotline.AgentID(value)
			}
		}
		in = a
	case "depart": // depart W1
		in = call.Depart{Line: hotline.CallID(arg(0))}
	case "reseat": // reseat W1 LEG: its phone is back by another leg
		in = call.Reseat{Line: hotline.CallID(arg(0)), Leg: legNamed(arg(1)), Phone: "d01"}
	case "watch": // watch MODE [target=T] [follow=8001] [phone=d01] [keys=yes]
		w := call.Watch{Line: "C", Ask: hotline.Supervise{By: "lead", Mode: hotline.Mode(arg(0)), Contact: "T"}}
		for i := 1; arg(i) != ""; i++ {
			switch name, value, _ := strings.Cut(arg(i), "="); name {
			case "follow":
				w.Ask.Follow, w.Ask.Contact = hotline.AgentID(value), ""
			case "keys":
				w.Ask.Keys = value == "yes"
			case "phone":
				w.Ask.Phone = hotline.AgentID(value)
			case "target":
				w.Target = hotline.CallID(value)
			}
		}
		in = w
	case "unwatch": // unwatch [all]
		in = call.Unwatch{All: arg(0) == "all"}
	case "turned": // turned T: who is followed speaks there
		in = call.Turned{Call: hotline.CallID(arg(0))}
	case "attended": // attended T MODE AGENT [error]
		a := call.Attended{Call: hotline.CallID(arg(0)), Contact: hotline.ContactID(arg(0)), Mode: hotline.Mode(arg(1)), Agent: hotline.AgentID(arg(2))}
		if arg(3) != "" {
			a.Err = hotline.ErrRefused
		}
		in = a
	case "dismissed": // dismissed T [error]
		d := call.Dismissed{Call: hotline.CallID(arg(0))}
		if arg(1) != "" {
			d.Err = hotline.ErrRefused
		}
		in = d
	case "took": // took T: it has the leg as its own
		in = call.Lent{Call: hotline.CallID(arg(0))}
	case "line": // the supervisor's line as it stands
		s := p.m.Watching()
		fmt.Fprintf(&p.out, "\t= %s %s call=%s agent=%s follow=%s\n", s.State, s.Mode, s.Call, s.Agent, s.Follow)
		return true
	default:
		return p.ownVerb(verb, arg)
	}
	p.step(in)
	return true
}

// posts prints the messages to other calls.
func (p *player) posts(out call.Output) {
	for _, post := range out.Posts {
		text := fmt.Sprintf("%+v", post.In)
		if a, ok := post.In.(call.Attended); ok && a.Err != nil {
			text = fmt.Sprintf("%s %s: %v", a.Mode, a.Agent, a.Err)
		}
		if d, ok := post.In.(call.Dismissed); ok {
			text = fmt.Sprint(d.Err)
		}
		fmt.Fprintf(&p.out, "\tpost %s %s %s\n", post.To, strings.TrimPrefix(fmt.Sprintf("%T", post.In), "call."), text)
	}
	if out.Settled {
		fmt.Fprintf(&p.out, "\tsettled %v\n", out.Denied)
	}
}
