package web

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
)

var playAt = flag.String("play", "", "address: serve the pages over a played day there until interrupted, for looking at them")

// TestPlay serves the pages over a full, busy day that goes on from 14:32: go test ./web -run TestPlay -play 127.0.0.1:8090
// -timeout 0. Every role's name is a login, its password the name and "-password".
func TestPlay(t *testing.T) {
	if *playAt == "" {
		t.Skip("needs -play ADDRESS")
	}
	began, base := time.Now(), moment(t, testNow)
	now := func() time.Time { return base.Add(time.Since(began)) }
	events := playDay(1, moment(t, "2026-11-22T07:00:00+08:00"), base.Add(4*time.Hour), base)
	week := playDay(2, moment(t, "2026-11-15T07:00:00+08:00"), moment(t, "2026-11-15T21:00:00+08:00"), base)
	for i := range week { // other contacts than today's
		week[i].Contact, week[i].Call = "w"+week[i].Contact, "w"+week[i].Call
		week[i].Fact = renamed(week[i].Fact)
	}
	before := past(events, base)
	b, err := setBench(slices.Concat(week, before, desk(base)), now)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range auth.Roles() {
		if err := b.Auth.Add(string(r), r, string(r)+"-password"); err != nil {
			t.Fatal(err)
		}
	}
	b.Recordings = tunes{b}
	if b.Listener, err = net.Listen("tcp", *playAt); err != nil {
		t.Fatal(err)
	}
	b.Start()
	defer b.Server.Close()
	t.Log("pages at", b.URL)
	go func() { _ = b.Fold.Run(t.Context(), b.log) }()
	for _, ev := range events[len(before):] {
		select {
		case <-time.After(ev.At.Sub(now())):
		case <-t.Context().Done():
			return
		}
		if _, err := b.log.Append([]hotline.Event{ev}); err != nil {
			t.Fatal(err)
		}
	}
}

// desk is what waits for a lead's word: breaks, messages, promises, an agent who let calls go, one who healed.
func desk(base time.Time) (out []hotline.Event) {
	put := func(ev hotline.Event, before time.Duration, f hotline.Fact) {
		ev.At, ev.Fact = base.Add(-before), f
		out = append(out, ev)
	}
	for i, a := range []hotline.AgentID{"8003", "8012", "8031"} {
		put(hotline.Event{Agent: a}, time.Duration(3-i)*time.Minute, hotline.BreakAsked{Reason: []string{"rest", "rest", "meal"}[i]})
	}
	put(hotline.Event{Agent: "8005"}, 3*time.Second, hotline.AgentSet{State: hotline.AgentNotReady, Reason: hotline.ReasonNoAnswer, Misses: 2, Until: base.Add(5 * time.Minute)})
	put(hotline.Event{Agent: "8001"}, 2*time.Second, hotline.BreakAsked{Reason: "rest"})
	put(hotline.Event{Agent: "8006"}, 2*time.Second, hotline.PhoneTaken{Phone: "d07"})
	put(hotline.Event{Agent: "8009"}, time.Second, hotline.AlarmRaised{Alarm: "agent_healed", Detail: "no dialog of call c1"})
	for i, who := range []hotline.Party{{Number: "13800138000", Name: "陈建国"}, {Number: "02166330100"}} {
		ev := hotline.Event{Contact: hotline.ContactID(fmt.Sprint("m", i)), Call: hotline.CallID(fmt.Sprint("m", i)), Queue: "claims"}
		put(ev, time.Hour, hotline.CallStarted{Direction: hotline.Inbound, From: who})
		put(ev, time.Hour, hotline.VoicemailLeft{
			Task: hotline.TaskID(fmt.Sprint("m", i, "-vm")), Due: base.Add(time.Duration(2*i-1) * time.Hour), OffsetMS: 4000, MS: 21_000, From: who,
		})
		put(ev, 50*time.Minute, hotline.CallEnded{})
		put(ev, 50*time.Minute, hotline.RecordingStored{File: fmt.Sprint("m", i, ".wav"), MS: 30_000})
		put(ev, 30*time.Minute, hotline.CallbackAsked{
			Callback: hotline.CallbackID(fmt.Sprint("m", i, ".cb")), Number: "0" + who.Number, From: who, Since: base.Add(-35 * time.Minute), Expires: base.Add(time.Hour),
		})
	}
	put(hotline.Event{Contact: "m1", Queue: "claims"}, time.Minute, hotline.CallbackTried{Callback: "m1.cb", Try: 1, Cause: hotline.CauseBusy, Next: base.Add(4 * time.Minute)})
	slices.SortStableFunc(out, func(a, b hotline.Event) int { return a.At.Compare(b.At) })
	return out
}

// renamed moves the visits of a fact to the week before.
func renamed(f hotline.Fact) hotline.Fact {
	switch f := f.(type) {
	case hotline.Queued:
		f.Visit = "w" + f.Visit
		return f
	case hotline.Offered:
		f.Visit, f.Offer = "w"+f.Visit, "w"+f.Offer
		return f
	case hotline.Connected:
		f.Visit, f.Offer = "w"+f.Visit, "w"+f.Offer
		return f
	case hotline.Answered:
		f.Visit = "w" + f.Visit
		return f
	case hotline.Abandoned:
		f.Visit = "w" + f.Visit
		return f
	case hotline.Released:
		f.Visit = "w" + f.Visit
		return f
	case hotline.WrapEnded:
		f.Visit = "w" + f.Visit
		return f
	}
	return f
}

// tunes makes up the sound of any recording: words on the left and right in turn, silence while nobody is joined.
type tunes struct{ b *bench }

func (s tunes) contact(file string) (reports.Contact, bool) {
	return s.b.Fold.Contact(hotline.ContactID(strings.TrimSuffix(file, ".wav")))
}

// Open implements Recordings.
func (s tunes) Open(file string) (io.ReadSeekCloser, error) {
	c, ok := s.contact(file)
	if !ok {
		return nil, fmt.Errorf("no recording %s", file)
	}
	frames := make([][2]byte, c.Recording.MS*8)
	for i := range frames {
		t := float64(i) / 8000
		loud := math.Abs(math.Sin(t*2.1)) * math.Abs(math.Sin(t*0.31)) * 100
		wave := byte(max(0, math.Sin(t*2*math.Pi*220)*loud))
		frames[i] = [2]byte{0xD5, 0xD5}
		frames[i][int(t/7)%2] = (0x80 | wave) ^ 0x55
	}
	return tape{bytes.NewReader(wavOf(tagALaw, frames))}, nil
}

// Sidecar implements Recordings.
func (s tunes) Sidecar(file string) ([]byte, error) {
	c, ok := s.contact(file)
	if !ok || len(c.Segments) == 0 {
		return nil, fmt.Errorf("no sidecar of %s", file)
	}
	seg := c.Segments[0]
	at := func(m reports.Moment) int64 { return max(0, int64(m-c.Started)) }
	asked := at(c.Visits[0].Since)
	up, end := at(seg.Answered), at(seg.Released)
	spans := fmt.Sprintf(`{"kind":"ivr","from_ms":0,"to_ms":%d},{"kind":"queue","from_ms":%d,"to_ms":%d,"queue":%q}`, asked, asked, up, seg.Queue)
	agent := func(from, to int64) string {
		return fmt.Sprintf(`,{"kind":"agent","from_ms":%d,"to_ms":%d,"queue":%q,"agent":%q}`, from, to, seg.Queue, seg.Agent)
	}
	if h := seg.HoldMS; h > 0 {
		spans += agent(up, up+20_000) + fmt.Sprintf(`,{"kind":"hold","from_ms":%d,"to_ms":%d,"agent":%q}`, up+20_000, up+20_000+h, seg.Agent) + agent(up+20_000+h, end)
	} else {
		spans += agent(up, end)
	}
	return []byte(fmt.Sprintf(`{"version":1,"began":%q,"ms":%d,"spans":[%s]}`, c.Started.Time().Format("2006-01-02T15:04:05.000Z"), c.Recording.MS, spans)), nil
}
