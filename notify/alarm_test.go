package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
)

// watch looks at a book every lookPace, with what is open by the second, and writes down what it tells.
type watch struct {
	b    *alarmBook
	zero time.Time
	at   int
	fail func(at int) bool
	said []string
}

func newWatch(c Channel) *watch {
	zero := time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	return &watch{b: newAlarmBook(c, nil, zero), zero: zero}
}

func (w *watch) until(second int, open func(at int) []Alarm) {
	for ; w.at <= second; w.at += 5 {
		now := w.zero.Add(time.Duration(w.at) * time.Second)
		n := w.b.look(now, open(w.at))
		if n == nil {
			continue
		}
		if w.fail != nil && w.fail(w.at) {
			w.b.failed(now, 0)
			continue
		}
		l := n.text("en-US", time.UTC)
		w.said = append(w.said, fmt.Sprintf("%d %s", w.at, strings.TrimPrefix(l.title, "Hotline: ")))
		w.b.delivered(now, n)
	}
}

func (w *watch) story() string { return strings.Join(w.said, "; ") }

func (w *watch) alarm(queue string) Alarm {
	v, l := 0.5, 0.8
	return Alarm{Kind: "service_level", Severity: SeverityCrit, Since: w.zero, Queue: hotline.QueueID(queue), QueueName: queue, Value: &v, Limit: &l}
}

func TestAnAlarmIsRaisedOnceAndOverOnce(t *testing.T) {
	w := newWatch(Channel{})
	w.until(600, func(at int) []Alarm {
		if at >= 10 && at < 100 {
			return []Alarm{w.alarm("claims")}
		}
		return nil
	})
	if w.story() != "15 1 new; 135 1 over" || len(w.b.items) != 0 {
		t.Error(w.story())
	}
}

// TestAStormIsOneMessage: 300 alarms within ten seconds, and as many over at once.
func TestAStormIsOneMessage(t *testing.T) {
	w := newWatch(Channel{})
	w.until(1000, func(at int) []Alarm {
		var out []Alarm
		for i := range 300 {
			if at >= 10 && at < 200 {
				a := w.alarm("claims")
				a.Queue = hotline.QueueID(fmt.Sprint("queue", i))
				out = append(out, a)
			}
		}
		return out
	})
	if w.story() != "15 300 new; 235 300 over" {
		t.Error(w.story())
	}
	l := (&news{raised: make([]told, 300)}).text("zh-CN", time.UTC)
	if len(l.lines) != alarmLines+1 || l.lines[alarmLines].text != "另有 280 条" || l.title != "【热线】300 条新告警" {
		t.Errorf("%+v", l)
	}
}

func TestAFlutteringAlarmIsToldOnce(t *testing.T) {
	w := newWatch(Channel{})
	w.until(900, func(at int) []Alarm {
		if at < 600 && at/10%2 == 0 {
			return []Alarm{w.alarm("claims")}
		}
		return nil
	})
	if w.story() != "5 1 new; 625 1 over" {
		t.Error(w.story())
	}
}

// TestWhatNobodyHeardIsOneMessage: the channel fails for ten minutes, in which one alarm comes and goes and another stays.
func TestWhatNobodyHeardIsOneMessage(t *testing.T) {
	w := newWatch(Channel{})
	w.fail = func(at int) bool { return at < 600 }
	w.until(1200, func(at int) (out []Alarm) {
		if at < 120 {
			out = append(out, w.alarm("claims"))
		}
		if at > 60 {
			out = append(out, w.alarm("sales"))
		}
		return out
	})
	if len(w.said) != 1 || !strings.HasSuffix(w.story(), " 1 new, 1 over") {
		t.Error(w.story())
	}
}

func TestAnAlarmThatNobodyTakesIsRepeated(t *testing.T) {
	w := newWatch(Channel{Repeat: 10 * time.Minute})
	w.until(3600, func(at int) []Alarm {
		a := w.alarm("claims")
		if at > 1500 {
			a.Taken = "lead"
		}
		return []Alarm{a}
	})
	if w.story() != "5 1 new; 605 1 still open; 1205 1 still open" {
		t.Error(w.story())
	}
}

func TestWorseIsNewsAndAnEventIsNeverOver(t *testing.T) {
	w := newWatch(Channel{})
	w.until(2000, func(at int) []Alarm {
		a, lost := w.alarm("claims"), Alarm{Kind: "engine", Alarm: "lost_call", Severity: SeverityWarn, Since: w.zero, Momentary: true}
		if at < 300 {
			a.Severity = SeverityWarn
		}
		if at < 900 {
			return []Alarm{a, lost}
		}
		return []Alarm{a}
	})
	if w.story() != "5 2 new; 305 1 new" {
		t.Error(w.story())
	}
}

func TestAChannelIsToldWhatItWants(t *testing.T) {
	crit, warn := Alarm{Kind: "service_level", Severity: SeverityCrit, Queue: "claims"}, Alarm{Kind: "engine", Alarm: "trunk_down:carrier", Severity: SeverityWarn}
	for i, c := range []struct {
		Channel
		crit, warn bool
	}{
		{Channel{}, true, true},
		{Channel{Severities: []string{SeverityCrit}}, true, false},
		{Channel{Alarms: []string{"trunk_down:carrier"}}, false, true},
		{Channel{Alarms: []string{"trunk_down"}}, false, true},
		{Channel{Alarms: []string{"trunk_down:other", "storage"}}, false, false},
		{Channel{Alarms: []string{"service_level"}}, true, false},
		{Channel{Alarms: []string{"engine"}}, false, true},
		{Channel{Queues: []hotline.QueueID{"sales"}}, false, true},
		{Channel{Queues: []hotline.QueueID{"claims"}}, true, true},
	} {
		if c.wants(&crit) != c.crit || c.wants(&warn) != c.warn {
			t.Errorf("channel %d", i)
		}
	}
}

// TestAlarmsHaveWords: an alarm of the engine is told in words, and with the name of what it is about; never by its id.
func TestAlarmsHaveWords(t *testing.T) {
	for _, c := range []struct{ alarm, detail, zh, en string }{
		{"storage", "9 / 100 MiB", "磁盘空间不足（9 / 100 MiB）", "The disk is nearly full (9 / 100 MiB)"},
		{"webhook_lost:crm", "crm", "Webhook 消息丢失（crm）", "Messages of a webhook are lost (crm)"},
		{"events_behind:lake", "", "事件未能送出（lake）", "Events cannot be handed over (lake)"},
		{"trunk_down:carrier", "udp://192.0.2.7:5060", "中继不可用（carrier）（udp://192.0.2.7:5060）", "A trunk is down (carrier) (udp://192.0.2.7:5060)"},
		{"trunk_unregistered:carrier", "403 Forbidden", "中继未注册（carrier）（403 Forbidden）", "A trunk does not register us (carrier) (403 Forbidden)"},
		{"recorder_down:carrier", "it answered 503", "通话未能复制到录音系统（carrier）（it answered 503）", "Calls are not duplicated to the recorder (carrier) (it answered 503)"},
	} {
		for lang, want := range map[string]string{"zh-CN": c.zh, "en-US": c.en} {
			w := wordsOf(lang)
			if got := w.what(&Alarm{Kind: "engine", Alarm: c.alarm, Detail: c.detail}); got != want {
				t.Errorf("%s in %s: %q, want %q", c.alarm, lang, got, want)
			}
		}
	}
}

// TestARestartTellsWhatIsOver: what was told before it is over after it; nothing is told twice.
func TestARestartTellsWhatIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		places := &shelf{val: map[string][]byte{"gone": []byte("[]")}}
		var sent []Mail
		var open []Alarm
		broken := false
		run := func(d time.Duration) {
			a, err := NewAlerter(AlerterConfig{
				Channels: []Channel{{Name: "boss", Kind: ChannelMail, To: []string{"a@example.com"}, Language: "zh-CN"}},
				Open:     func(time.Time) []Alarm { return open }, Places: places, Zone: time.UTC, Logger: discard(),
				Mail: func(_ context.Context, m Mail) error {
					if broken {
						return errors.New("full")
					}
					sent = append(sent, m)
					return nil
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			_ = a.Run(ctx)
			if s := a.Stats()[0]; broken != !s.FailingSince.IsZero() {
				t.Errorf("%+v", s)
			}
		}
		v := 0.912
		open = []Alarm{{Kind: "service_level", Severity: SeverityCrit, Since: time.Now(), Queue: "claims", QueueName: "报案<b>", Value: &v, Limit: &v}}
		run(time.Minute)
		run(time.Minute)
		open, broken = nil, true
		run(2 * time.Minute)
		broken = false
		run(2 * time.Minute)
		if len(sent) != 2 || sent[0].Subject != "【热线】1 条新告警" || sent[1].Subject != "【热线】1 条恢复" || places.val["gone"] != nil {
			t.Errorf("%+v", sent)
		}
		if !strings.Contains(sent[0].Text, "[严重] 报案<b>：近 30 分接通率 91.2 %，目标 91.2 % · 01-01 00:00 起") || !strings.Contains(sent[0].HTML, "报案&lt;b&gt;") {
			t.Errorf("%s %s", sent[0].Text, sent[0].HTML)
		}
	})
}
