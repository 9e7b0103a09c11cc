package acd

import (
	"fmt"
	"strings"
	"time"

	"hotline"
)

// orderOptions are those of enqueue that are about who is asked and in which order:
//
//	needs=EXPR (without spaces)      prefer=AGENT      preferfor=20s      attr.NAME=VALUE
func (s *script) orderOptions(q *hotline.Enqueue, opts map[string]string) {
	q.Needs, q.Prefer = opts["needs"], hotline.AgentID(opts["prefer"])
	if d := opts["preferfor"]; d != "" {
		q.PreferFor = s.duration(d)
	}
	for k, v := range opts {
		if name, ok := strings.CutPrefix(k, "attr."); ok {
			if q.Attrs == nil {
				q.Attrs = map[string]string{}
			}
			q.Attrs[name] = v
		}
	}
}

// describeQueued adds what a caller needs and prefers.
func describeQueued(f hotline.Queued, at func(time.Time) string) string {
	out := ""
	if f.Needs != "" {
		out += " needs " + f.Needs
	}
	if f.Prefer != "" {
		out += fmt.Sprintf(" prefers %s until %s", f.Prefer, at(f.PreferUntil))
	}
	return out
}

// hangUp ends every talk: the command of scenarios that do not care which agent it is.
func (s *script) hangUp() {
	for _, a := range s.router.roster {
		if a.talking() {
			s.step(hotline.Release{Agent: a.id, Call: a.talk.call, Cause: hotline.CauseHangup, By: hotline.RoleCustomer})
		}
	}
}
