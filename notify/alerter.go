package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Of the channels of alarms.
const (
	lookPace     = 5 * time.Second // conditions come and go by time alone: they have to be looked at
	alarmTimeout = 10 * time.Second
)

// AlerterConfig is what an Alerter needs.
type AlerterConfig struct {
	Channels  []Channel
	Open      func(now time.Time) []Alarm // what is wrong now
	Mail      func(ctx context.Context, m Mail) error
	Places    Places
	Zone      *time.Location
	Transport http.RoundTripper // nil: the machine's
	Agent     string            // User-Agent
	Logger    *slog.Logger
}

// Alerter tells channels of alarms. Each has one try under way at most; none waits for another.
type Alerter struct {
	cfg      AlerterConfig
	channels []*alarmChannel
}

type alarmChannel struct {
	book *alarmBook
	busy bool

	mu    sync.Mutex // guards stats
	stats ChannelStats
}

// ChannelStats is how one channel fares. The counts are since NewAlerter.
type ChannelStats struct {
	Channel       string
	Kind          string
	Delivered     uint64
	Failed        uint64    // tries that came to nothing
	LastDelivered time.Time // zero: none since the start
	FailingSince  time.Time // zero: the last try succeeded
	Error         string    // of the last failure
}

// NewAlerter finds what each channel was told; what one that is configured no longer was told is forgotten.
func NewAlerter(cfg AlerterConfig) (*Alerter, error) {
	a := &Alerter{cfg: cfg}
	known := map[string]bool{}
	for _, c := range cfg.Channels {
		known[c.Name] = true
		val, err := cfg.Places.Get(c.Name)
		if err != nil {
			return nil, fmt.Errorf("alarms %s: %w", c.Name, err)
		}
		var kept []told
		if err := json.Unmarshal(val, &kept); val != nil && err != nil {
			cfg.Logger.Error("what a channel of alarms was told cannot be read: it begins anew", "channel", c.Name)
		}
		a.channels = append(a.channels, &alarmChannel{book: newAlarmBook(c, kept, time.Now()), stats: ChannelStats{Channel: c.Name, Kind: c.Kind}})
	}
	return a, forgetPlaces(cfg.Places, known)
}

// forgetPlaces deletes the places of those who are not known.
func forgetPlaces(places Places, known map[string]bool) error {
	var gone []string
	if err := places.Each("", func(key string, _ []byte) bool {
		if !known[key] {
			gone = append(gone, key)
		}
		return true
	}); err != nil {
		return err
	}
	for _, key := range gone {
		if err := places.Delete(key); err != nil {
			return err
		}
	}
	return nil
}

// Stats returns the figures in the order of AlerterConfig.Channels; none for a nil Alerter.
func (a *Alerter) Stats() []ChannelStats {
	if a == nil {
		return nil
	}
	out := make([]ChannelStats, 0, len(a.channels))
	for _, c := range a.channels {
		c.mu.Lock()
		out = append(out, c.stats)
		c.mu.Unlock()
	}
	return out
}

// landing is what came of a message.
type landing struct {
	c   *alarmChannel
	n   *news
	err error
}

// Run tells the channels until ctx is done.
func (a *Alerter) Run(ctx context.Context) error {
	if len(a.channels) == 0 {
		<-ctx.Done()
		return nil
	}
	landed := make(chan landing, len(a.channels))
	tick := time.NewTicker(lookPace)
	defer tick.Stop()
	for flying := 0; ; {
		select {
		case <-ctx.Done():
			for ; flying > 0; flying-- {
				if l := <-landed; l.err == nil { // else the end may have broken it off: it is told after the start
					a.land(l)
				}
			}
			return nil
		case l := <-landed:
			flying--
			a.land(l)
		case <-tick.C:
			flying += a.look(ctx, landed)
		}
	}
}

// look gives the channels what is wrong now, and begins what is to be told. It returns how many tries were begun.
func (a *Alerter) look(ctx context.Context, landed chan<- landing) (begun int) {
	now := time.Now()
	open := a.cfg.Open(now)
	for _, c := range a.channels {
		if c.busy {
			continue
		}
		n := c.book.look(now, open)
		a.keep(c)
		if n == nil {
			continue
		}
		c.busy = true
		begun++
		go func() {
			_, err := a.send(ctx, &c.book.channel, n)
			landed <- landing{c, n, err}
		}()
	}
	return begun
}

func (a *Alerter) land(l landing) {
	now, c := time.Now(), l.c
	c.busy = false
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.err == nil {
		c.book.delivered(now, l.n)
		c.stats.Delivered++
		c.stats.LastDelivered, c.stats.FailingSince, c.stats.Error = now, time.Time{}, ""
		a.keep(c)
		return
	}
	var e *tellError
	after := time.Duration(0)
	if errors.As(l.err, &e) {
		after = e.after
	}
	c.book.failed(now, after)
	c.stats.Failed++
	c.stats.Error = shown(l.err)
	if c.stats.FailingSince.IsZero() {
		c.stats.FailingSince = now
		a.cfg.Logger.Warn("alarms cannot be told: it is tried again", "channel", c.stats.Channel, "error", c.stats.Error)
	}
}

// keep puts away what the channel was told, where that has changed.
func (a *Alerter) keep(c *alarmChannel) {
	if !c.book.changed {
		return
	}
	val, err := json.Marshal(c.book.kept())
	if err == nil {
		err = a.cfg.Places.Put(c.book.channel.Name, val)
	}
	if err != nil {
		a.cfg.Logger.Error("what a channel of alarms was told cannot be kept: a restart tells it again", "channel", c.book.channel.Name, "error", err)
	}
	c.book.changed = false
}

// Test sends a test message to the channel and returns what came back.
func (a *Alerter) Test(ctx context.Context, channel string) (string, error) {
	for _, c := range a.cfg.Channels {
		if c.Name != channel {
			continue
		}
		w := wordsOf(c.Language)
		l := letterText{title: w.title, lines: []alarmLine{{text: fmt.Sprintf(w.test, c.Name)}}}
		if c.Language != "en-US" {
			l.title = "【" + w.title + "】"
		}
		return a.deliver(ctx, &c, l, &alarmMessage{Event: "alarm_test"})
	}
	return "", fmt.Errorf("notify: no channel of alarms is called %q", channel)
}

// alarmMessage is the body of a webhook of alarms. It is documented in docs/notify.md: fields are only added.
type alarmMessage struct {
	ID     string      `json:"id"`
	Event  string      `json:"event"` // alarms, alarm_test
	At     string      `json:"at"`
	Title  string      `json:"title"`
	Lines  []string    `json:"lines"`
	Raised []alarmSaid `json:"raised,omitempty"`
	Over   []alarmSaid `json:"over,omitempty"`
	Open   []alarmSaid `json:"open,omitempty"`
}

type alarmSaid struct {
	Alarm
	Until string `json:"until,omitempty"`
	Times int    `json:"times"`
}

func (a *Alerter) send(ctx context.Context, c *Channel, n *news) (string, error) {
	m := &alarmMessage{Event: "alarms"}
	for _, part := range []struct {
		from []told
		to   *[]alarmSaid
	}{{n.raised, &m.Raised}, {n.over, &m.Over}, {n.open, &m.Open}} {
		for _, t := range part.from {
			one := alarmSaid{Alarm: t.Alarm, Times: t.Times}
			one.Detail = headerText(hideNumbers(one.Detail), maxText)
			if one.Since = one.Since.UTC(); !t.Over.IsZero() {
				one.Until = t.Over.UTC().Format(timeFormat)
			}
			*part.to = append(*part.to, one)
		}
	}
	return a.deliver(ctx, c, n.text(c.Language, a.cfg.Zone), m)
}

// deliver hands the message to the channel.
func (a *Alerter) deliver(ctx context.Context, c *Channel, l letterText, m *alarmMessage) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, alarmTimeout)
	defer cancel()
	now := time.Now()
	if c.Kind == ChannelMail {
		return "handed to the mail", a.cfg.Mail(ctx, l.mail(c.To))
	}
	req, err := c.request(ctx, l, now)
	if c.Kind == ChannelWebhook {
		m.ID, m.At, m.Title = strconv.FormatInt(now.UnixMilli(), 10)+"-"+c.Name, now.UTC().Format(timeFormat), l.title
		for _, line := range l.lines {
			m.Lines = append(m.Lines, strings.TrimSpace(line.mark+" "+line.text))
		}
		req, err = c.signed(ctx, m, now)
	}
	if err != nil {
		return "", err
	}
	req.Header.Set("User-Agent", a.cfg.Agent)
	client := client(Hook{Timeout: alarmTimeout}, a.cfg.Transport)
	defer client.CloseIdleConnections() // messages are rare
	return tell(client, req, c.Kind != ChannelWebhook)
}

// signed is a webhook's request, signed as those of contacts are.
func (c *Channel) signed(ctx context.Context, m *alarmMessage, now time.Time) (*http.Request, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the URL is no good")
	}
	at := strconv.FormatInt(now.Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Hotline-Event", m.Event)
	req.Header.Set("X-Hotline-Delivery", m.ID)
	req.Header.Set("X-Hotline-Timestamp", at)
	req.Header.Set("X-Hotline-Signature", Sign(c.Secret, at, body))
	return req, nil
}

// mail is the message as a mail.
func (l letterText) mail(to []string) Mail {
	var text, rich strings.Builder
	fmt.Fprintf(&rich, "<p><b>%s</b></p>\n<ul>\n", html.EscapeString(l.title))
	for _, line := range l.lines {
		said := line.text
		if line.mark != "" {
			said = "[" + line.mark + "] " + said
		}
		text.WriteString(said + "\n")
		fmt.Fprintf(&rich, "<li>%s</li>\n", html.EscapeString(said))
	}
	rich.WriteString("</ul>\n")
	return Mail{To: to, Subject: l.title, Text: text.String(), HTML: rich.String()}
}
