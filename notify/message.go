package notify

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline"
)

// Bounds of what a message holds of what callers and agents said.
const (
	maxText  = 256 // bytes of a number, a name, an attribute
	maxAttrs = 50
)

// message is the body of a webhook. It is documented in docs/webhooks.md: fields are only added.
type message struct {
	ID        string            `json:"id"`
	Event     string            `json:"event"`
	At        string            `json:"at"`
	Seq       uint64            `json:"seq"`
	Contact   hotline.ContactID `json:"contact"`
	Call      hotline.CallID    `json:"call,omitempty"`
	Visit     hotline.VisitID   `json:"visit,omitempty"`
	Offer     hotline.OfferID   `json:"offer,omitempty"`
	Queue     hotline.QueueID   `json:"queue,omitempty"`
	Agent     hotline.AgentID   `json:"agent,omitempty"`
	Direction hotline.Direction `json:"direction,omitempty"`
	Number    string            `json:"number,omitempty"`
	Name      string            `json:"name,omitempty"`
	Masked    bool              `json:"masked"`
	Attrs     map[string]string `json:"attributes,omitempty"`

	From     hotline.AgentID `json:"from_agent,omitempty"`
	Attempt  int             `json:"attempt,omitempty"`
	Until    string          `json:"until,omitempty"`
	WaitedMS *int64          `json:"waited_ms,omitempty"`
	Part     string          `json:"part,omitempty"`
	TalkMS   *int64          `json:"talk_ms,omitempty"`
	HoldMS   *int64          `json:"hold_ms,omitempty"`
	Cause    hotline.Cause   `json:"cause,omitempty"`
	By       hotline.Role    `json:"by,omitempty"`
	Wrap     string          `json:"wrap,omitempty"`
	WrapMS   *int64          `json:"wrap_ms,omitempty"`
	Done     *bool           `json:"done,omitempty"`
	Code     string          `json:"code,omitempty"`
	Note     string          `json:"note,omitempty"`
	Missing  bool            `json:"missing,omitempty"`
}

const timeFormat = "2006-01-02T15:04:05.000Z07:00"

// fill says what the fact means to a hook; false: nothing.
func (m *message) fill(ev hotline.Event, c *contact) bool {
	switch f := ev.Fact.(type) {
	case hotline.Offered:
		m.Event, m.Visit, m.Offer, m.Attempt, m.WaitedMS = EventOffer, f.Visit, f.Offer, f.Attempt, &f.WaitMS
		m.Until = f.Until.UTC().Format(timeFormat)
	case hotline.CalledIn:
		m.Event, m.Visit, m.From = EventOffer, f.Visit, f.By
	case hotline.Answered:
		m.Event, m.Visit, m.WaitedMS = EventAnswer, f.Visit, &f.WaitMS
	case hotline.Joined:
		m.Event, m.Visit = EventAnswer, f.Visit
	case hotline.Released:
		m.Event, m.Part, m.Visit, m.TalkMS, m.HoldMS = EventEnd, "agent", f.Visit, &f.TalkMS, &f.HoldMS
		m.Cause, m.By, m.Wrap, m.Missing = f.Cause, f.By, f.Wrap, f.Missing
	case hotline.CallEnded:
		m.Event, m.Part, m.Cause, m.By = EventEnd, "call", f.Cause, f.By
	case hotline.WrapCoded:
		m.Event, m.Visit, m.Done = EventWrapUp, f.Visit, new(bool)
	case hotline.WrapEnded:
		done := true
		m.Event, m.Visit, m.Done, m.WrapMS, m.Missing = EventWrapUp, f.Visit, &done, &f.MS, f.Missing
	default:
		return false
	}
	if m.Event == EventWrapUp {
		m.Code, m.Note = c.codes[ev.Agent].code, c.codes[ev.Agent].note
	}
	return true
}

// delivery is one message on its way to one hook.
type delivery struct {
	id      string
	event   string
	seq     uint64
	at      time.Time
	contact hotline.ContactID
	low     uint64 // where to begin to read to make it again
	body    []byte
	tries   int
}

// delivery makes what the hook is told of the event; nil: nothing.
func (h *Hook) delivery(ev hotline.Event, c *contact) *delivery {
	if c == nil || c.test {
		return nil
	}
	at := hotline.Millis(ev.At)
	m := message{
		ID: strconv.FormatUint(ev.Seq, 10) + "-" + strconv.FormatInt(at.UnixMilli(), 10), At: at.Format(timeFormat), Seq: ev.Seq,
		Contact: c.id, Call: ev.Call, Agent: ev.Agent, Direction: c.direction,
	}
	if !m.fill(ev, c) || len(h.Events) > 0 && !slices.Contains(h.Events, m.Event) {
		return nil
	}
	m.Queue = c.queueOf(ev, m.Visit)
	if len(h.Queues) > 0 && !slices.Contains(h.Queues, m.Queue) {
		return nil
	}
	h.tell(&m, c)
	body, err := json.Marshal(m)
	if err != nil {
		return nil // texts and numbers can always be written
	}
	return &delivery{id: m.ID, event: m.Event, seq: ev.Seq, at: at, contact: c.id, low: c.begin - 1, body: body}
}

// tell says who the customer is, as far as the hook may know.
func (h *Hook) tell(m *message, c *contact) {
	m.Masked = !h.Numbers
	if h.Numbers {
		m.Number, m.Name = bounded(c.customer.Number, maxText), bounded(c.customer.Name, maxText)
		m.Note = bounded(m.Note, hotline.MaxNote)
	} else {
		m.Number, m.Note = masked(c.customer.Number), "" // a note may hold anything
	}
	names := make([]string, 0, len(c.attrs))
	for name := range c.attrs {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names[:min(len(names), maxAttrs)] {
		if !h.Numbers && name == "name" { // the caller's, which is shown to nobody who sees no number
			continue
		}
		if m.Attrs == nil {
			m.Attrs = map[string]string{}
		}
		v := bounded(c.attrs[name], maxText)
		if !h.Numbers {
			v = hideNumbers(v)
		}
		m.Attrs[bounded(name, maxText)] = v
	}
}

// bounded is the text with what is no text of it left out, cut to so many bytes.
func bounded(s string, most int) string {
	return strings.ToValidUTF8(s[:min(len(s), most)], "")
}

// masked is a number as those see it who may not see numbers.
func masked(number string) string {
	if number == "" {
		return ""
	}
	return hotline.Party{Number: bounded(number, maxText)}.Masked().Number
}

// hideNumbers masks what looks like a number.
func hideNumbers(s string) string { return hotline.HideNumbers(s, masked) }
