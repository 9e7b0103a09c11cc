package sip

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"hotline"
	"hotline/media"
)

// Errors of Do.
var (
	errAction = errors.New("sip: unknown action")
	errGone   = errors.New("sip: the leg is over")
)

// Do accepts an action and returns; what comes of it arrives as signals. Actions on a call are done in the order they
// were given; a Hangup waits for none of them. An action on a leg or call that is not there (any more) is success: its
// last signal has been given. The error wraps hotline.ErrRefused when the action makes no sense.
func (s *Switch) Do(ctx context.Context, a hotline.Action) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	switch a := a.(type) {
	case hotline.Dial:
		return s.dial(a)
	case hotline.Hangup:
		if l := s.leg(a.Leg); l != nil {
			s.post(l, func() { l.hangup(a.Cause) })
		}
		return nil
	case hotline.Ring:
		return s.onLeg(a.Leg, func(l *leg) { l.sync(s.ctx, func() { l.ringing(a.Early) }) })
	case hotline.Answer:
		return s.onLeg(a.Leg, func(l *leg) {
			l.call.wait(s.ctx, a.After)
			l.sync(s.ctx, l.pickUp)
		})
	case hotline.Play:
		return s.beginPlay(a)
	case hotline.Stop:
		return s.onLeg(a.Leg, func(l *leg) {
			if m := l.handle.media.Load(); m != nil {
				m.Stop(string(a.Play))
			}
		})
	case hotline.Mix:
		if slices.ContainsFunc(a.Members, func(m hotline.Member) bool { return len(m.Hears) > media.MaxHears }) {
			return fmt.Errorf("%w: %w", hotline.ErrRefused, media.ErrMix)
		}
		return s.onCall(a.Call, func(c *call) { c.mix(a) })
	case hotline.Record:
		return s.onCall(a.Call, func(c *call) { c.startRecord(a) })
	case hotline.StopRecord:
		return s.onCall(a.Call, func(c *call) { c.stopRecord() })
	case hotline.Press:
		if l := s.leg(a.Leg); l != nil {
			s.post(l, func() { l.press(a) })
		}
		return nil
	case hotline.Notify:
		if l := s.leg(a.Leg); l != nil {
			s.post(l, func() { l.tellReferrer(a.Code, a.Why) })
		}
		return nil
	}
	return fmt.Errorf("%w: %T", errAction, a)
}

// onLeg runs f on the lane of the leg's call.
func (s *Switch) onLeg(id hotline.LegID, f func(*leg)) error {
	if l := s.leg(id); l != nil {
		l.call.do(func() { f(l) })
	}
	return nil
}

// onCall runs f on the call's lane.
func (s *Switch) onCall(id hotline.CallID, f func(*call)) error {
	s.mu.Lock()
	c := s.calls[id]
	s.mu.Unlock()
	if c != nil {
		c.do(func() { f(c) })
	}
	return nil
}

// beginPlay promises the one PlayEnded at once, so that the end of the leg cannot come in between.
func (s *Switch) beginPlay(a hotline.Play) error {
	if l := s.leg(a.Leg); l != nil && l.handle.begin(a.Play) {
		l.call.do(func() { s.play(l, a) })
	}
	return nil
}

// play finds the prompts and plays them. One that is not there ends the playing before it begins, and what played before
// with it: the caller of Do is told and decides what is heard instead.
func (s *Switch) play(l *leg, a hotline.Play) {
	m := l.handle.media.Load()
	if m == nil {
		l.handle.PlayEnded(string(a.Play), false, errGone)
		return
	}
	clips := make([]*media.Clip, 0, len(a.Prompts))
	for _, name := range a.Prompts {
		clip, err := s.clip(a.Lang, name)
		if err != nil {
			s.log.Warn("sip: a prompt is missing", "leg", l.id, "prompt", name, "lang", a.Lang, "error", err)
			m.Stop("")
			l.handle.PlayEnded(string(a.Play), false, err)
			return
		}
		clips = append(clips, clip)
	}
	m.Play(string(a.Play), clips, a.Loop)
}

// clip is a prompt in the language asked for, else in the first of the switch's languages that has it.
func (s *Switch) clip(lang, name string) (*media.Clip, error) {
	clip, err := s.cfg.Library.Clip(lang, name)
	for _, other := range s.cfg.Languages {
		if err == nil || !errors.Is(err, media.ErrNoPrompt) {
			break
		}
		if other != lang {
			var otherErr error
			if clip, otherErr = s.cfg.Library.Clip(other, name); otherErr == nil {
				return clip, nil
			}
		}
	}
	return clip, err
}
