// Package queuelog writes what happens in the queues in the form of Asterisk's queue_log, so that tools which read that file go on
// working: the verbs and fields of app_queue (Asterisk 20 to 22).
package queuelog

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"hotline"
)

// Config says how things are called in the file.
type Config struct {
	Agent   string // {id} and {name} stand for the agent's; such as PJSIP/{id}
	Numbers bool   // the caller's number is written whole
	DID     bool   // a line DID with the number called comes before a call's first ENTERQUEUE
	Logins  Logins

	Name   func(hotline.AgentID) string            // nil: none is known
	Queues func(hotline.AgentID) []hotline.QueueID // that the agent serves; nil: none
	Mask   func(hotline.Party) hotline.Party       // hides a number
}

// Logins says by which verbs an agent comes and goes.
type Logins string

// The verbs.
const (
	LoginsMembers Logins = "members" // ADDMEMBER and REMOVEMEMBER in each of its queues
	LoginsAgents  Logins = "agents"  // AGENTLOGIN and AGENTLOGOFF
	LoginsBoth    Logins = "both"
)

// Bounds of what is known at a time.
const (
	maxVisits = 50_000
	maxField  = 100 // bytes
	lastsFor  = 24 * time.Hour
)

// State is what has to be known to write the next line. The zero value knows nothing. It can be stored as JSON.
type State struct {
	Calls  map[hotline.CallID]*Call   `json:"calls,omitempty"`
	Visits map[hotline.VisitID]*Visit `json:"visits,omitempty"`
	Agents map[hotline.AgentID]*Agent `json:"agents,omitempty"`
}

// Call is a call of a customer.
type Call struct {
	ID     string `json:"id"` // as the file names it: seconds, a point, a number
	To     string `json:"to,omitempty"`
	Since  int64  `json:"since"` // Unix s
	Queued bool   `json:"queued,omitempty"`

	Visits []hotline.VisitID `json:"visits,omitempty"`
}

// Visit is a stay in a queue that is not over, or a talk that came of it.
type Visit struct {
	ID       string          `json:"id"` // of its call, as the file names it
	Call     hotline.CallID  `json:"call"`
	Queue    hotline.QueueID `json:"queue"`
	Priority int             `json:"priority,omitempty"`
	Place    int64           `json:"place"` // Unix ms
	Since    int64           `json:"since"` // Unix ms
	First    int             `json:"first"` // position on entering

	Agent     hotline.AgentID `json:"agent,omitempty"` // who has it
	Leg       hotline.LegID   `json:"leg,omitempty"`
	RingMS    int64           `json:"ring,omitempty"`
	Connected int64           `json:"connected,omitempty"` // Unix ms
	Answered  bool            `json:"answered,omitempty"`
	Hold      int64           `json:"hold,omitempty"`     // s, of the wait
	Transfer  string          `json:"transfer,omitempty"` // verb and first fields, once the customer was handed on
}

// Agent is one who is signed in.
type Agent struct {
	Since  int64             `json:"since"` // Unix s
	Paused bool              `json:"paused,omitempty"`
	Reason string            `json:"reason,omitempty"`
	Queues []hotline.QueueID `json:"queues,omitempty"` // it was added to
}

// Log turns events into lines. The same events give the same lines, also if it is stopped between any two of them and goes on from State.
type Log struct {
	cfg   Config
	s     *State
	lines []string
	now   time.Time
}

// New goes on from a state; it is changed.
func New(cfg Config, s *State) *Log {
	if s.Calls == nil {
		s.Calls = map[hotline.CallID]*Call{}
	}
	if s.Visits == nil {
		s.Visits = map[hotline.VisitID]*Visit{}
	}
	if s.Agents == nil {
		s.Agents = map[hotline.AgentID]*Agent{}
	}
	return &Log{cfg: cfg, s: s}
}

// Lines takes in an event and returns the lines that it makes, each with its end. They are valid until the next call.
func (l *Log) Lines(ev hotline.Event) []string {
	l.lines, l.now = l.lines[:0], ev.At
	switch f := ev.Fact.(type) {
	case hotline.EngineStarted:
		l.forget()
		l.line("NONE", "NONE", "NONE", "QUEUESTART", "")
	case hotline.CentreApplied:
		l.line("NONE", "NONE", "NONE", "CONFIGRELOAD", "")
	case hotline.CallStarted:
		l.s.Calls[ev.Call] = &Call{ID: fmt.Sprintf("%d.%d", ev.At.Unix(), ev.Seq), To: f.To, Since: ev.At.Unix()}
	case hotline.CallEnded:
		l.ended(ev, f)
	case hotline.AgentSet:
		l.agent(ev.Agent, f)
	default:
		l.visit(ev)
	}
	return l.lines
}

func (l *Log) visit(ev hotline.Event) {
	switch f := ev.Fact.(type) {
	case hotline.Queued:
		l.queued(ev, f)
	case hotline.OfferLost:
		l.lost(ev, f)
	case hotline.Connected:
		if v := l.s.Visits[f.Visit]; v != nil {
			v.Agent, v.Leg, v.RingMS, v.Connected = ev.Agent, f.Leg, f.RingMS, ev.At.UnixMilli()
		}
	case hotline.Answered:
		l.answered(ev, f)
	case hotline.Transferred:
		l.transferred(ev, f)
	case hotline.Released:
		l.released(ev, f)
	case hotline.Abandoned:
		l.left(f.Visit, "ABANDON", f.WaitMS, "", "")
	case hotline.Left:
		l.leftBy(f)
	}
}

// queued writes that a caller waits. Of several visits at once every one but the first counts as a call of its own: readers know of one
// queue a call.
func (l *Log) queued(ev hotline.Event, f hotline.Queued) {
	if len(l.s.Visits) >= maxVisits {
		return
	}
	c := l.s.Calls[ev.Call]
	if c == nil {
		c = &Call{ID: fmt.Sprintf("%d.%d", ev.At.Unix(), ev.Seq), Since: ev.At.Unix()}
		if ev.Call != "" {
			l.s.Calls[ev.Call] = c
		}
	}
	id := c.ID
	if f.Beside != "" {
		id = fmt.Sprintf("%d.%d", ev.At.Unix(), ev.Seq)
	}
	place := f.Place
	if place.IsZero() {
		place = f.Since
	}
	l.s.Visits[f.Visit] = &Visit{
		ID: id, Call: ev.Call, Queue: ev.Queue, Priority: f.Priority, Place: place.UnixMilli(), Since: f.Since.UnixMilli(), First: f.Position,
	}
	if l.cfg.DID && !c.Queued && c.To != "" {
		l.line(id, string(ev.Queue), "NONE", "DID", field(c.To))
	}
	c.Queued, c.Visits = true, append(c.Visits, f.Visit)
	from := f.From
	if !l.cfg.Numbers && l.cfg.Mask != nil {
		from = l.cfg.Mask(from)
	}
	l.line(id, string(ev.Queue), "NONE", "ENTERQUEUE", "", field(from.Number), strconv.Itoa(f.Position))
}

// lost writes that a phone rang in vain. That another phone was first is no miss: app_queue writes nothing of it.
func (l *Log) lost(ev hotline.Event, f hotline.OfferLost) {
	v := l.s.Visits[f.Visit]
	if v == nil {
		return
	}
	verb := "RINGNOANSWER"
	switch f.Result {
	case hotline.OfferAnswered, hotline.OfferElsewhere:
		return
	case hotline.OfferCallerGone:
		verb = "RINGCANCELED"
	}
	l.line(v.ID, string(v.Queue), l.name(ev.Agent), verb, strconv.FormatInt(f.RingMS, 10))
}

// answered writes CONNECT: once the caller hears the agent, as every figure counts it.
func (l *Log) answered(ev hotline.Event, f hotline.Answered) {
	v := l.s.Visits[f.Visit]
	if v == nil || v.Answered {
		return
	}
	if v.Agent == "" {
		v.Agent = ev.Agent
	}
	v.Answered, v.Hold = true, seconds(f.WaitMS)
	l.line(v.ID, string(v.Queue), l.name(v.Agent), "CONNECT", whole(v.Hold), l.bridged(v, ev), whole(v.RingMS/1000))
}

// bridged is the name of the agent's channel, in the form of app_queue's.
func (l *Log) bridged(v *Visit, ev hotline.Event) string {
	return fmt.Sprintf("%d.%d", v.Connected/1000, ev.Seq)
}

func (l *Log) transferred(ev hotline.Event, f hotline.Transferred) {
	v := l.s.Visits[f.Visit]
	if v == nil || v.Agent != ev.Agent || f.Result != hotline.TransferDone {
		return
	}
	switch to := field(f.To); f.How {
	case hotline.TransferBlind:
		if f.Target == hotline.TargetNumber && !l.cfg.Numbers && l.cfg.Mask != nil {
			to = field(l.cfg.Mask(hotline.Party{Number: f.To}).Number)
		}
		v.Transfer = "BLINDTRANSFER|" + to + "|" + field(f.Target)
	default:
		v.Transfer = "ATTENDEDTRANSFER|BRIDGE|" + string(v.Queue) + "-" + v.ID
	}
}

// released writes how a talk ended.
func (l *Log) released(ev hotline.Event, f hotline.Released) {
	v := l.s.Visits[f.Visit]
	if v == nil || v.Agent != ev.Agent {
		return // who was called in, or has the caller from a colleague, is nobody to app_queue
	}
	if !v.Answered {
		l.parted(f.Visit, v, f.By)
		return
	}
	delete(l.s.Visits, f.Visit)
	end := []string{whole(v.Hold), whole((f.TalkMS + 500) / 1000), strconv.Itoa(v.First)}
	switch {
	case v.Transfer != "":
		verb, fields, _ := strings.Cut(v.Transfer, "|")
		l.line(v.ID, string(v.Queue), l.name(v.Agent), verb, append([]string{fields}, end...)...)
	case f.By == hotline.RoleCustomer:
		l.line(v.ID, string(v.Queue), l.name(v.Agent), "COMPLETECALLER", end...)
	default:
		l.line(v.ID, string(v.Queue), l.name(v.Agent), "COMPLETEAGENT", end...)
	}
}

// parted ends a visit that was joined and never heard: the caller gave up, or the centre failed it.
func (l *Log) parted(id hotline.VisitID, v *Visit, by hotline.Role) {
	wait := l.now.UnixMilli() - v.Since
	if by == hotline.RoleCustomer {
		l.left(id, "ABANDON", wait, "", "")
		return
	}
	l.left(id, "WITHDRAW", wait, "", "lost")
}

// leftBy writes how a visit left its queue otherwise.
func (l *Log) leftBy(f hotline.Left) {
	switch f.Outcome {
	case hotline.OutcomeAbandoned:
		l.left(f.Visit, "ABANDON", f.WaitMS, "", "")
	case hotline.OutcomeTimeout:
		l.left(f.Visit, "EXITWITHTIMEOUT", f.WaitMS, "", "")
	case hotline.OutcomeKey, hotline.OutcomeCallback, hotline.OutcomeVoicemail: // what was pressed stands in no event
		l.left(f.Visit, "EXITWITHKEY", f.WaitMS, "0", "")
	case hotline.OutcomeClosed, hotline.OutcomeNoAgents:
		l.left(f.Visit, "EXITEMPTY", f.WaitMS, "", "")
	case hotline.OutcomeAnswered:
	default:
		l.left(f.Visit, "WITHDRAW", f.WaitMS, "", field(string(f.Outcome)))
	}
}

// left writes that a visit is over: [key] position, position on entering, wait [info].
func (l *Log) left(id hotline.VisitID, verb string, waitMS int64, key, info string) {
	v := l.s.Visits[id]
	if v == nil || v.Answered {
		return
	}
	fields := []string{strconv.Itoa(l.position(v)), strconv.Itoa(v.First), whole(seconds(waitMS))}
	if key != "" {
		fields = append([]string{key}, fields...)
	}
	if info != "" {
		fields = append(fields, info)
	}
	delete(l.s.Visits, id)
	l.line(v.ID, string(v.Queue), "NONE", verb, fields...)
}

// position counts who is before it in its queue now.
func (l *Log) position(v *Visit) int {
	n := 1
	for _, o := range l.s.Visits {
		if o != v && o.Queue == v.Queue && o.Agent == "" && (o.Priority > v.Priority || o.Priority == v.Priority && o.Place < v.Place) {
			n++
		}
	}
	return n
}

// ended closes what a call left behind, such as the visits of one that was cut off.
func (l *Log) ended(ev hotline.Event, f hotline.CallEnded) {
	c := l.s.Calls[ev.Call]
	if c == nil {
		return
	}
	delete(l.s.Calls, ev.Call)
	for _, id := range c.Visits {
		if v := l.s.Visits[id]; v != nil && v.Connected != 0 && !v.Answered {
			l.parted(id, v, f.By)
		}
	}
}

// forget drops what a crash kept from its end.
func (l *Log) forget() {
	old := l.now.Add(-lastsFor)
	for id, v := range l.s.Visits {
		if v.Since < old.UnixMilli() {
			delete(l.s.Visits, id)
		}
	}
	for id, c := range l.s.Calls {
		if c.Since < old.Unix() {
			delete(l.s.Calls, id)
		}
	}
}

// line writes time, call, queue, agent, verb and the rest, each followed by the next one's bar. A verb without fields ends with one.
func (l *Log) line(call, queue, agent, verb string, fields ...string) {
	l.lines = append(l.lines, fmt.Sprintf("%d|%s|%s|%s|%s|%s\n", l.now.Unix(), call, field(queue), agent, verb, strings.Join(fields, "|")))
}

func (l *Log) name(id hotline.AgentID) string {
	if id == "" {
		return "NONE"
	}
	name := ""
	if l.cfg.Name != nil {
		name = l.cfg.Name(id)
	}
	if name == "" {
		name = string(id)
	}
	return field(strings.NewReplacer("{id}", string(id), "{name}", name).Replace(l.cfg.Agent))
}

// field is a text that is one field of one line, whatever it was.
func field(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '|':
			return '/'
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) > maxField {
		s = strings.ToValidUTF8(s[:maxField], "")
	}
	return s
}

// seconds is a wait in whole seconds, the next above: so "within 20 s" is the same here as by the millisecond.
func seconds(ms int64) int64 { return max(0, (ms+999)/1000) }

func whole(n int64) string { return strconv.FormatInt(max(0, n), 10) }
