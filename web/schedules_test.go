package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"hotline"
	"hotline/web/auth"
)

const schedulesURL = "/api/v1/reports/schedules"

// postbox is a Mailer and a Posts that keeps what it is given.
type postbox struct {
	mu     sync.Mutex
	mails  []Mail
	posts  map[string]string // bodies by id
	tries  int
	broken error
	told   func(MailFate)
}

func (p *postbox) Tell(told func(MailFate)) { p.told = told }

func (p *postbox) Send(_ context.Context, m Mail) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tries++; p.broken != nil {
		return p.broken
	}
	p.mails = append(p.mails, m)
	return nil
}

func (p *postbox) Names() []string { return []string{"bi"} }

func (p *postbox) Post(_ context.Context, hook, id string, body []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tries++; p.broken != nil {
		return p.broken
	}
	p.posts[hook+" "+id] = string(body)
	return nil
}

func (p *postbox) sent() int { p.mu.Lock(); defer p.mu.Unlock(); return len(p.mails) + len(p.posts) }

// office is a bench with a clock of its own, a postbox, and anna, who has the report of yesterday's queues.
type office struct {
	*bench
	*postbox
	mu    sync.Mutex
	at    time.Time
	anna  string
	saved string
}

func (o *office) now() time.Time { o.mu.Lock(); defer o.mu.Unlock(); return o.at }

func (o *office) set(at time.Time) { o.mu.Lock(); defer o.mu.Unlock(); o.at = at }

func newOffice(t *testing.T, events []hotline.Event) *office {
	t.Helper()
	o := &office{postbox: &postbox{posts: map[string]string{}}, at: moment(t, testNow)}
	var err error
	if o.bench, err = setBench(past(events, o.at), o.now); err != nil {
		t.Fatal(err)
	}
	o.Mailer, o.Posts, o.MailDomains = o.postbox, o.postbox, []string{"example.com"}
	o.Tell(o.mailTold) // as build does
	o.run(t)
	o.anna = o.user(t, "anna", auth.Lead)
	o.saved = read[savedView](t, o.do(t, o.anna, "POST", savedURL, `{"name":"昨日 & 队列","report":"queues","query":{"interval":"1h"},"span":"yesterday"}`), 200).ID
	return o
}

func (o *office) schedule(t *testing.T, rest string) scheduleView {
	t.Helper()
	return read[scheduleView](t, o.do(t, o.anna, "POST", schedulesURL, fmt.Sprintf(`{"saved":%q,%s}`, o.saved, rest)), 200)
}

func (o *office) runs(t *testing.T, id string) []run {
	t.Helper()
	for _, s := range read[scheduleList](t, o.get(t, o.token(t, auth.User{Name: "anna", Role: auth.Lead}), schedulesURL), 200).Items {
		if s.ID == id {
			return s.Runs
		}
	}
	t.Fatal("no such timetable")
	return nil
}

func TestScheduleSends(t *testing.T) {
	o := newOffice(t, afternoon(t))
	s := o.schedule(t, `"every":"daily","at":"07:30","to":["Boss <boss@example.com>"]`)
	if s.Owner != "anna" || s.Next.Format(time.RFC3339) != "2026-11-22T23:30:00Z" || s.To[0] != "boss@example.com" || s.Stopped != "" {
		t.Errorf("%+v", s)
	}
	if next := o.sendDue(t.Context()); o.sent() != 0 || !next.Equal(s.Next) {
		t.Errorf("sent %d, next %s", o.sent(), next)
	}
	o.set(moment(t, "2026-11-23T07:30:00+08:00"))
	before := len(o.log.audited())
	for n := 0; o.sent() == 0 && n < 20; n++ { // calls of that day still wait: it is waited for them, and then said
		if next := o.sendDue(t.Context()); o.sent() == 0 {
			o.set(next)
		}
	}
	next := o.sendDue(t.Context())
	if o.sent() != 1 || next.Format(time.RFC3339) != "2026-11-23T23:30:00Z" || !o.now().Equal(moment(t, "2026-11-23T08:30:00+08:00")) {
		t.Fatalf("sent %d, next %s: %+v", o.sent(), next, o.runs(t, s.ID))
	}
	m := o.mails[0]
	if !strings.Contains(m.Subject, "昨日 & 队列 2026-11-22（未定稿）") || len(m.Files) != 1 || m.Files[0].Name != "queues-2026-11-22.xlsx" || !strings.Contains(m.HTML, "昨日 &amp; 队列") ||
		!strings.Contains(m.Text, "转人工接通率") || strings.Contains(m.HTML, "<script") {
		t.Errorf("%q %v\n%s\n%s", m.Subject, m.To, m.Text, m.HTML)
	}
	f, err := excelize.OpenReader(strings.NewReader(string(m.Files[0].Data)))
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := f.GetRows("queues"); err != nil || len(rows) < 24 || rows[0][0] != "时段" {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	acts := o.log.audited()[before:]
	if len(acts) != 2 || !strings.HasPrefix(acts[0], "anna export queues xlsx from=2026-11-22T00:00:00+08:00 to=2026-11-23T00:00:00+08:00 interval=1h rows=") ||
		!strings.HasPrefix(acts[1], "anna send_report "+s.ID+" report="+o.saved+" daily 07:30 to=boss@example.com") {
		t.Errorf("noted %q", acts)
	}
	o.sendDue(t.Context())
	if r := o.runs(t, s.ID); o.sent() != 1 || len(r) != 1 || r[0].Outcome != "sent" || r[0].Bytes == 0 || r[0].From.Format(time.RFC3339) != "2026-11-21T16:00:00Z" {
		t.Errorf("sent %d: %+v", o.sent(), r)
	}
	o.set(moment(t, "2026-11-27T12:00:00+08:00")) // nothing ran for four days
	o.sendDue(t.Context())
	o.sendDue(t.Context())
	if r := o.runs(t, s.ID); o.sent() != 2 || r[0].Missed != 3 {
		t.Errorf("after a downtime: sent %d: %+v", o.sent(), r)
	}
}

// What was handed over when the engine ended may be out: it is not sent again, and that is shown.
func TestNothingIsSentTwice(t *testing.T) {
	o := newOffice(t, nil)
	byMail := o.schedule(t, `"every":"daily","at":"07:30","to":["boss@example.com"]`)
	byHook := o.schedule(t, `"every":"daily","at":"07:30","webhook":"bi"`)
	o.set(moment(t, "2026-11-23T07:30:00+08:00"))
	o.broken = errors.New("the engine ends here")
	o.sendDue(t.Context())
	for _, id := range []string{byMail.ID, byHook.ID} { // as it was noted before the handing over
		var p progress
		val, _ := o.Kept.Get("sent/" + id)
		if err := json.Unmarshal(val, &p); err != nil {
			t.Fatal(err)
		}
		p.Runs[0].Outcome, p.Runs[0].Ended, p.Place.Again = "sending", time.Time{}, time.Time{}
		if err := o.note(p); err != nil {
			t.Fatal(err)
		}
	}
	o.broken = nil
	o.afterRestart()
	o.sendDue(t.Context())
	if r := o.runs(t, byMail.ID); len(o.mails) != 0 || r[0].Outcome != "unknown" {
		t.Errorf("%d mails, %+v", len(o.mails), r)
	}
	if r := o.runs(t, byHook.ID); len(o.posts) != 1 || r[0].Outcome != "sent" {
		t.Errorf("%d posts, %+v", len(o.posts), r)
	}
	for id, body := range o.posts {
		var m postedReport
		if err := json.Unmarshal([]byte(body), &m); err != nil || !strings.HasPrefix(id, "bi report-"+byHook.ID+"-20261122T233000") || m.Event != "report" || m.Figures["answered"] == nil || len(m.File.Data) == 0 {
			t.Errorf("%s %v %+v", id, err, m)
		}
	}
}

func TestFailuresAreShownAndTriedAgain(t *testing.T) {
	o := newOffice(t, nil)
	s := o.schedule(t, `"every":"daily","at":"07:30","to":["boss@example.com"],"format":"csv"`)
	o.set(moment(t, "2026-11-23T07:30:00+08:00"))
	o.broken = errors.New("the spool is full")
	next := o.sendDue(t.Context())
	if r := o.runs(t, s.ID); len(r) != 1 || r[0].Outcome != "failed" || r[0].Error != "the spool is full" || next.Sub(o.now()) != time.Minute {
		t.Fatalf("%+v, again at %s", r, next)
	}
	o.broken = nil
	o.set(next)
	o.sendDue(t.Context())
	if r := o.runs(t, s.ID); len(r) != 1 || r[0].Outcome != "sent" || r[0].Attempts != 2 || o.sent() != 1 {
		t.Errorf("%+v", r)
	}
	o.broken = fmt.Errorf("status 404: %w", hotline.ErrRefused)
	o.set(moment(t, "2026-11-24T07:30:00+08:00"))
	o.sendDue(t.Context())
	if r := o.runs(t, s.ID); r[0].Outcome != "given_up" {
		t.Errorf("a refusal for good: %+v", r)
	}
	o.broken = nil
	if r := read[run](t, o.do(t, o.token(t, auth.User{Name: "anna", Role: auth.Lead}), "POST", schedulesURL+"/"+s.ID+"/send", ""), 200); r.Outcome != "sent" || r.By != "anna" || len(o.mails) != 2 {
		t.Errorf("out of turn: %+v", r)
	}
}

// A timetable runs under the rights of its owner, and not without one.
func TestScheduleStopsWithItsOwner(t *testing.T) {
	o := newOffice(t, nil)
	s := o.schedule(t, `"every":"daily","at":"07:30","to":["boss@example.com"]`)
	due := func(day string) run {
		o.set(moment(t, day+"T07:30:00+08:00"))
		o.sendDue(t.Context())
		p := o.progressOf(s.Schedule)
		return p.Runs[0]
	}
	o.MailDomains = []string{"other.example"}
	if r := due("2026-11-23"); r.Outcome != "stopped" || r.Error != stoppedDomain {
		t.Errorf("to a domain that is no longer allowed: %+v", r)
	}
	o.MailDomains = []string{"example.com"}
	if err := o.Auth.Add("anna", auth.QA, "a long password"); err != nil {
		t.Fatal(err)
	}
	if r := due("2026-11-24"); r.Outcome != "stopped" || r.Error != stoppedRights {
		t.Errorf("as QA: %+v", r)
	}
	if err := o.Auth.Remove("anna"); err != nil {
		t.Fatal(err)
	}
	if r := due("2026-11-25"); r.Outcome != "stopped" || r.Error != stoppedOwner || o.sent() != 0 {
		t.Errorf("removed: %+v", r)
	}
	all := read[scheduleList](t, o.get(t, o.as(t, auth.Director), schedulesURL), 200).Items
	if len(all) != 1 || all[0].Stopped != stoppedOwner || !all[0].Next.IsZero() {
		t.Errorf("%+v", all)
	}
	if err := o.Auth.Add("anna", auth.Lead, "a long password"); err != nil {
		t.Fatal(err)
	}
	if r := due("2026-11-26"); r.Outcome != "sent" {
		t.Errorf("there again: %+v", r)
	}
	o.anna = o.token(t, auth.User{Name: "anna", Role: auth.Lead})
	if r := o.do(t, o.anna, "DELETE", savedURL+"/"+o.saved, ""); r.StatusCode != 204 {
		t.Fatal(r.Status)
	}
	if r := due("2026-11-27"); r.Outcome != "stopped" || r.Error != stoppedReport {
		t.Errorf("without its report: %+v", r)
	}
}

func TestSchedulesAreChecked(t *testing.T) {
	o := newOffice(t, nil)
	for _, bad := range []string{
		`"every":"daily","at":"07:30"`, `"every":"daily","at":"7:30","to":["a@example.com"]`, `"every":"weekly","at":"07:30","to":["a@example.com"]`,
		`"every":"daily","at":"07:30","to":["a@evil.example"]`, `"every":"daily","at":"07:30","to":["nobody"]`, `"every":"daily","at":"07:30","to":["a@example.com\r\nBcc: b@example.com"]`,
		`"every":"daily","at":"07:30","webhook":"nothing"`, `"every":"daily","at":"07:30","to":["a@example.com"],"webhook":"bi"`, `"every":"daily","at":"07:30","to":["a@example.com"],"format":"exe"`,
	} {
		if r := o.do(t, o.anna, "POST", schedulesURL, fmt.Sprintf(`{"saved":%q,%s}`, o.saved, bad)); r.StatusCode != 422 {
			t.Errorf("%s: %s %s", bad, r.Status, r.body)
		}
	}
	bert := o.user(t, "bert", auth.Coordinator)
	if r := o.do(t, bert, "POST", schedulesURL, fmt.Sprintf(`{"saved":%q,"every":"daily","at":"07:30","to":["a@example.com"]}`, o.saved)); r.StatusCode != 404 {
		t.Errorf("another's report: %s", r.Status)
	}
	s := o.schedule(t, `"every":"monthly","day":31,"at":"07:30","webhook":"bi","paused":true`)
	if !s.Next.IsZero() {
		t.Errorf("paused, and next %s", s.Next)
	}
	for _, m := range []string{"DELETE", "PUT"} {
		if r := o.do(t, bert, m, schedulesURL+"/"+s.ID, fmt.Sprintf(`{"saved":%q,"every":"daily","at":"07:30","webhook":"bi"}`, o.saved)); r.StatusCode != 404 {
			t.Errorf("%s by another: %s", m, r.Status)
		}
	}
	if r := o.do(t, o.as(t, auth.Director), "DELETE", schedulesURL+"/"+s.ID, ""); r.StatusCode != 204 {
		t.Errorf("by a director: %s", r.Status)
	}
}

// An unsettled span is waited for; the loop runs beside the pages and ends with them.
func TestDispatchRuns(t *testing.T) {
	o := newOffice(t, nil)
	s := o.schedule(t, `"every":"daily","at":"14:33","to":["boss@example.com"],"summary":true`)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- o.dispatch(ctx) }()
	o.set(moment(t, "2026-11-22T14:33:00+08:00"))
	o.wake()
	for end := time.Now().Add(10 * time.Second); o.sent() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("nothing was sent: %+v", o.runs(t, s.ID))
		}
	}
	stop()
	if err := <-done; err != nil || len(o.mails[0].Files) != 0 {
		t.Error(err, o.mails)
	}
}

// TestUndeliveredIsShown: what the mail server takes later, or never, stands in the list of runs.
func TestUndeliveredIsShown(t *testing.T) {
	o := newOffice(t, nil)
	s := o.schedule(t, `"every":"daily","at":"07:30","to":["boss@example.com","gone@example.com"]`)
	o.set(moment(t, "2026-11-23T07:30:00+08:00"))
	o.sendDue(t.Context())
	r := o.runs(t, s.ID)
	if len(r) != 1 || r[0].Outcome != "sent" || r[0].Outbox != 2 || r[0].Undelivered != nil {
		t.Fatalf("%+v", r)
	}
	key := o.mails[0].Key
	o.told(MailFate{Key: key, To: "boss@example.com"})
	o.told(MailFate{Key: key, To: "gone@example.com", Lost: "550 no such user"})
	o.told(MailFate{Key: "another " + key, To: "x@example.com", Lost: "x"})
	o.keepFates()
	if r = o.runs(t, s.ID); r[0].Outbox != 0 || len(r[0].Undelivered) != 1 || r[0].Undelivered[0] != (undelivered{"gone@example.com", "550 no such user"}) {
		t.Errorf("%+v", r)
	}
}

// TestScheduleIsChanged: the second of two who change the same one is told so, and nothing is lost.
func TestScheduleIsChanged(t *testing.T) {
	o := newOffice(t, nil)
	s := o.schedule(t, `"every":"daily","at":"07:30","to":["boss@example.com"]`)
	change := func(at, changed string) reply {
		return o.do(t, o.anna, "PUT", schedulesURL+"/"+s.ID, fmt.Sprintf(`{"saved":%q,"every":"weekly","weekday":3,"at":%q,"to":["boss@example.com"]%s}`, o.saved, at, changed), "Accept-Language", "zh")
	}
	was := fmt.Sprintf(`,"changed":%q`, s.Changed.Format(time.RFC3339Nano))
	v := read[scheduleView](t, change("08:15", was), 200)
	if v.At != "08:15" || v.Weekday != 3 || !v.Changed.After(s.Changed) || v.ID != s.ID {
		t.Errorf("%+v", v)
	}
	if r := change("09:00", was); r.StatusCode != 409 || !strings.Contains(r.body, "刚才已被他人修改") {
		t.Errorf("%s %s", r.Status, r.body)
	}
	if v := read[scheduleView](t, change("09:00", ""), 200); v.At != "09:00" {
		t.Errorf("%+v", v)
	}
}

// TestSingleSignOnSends: who is known by an identity provider has reports sent under the rights of the last log-in, for thirty days after it.
func TestSingleSignOnSends(t *testing.T) {
	o := newOffice(t, nil)
	u := auth.User{Name: "sso/bo", Role: auth.Lead}
	bo := o.token(t, u)
	saved := read[savedView](t, o.do(t, bo, "POST", savedURL, `{"name":"b","report":"queues","span":"yesterday"}`), 200).ID
	plan := fmt.Sprintf(`{"saved":%q,"every":"daily","at":"07:30","to":["boss@example.com"]}`, saved)
	if r := o.do(t, bo, "POST", schedulesURL, plan); r.StatusCode != 422 {
		t.Errorf("nobody vouched for it: %s %s", r.Status, r.body)
	}
	o.vouch(u)
	s := read[scheduleView](t, o.do(t, bo, "POST", schedulesURL, plan), 200)
	if s.Stopped != "" || s.Owner != "sso/bo" {
		t.Errorf("%+v", s)
	}
	o.set(moment(t, "2026-11-23T07:30:00+08:00"))
	if o.sendDue(t.Context()); o.sent() != 1 {
		t.Errorf("sent %d", o.sent())
	}
	o.vouch(auth.User{Name: "sso/bo", Role: auth.QA}) // it may send no longer
	if sc := o.scheduleView(s.Schedule); sc.Stopped != stoppedRights {
		t.Errorf("%+v", sc)
	}
	o.vouch(u)
	o.set(o.now().Add(vouchedFor + time.Hour))
	before := o.sent()
	if o.sendDue(t.Context()); o.sent() != before || o.scheduleView(s.Schedule).Stopped != stoppedUnseen {
		t.Errorf("sent %d, %+v", o.sent(), o.scheduleView(s.Schedule))
	}
}

// TestSchedulesAnywhere: where mails may go everywhere the list says so by an empty list, which pages can count.
func TestSchedulesAnywhere(t *testing.T) {
	o := newOffice(t, afternoon(t))
	o.MailDomains = nil
	if got := read[scheduleList](t, o.get(t, o.anna, schedulesURL), 200); got.Domains == nil || len(got.Domains) != 0 || !got.Mail {
		t.Errorf("%+v", got)
	}
}
