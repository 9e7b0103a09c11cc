package storm

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// desk is one agent's phone: registered, ready, and busy with one call at most.
type desk struct {
	s   *Storm
	acc account

	mu    sync.Mutex // guards all below
	busy  bool
	dead  bool      // the phone answers nothing
	call  *dialog   // that rings or talks
	st    *stream   // of the present call
	freed time.Time // when its last call ended, with callers waiting then; zero: it did not
}

// signIn registers all agents and makes them ready, some at a time, and keeps them registered. The first that fails
// ends it.
func (s *Storm) signIn(ctx context.Context) error {
	const atOnce = 16
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for _, d := range s.desksInOrder() {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := d.open(ctx); err != nil {
				fail(err)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// open registers the phone and makes the agent ready.
func (d *desk) open(ctx context.Context) error {
	if d.s.cfg.Static {
		return nil
	}
	if err := d.s.agents.register(ctx, d.acc, d.s.cfg.Expires); err != nil {
		return err
	}
	return d.dial(ctx, d.s.cfg.Ready)
}

// desksInOrder are the agents' phones; they stand ready for offers before the first is registered.
func (s *Storm) desksInOrder() (ds []*desk) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.cfg.Agents {
		d := &desk{s: s, acc: account{a.User, a.Password}}
		s.desks[a.User] = d
		ds = append(ds, d)
	}
	return ds
}

// keep refreshes the registrations until ctx is done, not all at once.
func (s *Storm) keep(ctx context.Context) {
	if s.cfg.Static {
		return
	}
	for _, d := range s.desks {
		first := time.Duration((1 + s.chance()) / 4 * float64(s.cfg.Expires))
		s.wg.Go(func() {
			for wait := first; ; wait = s.cfg.Expires / 2 {
				select {
				case <-ctx.Done():
					return
				case <-time.After(wait):
					_ = s.agents.register(ctx, d.acc, s.cfg.Expires) // one that fails is tried again at the next half
				}
			}
		})
	}
}

// signOut takes the registrations back.
func (s *Storm) signOut() {
	if s.cfg.Static {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	for _, d := range s.desks {
		wg.Go(func() { _ = s.agents.register(ctx, d.acc, 0) }) // best effort: it expires anyway
	}
	wg.Wait()
}

// errCode is returned when a star code was not taken.
var errCode = errors.New("storm: a star code was refused")

// dial calls a star code and waits for its end.
func (d *desk) dial(ctx context.Context, code string) error {
	if code == "" {
		return nil
	}
	sock := d.s.pick(true)
	call := d.s.agents.dial(d.acc.user, code, d.acc, describe(sock.local(), d.s.codecs))
	done := make(chan int, 1)
	call.ended = func(status int, late bool) {
		if late {
			status = 408
		}
		done <- status
	}
	call.start()
	limit := time.After(20 * time.Second)
	for {
		select {
		case status := <-done:
			if status != 0 {
				return fmt.Errorf("%w: %s by %s: status %d", errCode, code, d.acc.user, status)
			}
			return nil
		case <-limit:
			call.hangup() // the engine never did
			limit = nil
		case <-ctx.Done():
			call.hangup()
			return ctx.Err()
		}
	}
}

// offered is called for an INVITE to an agent's phone.
func (s *Storm) offered(d *dialog) {
	s.mu.Lock()
	who := s.desks[user(d.localURI)]
	from := s.calls[user(d.remoteURI)]
	s.mu.Unlock()
	if who == nil {
		d.refuse(404, "Not Found")
		return
	}
	if s.chance() < s.cfg.Die {
		who.die(d)
		return
	}
	who.mu.Lock()
	busy, freed := who.busy, who.freed
	who.freed = time.Time{}
	if !busy {
		who.busy, who.call = true, d
	}
	who.mu.Unlock()
	if !freed.IsZero() {
		s.tally.note(func(t *tally) { record(t.next, d.invite.at.Sub(freed)) })
	}
	if busy {
		d.refuse(486, "Busy Here")
		who.next(true, false)
		return
	}
	s.tally.note(func(t *tally) { t.res.AgentCalls++ })
	if from != nil {
		from.ring(d.invite.at)
	}
	who.take(d, from)
}

// take rings and then answers, rejects, or lets it ring.
func (k *desk) take(d *dialog, from *caller) {
	sock := k.s.pick(true)
	x := k.s.chance()
	missed := x < k.s.cfg.Reject+k.s.cfg.Ignore
	d.ended = func(code int, _ bool) {
		k.mu.Lock()
		st := k.st
		k.busy, k.st, k.call = false, nil, nil
		k.mu.Unlock()
		if st != nil {
			sock.remove(st)
		}
		k.next(code != 0 && st == nil, st != nil)
	}
	d.alert()
	switch {
	case x < k.s.cfg.Reject:
		k.s.tally.note(func(t *tally) { t.res.Refused++ })
		k.s.timers.after(k.s.draw(k.s.cfg.Answer), func() { d.refuse(603, "Decline") })
	case missed:
		k.s.tally.note(func(t *tally) { t.res.Refused++ })
	default:
		k.s.timers.after(k.s.draw(k.s.cfg.Answer), func() { k.pickUp(d, from, sock) })
	}
}

// deaf is how long an agent stays with a caller who does not hear, or is not heard.
const deaf = 10 * time.Second

// pickUp answers the ringing phone; the audio begins with the 200.
func (k *desk) pickUp(d *dialog, from *caller, sock *audio) {
	remote, pt, ok := answerOf(d.invite.body, k.s.codecs)
	if !ok {
		d.refuse(488, "Not Acceptable Here")
		return
	}
	st := &stream{
		to: endpointOf(remote), pt: pt, voice: k.s.voice(k.s.cfg.AgentVoice, pt), probe: k.s.cfg.Probe,
	}
	if from != nil {
		st.heard = func(at time.Time) { from.heardBy(d, at) }
	}
	k.mu.Lock()
	if !k.busy || k.call != d { // the caller gave up meanwhile
		k.mu.Unlock()
		return
	}
	k.st = st
	k.mu.Unlock()
	sock.add(st)
	if !d.accept(describe(sock.local(), []codec{pt})) { // the caller gave up just now
		sock.remove(st)
		return
	}
	// Who hangs up is decided when the two hear each other. If that never comes, or the caller is none of ours, the agent
	// does not wait for ever.
	wait := k.s.draw(k.s.cfg.Hold)
	if from != nil {
		wait += deaf
	}
	k.s.timers.after(wait, func() {
		if from == nil || !from.isJoined() {
			d.hangup()
		}
	})
}

// hangup puts the phone down. With callers waiting and no after-call work the agent is free from now on.
func (k *desk) hangup(d *dialog) {
	k.mu.Lock()
	if k.call == d && k.s.line.waiting() && k.s.cfg.EndWrap == "" {
		k.freed = time.Now()
	}
	k.mu.Unlock()
	d.hangup()
}

// hangup is desk.hangup of the desk that has the call.
func (s *Storm) hangup(d *dialog) {
	s.mu.Lock()
	k := s.desks[user(d.localURI)]
	s.mu.Unlock()
	if k == nil {
		d.hangup()
		return
	}
	k.hangup(d)
}

// die makes the phone one whose plug was pulled: from this INVITE on it answers nothing, until Recover is over and the
// agent has it registered again.
func (k *desk) die(d *dialog) {
	k.mu.Lock()
	k.dead = true
	k.mu.Unlock()
	k.s.tally.note(func(t *tally) { t.res.Died++ })
	k.s.agents.remove(d)
	k.s.timers.after(k.s.draw(k.s.cfg.Recover), func() {
		k.mu.Lock()
		k.dead = false
		k.mu.Unlock()
		ctx, cancel := context.WithTimeout(k.s.life, 10*time.Second)
		defer cancel()
		_ = k.open(ctx) // refused: it was not missed yet, or the storm is over
	})
}

// deaf says whether the user's phone is dead.
func (s *Storm) deaf(user string) bool {
	s.mu.Lock()
	k := s.desks[user]
	s.mu.Unlock()
	if k == nil {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.dead
}

// next is what an agent does when a call is over, or rang and was not taken: the engine may have made the agent not ready.
func (k *desk) next(missed, talked bool) {
	code, wait := "", time.Duration(0)
	switch {
	case missed && k.s.cfg.Ready != "":
		code, wait = k.s.cfg.Ready, k.s.draw(k.s.cfg.Recover)
	case talked && k.s.chance() < k.s.cfg.BreakShare:
		k.later(0, k.s.pickText(k.s.cfg.Breaks))
		code, wait = k.s.cfg.Ready, k.s.draw(k.s.cfg.BreakFor)
	case talked && k.s.cfg.EndWrap != "":
		code, wait = k.s.cfg.EndWrap, k.s.draw(k.s.cfg.WrapUp)
	}
	k.later(wait, code)
}

// later dials a code after a while. It may be refused, if the engine was faster, for example by a timed wrap-up.
func (k *desk) later(wait time.Duration, code string) {
	if code == "" {
		return
	}
	k.s.timers.after(wait, func() {
		ctx, cancel := context.WithTimeout(k.s.life, 10*time.Second)
		defer cancel()
		_ = k.dial(ctx, code)
	})
}
