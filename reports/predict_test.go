package reports

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"hotline"
)

// regular is a past in which, on every working day, the same number of callers comes in the same half hours: each is answered at
// once and talked to for three minutes. Every fourth of the 10 o'clock callers abandons after a minute and calls again ten minutes
// later.
func regular(f *Fold, first, last time.Time) {
	var s script
	n := 0
	call := func(at int64, from string, answered bool) {
		n++
		id := fmt.Sprint("c", n)
		ev := hotline.Event{Call: hotline.CallID(id), Contact: hotline.ContactID(id), Queue: "sales"}
		visit := hotline.VisitID(id + ".1")
		s.add(at-1000, hotline.Event{Call: ev.Call, Contact: ev.Contact}, hotline.CallStarted{Direction: hotline.Inbound, From: hotline.Party{Number: from}, To: "95500"})
		s.add(at, ev, hotline.Queued{Visit: visit, Entry: "ivr"})
		end := at + 60_000
		if answered {
			a := ev
			a.Agent = hotline.AgentID(fmt.Sprint("a", n%7))
			offer := hotline.OfferID(id + ".o")
			s.add(at+1000, a, hotline.Offered{Visit: visit, Offer: offer})
			s.add(at+3000, a, hotline.Connected{Visit: visit, Offer: offer, WaitMS: 3000, RingMS: 2000})
			s.add(at+3000, a, hotline.Answered{Visit: visit, WaitMS: 3000})
			end = at + 183_000
			s.add(end, a, hotline.Released{Visit: visit, TalkMS: 180_000})
		} else {
			s.add(end, ev, hotline.Abandoned{Visit: visit, WaitMS: 60_000})
		}
		s.add(end+1, hotline.Event{Call: ev.Call, Contact: ev.Contact}, hotline.CallEnded{By: hotline.RoleCustomer})
	}
	for day := first; day.Before(last); day = day.AddDate(0, 0, 1) {
		if wd := day.Weekday(); wd == time.Saturday || wd == time.Sunday {
			continue
		}
		for half := 18; half < 34; half++ {
			for i := range 4 + half%3 {
				at := day.UnixMilli() + int64(half)*1800_000 + int64(i)*240_000
				lost := half == 20 && i == 1
				call(at, fmt.Sprintf("138%08d", n), !lost)
				if lost {
					call(at+600_000, fmt.Sprintf("138%08d", n-1), true)
				}
			}
		}
	}
	s.apply(f)
}

func regularFold(t *testing.T, now time.Time) (*Fold, time.Time) {
	loc := zone(t, "Asia/Shanghai")
	first := time.Date(2026, 3, 2, 0, 0, 0, 0, loc) // a Monday
	f := New(Config{
		Centre: Centre{Location: loc, Queues: []Queue{{ID: "sales", Name: "销售", Within: 20 * time.Second, Ratio: 0.8, Agents: []hotline.AgentID{"a0", "a1"}}}},
		Now:    func() time.Time { return now },
	})
	return f, first
}

// TestForecast: what came every working day at the same times comes again; who called twice is counted once.
func TestForecast(t *testing.T) {
	loc := zone(t, "Asia/Shanghai")
	now := time.Date(2026, 5, 25, 13, 10, 0, 0, loc) // a Monday, twelve weeks later
	f, first := regularFold(t, now)
	regular(f, first, time.Date(2026, 5, 25, 0, 0, 0, 0, loc))
	r, err := f.Forecast(ForecastQuery{Queue: "sales", Date: "2026-05-26", Shrinkage: 0.3})
	if err != nil {
		t.Fatal(err)
	}
	if r.Days != 8 || r.Trend != 1 || len(r.Slots) != 48 || r.PatienceMS == nil {
		t.Fatalf("days %d, trend %v, %d slots, patience %v", r.Days, r.Trend, len(r.Slots), r.PatienceMS)
	}
	for i, p := range r.Slots {
		want := 0.0
		if i >= 18 && i < 34 {
			want = float64(4 + i%3)
		}
		if math.Abs(p.Demand-want) > 1e-6 {
			t.Errorf("%s: %v, want %v: the one who called again must be counted once", p.Time, p.Demand, want)
		}
		if want > 0 && (p.Required < 1 || p.Scheduled < p.Required || p.Level == nil || *p.Level < 0.8) {
			t.Errorf("%s: %+v", p.Time, p)
		}
		if p.Came != nil || p.Now != nil {
			t.Errorf("%s: a day to come has no present: %+v", p.Time, p)
		}
	}
	if b := r.Backtest; b.Days < 15 || b.DayWAPE == nil || *b.DayWAPE > 1e-6 {
		t.Errorf("back-test %+v", b)
	}
	sunday, err := f.Forecast(ForecastQuery{Queue: "sales", Date: "2026-05-31"})
	if err != nil || sunday.Total.Demand != 0 || sunday.Total.Hours != 0 {
		t.Errorf("Sunday: %v, %+v", err, sunday.Total)
	}
}

// TestForecastToday: the day so far stands beside the forecast, and corrects its rest.
func TestForecastToday(t *testing.T) {
	loc := zone(t, "Asia/Shanghai")
	now := time.Date(2026, 5, 25, 13, 10, 0, 0, loc)
	f, first := regularFold(t, now)
	regular(f, first, time.Date(2026, 5, 25, 0, 0, 0, 0, loc))
	r, err := f.Forecast(ForecastQuery{Queue: "sales", Planned: make([]int, 48)})
	if err != nil {
		t.Fatal(err)
	}
	if r.Date != "2026-05-25" || r.Total.Came == nil || *r.Total.Came != 0 {
		t.Fatalf("%s %+v", r.Date, r.Total)
	}
	p := r.Slots[30] // 15:00, nobody came all morning
	if p.Now == nil || *p.Now >= p.Demand || p.Came != nil || p.Last == nil || *p.Last != 4 {
		t.Errorf("15:00: %+v", p)
	}
	if p := r.Slots[20]; p.Now != nil || p.Came == nil || *p.Came != 0 {
		t.Errorf("10:00: %+v", p)
	}
	if p := r.Slots[28]; p.Planned == nil || *p.Planned != 0 || p.Level == nil || *p.Level != 0 {
		t.Errorf("with nobody planned: %+v", p)
	}
}

func TestForecastRefuses(t *testing.T) {
	f, _ := regularFold(t, time.Date(2026, 5, 25, 13, 10, 0, 0, time.UTC))
	for _, q := range []ForecastQuery{
		{Queue: "none"}, {Queue: "sales", Date: "2026-13-01"}, {Queue: "sales", Date: "2027-12-01"}, {Queue: "sales", Date: "x"},
	} {
		if _, err := f.Forecast(q); !errors.Is(err, ErrQuery) {
			t.Errorf("%+v: %v", q, err)
		}
	}
	r, err := f.Forecast(ForecastQuery{Queue: "sales"})
	if err != nil || r.Days != 0 || r.Slots[20].Required != 0 || r.Backtest.SlotWAPE != nil {
		t.Errorf("nothing known: %v, %+v", err, r)
	}
}
