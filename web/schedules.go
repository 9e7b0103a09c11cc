package web

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"hotline/web/auth"
	"hotline/web/timetable"
)

// Bounds of timetables.
const (
	maxSchedules  = 200
	maxAddressees = 50
	keptRuns      = 20
)

// ScheduleIn is what is to be sent when, and to whom.
type ScheduleIn struct {
	Saved   string `json:"saved" maxLength:"64" doc:"The kept report."`
	Format  string `json:"format,omitempty" enum:"xlsx,csv,html," doc:"Of the file; empty: xlsx."`
	Lang    string `json:"lang,omitempty" enum:"zh-CN,en-US," doc:"Empty: the centre's."`
	Summary bool   `json:"summary,omitempty" doc:"The summary alone: no file."`
	timetable.When
	To      []string `json:"to,omitempty" maxItems:"50" doc:"Mail addresses."`
	Webhook string   `json:"webhook,omitempty" maxLength:"64" doc:"Name of one in hotline.yaml."`
	Paused  bool     `json:"paused,omitempty"`
}

// scheduleChange is another timetable in the place of one, as it was when it was read.
type scheduleChange struct {
	ScheduleIn
	Changed time.Time `json:"changed,omitzero" doc:"changed of the one that was read: if another change came in between, this one is refused (409). Missing: it is made all the same."`
}

// schedule is a timetable of a kept report.
type Schedule struct {
	ID    string `json:"id"`
	Owner string `json:"owner" doc:"Under whose rights it runs; without that login it does not."`
	ScheduleIn
	Since   time.Time `json:"since" doc:"Due then or later."`
	Changed time.Time `json:"changed,omitzero"`
}

// run is one time that a report was, or was not, sent.
type run struct {
	Due      time.Time `json:"due"`
	Began    time.Time `json:"began"`
	Ended    time.Time `json:"ended,omitzero"`
	Outcome  string    `json:"outcome" enum:"sending,sent,failed,given_up,unknown,stopped" doc:"unknown: the engine ended while it was handed over; failed: it is tried again."`
	Error    string    `json:"error,omitempty"`
	By       string    `json:"by,omitempty" doc:"Who asked for it out of turn."`
	From     time.Time `json:"from,omitzero"`
	To       time.Time `json:"to,omitzero"`
	Open     bool      `json:"open,omitempty" doc:"Figures of its span may have changed since: the report says so."`
	Missed   int       `json:"missed,omitempty" doc:"How many before it were due while nothing ran."`
	Bytes    int       `json:"bytes,omitempty"`
	Attempts int       `json:"attempts,omitempty"`

	Outbox      int           `json:"outbox,omitempty" doc:"Addressees whose mail waits: the mail server has not taken it yet."`
	Undelivered []undelivered `json:"undelivered,omitempty" doc:"Whom it did not reach: refused by the mail server, or given up after four days."`
}

// progress is how far a timetable has come, and what it did.
type progress struct {
	ID    string          `json:"id"`
	Place timetable.Place `json:"place"`
	Runs  []run           `json:"runs"` // the newest first
}

// scheduleView is one as it is listed.
type scheduleView struct {
	Schedule
	Name    string    `json:"name" doc:"Of the report."`
	Next    time.Time `json:"next,omitzero" doc:"Never: it is paused, or stopped."`
	Stopped string    `json:"stopped,omitempty" doc:"Why it does not run."`
	Runs    []run     `json:"runs"`
}

type scheduleList struct {
	Items    []scheduleView `json:"items"`
	Mail     bool           `json:"mail" doc:"Mails can be sent."`
	Domains  []string       `json:"domains" doc:"Mails may go there; empty: everywhere."`
	Webhooks []string       `json:"webhooks"`
}

func (s *server) scheduleRoutes() {
	const path = "/api/v1/reports/schedules"
	huma.Register(s.api, s.op(auth.SendReports, http.MethodGet, path, "schedules", "Reports that are sent by themselves: one's own; a director sees all"), s.listSchedules)
	huma.Register(s.api, s.op(auth.SendReports, http.MethodPost, path, "add-schedule", "Have a kept report sent by mail or to a webhook"),
		func(ctx context.Context, in *struct{ Body ScheduleIn }) (*body[scheduleView], error) {
			return s.setSchedule(ctx, "", scheduleChange{ScheduleIn: in.Body})
		})
	huma.Register(s.api, s.op(auth.SendReports, http.MethodPut, path+"/{id}", "change-schedule", "Change a timetable of one's own"),
		func(ctx context.Context, in *struct {
			KeptIn
			Body scheduleChange
		},
		) (*body[scheduleView], error) {
			return s.setSchedule(ctx, in.ID, in.Body)
		})
	huma.Register(s.api, s.op(auth.SendReports, http.MethodDelete, path+"/{id}", "drop-schedule", "Send a report no longer"), s.dropSchedule)
	huma.Register(s.api, s.op(auth.SendReports, http.MethodPost, path+"/{id}/send", "send-schedule", "Send it now, out of turn"), s.sendNow)
}

func (s *server) listSchedules(ctx context.Context, _ *struct{}) (*body[scheduleList], error) {
	u, _ := userOf(ctx)
	all, err := readKept[Schedule](s, "schedule/")
	if err != nil {
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
	}
	out := scheduleList{Items: []scheduleView{}, Mail: s.Mailer != nil, Domains: append([]string{}, s.MailDomains...), Webhooks: []string{}}
	if s.Posts != nil {
		out.Webhooks = append(out.Webhooks, s.Posts.Names()...)
	}
	for _, sc := range all {
		if sc.seenBy(u) {
			out.Items = append(out.Items, s.scheduleView(sc))
		}
	}
	return &body[scheduleList]{out}, nil
}

func (sc *Schedule) seenBy(u auth.User) bool {
	return sc.Owner == u.Name || u.Role.May(auth.ManageLogins)
}

func (s *server) scheduleView(sc Schedule) scheduleView {
	p := s.progressOf(sc)
	v := scheduleView{Schedule: sc, Runs: p.Runs}
	if v.Runs == nil {
		v.Runs = []run{}
	}
	_, r, stopped := s.runnable(sc)
	v.Name = r.Name
	switch {
	case stopped != "":
		v.Stopped = stopped
	case !sc.Paused:
		step := sc.Decide(p.Place, s.Now(), s.Centre().TimeZone)
		if v.Next = step.Next.UTC(); step.Run {
			v.Next = step.Place.Due.UTC()
		}
	}
	return v
}

// Why a timetable does not run.
const (
	stoppedOwner  = "owner_removed"
	stoppedUnseen = "owner_not_seen"
	stoppedRights = "owner_may_not"
	stoppedDomain = "domain_refused"
	stoppedReport = "report_removed"
)

// runnable is the owner and the report of a timetable, or why it does not run.
func (s *server) runnable(sc Schedule) (u auth.User, r SavedReport, stopped string) {
	if u, stopped = s.ownerOf(sc.Owner); stopped != "" {
		return u, r, stopped
	}
	var err error
	if r, err = s.savedOf(context.Background(), u, sc.Saved); err != nil {
		return u, r, stoppedReport
	}
	if !u.Role.May(auth.SendReports) || !u.Role.May(auth.Export) {
		return u, r, stoppedRights
	}
	for _, to := range sc.To { // the domains may be others since it was made
		if _, ok := s.mayMail(to); !ok {
			return u, r, stoppedDomain
		}
	}
	return u, r, ""
}

func (s *server) progressOf(sc Schedule) (p progress) {
	val, err := s.Kept.Get("sent/" + sc.ID)
	if err != nil || val == nil || json.Unmarshal(val, &p) != nil {
		p = progress{ID: sc.ID}
	}
	if p.Place.Done.Before(sc.Since) {
		p.Place.Done = sc.Since
	}
	return p
}

func (s *server) scheduleOf(ctx context.Context, id string) (sc Schedule, err error) {
	u, _ := userOf(ctx)
	if s.Kept != nil {
		if val, err := s.Kept.Get("schedule/" + id); err == nil && val != nil && json.Unmarshal(val, &sc) == nil && sc.seenBy(u) {
			return sc, nil
		}
	}
	return sc, s.problem(ctx, http.StatusNotFound, textNoSchedule)
}

// setSchedule makes or changes a timetable; an empty id is a new one.
func (s *server) setSchedule(ctx context.Context, id string, in scheduleChange) (*body[scheduleView], error) {
	u, _ := userOf(ctx)
	now := s.Now().UTC().Truncate(time.Millisecond)
	if s.Kept == nil {
		return nil, s.problem(ctx, http.StatusNotFound, textNoSchedule)
	}
	s.sending.Lock()
	defer s.sending.Unlock()
	sc := Schedule{ID: id, Owner: u.Name, ScheduleIn: in.ScheduleIn, Since: now, Changed: now}
	if id != "" {
		old, err := s.scheduleOf(ctx, id)
		if err != nil {
			return nil, err
		}
		if old.Owner != u.Name {
			return nil, s.problem(ctx, http.StatusForbidden, textOthersKept)
		}
		if !in.Changed.IsZero() && !in.Changed.Equal(old.Changed) {
			return nil, s.problem(ctx, http.StatusConflict, textScheduleNewer)
		}
		if !sc.Changed.After(old.Changed) {
			sc.Changed = old.Changed.Add(time.Millisecond)
		}
		if sc.Since = old.Since; old.When != in.When || old.Paused {
			sc.Since = now // what was due by the old times, or in the pause, is not made up for
		}
	} else if all, err := readKept[Schedule](s, "schedule/"); err != nil || len(all) >= maxSchedules {
		return nil, s.problem(ctx, http.StatusConflict, textTooManyKept)
	} else {
		sc.ID = rand.Text()
	}
	if err := s.checkSchedule(ctx, u, &sc); err != nil {
		return nil, err
	}
	if err := s.audit(ctx, "schedule_report", sc.told()); err != nil {
		return nil, err
	}
	if err := s.keep(ctx, "schedule/"+sc.ID, sc); err != nil {
		return nil, err
	}
	s.wake()
	return &body[scheduleView]{s.scheduleView(sc)}, nil
}

// told is what the timetable does, for the audit.
func (sc *Schedule) told() string {
	to := strings.Join(sc.To, ",")
	if sc.Webhook != "" {
		to = strings.TrimPrefix(to+",webhook:"+sc.Webhook, ",")
	}
	out := sc.ID + " report=" + sc.Saved + " " + sc.Every + " " + sc.At + " to=" + to
	return out[:min(len(out), 400)]
}

func (s *server) checkSchedule(ctx context.Context, u auth.User, sc *Schedule) error {
	no := func(format string, args ...any) error {
		return s.problem(ctx, http.StatusUnprocessableEntity, format, args...)
	}
	if sc.Check() != nil {
		return no(textNoRhythm)
	}
	if _, stopped := s.ownerOf(u.Name); stopped != "" {
		return no(textOwnLogin)
	}
	if _, err := s.savedOf(ctx, u, sc.Saved); err != nil {
		return err
	}
	if !u.Role.May(auth.Export) {
		return s.mayExport(ctx)
	}
	switch {
	case (len(sc.To) == 0) == (sc.Webhook == ""):
		return no(textOneOfTwo)
	case len(sc.To) > maxAddressees:
		return no(textTooManyTo, maxAddressees)
	case len(sc.To) > 0 && s.Mailer == nil:
		return no(textNoMail)
	case sc.Webhook != "" && (s.Posts == nil || !slices.Contains(s.Posts.Names(), sc.Webhook)):
		return no(textNoHook, sc.Webhook)
	}
	for i, to := range sc.To {
		a, err := mail.ParseAddress(to)
		if err != nil || strings.ContainsFunc(a.Address, unicode.IsControl) || len(to) > 254 || !strings.Contains(a.Address, "@") {
			return no(textNoAddress, to[:min(len(to), 100)])
		}
		if domain, ok := s.mayMail(a.Address); !ok {
			return no(textNoDomain, domain)
		}
		sc.To[i] = a.Address
	}
	return nil
}

// mayMail is the domain of an address, and whether reports may be mailed to it.
func (s *server) mayMail(address string) (domain string, ok bool) {
	domain = strings.ToLower(address[strings.LastIndex(address, "@")+1:])
	return domain, len(s.MailDomains) == 0 || slices.Contains(s.MailDomains, domain)
}

func (s *server) dropSchedule(ctx context.Context, in *KeptIn) (*struct{}, error) {
	sc, err := s.scheduleOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	s.sending.Lock()
	defer s.sending.Unlock()
	if err := s.audit(ctx, "unschedule_report", sc.told()); err != nil {
		return nil, err
	}
	if s.Kept.Delete("schedule/"+sc.ID) != nil || s.Kept.Delete("sent/"+sc.ID) != nil {
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
	}
	s.wake()
	return nil, nil
}

func (s *server) sendNow(ctx context.Context, in *KeptIn) (*body[run], error) {
	u, _ := userOf(ctx)
	sc, err := s.scheduleOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	s.sending.Lock()
	defer s.sending.Unlock()
	p := s.progressOf(sc)
	done := s.send(ctx, sc, &p, run{Due: s.Now().UTC().Truncate(time.Millisecond), By: u.Name})
	return &body[run]{done}, nil
}
