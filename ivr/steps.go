package ivr

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"hotline"
	"hotline/centre"
)

// needsVoice says whether the caller must have been answered before the step.
func needsVoice(step centre.Step) bool {
	switch step.Kind {
	case centre.StepAnswer, centre.StepPlay, centre.StepSay, centre.StepMenu, centre.StepCollect, centre.StepNumber,
		centre.StepVoicemail, centre.StepCallback, centre.StepRate:
		return true
	case centre.StepQueue:
		return !step.Unanswered
	}
	return false
}

// enter begins a step.
func (s *Session) enter(now time.Time, step centre.Step) {
	if !s.up && needsVoice(step) {
		if step.Kind == centre.StepAnswer {
			s.stepped(step.Kind, "")
		}
		s.emit(Answer{})
		if !s.queueAhead(step) {
			s.state = stateAnswering
		}
		return
	}
	switch step.Kind {
	case centre.StepAnswer:
		s.next()
	case centre.StepRing:
		if !s.up {
			s.stepped(step.Kind, "")
			s.emit(Ring{})
		}
		s.next()
	case centre.StepPlay:
		s.stepped(step.Kind, step.Prompt)
		s.speak(afterNext, step.Prompt)
	case centre.StepSay:
		s.stepped(step.Kind, step.What)
		value, _ := s.memory.text(step.Value)
		s.speak(afterNext, Say(s.lang, step.What, value, s.plan.zone())...)
	case centre.StepLanguage:
		s.stepped(step.Kind, step.Language)
		s.lang = step.Language
		s.memory.set("language", step.Language, shown)
		s.emit(Speak{step.Language})
		s.next()
	case centre.StepSet:
		s.set(step)
	case centre.StepIf, centre.StepHours, centre.StepSwitch:
		s.branch(now, step)
	default:
		s.leadOn(now, step)
	}
}

// queueAhead sends a caller who is being answered to the queue at once, where that is the next thing anyway: an agent's phone
// rings without waiting for the caller's phone and the disk. Who must hear something first, for example of the recording, is
// not sent ahead.
func (s *Session) queueAhead(step centre.Step) bool {
	f := s.top()
	if step.Kind == centre.StepAnswer && f.at+1 < len(f.steps) {
		step = f.steps[f.at+1]
	}
	if !s.ahead || s.consent || step.Kind != centre.StepQueue || step.Unanswered {
		return false
	}
	if f.steps[f.at].Kind == centre.StepAnswer {
		s.next()
	}
	s.enqueue(step)
	return true
}

// leadOn begins a step that asks for something, or ends the flow.
func (s *Session) leadOn(now time.Time, step centre.Step) {
	switch step.Kind {
	case centre.StepMenu:
		s.stepped(step.Kind, step.Menu.Prompt)
		s.menu(now, false)
	case centre.StepCollect:
		s.collectStep(now, step.Collect)
	case centre.StepRate:
		s.rate(now, step.Rate)
	case centre.StepLookup:
		s.lookup(now, step.Lookup)
	case centre.StepVoicemail:
		s.stepped(step.Kind, "")
		s.keys, s.tries = nil, 0
		s.speak(afterRecord, cmp.Or(step.Voicemail.Prompt, "leave-message"))
	case centre.StepCallback:
		s.callBack(now, step)
	case centre.StepNumber:
		s.dial(step)
	case centre.StepQueue:
		s.enqueue(step)
	case centre.StepFlow:
		s.jump(step.Flow)
	case centre.StepStay:
		s.stepped(step.Kind, "")
		s.over()
	case centre.StepBusy:
		s.stepped(step.Kind, "")
		s.end(Busy{})
	case centre.StepHangup:
		s.stepped(step.Kind, "")
		s.end(Hangup{hotline.CauseFlow})
	default:
		s.end(Hangup{hotline.CauseError})
	}
}

// set sets attributes, needs and priority. All values are those from before the step.
func (s *Session) set(step centre.Step) {
	names := slices.Sorted(maps.Keys(step.Attrs))
	s.stepped(step.Kind, cut(strings.Join(names, " "), 100))
	values, secrets := make([]string, len(names)), make([]secrecy, len(names))
	for i, name := range names {
		values[i], secrets[i] = s.memory.text(step.Attrs[name])
	}
	for i, name := range names {
		s.memory.set(name, values[i], secrets[i])
	}
	if step.Needs != "" && !slices.Contains(s.needs, step.Needs) && len(s.needs) < maxNeeds {
		s.needs = append(s.needs, step.Needs)
	}
	if step.Priority != 0 {
		s.priority = step.Priority
	}
	s.next()
}

// branch goes one of two ways.
func (s *Session) branch(now time.Time, step centre.Step) {
	yes, branches := false, [2]string{"then", "else"}
	switch step.Kind {
	case centre.StepIf:
		yes = step.When.Eval(s.memory.all())
		s.stepped(step.Kind, branches[index(yes)])
	case centre.StepHours:
		yes, branches = s.plan.open(step.Name, now), [2]string{"open", "closed"}
		s.stepped(step.Kind, step.Name+" "+branches[index(yes)])
	case centre.StepSwitch:
		yes, branches = s.plan.switches[step.Name], [2]string{"on", "off"}
		s.stepped(step.Kind, step.Name+" "+branches[index(yes)])
	}
	if yes {
		s.push(step.Then, branches[0])
	} else {
		s.push(step.Else, branches[1])
	}
}

func index(yes bool) int {
	if yes {
		return 0
	}
	return 1
}

// jump goes on in another flow.
func (s *Session) jump(id string) {
	s.stepped(centre.StepFlow, id)
	flow, ok := s.plan.Flows[id]
	if !ok {
		s.end(Hangup{hotline.CauseError})
		return
	}
	s.flow, s.served = id, false
	s.stack = []frame{{steps: flow.Steps, path: id}}
}

// Bounds of what a session asks of a queue.
const (
	maxNeeds    = 8
	mostPriorty = 10
)

// enqueue ends the flow in a queue.
func (s *Session) enqueue(step centre.Step) {
	s.stepped(centre.StepQueue, string(step.Queue))
	needs := s.needs
	if step.Needs != "" && !slices.Contains(needs, step.Needs) {
		needs = append(slices.Clip(needs), step.Needs)
	}
	all := strings.Join(needs, ") and (")
	if len(needs) > 1 {
		all = "(" + all + ")"
	}
	s.end(Enqueue{
		Queue: step.Queue, Also: slices.Clone(step.Also), Needs: all, Prefer: s.prefer,
		Priority:   min(max(s.vip+s.priority+step.Priority, -mostPriorty), mostPriorty),
		Unanswered: step.Unanswered && !s.up, Ahead: !step.Unanswered && !s.up,
	})
}

// dial joins the caller with a number outside. A number made of attributes is dialled only if it is a plain one and no
// emergency service's: nobody reaches those by what they typed.
func (s *Session) dial(step centre.Step) {
	s.stepped(step.Kind, step.To)
	to, _ := s.memory.text(step.To)
	if to != step.To {
		to = s.plan.callable(to)
	}
	if to == "" || strings.ContainsAny(to, "{}") {
		s.stepped(step.Kind, string(hotline.CauseNotFound))
		s.next()
		return
	}
	from, _ := s.memory.text(step.From)
	s.leaveQueue()
	if s.tired() {
		return
	}
	s.state = stateDialling
	s.emit(Dial{To: to, Trunk: step.Trunk, From: s.plan.callable(from), Timeout: cmp.Or(step.Timeout, 30*time.Second)})
}

// leaveQueue says that what is asked for ends the caller's waiting: nothing that a choice offers holds any more.
func (s *Session) leaveQueue() {
	if s.waiting {
		s.waiting, s.served = false, true
	}
}

// record asks for the caller's message.
func (s *Session) record() {
	f := s.top()
	v := f.steps[f.at].Voicemail
	owner, hidden := s.memory.text(v.Owner)
	if hidden != shown && !s.plan.isOwner(owner) { // it stands in the record of the message
		owner = ""
	}
	s.keys = nil
	s.leaveQueue()
	s.state = stateRecording
	s.emit(Voicemail{
		Max: cmp.Or(v.Max, 2*time.Minute), Min: v.Min, Owner: owner, Due: cmp.Or(v.Due, 24*time.Hour),
	})
}

// messaged follows a message. One that was too short may be spoken once more.
func (s *Session) messaged(kept bool) {
	s.tries++
	switch {
	case kept:
		s.stepped(centre.StepVoicemail, "kept")
		s.served = true
		s.speak(afterNext, "message-saved")
	case s.tries < 2:
		s.stepped(centre.StepVoicemail, "short")
		s.speak(afterRecord, "message-too-short")
	default:
		s.stepped(centre.StepVoicemail, "short")
		s.next()
	}
}

// lookup asks a web service. The attributes, also secret ones, are in the body of a POST: that is what they are collected for.
func (s *Session) lookup(now time.Time, l *centre.Lookup) {
	s.stepped(centre.StepLookup, "")
	if s.tired() {
		return
	}
	url, ok := s.memory.url(l.URL)
	if !ok {
		s.looked(Looked{Err: "url"})
		return
	}
	ask := Lookup{
		URL: url, Method: cmp.Or(l.Method, "GET"), Headers: maps.Clone(l.Headers), Timeout: cmp.Or(l.Timeout, 2*time.Second),
		Save: maps.Clone(l.Save),
	}
	if ask.Method != "GET" {
		ask.Body, _ = json.Marshal(s.memory.all()) // a map of strings: cannot fail
	}
	s.state = stateLooking
	s.deadline = now.Add(ask.Timeout + time.Second) // who answers keeps the time; this is for one that never does
	s.emit(ask)
}

// looked takes what was found: only what the step asked for.
func (s *Session) looked(in Looked) {
	f := s.top()
	step := f.steps[f.at]
	if in.Err != "" {
		s.stepped(step.Kind, "failed")
		s.push(step.Else, "else")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(step.Lookup.Save)) {
		if v, ok := in.Attrs[name]; ok {
			s.memory.set(name, v, shown)
		}
	}
	s.stepped(step.Kind, "found")
	s.next()
}
