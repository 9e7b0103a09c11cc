package notify

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/wneessen/go-mail"

	"hotline"
)

// Of the tries of a mail.
const (
	mailTimeout   = 30 * time.Second // of one command
	mailSession   = 10 * time.Minute // of one connection
	firstMailWait = 5 * time.Second  // after a failure; doubled each time
	mostMailWait  = 10 * time.Minute
	mailGiveUp    = 4 * 24 * time.Hour // RFC 5321 §4.5.4.1
	maxWaiting    = 1000
)

// MailConfig is what a Mailer needs.
type MailConfig struct {
	Server MailServer
	Spool  string                      // folder of what waits
	Append func([]hotline.Event) error // alarms; nil: none
	Logger *slog.Logger
}

// Mailer sends mails, one after the other, and tries them again. What Send took is on the disk: a restart loses nothing, and sends
// nothing twice but what the server took in the very moment of a crash, which its Message-ID shows.
type Mailer struct {
	cfg     MailConfig
	connect func(ctx context.Context) (session, error)
	more    chan struct{}

	mu      sync.Mutex // guards what is below
	waiting []*posted  // by due
	stats   MailStats
	alarmed bool
	told    func(Fate) // nil: nobody asked yet
	untold  []Fate
}

// MailStats is how the mail fares. A mail to three recipients counts three times. The counts are since NewMailer.
type MailStats struct {
	Sent         uint64    // taken by the server
	Refused      uint64    // answered with a 5xx: not tried again
	Retried      uint64    // tries that came to nothing and are made again
	GivenUp      uint64    // not taken for four days
	Waiting      int       // mails not yet dealt with
	LastSent     time.Time // zero: none since the start
	FailingSince time.Time // zero: the last try succeeded
	Error        string    // of the last failure
}

// session is a connection to the server.
type session interface {
	send(m *mail.Msg) error
	close()
}

// NewMailer reads what was waiting. Nothing is sent before Run.
func NewMailer(cfg MailConfig) (*Mailer, error) {
	if err := os.MkdirAll(cfg.Spool, 0o700); err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	m := &Mailer{cfg: cfg, more: make(chan struct{}, 1), connect: cfg.Server.connect}
	all, err := readSpool(cfg.Spool, cfg.Logger)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	m.waiting = all
	m.stats.Waiting = len(all)
	_, err = os.Stat(m.lost())
	m.alarmed = err == nil
	return m, nil
}

// Send takes a mail: once it returns nil the mail will be sent, however often the engine starts anew. It waits for the disk, not for
// the server. On a nil Mailer it returns ErrNoMail.
func (m *Mailer) Send(ctx context.Context, one Mail) error {
	if m == nil {
		return ErrNoMail
	}
	if err := errors.Join(ctx.Err(), one.check()); err != nil {
		return err
	}
	m.mu.Lock()
	full := len(m.waiting) >= maxWaiting
	m.mu.Unlock()
	if full {
		return ErrMailFull
	}
	var id [12]byte
	_, _ = rand.Read(id[:]) // never fails
	now := time.Now()
	p := &posted{ID: fmt.Sprintf("%x-%s", now.UnixMilli(), hex.EncodeToString(id[:])), At: now, left: left{To: one.To}, due: now}
	if err := p.write(m.cfg.Spool, one); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	m.mu.Lock()
	m.waiting = append(m.waiting, p)
	m.stats.Waiting = len(m.waiting)
	m.mu.Unlock()
	select {
	case m.more <- struct{}{}:
	default:
	}
	return nil
}

// Stats returns how the mail fares; zero for a nil Mailer.
func (m *Mailer) Stats() MailStats {
	if m == nil {
		return MailStats{}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.stats
}

// Run sends until ctx is done.
func (m *Mailer) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for wait := time.Duration(0); ; {
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return nil
		case <-m.more:
		case <-timer.C:
		}
		wait = m.deliver(ctx)
	}
}

// deliver makes the tries that are due, over one connection, and returns how long there is nothing to do.
func (m *Mailer) deliver(ctx context.Context) time.Duration {
	due, next := m.due(time.Now())
	if len(due) == 0 {
		return next
	}
	ctx, cancel := context.WithTimeout(ctx, mailSession)
	defer cancel()
	s, err := m.connect(ctx)
	if err != nil {
		if ctx.Err() == nil || errors.Is(ctx.Err(), context.DeadlineExceeded) {
			m.failed(due, err)
		}
		return m.next()
	}
	defer s.close()
	for i, p := range due {
		if !m.deliverOne(ctx, s, p) && ctx.Err() == nil {
			m.failed(due[i+1:], errors.New("the connection is lost"))
			break
		}
	}
	return m.next()
}

// deliverOne sends a mail to those who have not had it; false: the connection is of no use any longer.
func (m *Mailer) deliverOne(ctx context.Context, s session, p *posted) bool {
	one, err := p.read(m.cfg.Spool)
	if err != nil {
		m.cfg.Logger.Error("a mail that waits cannot be read: it is not sent", "mail", p.ID, "error", err)
		m.done(p)
		return true
	}
	var later []string
	var failure error
	for i, to := range p.left.To {
		if ctx.Err() != nil {
			return false
		}
		letter, err := one.letter(m.cfg.Server.From, to, fmt.Sprintf("%s.%d", p.ID, p.number(to)), p.At)
		if err == nil {
			err = s.send(letter)
		} else {
			err = &textproto.Error{Code: 553, Msg: "the address cannot be written: " + err.Error()}
		}
		code := smtpCode(err)
		switch {
		case err == nil:
			m.sent()
			m.tell(Fate{one.Key, to, ""})
		case code >= 500 && code <= 599:
			m.refused(p, err)
			m.tell(Fate{one.Key, to, whyLost(err)})
		default:
			later, failure = append(later, to), err
		}
		if err == nil || code >= 500 {
			p.keep(m.cfg, append(slices.Clone(later), p.left.To[i+1:]...))
		}
		if failure != nil && code == 0 { // no word of the server's: it is not there any longer
			later = append(later, p.left.To[i+1:]...)
			break
		}
	}
	p.left.To = later
	if len(later) == 0 {
		m.done(p)
		return true
	}
	m.failed([]*posted{p}, failure)
	return smtpCode(failure) != 0
}

// smtpCode is the code of the server's answer; 0: it did not answer. That it wants to know who we are (RFC 4954 §6) says nothing of the
// mail, so it counts as a 4xx.
func smtpCode(err error) int {
	var send *mail.SendError
	var proto *textproto.Error
	code := 0
	switch {
	case errors.As(err, &send):
		code = send.ErrorCode()
	case errors.As(err, &proto):
		code = proto.Code
	}
	if code == 530 || code == 534 || code == 535 || code == 538 {
		return 454
	}
	return code
}

// due returns what may be tried now, the oldest first, or how long there is nothing.
func (m *Mailer) due(now time.Time) ([]*posted, time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	slices.SortStableFunc(m.waiting, func(a, b *posted) int { return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.ID, b.ID)) })
	n := 0
	for n < len(m.waiting) && !m.waiting[n].due.After(now) {
		n++
	}
	if n == 0 && len(m.waiting) > 0 {
		return nil, m.waiting[0].due.Sub(now)
	}
	return slices.Clone(m.waiting[:n]), time.Hour
}

// next is how long there is nothing to do.
func (m *Mailer) next() time.Duration {
	if due, wait := m.due(time.Now()); len(due) == 0 {
		return wait
	}
	return 0
}

func (m *Mailer) sent() {
	m.mu.Lock()
	m.stats.Sent++
	m.stats.LastSent, m.stats.FailingSince, m.stats.Error = time.Now(), time.Time{}, ""
	m.mu.Unlock()
	m.alarm(false)
}

func (m *Mailer) refused(p *posted, err error) {
	m.mu.Lock()
	m.stats.Refused++
	m.stats.Error = shown(err)
	m.mu.Unlock()
	m.cfg.Logger.Error("the mail server refused a mail: it is not sent again", "mail", p.ID, "error", shown(err))
}

func (m *Mailer) done(p *posted) {
	m.mu.Lock()
	m.waiting = slices.DeleteFunc(m.waiting, func(q *posted) bool { return q == p })
	m.stats.Waiting = len(m.waiting)
	m.mu.Unlock()
	if err := p.remove(m.cfg.Spool); err != nil {
		m.cfg.Logger.Error("a mail that was sent cannot be taken off the disk: a restart sends it again", "mail", p.ID, "error", err)
	}
}

// failed says when the mails are tried again, or gives those up that are too old.
func (m *Mailer) failed(all []*posted, err error) {
	now := time.Now()
	for _, p := range all {
		if now.Sub(p.At) >= mailGiveUp {
			m.cfg.Logger.Error("a mail could not be sent for four days: it is given up", "mail", p.ID, "error", shown(err))
			m.mu.Lock()
			m.stats.GivenUp += uint64(len(p.left.To))
			m.mu.Unlock()
			one, _ := p.read(m.cfg.Spool) // without its key nobody is told
			for _, to := range p.left.To {
				m.tell(Fate{one.Key, to, whyLost(err)})
			}
			m.done(p)
			m.alarm(true)
			continue
		}
		m.mu.Lock()
		p.tries++
		p.due = now.Add(min(mostMailWait, firstMailWait<<min(p.tries-1, 20)))
		m.stats.Retried++
		first := m.stats.FailingSince.IsZero()
		if first {
			m.stats.FailingSince = now
		}
		m.stats.Error = shown(err)
		m.mu.Unlock()
		if first {
			m.cfg.Logger.Warn("a mail cannot be sent: it is tried again", "mail", p.ID, "error", shown(err))
		}
	}
}

// alarm raises the alarm that mails are lost, or clears it; once each.
func (m *Mailer) alarm(on bool) {
	if on == m.alarmed || m.cfg.Append == nil {
		return
	}
	var fact hotline.Fact = hotline.AlarmCleared{Alarm: "mail_lost"}
	if on {
		fact = hotline.AlarmRaised{Alarm: "mail_lost"}
	}
	if err := m.cfg.Append([]hotline.Event{{At: time.Now(), Fact: fact}}); err != nil {
		m.cfg.Logger.Error("an alarm is not in the log", "alarm", "mail_lost", "error", err)
		return
	}
	m.alarmed = on
	var err error
	if on {
		err = os.WriteFile(m.lost(), nil, 0o600)
	} else {
		err = os.Remove(m.lost())
	}
	if err != nil {
		m.cfg.Logger.Warn("a restart will not know that an alarm is raised", "alarm", "mail_lost", "error", err)
	}
}

// lost is a file that is there while the alarm is raised.
func (m *Mailer) lost() string { return filepath.Join(m.cfg.Spool, "lost") }

// shown is an error as it may be logged and shown: short, in one line.
func shown(err error) string {
	if err == nil {
		return ""
	}
	return headerText(err.Error(), 300)
}
