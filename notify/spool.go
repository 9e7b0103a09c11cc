package notify

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

// Endings of the files in the spool: the mail as it was given, never changed, and who has not had it yet.
const (
	mailFile = ".mail"
	leftFile = ".left"
)

// posted is a mail that waits.
type posted struct {
	ID    string
	At    time.Time
	left  left
	all   []string // its recipients, in order
	tries int
	due   time.Time
}

// left is who has not had a mail yet.
type left struct {
	To []string `json:"to"`
}

// spooled is a mail on the disk.
type spooled struct {
	ID   string    `json:"id"`
	At   time.Time `json:"at"`
	Mail Mail      `json:"mail"`
}

func (p *posted) number(to string) int {
	return slices.Index(p.all, to)
}

func (p *posted) write(dir string, m Mail) error {
	m.To = slices.Compact(slices.Sorted(slices.Values(m.To)))
	p.all, p.left.To = m.To, m.To
	return putFile(dir, p.ID+mailFile, spooled{p.ID, p.At, m})
}

func (p *posted) read(dir string) (Mail, error) {
	var s spooled
	err := getFile(filepath.Join(dir, p.ID+mailFile), &s)
	return s.Mail, err
}

// keep puts away who has not had the mail yet.
func (p *posted) keep(cfg MailConfig, to []string) {
	if len(to) == 0 {
		return // the mail itself goes
	}
	if err := putFile(cfg.Spool, p.ID+leftFile, left{to}); err != nil {
		cfg.Logger.Error("who has had a mail cannot be kept: a restart may send it again", "mail", p.ID, "error", err)
	}
}

// remove takes the mail away before the list, which without it means nothing.
func (p *posted) remove(dir string) error {
	if err := os.Remove(filepath.Join(dir, p.ID+mailFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Remove(filepath.Join(dir, p.ID+leftFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// readSpool finds what waits, and clears away what is left of writes that a crash broke off.
func readSpool(dir string, logger *slog.Logger) ([]*posted, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []*posted
	for _, e := range entries {
		name := e.Name()
		id, ok := strings.CutSuffix(name, mailFile)
		if !ok {
			id, of := strings.CutSuffix(name, leftFile)
			if _, err := os.Stat(filepath.Join(dir, id+mailFile)); strings.HasSuffix(name, ".new") || of && errors.Is(err, fs.ErrNotExist) {
				_ = os.Remove(filepath.Join(dir, name))
			}
			continue
		}
		var s spooled
		if err := getFile(filepath.Join(dir, name), &s); err != nil || s.ID != id {
			logger.Error("a mail that waits cannot be read: it is not sent", "file", name, "error", err)
			continue
		}
		p := &posted{ID: id, At: s.At, all: s.Mail.To, left: left{s.Mail.To}}
		var l left
		if err := getFile(filepath.Join(dir, id+leftFile), &l); err == nil && len(l.To) > 0 {
			p.left = l
		}
		all = append(all, p)
	}
	return all, nil
}

func getFile(name string, to any) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, to)
}

// putFile writes a file that is there whole or as it was before, also after a power cut.
func putFile(dir, name string, what any) error {
	data, err := json.Marshal(what)
	if err != nil {
		return err
	}
	name = filepath.Join(dir, name)
	f, err := os.OpenFile(name+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(name+".new", name); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes what was renamed in the folder safe from a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// connected is a session over SMTP.
type connected struct{ c *mail.Client }

func (s MailServer) connect(ctx context.Context) (session, error) {
	c, err := s.client(mailTimeout)
	if err != nil {
		return nil, err
	}
	if err := c.DialWithContext(ctx); err != nil {
		return nil, err
	}
	return connected{c}, nil
}

func (s connected) send(m *mail.Msg) error {
	err := s.c.Send(m)
	if err != nil && m.HasSendError() { // of this mail; what the client returns speaks of all of them
		return m.SendError()
	}
	return err
}

func (s connected) close() { _ = s.c.Close() }

// Try sends a mail at once, without a queue, and says what came of it.
func (s MailServer) Try(ctx context.Context, m Mail) error {
	if err := m.check(); err != nil {
		return err
	}
	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	for i, to := range m.To {
		now := time.Now()
		letter, err := m.letter(s.From, to, now.UTC().Format("20060102T150405.000000000")+"."+string(rune('a'+i%26)), now)
		if err != nil {
			return err
		}
		if err := c.send(letter); err != nil {
			return err
		}
	}
	return nil
}
