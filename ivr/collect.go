package ivr

import (
	"cmp"
	"slices"
	"time"

	"hotline/centre"
)

// habit is how long after the last digit of a full number its closing key is passed over.
const habit = 3 * time.Second

// collectAsker reads digits. got says whether they are right and what follows.
type collectAsker struct {
	c      *centre.Collect
	digits []byte
	got    func(s *Session, digits string) verdict
}

// collect asks for digits. prompt is asked with where c names none.
func (s *Session) collect(now time.Time, c *centre.Collect, prompt string, got func(*Session, string) verdict, kind string) {
	s.ask(now, question{
		kind: kind, prompts: []string{cmp.Or(c.Prompt, prompt)}, timeout: c.Timeout, tries: c.Tries,
		of: &collectAsker{c: c, got: got},
	})
}

func secrecyOf(c *centre.Collect) secrecy {
	if c.Secret {
		return secret
	}
	return typed
}

// collectStep reads digits into an attribute.
func (s *Session) collectStep(now time.Time, c *centre.Collect) {
	s.stepped(centre.StepCollect, c.Save)
	s.collect(now, c, "", func(s *Session, digits string) verdict {
		s.memory.set(c.Save, digits, secrecyOf(c))
		s.stepped(centre.StepCollect, "collected")
		s.next()
		return right
	}, centre.StepCollect)
}

// take adds a digit. * begins the number anew, unless it ends it; other keys that mean nothing are passed over.
func (a *collectAsker) take(s *Session, now time.Time, key byte) verdict {
	switch {
	case string(key) == a.c.End:
		return a.finish(s, len(a.digits) >= cmp.Or(a.c.Min, 1))
	case key == '*':
		a.digits = a.digits[:0]
	case key >= '0' && key <= '9':
		a.digits = append(a.digits, key)
		if len(a.digits) < cmp.Or(a.c.Max, 20) {
			return unfinished
		}
		if a.c.End != "" {
			s.passOver, s.passBy = a.c.End[0], now.Add(habit)
			if len(s.keys) > 0 && s.keys[0] == s.passOver {
				s.keys, s.passOver = s.keys[1:], 0
			}
		}
		return a.finish(s, true)
	}
	return unfinished
}

func (a *collectAsker) late(s *Session) verdict {
	return a.finish(s, len(a.digits) >= cmp.Or(a.c.Min, 1))
}

// finish hands the digits over if there are enough.
func (a *collectAsker) finish(s *Session, enough bool) verdict {
	digits := string(a.digits)
	a.digits = a.digits[:0]
	if !enough {
		return wrong
	}
	return a.got(s, digits)
}

func (a *collectAsker) giveUp(s *Session, _ bool) {
	promise := s.promise != nil
	s.promise = nil
	switch {
	case len(a.c.Otherwise) > 0:
		s.push(a.c.Otherwise, "otherwise")
	case promise:
		s.next()
	default:
		s.over()
	}
}

// promise is the making of a promise to call back.
type promise struct {
	number    string
	told      bool // what a call back is
	confirmed bool
}

// callBack comes to a callback step, again after each answer.
func (s *Session) callBack(now time.Time, step centre.Step) {
	if s.promise == nil {
		s.stepped(centre.StepCallback, "")
		s.promise = &promise{number: s.plan.callable(s.memory.get("caller"))}
	}
	p := s.promise
	switch {
	case p.confirmed:
		s.state = statePromising
		s.emit(Callback{Queue: step.Queue, Number: p.number})
	case p.number == "":
		c := centre.Collect{End: "#"} // the caller hides its number
		if step.Collect != nil {
			c = *step.Collect
		}
		c.Min, c.Max = cmp.Or(c.Min, 5), cmp.Or(c.Max, 15)
		s.collect(now, &c, "callback-enter-number", func(s *Session, digits string) verdict {
			if s.promise.number = s.plan.callable(digits); s.promise.number == "" {
				return wrong
			}
			s.memory.set(c.Save, digits, secrecyOf(&c))
			s.state = stateRunning
			return right
		}, centre.StepCallback)
	default:
		s.confirm(now, p, step.Collect != nil)
	}
}

// confirm reads the number back.
func (s *Session) confirm(now time.Time, p *promise, another bool) {
	var prompts []string
	if !p.told {
		prompts = append(prompts, "callback-confirm")
		p.told = true
	}
	prompts = append(append(append(prompts, "callback-number-is"), Digits(s.lang, p.number)...), "callback-press-1")
	if another {
		prompts = append(prompts, "callback-press-2")
	}
	s.ask(now, question{kind: centre.StepCallback, prompts: prompts, of: confirmAsker{another}})
}

// confirmAsker is the question whether the number is right.
type confirmAsker struct{ another bool }

func (a confirmAsker) take(s *Session, _ time.Time, key byte) verdict {
	switch {
	case key == '1':
		s.promise.confirmed = true
	case key == '2' && a.another:
		s.promise.number = ""
	default:
		return wrong
	}
	s.state = stateRunning
	return right
}

func (a confirmAsker) late(*Session) verdict { return wrong }

func (a confirmAsker) giveUp(s *Session, _ bool) {
	s.promise = nil
	s.next()
}

// promised takes the answer of the queue.
func (s *Session) promised(ok bool) {
	s.promise = nil
	if !ok {
		s.stepped(centre.StepCallback, "refused")
		s.speak(afterNext, "callback-refused")
		return
	}
	s.stepped(centre.StepCallback, "promised")
	s.served, s.waiting = true, false
	s.speak(afterNext, "callback-promised")
}

// callable returns the number if the engine may be made to call it: a plain number that is no emergency service's.
func (p *Plan) callable(number string) string {
	digits := number
	if len(digits) > 0 && digits[0] == '+' {
		digits = digits[1:]
	}
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return ""
		}
	}
	if len(digits) < 3 || len(digits) > 20 || slices.Contains(p.Emergency, digits) {
		return ""
	}
	return number
}
