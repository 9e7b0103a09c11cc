package web

import (
	"slices"
	"strings"
	"time"
)

// MailFate is what became of a mail to one of its addressees after it was taken.
type MailFate struct {
	Key  string // of the Mail
	To   string
	Lost string // why it will not come; empty: the addressee's server has it
}

// Fates tells what becomes of mails. It is asked once, and tells what it could not tell before, too.
type Fates interface {
	Tell(told func(MailFate))
}

// undelivered is an addressee whom a report did not reach.
type undelivered struct {
	To  string `json:"to"`
	Why string `json:"why"`
}

// mailKey names a run's mail.
func mailKey(id string, due time.Time) string { return id + " " + due.UTC().Format(time.RFC3339Nano) }

// mailTold notes what became of a mail, for the dispatcher to keep: whoever tells is not to wait.
func (s *server) mailTold(f MailFate) {
	s.fatesMu.Lock()
	s.fates = append(s.fates, f)
	s.fatesMu.Unlock()
	s.wake()
}

// keepFates puts what became of mails into the lists of runs.
func (s *server) keepFates() {
	s.fatesMu.Lock()
	all := s.fates
	s.fates = nil
	s.fatesMu.Unlock()
	if len(all) == 0 {
		return
	}
	s.sending.Lock()
	defer s.sending.Unlock()
	of := map[string][]MailFate{}
	for _, f := range all {
		id, _, _ := strings.Cut(f.Key, " ")
		of[id] = append(of[id], f)
	}
	for id, fates := range of {
		if b, err := s.Kept.Get("sent/" + id); err != nil || b == nil {
			continue // the timetable is gone
		}
		p := s.progressOf(Schedule{ID: id})
		for _, f := range fates {
			i := slices.IndexFunc(p.Runs, func(r run) bool { return mailKey(id, r.Due) == f.Key })
			if i < 0 {
				continue
			}
			r := &p.Runs[i]
			r.Outbox = max(r.Outbox-1, 0)
			if f.Lost != "" && len(r.Undelivered) < maxAddressees {
				r.Undelivered = append(r.Undelivered, undelivered{f.To, bound(f.Lost)})
			}
		}
		_ = s.note(p) // it complains itself
	}
}
