package call_test

import (
	"fmt"
	"strings"

	"hotline"
	"hotline/call"
)

// command asks something of the call by API and shows the call as the agent has it then.
func (p *player) command(arg func(int) string) {
	c := hotline.Command{Agent: hotline.AgentID(arg(0)), Verb: hotline.Verb(arg(1))}
	if c.Verb == "state" {
		c.Verb = ""
	}
	for i := 2; arg(i) != ""; i++ {
		name, value, _ := strings.Cut(arg(i), "=")
		switch name {
		case "to":
			c.To = value
		case "party":
			c.Party = legNamed(value)
		case "keys":
			c.Keys = value
		case "expect":
			c.Expect = value
		case "id":
			c.ID = value
		case "announce":
			c.Announce = true
		default:
			p.t.Fatalf("ask: %q", arg(i))
		}
	}
	p.denied = nil
	p.step(call.Commanded{Command: c})
	if p.denied != nil {
		fmt.Fprintf(&p.out, "\t! %v\n", p.denied)
	}
	fmt.Fprintf(&p.out, "\t= %s\n", told(p.m.State(c.Agent)))
}

// told is a call's state as one line.
func told(s hotline.CallState) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s", s.Agent, s.Direction, s.State)
	if s.Muted {
		b.WriteString(" muted")
	}
	for _, p := range s.Parties {
		fmt.Fprintf(&b, " %s:%s", legName(p.Leg), p.State)
		if p.Muted {
			b.WriteString(",muted")
		}
	}
	fmt.Fprintf(&b, " can %v", s.Can)
	return b.String()
}
