package ivr

import (
	"cmp"
	"time"

	"hotline/centre"
)

// verdict is what a question makes of a key, or of none.
type verdict int

const (
	unfinished verdict = iota
	right              // answered: what follows has been chosen
	wrong
)

// question is something asked of the caller: prompts that any key cuts, then some time to answer, several times over.
type question struct {
	kind    string
	prompts []string
	timeout time.Duration
	tries   int
	failed  int
	pressed bool // some key came, right or wrong
	of      asker
}

// asker is what one kind of question does with answers.
type asker interface {
	// take looks at one key.
	take(s *Session, now time.Time, key byte) verdict
	// late looks at what there is when no more keys came in time.
	late(s *Session) verdict
	// giveUp chooses what follows the last try; silent: no key came in any.
	giveUp(s *Session, silent bool)
}

// ask asks the question, or takes the answer if it was typed ahead.
func (s *Session) ask(now time.Time, q question) {
	q.timeout = cmp.Or(q.timeout, 5*time.Second)
	q.tries = cmp.Or(q.tries, 3)
	s.question = &q
	s.asks++
	switch {
	case s.tired():
	case len(s.keys) > 0:
		s.answer(now)
	default:
		s.put(now)
	}
}

// put plays the question, after some words if it was answered wrongly.
func (s *Session) put(now time.Time, before ...string) {
	var prompts []string
	for _, p := range append(before, s.question.prompts...) {
		if p != "" {
			prompts = append(prompts, p)
		}
	}
	if len(prompts) == 0 {
		s.listen(now)
		return
	}
	s.state = stateAsking
	s.emit(Play{prompts})
}

func (s *Session) listen(now time.Time) {
	s.state = stateListening
	s.deadline = now.Add(s.question.timeout)
}

// answer gives the question the keys that were kept.
func (s *Session) answer(now time.Time) {
	for len(s.keys) > 0 {
		key := s.keys[0]
		s.keys = s.keys[1:]
		s.question.pressed = true
		switch s.question.of.take(s, now, key) {
		case right:
			return
		case wrong:
			s.keys = nil // what was typed after it was meant for another question
			s.fail(now, "invalid")
			return
		}
	}
	s.listen(now)
}

func (s *Session) late(now time.Time) {
	if s.question.of.late(s) == wrong {
		s.fail(now, "timeout")
	}
}

// fail counts a wrong answer or none, and asks again or gives up.
func (s *Session) fail(now time.Time, why string) {
	q := s.question
	s.stepped(q.kind, why)
	q.failed++
	switch {
	case q.failed >= q.tries:
		q.of.giveUp(s, !q.pressed)
	case s.tired():
	case why == "invalid":
		s.put(now, "invalid-choice")
	default:
		s.put(now)
	}
}

// menuAsker is a menu's question.
type menuAsker struct{ m *centre.Menu }

// menu asks the menu that the session is at.
func (s *Session) menu(now time.Time, pressed bool) {
	f := s.top()
	m := f.steps[f.at].Menu
	s.ask(now, question{
		kind: centre.StepMenu, prompts: []string{m.Prompt}, timeout: m.Timeout, tries: m.Tries, pressed: pressed, of: menuAsker{m},
	})
}

func (a menuAsker) take(s *Session, _ time.Time, key byte) verdict {
	steps, ok := a.m.Keys[string(key)]
	if !ok {
		return wrong
	}
	s.push(steps, "choice")
	return right
}

func (a menuAsker) late(*Session) verdict { return wrong }

func (a menuAsker) giveUp(s *Session, silent bool) {
	switch {
	case silent && len(a.m.Silent) > 0:
		s.push(a.m.Silent, "silent")
	case len(a.m.Otherwise) > 0:
		s.push(a.m.Otherwise, "otherwise")
	default:
		s.over()
	}
}

// rateAsker is one question of a survey.
type rateAsker struct{ r *centre.Rate }

func (s *Session) rate(now time.Time, r *centre.Rate) {
	s.stepped(centre.StepRate, r.Question)
	s.ask(now, question{
		kind: centre.StepRate, prompts: []string{cmp.Or(r.Prompt, "survey-question")}, timeout: r.Timeout, tries: cmp.Or(r.Tries, 2),
		of: rateAsker{r},
	})
}

func (a rateAsker) take(s *Session, _ time.Time, key byte) verdict {
	score, ok := a.r.Keys[string(key)]
	if !ok {
		return wrong
	}
	s.emit(Rated{Question: a.r.Question, Score: score})
	s.next()
	return right
}

func (a rateAsker) late(*Session) verdict { return wrong }

func (a rateAsker) giveUp(s *Session, _ bool) { s.next() }
