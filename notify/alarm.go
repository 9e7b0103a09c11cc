package notify

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"hotline"
)

// Severities of alarms.
const (
	SeverityCrit = "crit"
	SeverityWarn = "warn"
)

// Of the messages about alarms.
const (
	alarmWait   = 5 * time.Second  // what comes within it is told together
	alarmPace   = 20 * time.Second // between messages of one channel: robots take 20 a minute at most
	alarmSettle = 30 * time.Second // so long an alarm has to be gone until it is over: one that flutters is told once
	alarmItems  = 500              // known at a time to a channel
	alarmLines  = 20               // in one message; the rest is a number
)

// Alarm is something that is wrong now.
type Alarm struct {
	Kind      string          `json:"kind"`            // engine, longest_wait, service_level, over_time, quality
	Alarm     string          `json:"alarm,omitempty"` // engine: its id, such as storage or webhook_lost:crm
	Severity  string          `json:"severity"`
	Since     time.Time       `json:"since"`
	Queue     hotline.QueueID `json:"queue,omitempty"`
	QueueName string          `json:"queue_name,omitempty"`
	Agent     hotline.AgentID `json:"agent,omitempty"`
	AgentName string          `json:"agent_name,omitempty"`
	Reason    string          `json:"reason,omitempty"` // over_time: the state or reason the agent is in
	Detail    string          `json:"detail,omitempty"`
	Value     *float64        `json:"value,omitempty"`    // service_level: now; quality: how many calls
	Limit     *float64        `json:"limit,omitempty"`    // service_level: target
	ValueMS   int64           `json:"value_ms,omitempty"` // longest_wait, over_time
	LimitMS   int64           `json:"limit_ms,omitempty"`
	Momentary bool            `json:"momentary,omitempty"` // it tells of an event and is never over
	Taken     string          `json:"acknowledged_by,omitempty"`
}

// occasion is what makes an alarm the same as a moment ago, or as before a restart.
type occasion struct {
	kind, alarm string
	queue       hotline.QueueID
	agent       hotline.AgentID
	since       int64 // of one that tells of an event: each is another
}

func (a *Alarm) occasion() occasion {
	o := occasion{kind: a.Kind, alarm: a.Alarm, queue: a.Queue, agent: a.Agent}
	if a.Momentary {
		o.since = a.Since.UnixMilli()
	}
	return o
}

// Channel is where alarms are told.
type Channel struct {
	Name       string
	Kind       string            // ChannelWebhook and its like
	URL        string            // of a webhook or robot
	Secret     string            // webhook: key of the signatures; robots: of theirs, empty: none
	To         []string          // mail
	Language   string            // zh-CN or en-US
	Alarms     []string          // kinds, or ids of alarms of the engine; empty: all
	Severities []string          // empty: all
	Queues     []hotline.QueueID // alarms about other queues are not told; those about none are; empty: all
	Repeat     time.Duration     // an alarm that nobody has acknowledged is told again; 0: it is not
}

// Kinds of channels.
const (
	ChannelWebhook  = "webhook"
	ChannelMail     = "mail"
	ChannelDingTalk = "dingtalk"
	ChannelWeCom    = "wecom"
	ChannelFeishu   = "feishu" // Lark too
)

// wants says whether the channel is told of the alarm. What stands before the colon of an alarm's id names all of that sort.
func (c *Channel) wants(a *Alarm) bool {
	sort, _, _ := strings.Cut(a.Alarm, ":")
	return (len(c.Severities) == 0 || slices.Contains(c.Severities, a.Severity)) &&
		(len(c.Alarms) == 0 || slices.Contains(c.Alarms, a.Kind) || slices.Contains(c.Alarms, a.Alarm) || slices.Contains(c.Alarms, sort)) &&
		(len(c.Queues) == 0 || a.Queue == "" || slices.Contains(c.Queues, a.Queue))
}

// told is what a channel knows of one alarm.
type told struct {
	Alarm Alarm     `json:"alarm"`
	Came  time.Time `json:"came"`
	Over  time.Time `json:"over,omitzero"` // zero: it is open
	Times int       `json:"times"`         // how often it came within this occasion
	Told  bool      `json:"told,omitempty"`
}

// alarmBook decides what a channel is told, and when. It has no clock.
type alarmBook struct {
	channel Channel
	items   map[occasion]*told
	news    time.Time // since when there is something to tell; zero: there is nothing
	notYet  time.Time // nothing is sent before
	lastOK  time.Time
	tries   int
	dropped int // alarms that there was no room for
	changed bool
}

// news is one message about alarms.
type news struct {
	raised, over, open []told // open: told before and still so, when it is repeated
	dropped            int
	again              bool
}

// newAlarmBook begins where a run before ended; what is open is repeated as if it had been told now.
func newAlarmBook(c Channel, kept []told, now time.Time) *alarmBook {
	b := &alarmBook{channel: c, items: map[occasion]*told{}, lastOK: now}
	for _, t := range kept {
		b.items[t.Alarm.occasion()] = &t
	}
	return b
}

// kept is what a restart has to know.
func (b *alarmBook) kept() []told {
	out := make([]told, 0, len(b.items))
	for _, t := range b.items {
		out = append(out, *t)
	}
	sortTold(out)
	return out
}

// look takes in which alarms are open, and returns what is to be told now; nil: nothing.
func (b *alarmBook) look(now time.Time, open []Alarm) *news {
	held := map[occasion]bool{}
	for i := range open {
		if a := &open[i]; b.channel.wants(a) {
			held[a.occasion()] = true
			b.raised(now, a)
		}
	}
	for o, t := range b.items {
		if held[o] || !t.Over.IsZero() {
			continue
		}
		if t.Alarm.Momentary && t.Told {
			delete(b.items, o)
		} else {
			t.Over = now
		}
		b.changed = true
	}
	n := b.gather(now)
	if n == nil {
		b.news = time.Time{}
		return nil
	}
	if b.news.IsZero() {
		b.news = now
	}
	if now.Before(b.notYet) || !n.again && now.Sub(b.news) < alarmWait {
		return nil
	}
	return n
}

func (b *alarmBook) raised(now time.Time, a *Alarm) {
	t := b.items[a.occasion()]
	switch {
	case t == nil && len(b.items) >= alarmItems:
		b.dropped++
		return
	case t == nil:
		t = &told{Came: now, Times: 1}
		b.items[a.occasion()] = t
		b.changed = true
	case !t.Over.IsZero(): // it was gone for a moment
		t.Over = time.Time{}
		t.Times++
		b.changed = true
	case a.Severity == SeverityCrit && t.Alarm.Severity != SeverityCrit && t.Told: // worse is news
		t.Told = false
		b.changed = true
	}
	t.Alarm = *a
}

// gather is what there is to tell.
func (b *alarmBook) gather(now time.Time) *news {
	n := &news{dropped: b.dropped}
	for _, t := range b.items {
		switch {
		case !t.Told:
			n.raised = append(n.raised, *t)
		case !t.Over.IsZero() && now.Sub(t.Over) >= alarmSettle:
			n.over = append(n.over, *t)
		case t.Over.IsZero() && !t.Alarm.Momentary:
			n.open = append(n.open, *t)
		}
	}
	for _, list := range [][]told{n.raised, n.over, n.open} {
		sortTold(list)
	}
	if len(n.raised)+len(n.over) > 0 {
		n.open = nil
		return n
	}
	n.again = b.channel.Repeat > 0 && now.Sub(b.lastOK) >= b.channel.Repeat
	if n.open = slices.DeleteFunc(n.open, func(t told) bool { return t.Alarm.Taken != "" }); len(n.open) == 0 || !n.again {
		return nil
	}
	return n
}

// delivered says that the message was taken.
func (b *alarmBook) delivered(now time.Time, n *news) {
	for _, was := range slices.Concat(n.raised, n.over) {
		t := b.items[was.Alarm.occasion()]
		switch {
		case t == nil:
		case t.Alarm.Momentary && !t.Over.IsZero():
			delete(b.items, was.Alarm.occasion())
		case was.Over.IsZero():
			t.Told = t.Told || t.Alarm.Severity == was.Alarm.Severity || was.Alarm.Severity == SeverityCrit
		case t.Over.Equal(was.Over):
			delete(b.items, was.Alarm.occasion())
		default: // it came again meanwhile
			t.Told = false
		}
	}
	b.dropped -= n.dropped
	b.tries, b.news, b.lastOK, b.notYet, b.changed = 0, time.Time{}, now, now.Add(alarmPace), true
}

// failed says that it was not: it is made anew from what is so then.
func (b *alarmBook) failed(now time.Time, after time.Duration) {
	b.tries++
	wait := mostWait
	if b.tries < 7 {
		wait = min(mostWait, 5*time.Second<<(b.tries-1))
	}
	b.notYet = now.Add(max(wait, min(after, time.Hour)))
}

func sortTold(all []told) {
	slices.SortFunc(all, func(a, b told) int {
		return cmp.Or(cmp.Compare(a.Alarm.Severity, b.Alarm.Severity), a.Came.Compare(b.Came), cmp.Compare(a.Alarm.Kind, b.Alarm.Kind),
			cmp.Compare(a.Alarm.Alarm, b.Alarm.Alarm), cmp.Compare(a.Alarm.Queue, b.Alarm.Queue), cmp.Compare(a.Alarm.Agent, b.Alarm.Agent))
	})
}
