package notify

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"mime"
	"net"
	netmail "net/mail"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/wneessen/go-mail"
)

// Bounds of one mail.
const (
	maxRecipients = 100
	maxMail       = 25 << 20 // bytes of its texts and files
	maxSubject    = 200      // runes
)

// Errors of Mailer.Send.
var (
	// ErrNoMail: hotline.yaml names no mail server.
	ErrNoMail = errors.New("notify: no mail server is configured")
	// ErrMailFull: too many mails wait for the server.
	ErrMailFull = errors.New("notify: too many mails are waiting")
)

// Mail is one message. Every recipient gets it as a mail of its own, so one bad address stops no other and nobody sees who else gets it.
type Mail struct {
	Key     string   `json:"key,omitempty"` // by which Tell tells what became of it; empty: nobody asks
	To      []string `json:"to"`            // addresses such as anna@example.com or "Anna <anna@example.com>"; at most 100
	Subject string   `json:"subject"`
	Text    string   `json:"text"`
	HTML    string   `json:"html,omitempty"` // the same as Text for those who can read it; empty: Text alone
	Files   []File   `json:"files,omitempty"`
}

// File is attached to a mail.
type File struct {
	Name string `json:"name"`
	Type string `json:"type,omitempty"` // such as text/csv; empty: by the name
	Data []byte `json:"data"`
}

// MailServer is who takes the mails.
type MailServer struct {
	Server   string // HOST:PORT
	TLS      string // TLSStart, TLSOn, TLSNone
	User     string // empty: no AUTH
	Password string
	From     string         // address, perhaps with a name
	CA       *x509.CertPool // who vouches for the server; nil: the machine's
}

// Values of MailServer.TLS.
const (
	TLSStart = "starttls" // RFC 3207, and nothing without it
	TLSOn    = "tls"      // from the first byte (RFC 8314 §3)
	TLSNone  = "none"     // for a server on this machine
)

// CheckAddress says what is wrong with an address of a mail.
func CheckAddress(s string) error {
	a, err := netmail.ParseAddress(s)
	if err != nil {
		return fmt.Errorf("notify: %q is not a mail address", s)
	}
	if _, host, _ := strings.Cut(a.Address, "@"); host == "" || strings.ContainsFunc(a.Address, unicode.IsControl) {
		return fmt.Errorf("notify: %q is not a mail address", s)
	}
	return nil
}

// check says why the mail cannot be sent to anybody.
func (m *Mail) check() error {
	if len(m.To) == 0 || len(m.To) > maxRecipients {
		return fmt.Errorf("notify: a mail to %d recipients: 1 to %d may be named", len(m.To), maxRecipients)
	}
	for _, to := range m.To {
		if err := CheckAddress(to); err != nil {
			return err
		}
	}
	size := len(m.Text) + len(m.HTML)
	for _, f := range m.Files {
		size += len(f.Data)
	}
	if size > maxMail {
		return fmt.Errorf("notify: a mail of %d MiB: at most %d", size>>20, maxMail>>20)
	}
	return nil
}

// headerText is a text that can stand in a header: no line begins in it (RFC 5322 §2.2), and none of what it says is invisible.
func headerText(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.Is(unicode.Bidi_Control, r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if r := []rune(s); len(r) > most {
		s = string(r[:most-1]) + "…"
	}
	return strings.TrimSpace(s)
}

// fileName is a name for an attachment that leads nowhere.
func fileName(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|;`, r) {
			return '_'
		}
		return r
	}, headerText(s, 120))
	if s = strings.Trim(s, ". "); s == "" {
		return "file"
	}
	return s
}

// letter is the mail to one recipient, the same in every try: a server that has had it can tell by its Message-ID.
func (m *Mail) letter(from, to, id string, at time.Time) (*mail.Msg, error) {
	out := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := out.From(from); err != nil {
		return nil, err
	}
	if err := out.To(to); err != nil {
		return nil, err
	}
	out.Subject(headerText(m.Subject, maxSubject))
	out.SetDateWithValue(at)
	sender, err := out.GetSender(false)
	if err != nil {
		return nil, err
	}
	_, host, _ := strings.Cut(strings.Trim(sender, "<>"), "@")
	out.SetMessageIDWithValue(id + "@" + host)
	out.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834 §5: nobody's holiday notice answers it
	out.SetBodyString(mail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		out.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	}
	for _, f := range m.Files {
		name, kind := fileName(f.Name), f.Type
		if kind == "" {
			kind = mime.TypeByExtension(filepath.Ext(name))
		}
		if _, _, err := mime.ParseMediaType(kind); err != nil {
			kind = "application/octet-stream"
		}
		out.AttachReadSeeker(name, bytes.NewReader(f.Data), mail.WithFileContentType(mail.ContentType(kind)))
	}
	return out, nil
}

// client is a connection to be made.
func (s MailServer) client(within time.Duration) (*mail.Client, error) {
	host, port, err := net.SplitHostPort(s.Server)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	auth := mail.SMTPAuthAutoDiscover
	opts := []mail.Option{
		mail.WithPort(n), mail.WithTimeout(within),
		mail.WithTLSConfig(&tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, RootCAs: s.CA}),
	}
	switch s.TLS {
	case TLSOn:
		opts = append(opts, mail.WithSSL())
	case TLSNone:
		opts, auth = append(opts, mail.WithTLSPolicy(mail.NoTLS)), mail.SMTPAuthPlainNoEnc
	default:
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if s.User != "" {
		opts = append(opts, mail.WithSMTPAuth(auth), mail.WithUsername(s.User), mail.WithPassword(s.Password))
	}
	return mail.NewClient(host, opts...)
}
