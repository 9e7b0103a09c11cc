package queuelog

import (
	"strings"
	"testing"
	"time"

	"hotline"
)

// told is a log of events with a second between them.
type told struct {
	l     *Log
	seq   uint64
	at    time.Time
	lines []string
}

func newTold(cfg Config) *told {
	return &told{l: New(cfg, &State{}), at: time.Unix(1_800_000_000, 0)}
}

func (w *told) put(ev hotline.Event, facts ...hotline.Fact) {
	for _, f := range facts {
		w.seq++
		w.at = w.at.Add(time.Second)
		ev.Seq, ev.At, ev.Fact = w.seq, w.at, f
		w.lines = append(w.lines, w.l.Lines(ev)...)
	}
}

// enter begins a call that waits; it returns its events' ids.
func (w *told) enter(id string) hotline.Event {
	ev := hotline.Event{Contact: hotline.ContactID(id), Call: hotline.CallID(id), Queue: "claims"}
	w.put(ev, hotline.CallStarted{Direction: hotline.Inbound, From: hotline.Party{Number: "13800138000"}, To: "95500"})
	w.put(ev, hotline.Queued{Visit: hotline.VisitID(id), Since: w.at, Position: 2, From: hotline.Party{Number: "13800138000", Name: "A|B"}})
	return ev
}

func (w *told) talk(id string, wait, talk int64, by hotline.Role, more ...hotline.Fact) {
	ev := w.enter(id)
	ev.Agent = "8001"
	v := hotline.VisitID(id)
	w.put(ev, hotline.Offered{Visit: v, Offer: "o"}, hotline.Connected{Visit: v, Offer: "o", Leg: "l", WaitMS: wait, RingMS: 3200})
	w.put(hotline.Event{Contact: ev.Contact, Call: ev.Call, Agent: "8001"}, hotline.Answered{Visit: v, WaitMS: wait})
	w.put(ev, more...)
	w.put(ev, hotline.Released{Visit: v, TalkMS: talk, By: by})
	w.put(ev, hotline.CallEnded{By: by})
}

func everyVerb() []string {
	w := newTold(Config{
		Agent: "{name}/{id}", Numbers: true, DID: true, Logins: LoginsBoth, Name: func(hotline.AgentID) string { return "王|芳\n" },
		Queues: func(hotline.AgentID) []hotline.QueueID { return []hotline.QueueID{"vip", "claims"} },
	})
	w.put(hotline.Event{}, hotline.EngineStarted{}, hotline.CentreApplied{})
	a := hotline.Event{Agent: "8001"}
	w.put(a, hotline.AgentSet{State: hotline.AgentNotReady, Reason: "start|x", From: hotline.AgentSignedOut}, hotline.AgentSet{State: hotline.AgentReady},
		hotline.AgentSet{State: hotline.AgentNotReady, Reason: "rest"}, hotline.AgentSet{State: hotline.AgentNotReady, Reason: "meal"},
		hotline.AgentSet{State: hotline.AgentOutbound}, hotline.AgentSet{State: hotline.AgentNotReady, Reason: "meal"}, hotline.AgentSet{State: hotline.AgentReady})
	w.talk("a", 20_000, 61_499, hotline.RoleCustomer)
	w.talk("b", 20_001, 61_500, hotline.RoleAgent)
	w.talk("c", 0, 10_000, hotline.RoleAgent, hotline.Transferred{Visit: "c", How: hotline.TransferBlind, Target: hotline.TargetQueue, To: "vip", Result: hotline.TransferDone})
	w.talk("d", 0, 10_000, hotline.RoleAgent, hotline.Transferred{Visit: "d", How: hotline.TransferAttended, Target: hotline.TargetAgent, To: "8002", Result: hotline.TransferDone})
	w.talk("e", 0, 10_000, hotline.RoleAgent, hotline.Transferred{Visit: "e", How: hotline.TransferBlind, Target: hotline.TargetAgent, To: "8002", Result: "busy"})
	ev := w.enter("f")
	ev.Agent = "8001"
	w.put(ev, hotline.OfferLost{Visit: "f", Result: hotline.OfferNoAnswer, RingMS: 4000}, hotline.OfferLost{Visit: "f", Result: hotline.OfferElsewhere, RingMS: 4000},
		hotline.OfferLost{Visit: "f", Result: hotline.OfferCallerGone, RingMS: 1500}, hotline.Abandoned{Visit: "f", WaitMS: 6100}, hotline.CallEnded{})
	for _, o := range []hotline.Outcome{hotline.OutcomeTimeout, hotline.OutcomeKey, hotline.OutcomeNoAgents, hotline.OutcomeOverflow} {
		ev := w.enter(string(o))
		w.put(ev, hotline.Left{Visit: hotline.VisitID(o), Outcome: o, WaitMS: 1000}, hotline.CallEnded{})
	}
	ev = w.enter("g")
	ev.Agent = "8001"
	w.put(ev, hotline.Connected{Visit: "g"}, hotline.CallEnded{By: hotline.RoleCustomer}) // put down before a word
	w.put(a, hotline.AgentSet{State: hotline.AgentSignedOut})
	return w.lines
}

func TestEveryVerb(t *testing.T) {
	var got []string
	for _, line := range everyVerb() {
		_, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "|")
		got = append(got, rest)
	}
	want := []string{
		"NONE|NONE|NONE|QUEUESTART|", "NONE|NONE|NONE|CONFIGRELOAD|",
		"1800000003.0|NONE|王/芳/8001|AGENTLOGIN|王/芳/8001", "MANAGER|claims|王/芳/8001|ADDMEMBER|", "MANAGER|vip|王/芳/8001|ADDMEMBER|",
		"NONE|NONE|王/芳/8001|PAUSEALL|start/x", "NONE|claims|王/芳/8001|PAUSE|start/x", "NONE|vip|王/芳/8001|PAUSE|start/x",
		"NONE|NONE|王/芳/8001|UNPAUSEALL|", "NONE|claims|王/芳/8001|UNPAUSE|", "NONE|vip|王/芳/8001|UNPAUSE|",
		"NONE|NONE|王/芳/8001|PAUSEALL|rest", "NONE|claims|王/芳/8001|PAUSE|rest", "NONE|vip|王/芳/8001|PAUSE|rest",
		"NONE|NONE|王/芳/8001|UNPAUSEALL|meal", "NONE|claims|王/芳/8001|UNPAUSE|meal", "NONE|vip|王/芳/8001|UNPAUSE|meal",
		"NONE|NONE|王/芳/8001|PAUSEALL|meal", "NONE|claims|王/芳/8001|PAUSE|meal", "NONE|vip|王/芳/8001|PAUSE|meal",
		"NONE|NONE|王/芳/8001|UNPAUSEALL|", "NONE|claims|王/芳/8001|UNPAUSE|", "NONE|vip|王/芳/8001|UNPAUSE|",
		"1800000010.10|claims|NONE|DID|95500", "1800000010.10|claims|NONE|ENTERQUEUE||13800138000|2", "1800000010.10|claims|王/芳/8001|CONNECT|20|1800000013.14|3", "1800000010.10|claims|王/芳/8001|COMPLETECALLER|20|61|2",
		"1800000017.17|claims|NONE|DID|95500", "1800000017.17|claims|NONE|ENTERQUEUE||13800138000|2", "1800000017.17|claims|王/芳/8001|CONNECT|21|1800000020.21|3", "1800000017.17|claims|王/芳/8001|COMPLETEAGENT|21|62|2",
		"1800000024.24|claims|NONE|DID|95500", "1800000024.24|claims|NONE|ENTERQUEUE||13800138000|2", "1800000024.24|claims|王/芳/8001|CONNECT|0|1800000027.28|3", "1800000024.24|claims|王/芳/8001|BLINDTRANSFER|vip|queue|0|10|2",
		"1800000032.32|claims|NONE|DID|95500", "1800000032.32|claims|NONE|ENTERQUEUE||13800138000|2", "1800000032.32|claims|王/芳/8001|CONNECT|0|1800000035.36|3", "1800000032.32|claims|王/芳/8001|ATTENDEDTRANSFER|BRIDGE|claims-1800000032.32|0|10|2",
		"1800000040.40|claims|NONE|DID|95500", "1800000040.40|claims|NONE|ENTERQUEUE||13800138000|2", "1800000040.40|claims|王/芳/8001|CONNECT|0|1800000043.44|3", "1800000040.40|claims|王/芳/8001|COMPLETEAGENT|0|10|2",
		"1800000048.48|claims|NONE|DID|95500", "1800000048.48|claims|NONE|ENTERQUEUE||13800138000|2", "1800000048.48|claims|王/芳/8001|RINGNOANSWER|4000", "1800000048.48|claims|王/芳/8001|RINGCANCELED|1500", "1800000048.48|claims|NONE|ABANDON|1|2|7",
		"1800000055.55|claims|NONE|DID|95500", "1800000055.55|claims|NONE|ENTERQUEUE||13800138000|2", "1800000055.55|claims|NONE|EXITWITHTIMEOUT|1|2|1",
		"1800000059.59|claims|NONE|DID|95500", "1800000059.59|claims|NONE|ENTERQUEUE||13800138000|2", "1800000059.59|claims|NONE|EXITWITHKEY|0|1|2|1",
		"1800000063.63|claims|NONE|DID|95500", "1800000063.63|claims|NONE|ENTERQUEUE||13800138000|2", "1800000063.63|claims|NONE|EXITEMPTY|1|2|1",
		"1800000067.67|claims|NONE|DID|95500", "1800000067.67|claims|NONE|ENTERQUEUE||13800138000|2", "1800000067.67|claims|NONE|WITHDRAW|1|2|1|overflow",
		"1800000071.71|claims|NONE|DID|95500", "1800000071.71|claims|NONE|ENTERQUEUE||13800138000|2", "1800000071.71|claims|NONE|ABANDON|1|2|3",
		"MANAGER|claims|王/芳/8001|REMOVEMEMBER|", "MANAGER|vip|王/芳/8001|REMOVEMEMBER|", "1800000003.0|NONE|王/芳/8001|AGENTLOGOFF|王/芳/8001|72",
	}
	for i := range max(len(got), len(want)) {
		g, w := "", ""
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("line %d:\n%s\nwant\n%s", i, g, w)
		}
	}
}

// TestHostileTextsStayInTheirFields: names of callers, agents and reasons hold bars, line ends and worse.
func TestHostileTextsStayInTheirFields(t *testing.T) {
	evil := "x|ABANDON|1\n1|2|3|4\r|\x00\xff\u2028" + strings.Repeat("王", 500)
	w := newTold(Config{Agent: "{name}", Numbers: true, DID: true, Logins: LoginsAgents, Name: func(hotline.AgentID) string { return evil }})
	w.put(hotline.Event{Agent: "1"}, hotline.AgentSet{State: hotline.AgentNotReady, Reason: evil})
	ev := hotline.Event{Call: "c", Queue: hotline.QueueID(evil)}
	w.put(ev, hotline.CallStarted{To: evil}, hotline.Queued{Visit: "v", From: hotline.Party{Number: evil, Name: evil}})
	want := []int{6, 6, 6, 8}
	for i, line := range w.lines {
		if n := strings.Count(line, "|") + 1; n != want[i] || strings.Count(line, "\n") != 1 || len(line) > 600 || strings.ContainsAny(line, "\x00\r") {
			t.Errorf("%d fields: %q", n, line)
		}
	}
	if len(w.lines) != len(want) {
		t.Errorf("%d lines", len(w.lines))
	}
}

func TestNumbersAreHidden(t *testing.T) {
	w := newTold(Config{Agent: "{id}", Mask: hotline.Party.Masked})
	w.enter("a")
	if len(w.lines) != 1 || strings.Contains(w.lines[0], "13800138000") || !strings.Contains(w.lines[0], "138****8000") {
		t.Errorf("%q", w.lines)
	}
}
