package acd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline"
)

// queueCommand handles the commands about a queue's life that script.command does not know, and says whether it is one:
//
//	move CONTACT QUEUE      pull CONTACT AGENT      prioritise CONTACT N      withdraw CONTACT
//	switch ID on|off
//	callback CONTACT [QUEUE] [number=N]     asks to be called back; with a QUEUE not out of a wait
//	reached ID                              the customer of the callback has picked up
//	unreached ID [CAUSE]                    the customer of the callback could not be reached
//	cancel ID
//	clock TIME                              it is so late, for example 17:59
//	promises                                the open callbacks as they are
func (s *script) queueCommand(word string, args []string, opts map[string]string) bool {
	arg := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	id := hotline.CallbackID(arg(0))
	switch word {
	case "move":
		s.step(hotline.MoveVisit{Visit: s.visit(arg(0)), Queue: hotline.QueueID(arg(1)), By: "lead"})
	case "pull":
		s.step(hotline.PullVisit{Visit: s.visit(arg(0)), Agent: hotline.AgentID(arg(1)), By: "lead"})
	case "prioritise":
		n, _ := strconv.Atoi(arg(1))
		s.step(hotline.Prioritise{Visit: s.visit(arg(0)), Priority: n, By: "lead"})
	case "withdraw":
		s.step(hotline.Withdraw{Visit: s.visit(arg(0)), By: "lead"})
	case "switch":
		s.step(hotline.SetSwitch{Switch: arg(0), On: arg(1) == "on", By: "lead"})
	case "callback":
		s.callback(arg(0), hotline.QueueID(arg(1)), opts["number"], opts["place"])
	case "reached":
		p := s.router.promises[id]
		if p == nil {
			fmt.Fprintf(&s.out, "no callback %s\n", id)
			break
		}
		s.step(hotline.Enqueue{
			Contact: p.contact, Call: p.call, Visit: p.call.Contact().Visit(1), Queue: p.line.queue.id, Entry: hotline.EntryCallback,
			Since: s.now, Callback: p.id,
		})
	case "unreached":
		cause := hotline.Cause(arg(1))
		if cause == "" {
			cause = hotline.CauseNoAnswer
		}
		s.step(hotline.CallbackFailed{Callback: id, Cause: cause})
	case "cancel":
		s.step(hotline.CancelCallback{Callback: id, By: "lead"})
	case "clock":
		t, err := time.Parse("15:04", arg(0))
		if err != nil {
			s.t.Fatal(err)
		}
		day := s.start.Truncate(24 * time.Hour)
		s.advance(day.Add(time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute).Sub(s.now))
	case "hangup":
		s.hangUp()
	case "promises":
		s.showPromises()
	default:
		return false
	}
	return true
}

func (s *script) callback(contact string, queue hotline.QueueID, number, place string) {
	q := hotline.AskCallback{Visit: s.visit(contact), Number: number}
	if number == "" {
		q.Number = "139" + strings.Repeat("0", 5) + strconv.Itoa(len(contact))
	}
	if queue != "" {
		q.Visit, q.Queue = "", queue
		q.Contact, q.Call = hotline.ContactID(contact), hotline.CallID(contact)
	}
	if ago := strings.TrimPrefix(place, "-"); ago != "" {
		q.Place = s.now.Add(-s.duration(ago))
	}
	s.step(q)
}

func (s *script) showPromises() {
	var all []*promise
	for _, p := range s.router.promises {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *promise) int { return a.line.rank().compare(b.line.rank()) })
	for _, p := range all {
		fmt.Fprintf(&s.out, "callback %s in %s: tries %d, in line %t", p.id, p.line.queue.id, p.tries, p.line.waiting)
		if p.agent != nil {
			fmt.Fprintf(&s.out, ", reserves %s", p.agent.id)
		}
		if p.visit != "" {
			fmt.Fprintf(&s.out, ", kept by %s", p.visit)
		}
		s.out.WriteString("\n")
	}
}

// options adds what the words after an enqueue say about a queue's life.
func (s *script) options(q *hotline.Enqueue, opts map[string]string) {
	if opts["also"] != "" {
		for _, id := range strings.Split(opts["also"], ",") {
			q.Also = append(q.Also, hotline.QueueID(id))
		}
	}
	if opts["entry"] != "" {
		q.Entry = opts["entry"]
	}
	if opts["from"] != "" {
		q.From.Number = opts["from"]
	}
}

// describeQueue writes a fact about a queue's life on one line; empty: it is none.
func describeQueue(ev hotline.Event, at func(time.Time) string) string {
	switch f := ev.Fact.(type) {
	case hotline.PreferEnded:
		return fmt.Sprintf("%s no longer waits for one agent alone", f.Visit)
	case hotline.Reprioritised:
		return fmt.Sprintf("reprioritised %s to %d by %s", f.Visit, f.Priority, f.By)
	case hotline.SwitchSet:
		return fmt.Sprintf("switch %s on %t by %s", f.Switch, f.On, f.By)
	case hotline.CallbackAsked:
		return fmt.Sprintf("callback %s promised to %s in %s priority %d place %s until %s", f.Callback, f.Number, ev.Queue,
			f.Priority, at(f.Place), at(f.Expires))
	case hotline.CallbackDue:
		return fmt.Sprintf("callback %s due: try %d, call %s to %s, %s reserved until %s", f.Callback, f.Try, ev.Call, f.Number,
			ev.Agent, at(f.Until))
	case hotline.CallbackTried:
		out := fmt.Sprintf("callback %s tried %d times: %s", f.Callback, f.Try, f.Cause)
		if !f.Next.IsZero() {
			out += ", again from " + at(f.Next)
		}
		return out
	case hotline.CallbackEnded:
		out := fmt.Sprintf("callback %s ended: %s", f.Callback, f.Result)
		if f.By != "" {
			out += " by " + f.By
		}
		return out
	}
	return ""
}
