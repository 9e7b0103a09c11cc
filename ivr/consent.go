package ivr

import (
	"time"

	"hotline"
	"hotline/centre"
)

// defaultConsent is the prompt where the centre names none.
const defaultConsent = "consent"

// refuseFor is how long after the consent's prompt the refusing key is waited for.
const refuseFor = 2 * time.Second

// notice tells the caller that the contact is recorded, before the first step that can be heard. It is played to its end
// whatever keys are pressed: they are kept for what follows.
func (s *Session) notice() {
	s.consent = false
	s.emit(Stepped{hotline.FlowStepped{Flow: s.flow, Path: s.flow + ".consent", Step: "consent", Detail: s.plan.Consent.Prompt}})
	s.waits++
	s.state = stateNotice
	s.emit(Play{s.plan.notice()})
}

// notice names the prompts of the consent. The default one leaves the refusal to be said after it.
func (p *Plan) notice() []string {
	c := p.Consent
	if c.Rule != centre.ConsentAsk || c.Prompt != defaultConsent {
		return []string{c.Prompt}
	}
	key := "n" + c.Refuse
	switch c.Refuse {
	case "*":
		key = "key-star"
	case "#":
		key = "key-hash"
	}
	return []string{c.Prompt, "consent-refuse", key}
}

// consentKey takes a key that may be the refusal.
func (s *Session) consentKey(key byte) bool {
	if s.plan.Consent.Rule != centre.ConsentAsk || string(key) != s.plan.Consent.Refuse {
		return false
	}
	if s.state == stateNotice {
		s.emit(Stop{})
	}
	s.consented(false)
	return true
}

func (s *Session) noticed(now time.Time) {
	if s.plan.Consent.Rule != centre.ConsentAsk {
		s.consented(true)
		return
	}
	s.state = stateConsent
	s.deadline = now.Add(refuseFor)
}

func (s *Session) consented(given bool) {
	s.emit(Consent{Given: given})
	s.state = stateRunning
}
