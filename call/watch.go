package call

import (
	"cmp"
	"time"

	"hotline"
)

// reachBy is how long who asks for supervision waits to hear whether its phone rings.
const reachBy = 2 * time.Second

// watch is a supervisor's line: a call of its own, whose leg the supervised call has in its mix. It outlives that call when it
// follows an agent. What is asked of the call it is at goes there and comes back as a message.
type watch struct {
	ask    hotline.Supervise
	armed  hotline.Mode // of an agent that is followed: what its every call begins with
	noted  hotline.AgentID
	target hotline.CallID // where it is, or is to be; empty: between calls
	mode   hotline.Mode   // there

	attended bool // the target has it
	lent     bool // the target took its leg as that of the customer's agent
	contact  hotline.ContactID
	agent    hotline.AgentID // who is supervised
	since    time.Time       // of the state
	asked    bool            // somebody waits for the answer to Watch
	askedBy  time.Time       // and no longer than this; zero: until the target answers
}

// Watch is what a supervisor wants of its line. The first one opens it. The answer is the Output that says Settled, this or a
// later one; Denied says why not.
type Watch struct {
	Line   hotline.CallID // the line's own call
	Ask    hotline.Supervise
	Target hotline.CallID // of the contact, or in which the agent speaks; empty: it is waited for
}

// Unwatch ends the supervision of where the line is. A line that follows an agent waits for the next call unless All says that
// this is over too.
type Unwatch struct{ All bool }

// Turned says that the agent who is followed speaks in the call now.
type Turned struct{ Call hotline.CallID }

// Attended says how the line stands in the target. Err says why it does not stand otherwise, as it was asked.
type Attended struct {
	Call    hotline.CallID
	Contact hotline.ContactID
	Agent   hotline.AgentID
	Mode    hotline.Mode
	Err     error
}

// Dismissed says that the target has no place for the line (any more). Err says why, if it was never there.
type Dismissed struct {
	Call hotline.CallID
	Err  error
}

// Lent says that the target took the leg as its own.
type Lent struct{ Call hotline.CallID }

func (Watch) input()     {}
func (Unwatch) input()   {}
func (Turned) input()    {}
func (Attended) input()  {}
func (Dismissed) input() {}
func (Lent) input()      {}

// Post is a message to another call.
type Post struct {
	To hotline.CallID
	In Input
}

func (m *Machine) post(to hotline.CallID, in Input) { m.out.Posts = append(m.out.Posts, Post{to, in}) }

// watching takes what concerns a supervisor's line.
func (m *Machine) watching(now time.Time, in Input) {
	if in, ok := in.(Watch); ok {
		m.watchAsked(now, in)
		return
	}
	if m.phase != phaseWatch || m.watch.lent {
		return
	}
	w := m.watch
	switch in := in.(type) {
	case Unwatch:
		m.unwatched(now, in.All)
	case Turned:
		if w.ask.Follow != "" && in.Call != w.target {
			m.goTo(now, in.Call, w.armed)
		}
	case Attended:
		if in.Call == w.target {
			m.attended(now, in)
		}
	case Dismissed:
		if in.Call == w.target {
			m.dismissed(now, in.Err)
		}
	case Lent:
		if in.Call == w.target {
			w.lent, w.since, w.mode, w.ask.Follow = true, now, hotline.ModeTakeOver, ""
			m.noteFollowing(now)
			m.settled(nil)
		}
	}
}

// watchAsked opens the line, or changes what it does.
func (m *Machine) watchAsked(now time.Time, in Watch) {
	w := m.watch
	switch {
	case m.phase == phaseNew:
		m.openWatch(now, in)
		return
	case m.phase != phaseWatch || w.lent:
		m.deny(refuse("the supervisor's line is over"))
		return
	case w.asked:
		m.deny(refuse("the supervisor's line is being changed: one thing at a time"))
		return
	case in.Ask.Phone != "" && in.Ask.Phone != w.ask.Phone:
		m.deny(refuse("the supervisor speaks by phone %s: hang up there first", w.ask.Phone))
		return
	}
	in.Ask.Phone = w.ask.Phone
	if in.Ask.Follow == "" && w.ask.Follow == w.agent && in.Target == w.target {
		in.Ask.Follow = w.ask.Follow // the mode of this call is changed: it follows on
	} else {
		w.armed = in.Ask.Mode
	}
	w.ask = in.Ask
	m.noteFollowing(now)
	w.asked = true
	m.goTo(now, in.Target, in.Ask.Mode)
}

// watchKey changes the mode by a key of the supervisor's phone. It is noted in the audit like what a page asks for.
func (m *Machine) watchKey(now time.Time, key byte) {
	w := m.watch
	mode := map[byte]hotline.Mode{'1': hotline.ModeListen, '2': hotline.ModeWhisper, '3': hotline.ModeBarge}[key]
	if !w.ask.Keys || mode == "" || mode == w.mode || !w.attended || w.asked {
		return
	}
	m.record(now, hotline.Event{Fact: hotline.Audited{User: w.ask.By, Act: "supervise_" + string(mode), Target: string(w.contact), Addr: "phone " + string(w.ask.Phone)}})
	w.ask.Mode = mode
	m.goTo(now, w.target, mode)
}

func (m *Machine) deny(err error) { m.out.Settled, m.out.Denied = true, err }

// settled answers who asked, if somebody waits.
func (m *Machine) settled(err error) {
	if w := m.watch; w.asked {
		w.asked, w.askedBy = false, time.Time{}
		m.deny(err)
	}
}

// openWatch rings the supervisor's phone.
func (m *Machine) openWatch(now time.Time, in Watch) {
	m.call, m.contact, m.started, m.phase = in.Line, in.Line.Contact(), now, phaseWatch
	m.watch = &watch{
		ask: in.Ask, armed: in.Ask.Mode, target: in.Target, mode: in.Ask.Mode, since: now, asked: true, askedBy: now.Add(reachBy),
		agent: in.Ask.Follow, contact: in.Ask.Contact,
	}
	m.dialled++
	m.first = &leg{id: m.call.Sub(m.dialled), role: hotline.RoleSupervisor, deadline: now.Add(m.limits.Ring + 2*time.Second)}
	m.legs = []*leg{m.first}
	phone := string(in.Ask.Phone)
	from := hotline.Party{Number: cmp.Or(string(in.Ask.Follow), m.plan.Hotline()), Name: in.Ask.By}
	m.from = from
	m.record(now, hotline.Event{Fact: hotline.CallStarted{Direction: hotline.Internal, From: from, To: phone}})
	m.record(now, m.first.event(hotline.LegStarted{Role: m.first.role, To: phone}))
	m.ask(m.supervises(false))
	m.act(hotline.Dial{
		Call: m.call, Leg: m.first.id, Agent: in.Ask.Phone, From: from, Timeout: m.limits.Ring, AutoAnswer: true, // it was asked for
		Headers: map[string]string{"X-Hotline-Supervise": string(in.Ask.Mode), "X-Hotline-Contact": string(in.Ask.Contact)},
	})
}

// watchRings tells who asked that the phone rings.
func (m *Machine) watchRings() {
	if m.phase == phaseWatch {
		m.settled(nil)
	}
}

// watchUp brings the supervisor to where it wanted to be.
func (m *Machine) watchUp(now time.Time) {
	w := m.watch
	w.since = now
	m.noteFollowing(now)
	if w.target == "" {
		m.settled(nil)
		m.idle()
		return
	}
	m.seekPlace()
}

// goTo leaves the call it is at for another one; empty: for none.
func (m *Machine) goTo(now time.Time, target hotline.CallID, mode hotline.Mode) {
	w := m.watch
	up := m.first.state == legUp
	if w.target != target {
		if up && w.target != "" {
			m.post(w.target, Depart{m.call})
		}
		w.target, w.attended, w.contact, w.since = target, false, "", now
		if up && m.first.play == "" {
			m.idle()
		}
	}
	w.mode = mode
	if target == "" || !up {
		w.agent = w.ask.Follow
		m.settled(nil)
		return
	}
	m.seekPlace()
}

// seekPlace asks the target for a place, or for the mode.
func (m *Machine) seekPlace() {
	w := m.watch
	m.post(w.target, Attend{
		Line: m.call, Leg: m.first.id, By: w.ask.By, Own: w.ask.Own, Phone: w.ask.Phone, Mode: w.mode, Follow: w.ask.Follow, Team: w.ask.Team,
	})
}

// idle lets the line hear silence, so that its phone does not think it dead.
func (m *Machine) idle() { m.startPlay(m.first, forMusic, true, []string{"silence:1000"}) }

// attended takes the place that the target gave.
func (m *Machine) attended(now time.Time, in Attended) {
	w := m.watch
	if !w.attended {
		w.since = now
		m.hush(m.first)
	}
	w.attended, w.mode, w.contact, w.agent = true, in.Mode, in.Contact, in.Agent
	m.settled(in.Err)
}

// dismissed goes on when the target is over, or has no place.
func (m *Machine) dismissed(now time.Time, err error) {
	w := m.watch
	m.settled(err)
	switch {
	case m.first.state != legUp && w.ask.Follow == "":
		m.end(now, hotline.CauseCancelled, "")
	case w.ask.Follow != "":
		w.target, w.attended, w.contact, w.agent, w.mode, w.since = "", false, "", w.ask.Follow, w.armed, now
		if m.first.state == legUp {
			m.idle()
		}
	case err != nil:
		w.target = ""
		m.farewell(now, hotline.CauseRejected, "", "tone:error")
	default:
		w.target = ""
		m.end(now, hotline.CauseHangup, "")
	}
}

// unwatched ends what the line does, or all of it.
func (m *Machine) unwatched(now time.Time, all bool) {
	w := m.watch
	if all || w.ask.Follow == "" {
		m.end(now, hotline.CauseHangup, hotline.RoleSupervisor)
		return
	}
	m.goTo(now, "", w.armed)
}

// noteFollowing records whose calls the line waits for, from when it is up.
func (m *Machine) noteFollowing(now time.Time) {
	w := m.watch
	follow := w.ask.Follow
	if m.first.state != legUp {
		follow = ""
	}
	if w.noted == follow {
		return
	}
	f := hotline.Supervised{By: w.ask.By, Own: w.ask.Own, Mode: hotline.ModeFollow, Follow: true}
	if w.noted != "" {
		m.record(now, hotline.Event{Leg: m.call.Sub(1), Agent: w.noted, Fact: f})
	}
	if w.noted = follow; follow != "" {
		f.On = true
		m.record(now, hotline.Event{Leg: m.call.Sub(1), Agent: follow, Fact: f})
	}
}

// leaveWatch tells the target that the line is over.
func (m *Machine) leaveWatch(now time.Time, cause hotline.Cause) {
	w := m.watch
	if w == nil {
		return
	}
	m.settled(refuse("the supervisor's phone %s was not answered: %s", w.ask.Phone, string(cause)))
	m.ask(m.supervises(true))
	w.ask.Follow = ""
	m.noteFollowing(now)
	if w.target != "" && !w.lent {
		m.post(w.target, Depart{m.call})
	}
}

// supervises tells the shard that the line has its phone, or has it no longer: whoever sits there is offered nothing else.
func (m *Machine) supervises(off bool) hotline.Request {
	return hotline.Supervises{Agent: m.watch.ask.Own, Phone: hotline.PhoneID(m.watch.ask.Phone), Off: off}
}

// lend hands on what is heard of a leg that the target has as its own. It says whether that is all there is to it: its end is the
// line's too.
func (m *Machine) lend(s hotline.Signal) bool {
	w := m.watch
	if w == nil || !w.lent {
		return false
	}
	m.post(w.target, Heard{s})
	_, ended := s.(hotline.Ended)
	return !ended
}

// dueWatch answers who asked when its phone neither rings nor refuses.
func (m *Machine) dueWatch(now time.Time) {
	if w := m.watch; w != nil && passed(now, w.askedBy) {
		m.settled(nil)
	}
}

// Watching is the supervisor's line as it stands; nil: the call is none.
func (m *Machine) Watching() *hotline.Supervision {
	w := m.watch
	if w == nil {
		return nil
	}
	s := &hotline.Supervision{
		Line: m.call, By: w.ask.By, Phone: w.ask.Phone, Mode: w.mode, Call: w.target, Contact: w.contact, Agent: w.agent, Follow: w.ask.Follow,
		State: hotline.SupervisionWaiting, Since: w.since,
	}
	switch {
	case m.phase != phaseWatch:
		s.State = hotline.SupervisionOver
	case w.lent:
		s.State = hotline.SupervisionTook
	case m.first.state == legNew:
		s.State = hotline.SupervisionRinging
	case w.attended:
		s.State = hotline.SupervisionUp
	}
	return s
}
