package notify

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wneessen/go-mail"

	"hotline"
)

// postOffice is a mail server without a network.
type postOffice struct {
	mu     sync.Mutex
	had    []string // recipient and Message-ID of each mail that was taken
	whole  []string
	closed bool // nobody is there
	answer func(to string) error
}

func (p *postOffice) connect(context.Context) (session, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errors.New("connection refused")
	}
	return p, nil
}

func (p *postOffice) close() {}

func (p *postOffice) send(m *mail.Msg) error {
	to := m.GetTo()[0].Address
	if p.answer != nil {
		if err := p.answer(to); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.had, p.whole = append(p.had, to+" "+m.GetMessageID()), append(p.whole, b.String())
	return nil
}

func (p *postOffice) to() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for _, h := range p.had {
		to, _, _ := strings.Cut(h, " ")
		all = append(all, to)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func testMailer(t *testing.T, dir string, office *postOffice, facts *[]hotline.Event) *Mailer {
	t.Helper()
	m, err := NewMailer(MailConfig{
		Server: MailServer{From: "热线 <hotline@example.com>"}, Spool: dir, Logger: discard(),
		Append: func(evs []hotline.Event) error { *facts = append(*facts, evs...); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	m.connect = office.connect
	return m
}

// runFor lets the mailer run for that long.
func runFor(m *Mailer, d time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	_ = m.Run(ctx)
}

func TestAMailIsWhatWasGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var facts []hotline.Event
		office := &postOffice{}
		m := testMailer(t, t.TempDir(), office, &facts)
		err := m.Send(t.Context(), Mail{
			To: []string{"Anna <anna@example.com>", "bo@example.com"}, Subject: "日报\r\nBcc: evil@example.com\u202e", Text: "您好\n.\nEnd", HTML: "<p>您好</p>",
			Files: []File{{Name: "../日报\".csv", Data: []byte("队列,接通\n")}, {Name: "x.bin", Type: "evil\r\nX: y", Data: []byte{0, 1, 2, 255}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		runFor(m, time.Minute)
		if office.to() != "anna@example.com bo@example.com" {
			t.Fatal(office.to())
		}
		msg, err := netmail.ReadMessage(strings.NewReader(office.whole[0]))
		if err != nil {
			t.Fatal(err)
		}
		subject, _ := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
		if subject != "日报  Bcc: evil@example.com" || msg.Header.Get("Bcc") != "" || msg.Header.Get("X") != "" || msg.Header.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("%q %v", subject, msg.Header)
		}
		if from, err := msg.Header.AddressList("From"); err != nil || from[0].Name != "热线" {
			t.Errorf("%v %v", from, err)
		}
		parts := walk(t, msg.Header.Get("Content-Type"), msg.Body)
		for name, want := range map[string]string{"text/plain": "您好\r\n.\r\nEnd", "text/html": "<p>您好</p>", "_日报_.csv": "队列,接通\n", "x.bin": "\x00\x01\x02\xff"} {
			if got := strings.TrimRight(strings.ReplaceAll(parts[name], "\r\n", "\n"), "\n"); got != strings.TrimRight(strings.ReplaceAll(want, "\r\n", "\n"), "\n") {
				t.Errorf("%s: %q in %q", name, got, parts)
			}
		}
		if s := m.Stats(); s.Sent != 2 || s.Waiting != 0 || !s.FailingSince.IsZero() {
			t.Errorf("%+v", s)
		}
	})
}

// walk returns the parts of a message by their file name or their type.
func walk(t *testing.T, kind string, body io.Reader) map[string]string {
	t.Helper()
	out := map[string]string{}
	media, params, err := mime.ParseMediaType(kind)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(media, "multipart/") {
		data, _ := io.ReadAll(body)
		out[media] = string(data)
		return out
	}
	for r := multipart.NewReader(body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if err != nil {
			return out
		}
		var from io.Reader = p
		switch p.Header.Get("Content-Transfer-Encoding") {
		case "base64":
			from = base64Reader(p)
		case "quoted-printable":
			from = quotedReader(p)
		}
		for name, text := range walk(t, p.Header.Get("Content-Type"), from) {
			if _, dp, err := mime.ParseMediaType(p.Header.Get("Content-Disposition")); err == nil && dp["filename"] != "" {
				name, _ = new(mime.WordDecoder).DecodeHeader(dp["filename"])
			}
			out[name] = text
		}
	}
}

// TestOneBadAddressStopsNobody: refused for good, refused for now, taken: each recipient by itself.
func TestOneBadAddressStopsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var facts []hotline.Event
		busy := 3
		office := &postOffice{}
		office.answer = func(to string) error {
			switch to {
			case "gone@example.com":
				return &textproto.Error{Code: 550, Msg: "no such user"}
			case "busy@example.com":
				if busy--; busy >= 0 {
					return &textproto.Error{Code: 451, Msg: "greylisted"}
				}
			}
			return nil
		}
		m := testMailer(t, t.TempDir(), office, &facts)
		if err := m.Send(t.Context(), Mail{Key: "k", To: []string{"gone@example.com", "busy@example.com", "well@example.com"}, Subject: "x"}); err != nil {
			t.Fatal(err)
		}
		runFor(m, time.Second)
		var fates []string
		m.Tell(func(f Fate) { fates = append(fates, f.Key+" "+f.To+" "+f.Lost) })
		runFor(m, time.Hour)
		if got := strings.Join(fates, "; "); !strings.Contains(got, "no such user") || !strings.HasPrefix(got, "k gone@example.com ") || !strings.HasSuffix(got, "k well@example.com ; k busy@example.com ") {
			t.Error(got)
		}
		if office.to() != "busy@example.com well@example.com" {
			t.Error(office.to())
		}
		if s := m.Stats(); s.Sent != 2 || s.Refused != 1 || s.Retried != 3 || s.Waiting != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestNoMailIsLostByARestart: the server comes and goes, the engine too; every mail comes to each recipient once, the same each time it is tried.
func TestNoMailIsLostByARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var facts []hotline.Event
		dir := t.TempDir()
		office := &postOffice{}
		n := 0
		office.answer = func(string) error {
			if n++; n%3 == 0 {
				return errors.New("broken pipe")
			}
			return nil
		}
		for run := range 10 {
			m := testMailer(t, dir, office, &facts)
			office.closed = run%4 == 1
			for i := range 3 {
				if err := m.Send(t.Context(), Mail{To: []string{fmt.Sprintf("a%d-%d@example.com", run, i), fmt.Sprintf("b%d-%d@example.com", run, i)}, Subject: "x"}); err != nil {
					t.Fatal(err)
				}
			}
			runFor(m, time.Duration(run)*time.Second)
		}
		office.closed = false
		m := testMailer(t, dir, office, &facts)
		runFor(m, 24*time.Hour)
		all := strings.Fields(office.to())
		if len(all) != 60 || len(slices.Compact(all)) != 60 || m.Stats().Waiting != 0 {
			t.Errorf("%d mails: %v", len(all), all)
		}
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("left in the spool: %v", left)
		}
	})
}

func TestAMailIsGivenUpAfterFourDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var facts []hotline.Event
		office := &postOffice{closed: true}
		dir := t.TempDir()
		m := testMailer(t, dir, office, &facts)
		_ = m.Send(t.Context(), Mail{Key: "k", To: []string{"a@example.com"}})
		var lost []Fate
		m.Tell(func(f Fate) { lost = append(lost, f) })
		runFor(m, 95*time.Hour)
		if s := m.Stats(); s.Waiting != 1 || s.FailingSince.IsZero() || s.Error == "" {
			t.Fatalf("%+v", s)
		}
		runFor(m, 2*time.Hour)
		if len(lost) != 1 || lost[0].Key != "k" || lost[0].To != "a@example.com" || lost[0].Lost == "" {
			t.Errorf("%+v", lost)
		}
		m = testMailer(t, dir, office, &facts) // the alarm is known over a restart
		office.closed = false
		_ = m.Send(t.Context(), Mail{To: []string{"b@example.com"}})
		runFor(m, time.Hour)
		if len(facts) != 2 || facts[0].Fact != (hotline.AlarmRaised{Alarm: "mail_lost"}) || facts[1].Fact != (hotline.AlarmCleared{Alarm: "mail_lost"}) || office.to() != "b@example.com" {
			t.Errorf("%v %s", facts, office.to())
		}
	})
}

func TestWhatCannotBeSentIsSaid(t *testing.T) {
	m := testMailer(t, t.TempDir(), &postOffice{}, new([]hotline.Event))
	many := make([]string, maxRecipients+1)
	for i := range many {
		many[i] = fmt.Sprintf("a%d@example.com", i)
	}
	for name, one := range map[string]Mail{
		"nobody": {}, "many": {To: many}, "no address": {To: []string{"anna"}}, "injection": {To: []string{"a@example.com\r\nBcc: b@example.com"}},
		"big": {To: many[:1], Files: []File{{Name: "x", Data: make([]byte, maxMail+1)}}},
	} {
		if m.Send(t.Context(), one) == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if err := (*Mailer)(nil).Send(t.Context(), Mail{To: many[:1]}); !errors.Is(err, ErrNoMail) {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(m.cfg.Spool, "*")); len(left) != 0 {
		t.Errorf("%v", left)
	}
}

// TestWhatACrashLeftIsClearedAway: half a write, and a list without its mail.
func TestWhatACrashLeftIsClearedAway(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.mail.new": "{", "b.left": `{"to":["x@example.com"]}`, "c.mail": "{broken"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m := testMailer(t, dir, &postOffice{}, new([]hotline.Event))
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 || m.Stats().Waiting != 0 { // what is broken is kept for a person to see
		t.Errorf("%v", left)
	}
}

func base64Reader(r io.Reader) io.Reader { return base64.NewDecoder(base64.StdEncoding, r) }

func quotedReader(r io.Reader) io.Reader { return quotedprintable.NewReader(r) }
