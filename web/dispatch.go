package web

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"hotline"
	"hotline/web/timetable"
)

// Mail is a report on its way by mail.
type Mail struct {
	Key     string // by which its fate is told
	To      []string
	Subject string
	Text    string
	HTML    string
	Files   []MailFile
}

// MailFile is attached to a Mail.
type MailFile struct {
	Name string
	Type string
	Data []byte
}

// Mailer takes mails: what it took without an error is on its way, whatever happens to this process. Package notify has one.
type Mailer interface {
	Send(ctx context.Context, m Mail) error
}

// Posts are the webhooks that a report may be sent to.
type Posts interface {
	Names() []string
	// Post hands the body, signed, to the webhook. The same id is the same message. An error that is hotline.ErrRefused is final.
	Post(ctx context.Context, hook, id string, body []byte) error
}

// clockStep is how long the dispatcher sleeps at most: a clock that is set is noticed by then.
const clockStep = time.Minute

// wake has the dispatcher look again.
func (s *server) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// dispatch sends what is due until ctx is done.
func (s *server) dispatch(ctx context.Context) error {
	s.afterRestart()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-s.woken:
		}
		s.keepFates()
		next := s.sendDue(ctx)
		wait := clockStep
		if d := next.Sub(s.Now()); !next.IsZero() && d < wait {
			wait = max(d, 10*time.Millisecond)
		}
		timer.Reset(wait)
	}
}

// afterRestart deals with what was being handed over when the engine ended: a mail may be out, and is not sent a second time; a
// webhook knows its messages by their ids and gets it again.
func (s *server) afterRestart() {
	all, err := readKept[Schedule](s, "schedule/")
	if err != nil {
		s.Logger.Error("web: timetables cannot be read", "error", err)
	}
	for _, sc := range all {
		p := s.progressOf(sc)
		if len(p.Runs) == 0 || p.Runs[0].Outcome != "sending" {
			continue
		}
		p.Runs[0].Outcome, p.Runs[0].Ended = "unknown", s.Now().UTC()
		if p.Runs[0].By == "" && sc.Webhook == "" {
			p.Place = p.Place.Settled()
		}
		s.note(p)
		s.Logger.Warn("web: the engine ended while a report was handed over", "schedule", sc.ID)
	}
}

// sendDue sends everything that is due and returns when to look again; zero: nothing will be due.
func (s *server) sendDue(ctx context.Context) (next time.Time) {
	all, err := readKept[Schedule](s, "schedule/")
	if err != nil {
		s.Logger.Error("web: timetables cannot be read", "error", err)
		return s.Now().Add(clockStep)
	}
	for _, sc := range all {
		if ctx.Err() != nil {
			return next
		}
		if at := s.sendOne(ctx, sc.ID); !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// sendOne sends what one timetable has due, and returns when to look at it again.
func (s *server) sendOne(ctx context.Context, id string) time.Time {
	s.sending.Lock()
	defer s.sending.Unlock()
	var sc Schedule
	val, err := s.Kept.Get("schedule/" + id)
	if err != nil || val == nil || json.Unmarshal(val, &sc) != nil || sc.Paused {
		return time.Time{} // gone meanwhile, or at rest
	}
	now, zone := s.Now(), s.Centre().TimeZone
	p := s.progressOf(sc)
	step := sc.Decide(p.Place, now, zone)
	if !step.Passed.IsZero() {
		p.begin(run{Due: step.Passed.UTC(), Ended: now.UTC(), Outcome: "given_up", Error: "a later one is due"})
	}
	if !step.Run {
		return step.Next
	}
	p.Place = step.Place
	if s.unsettled(sc, p.Place.Due) {
		if later, wait := p.Place.Unsettled(now); wait {
			p.Place = later
			s.note(p)
			return later.Again
		}
	}
	s.send(ctx, sc, &p, run{Due: p.Place.Due.UTC(), Missed: p.Place.Missed, Attempts: p.Place.Tries + 1})
	return sc.Decide(p.Place, s.Now(), zone).Next
}

// unsettled says whether the span of the report is over and its figures are not final yet.
func (s *server) unsettled(sc Schedule, due time.Time) bool {
	u, r, stopped := s.runnable(sc)
	if stopped != "" || timetable.Ongoing(r.Span) || r.Span == "" {
		return false
	}
	_, from, to, err := s.savedQuery(r, due)
	return err == nil && s.openSpan(s.under(context.Background(), u, sc), r, from, to)
}

// begin puts a run before the others, in the place of an earlier try of the same.
func (p *progress) begin(r run) {
	if len(p.Runs) > 0 && p.Runs[0].Due.Equal(r.Due) && p.Runs[0].By == r.By {
		p.Runs = p.Runs[1:]
	}
	p.Runs = append([]run{r}, p.Runs...)
	p.Runs = p.Runs[:min(len(p.Runs), keptRuns)]
}

// note keeps how far a timetable has come.
func (s *server) note(p progress) error {
	val, err := json.Marshal(p)
	if err == nil {
		err = s.Kept.Put("sent/"+p.ID, val)
	}
	if err != nil {
		s.Logger.Error("web: how far a timetable has come cannot be kept", "schedule", p.ID, "error", err)
	}
	return err
}

// errFinal marks what another try would not mend.
var errFinal = errors.New("web: not to be tried again")

// send makes a report and hands it over. What is handed over is noted before: it is never handed over twice.
func (s *server) send(ctx context.Context, sc Schedule, p *progress, r run) run {
	r.Began = s.Now().UTC()
	ready, err := s.prepare(ctx, sc, &r)
	if err == nil {
		r.Outcome = "sending"
		p.begin(r)
		if err = s.note(*p); err == nil {
			err = ready(ctx)
		}
	}
	r.Ended = s.Now().UTC()
	var stopped stoppedError
	final := errors.Is(err, errFinal) || errors.Is(err, hotline.ErrRefused)
	switch {
	case err == nil:
		r.Outcome = "sent"
		if _, told := s.Mailer.(Fates); told && sc.Webhook == "" {
			r.Outbox = len(sc.To)
		}
	case errors.As(err, &stopped):
		r.Outcome, r.Error = "stopped", string(stopped)
	default:
		r.Outcome, r.Error = "failed", bound(err.Error())
		s.Logger.Warn("web: a report was not sent", "schedule", sc.ID, "due", r.Due, "error", err)
	}
	if r.By == "" {
		switch {
		case r.Outcome != "failed":
			p.Place = p.Place.Settled()
		case final:
			r.Outcome, p.Place = "given_up", p.Place.Settled()
		default:
			again := false
			if p.Place, again = p.Place.Failed(s.Now()); !again {
				r.Outcome = "given_up"
			}
		}
	}
	p.begin(r)
	_ = s.note(*p) // it complains itself; what was noted as sending is not sent again
	return r
}

func bound(s string) string { return s[:min(len(s), 500)] }

// stoppedError is why a timetable does not run.
type stoppedError string

// Error implements error.
func (e stoppedError) Error() string { return "stopped: " + string(e) }
