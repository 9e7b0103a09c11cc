package acd

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"hotline"
)

// agentCommand handles the commands about agents that script.command does not know, and says whether it is one:
//
//	rang OFFER                              the reserved agent's phone rings
//	hold|unhold|consult|confer AGENT CONTACT
//	callout AGENT CONTACT [QUEUE]           the agent makes a call of its own
//	callin AGENT CONTACT BY [VISIT]         a colleague wants the agent in its call
//	join AGENT CONTACT QUEUE [VISIT]        the agent who was called in is the customer's now
//	askbreak AGENT [REASON]                 without a reason: no longer
//	grant AGENT      deny AGENT      recall AGENT
//	usephone AGENT [DESK]                   without a desk: its own phone
//	supervises PHONE [AGENT] [off]          a supervisor's line has the phone
//	callgone CONTACT
//	heal AGENT CONTACT [EVIDENCE]
//	code AGENT CONTACT CODE [QUEUE] [visit=ID]
//	extend AGENT
//	lend AGENT DURATION SKILL=LEVEL…        without: what was lent ends
//	lunch REASON                            every agent asks for it, one request each
func (s *script) agentCommand(word string, args []string, opts map[string]string) bool {
	arg := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	agent, call := hotline.AgentID(arg(0)), hotline.CallID(arg(1))
	source := hotline.Source(opts["by"])
	if source == "" {
		source = hotline.SourceAgent
	}
	switch word {
	case "rang":
		s.step(hotline.Rang{Offer: hotline.OfferID(args[0])})
	case "hold", "unhold", "consult", "confer":
		state := map[string]hotline.AgentState{
			"hold": hotline.AgentHeld, "unhold": hotline.AgentTalking, "consult": hotline.AgentConsult,
			"confer": hotline.AgentConfer,
		}[word]
		s.step(hotline.SetTalk{Agent: agent, Call: call, State: state})
	case "callout":
		s.step(hotline.BeginOutbound{Agent: agent, Contact: hotline.ContactID(call), Call: call, Queue: hotline.QueueID(arg(2))})
	case "ringout": // ringout AGENT CALL [QUEUE]: a call of its own for which its phone is to be rung
		s.step(hotline.BeginOutbound{Agent: agent, Contact: hotline.ContactID(call), Call: call, Queue: hotline.QueueID(arg(2)), Ring: true})
	case "callin":
		s.step(hotline.CallIn{
			Agent: agent, Contact: hotline.ContactID(call), Call: call, By: hotline.AgentID(arg(2)), Visit: hotline.VisitID(arg(3)),
		})
	case "join":
		s.step(hotline.Join{
			Agent: agent, Call: call, Leg: hotline.LegID(call + "-2"), Queue: hotline.QueueID(arg(2)), Visit: hotline.VisitID(arg(3)),
		})
	case "askbreak":
		s.step(hotline.AskBreak{Agent: agent, Reason: arg(1), Source: source})
	case "grant", "deny":
		s.step(hotline.AnswerBreak{Agent: agent, Grant: word == "grant", By: "lead"})
	case "recall":
		s.step(hotline.Recall{Agent: agent, By: "lead"})
	case "supervises": // supervises PHONE [AGENT] [off]
		q := hotline.Supervises{Phone: hotline.PhoneID(args[0]), Off: args[len(args)-1] == "off"}
		if len(args) > 1 && args[1] != "off" {
			q.Agent = hotline.AgentID(args[1])
		}
		s.step(q)
	case "usephone":
		s.step(hotline.UsePhone{Agent: agent, Phone: hotline.PhoneID(arg(1)), Source: source})
	case "code":
		q := hotline.CodeWrap{Agent: agent, Contact: hotline.ContactID(call), Call: call, Visit: s.visit(arg(1)), Queue: hotline.QueueID(arg(3)), Code: arg(2)}
		if v, given := opts["visit"]; given {
			q.Visit = hotline.VisitID(v)
		}
		s.step(q)
	case "extend":
		s.step(hotline.ExtendWrap{Agent: agent, Source: source})
	case "lend": // lend AGENT DURATION SKILL=LEVEL…; without: what was lent ends
		q := hotline.Lend{Agent: agent, By: "lead"}
		if len(args) > 1 {
			d, err := time.ParseDuration(args[1])
			if err != nil {
				s.t.Fatal(err)
			}
			q.Until, q.Skills = s.now.Add(d), map[string]int{}
			for skill, level := range opts {
				q.Skills[skill], _ = strconv.Atoi(level)
			}
		}
		s.step(q)
	case "callgone":
		s.step(hotline.CallGone{Call: hotline.CallID(args[0])})
	case "heal":
		s.step(hotline.Heal{Agent: agent, Call: call, Evidence: strings.Join(args[2:], " ")})
	case "lunch":
		for _, a := range s.centre.Agents {
			s.step(hotline.SetAgent{Agent: a.ID, State: hotline.AgentNotReady, Reason: args[0], Source: source})
		}
	default:
		return false
	}
	return true
}

// describeAgent writes a fact about an agent on one line.
func describeAgent(ev hotline.Event, at func(time.Time) string, ms func(int64) string) string {
	state := func(s hotline.AgentState, reason string) string {
		if reason != "" {
			return string(s) + "(" + reason + ")"
		}
		return string(s)
	}
	switch f := ev.Fact.(type) {
	case hotline.AgentSet:
		out := fmt.Sprintf("agent %s %s -> %s by %s after %s", ev.Agent, state(f.From, f.Was), state(f.State, f.Reason), f.Source, ms(f.MS))
		if f.Next != "" {
			out += ", next " + string(f.Next)
		}
		if !f.Until.IsZero() {
			out += ", until " + at(f.Until)
		}
		if f.Misses > 0 {
			out += fmt.Sprintf(", missed %d", f.Misses)
		}
		if f.Phone != "" {
			out += ", at " + string(f.Phone)
		}
		return out
	case hotline.AgentNext:
		if f.State == "" {
			return fmt.Sprintf("agent %s takes back what was to follow", ev.Agent)
		}
		return fmt.Sprintf("agent %s will be %s", ev.Agent, state(f.State, f.Reason))
	case hotline.WrapEnded:
		out := fmt.Sprintf("wrap-up of %s ended by %s after %s", f.Visit, f.Source, ms(f.MS))
		if f.Missing {
			out += ", the code is missing"
		}
		return out
	case hotline.WrapCoded:
		return strings.TrimSpace(fmt.Sprintf("agent %s codes %s of %s in %s: %s, was %q %s", ev.Agent, f.Visit, ev.Contact, ev.Queue, f.Code, f.Was, f.By))
	case hotline.Lent:
		if len(f.Skills) == 0 {
			return strings.TrimSpace(fmt.Sprintf("agent %s has its own skills again %s", ev.Agent, f.By))
		}
		return fmt.Sprintf("agent %s has %v until %s by %s", ev.Agent, f.Skills, at(f.Until), f.By)
	case hotline.WrapExtended:
		return fmt.Sprintf("wrap-up of %s at %s goes on until %s, %d times longer by %s", f.Visit, ev.Agent, at(f.Until), f.Times, f.Source)
	case hotline.CalledIn:
		return strings.TrimSpace(fmt.Sprintf("agent %s called in by %s for %s %s", ev.Agent, f.By, f.Visit, f.Phone))
	case hotline.Joined:
		return fmt.Sprintf("agent %s joined with %s in %s at %s after %s", ev.Agent, f.Visit, ev.Queue, f.Leg, ms(f.RingMS))
	case hotline.DeviceChanged:
		whose := fmt.Sprint("phone of ", ev.Agent)
		if f.Phone != "" {
			whose = strings.TrimSuffix(fmt.Sprintf("desk %s, %s", f.Phone, ev.Agent), ", ")
		}
		if f.Up {
			return whose + " up"
		}
		return whose + " gone"
	}
	return describeBreak(ev, at)
}

func describeBreak(ev hotline.Event, at func(time.Time) string) string {
	switch f := ev.Fact.(type) {
	case hotline.BreakAsked:
		return fmt.Sprintf("agent %s asks for %s, ahead %d", ev.Agent, f.Reason, f.Ahead)
	case hotline.BreakAnswered:
		return strings.TrimSuffix(fmt.Sprintf("agent %s no longer asks for %s: granted %t by %s %s", ev.Agent, f.Reason, f.Granted, f.Source, f.By), " ")
	case hotline.Recalled:
		return fmt.Sprintf("agent %s is called back by %s", ev.Agent, f.By)
	case hotline.PhoneTaken:
		return fmt.Sprintf("agent %s sits at phone %q, sat at %q, by %s", ev.Agent, f.Phone, f.Was, f.Source)
	case hotline.SignOutAsked:
		if f.Off {
			return fmt.Sprintf("agent %s no longer waits for relief %s", ev.Agent, f.Relief)
		}
		return fmt.Sprintf("agent %s leaves when %s comes, at the latest %s", ev.Agent, f.Relief, at(f.Until))
	case hotline.AlarmRaised:
		return fmt.Sprintf("alarm %s %s%s: %s", f.Alarm, ev.Agent, ev.Call, f.Detail)
	case hotline.AlarmCleared:
		return fmt.Sprintf("alarm %s %s is over", f.Alarm, ev.Agent)
	}
	return fmt.Sprintf("%s %+v", ev.Fact.Kind(), ev.Fact)
}
