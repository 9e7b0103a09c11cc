package forecast

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// people makes a past: a rate by weekday and slot, a factor of each day's own, one of each slot's own, and Poisson's chance.
type people struct {
	rng              *rand.Rand
	rate             float64 // mean of a slot
	dayCV, slotCV    float64
	growth           float64 // a day
	weekend          float64
	first            time.Time
	slots, openFirst int
}

func newPeople(seed byte, rate float64) *people {
	return &people{
		rng: rand.New(rand.NewChaCha8([32]byte{seed})), rate: rate, dayCV: 0.10, slotCV: 0.06, weekend: 0.6,
		first: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC), slots: 48, openFirst: 0,
	}
}

// lognormal has mean 1.
func (p *people) lognormal(cv float64) float64 {
	s2 := math.Log(1 + cv*cv)
	return math.Exp(p.rng.NormFloat64()*math.Sqrt(s2) - s2/2)
}

func (p *people) poisson(mean float64) float64 {
	n, sum := -1.0, 0.0
	for sum < mean {
		sum += p.rng.ExpFloat64()
		n++
	}
	return max(n, 0)
}

// shape is the course of a day, of mean 1.
func shape(slot, slots int) float64 {
	return 1 + 0.6*math.Sin(2*math.Pi*(float64(slot)/float64(slots)-0.3))
}

func (p *people) days(n int) []Day {
	out := make([]Day, n)
	for i := range out {
		d := Day{Date: p.first.AddDate(0, 0, i), Slots: make([]Slot, p.slots)}
		level := p.rate * p.lognormal(p.dayCV) * math.Pow(1+p.growth, float64(i))
		if wd := d.Date.Weekday(); wd == time.Saturday || wd == time.Sunday {
			level *= p.weekend
		}
		for k := range d.Slots {
			y := p.poisson(level * shape(k, p.slots) * p.lognormal(p.slotCV))
			d.Slots[k] = Slot{Demand: y, Handled: int(y), Handle: time.Duration(y) * 200 * time.Second}
		}
		out[i] = d
	}
	return out
}

// TestBacktest: over half a year of two sizes of centre the forecast is better than last week's day, not better than chance allows,
// its bands hold what they say, and the day so far mends the rest of it.
func TestBacktest(t *testing.T) {
	for _, rate := range []float64{100, 20} {
		past := newPeople(byte(rate), rate).days(26 * 7)
		b := Test(past, past[12*7].Date, past[26*7-1].Date, 48)
		t.Logf("rate %.0f: %d days, slot WAPE %.4f (last week %.4f, floor %.4f), day %.4f, bias %+.4f, in band %.3f, rest of day %.4f → %.4f",
			rate, b.Days, *b.SlotWAPE, *b.LastWeekWAPE, *b.FloorWAPE, *b.DayWAPE, *b.Bias, *b.InBand, *b.MorningWAPE, *b.CorrectedWAPE)
		if *b.SlotWAPE >= 0.92**b.LastWeekWAPE || *b.SlotWAPE < *b.FloorWAPE {
			t.Errorf("rate %.0f: WAPE %.4f: want it between the floor %.4f and well below last week's %.4f", rate, *b.SlotWAPE, *b.FloorWAPE, *b.LastWeekWAPE)
		}
		if math.Abs(*b.InBand-0.8) > 0.08 || math.Abs(*b.Bias) > 0.03 {
			t.Errorf("rate %.0f: %.3f of the slots in the band, bias %.4f", rate, *b.InBand, *b.Bias)
		}
		if *b.CorrectedWAPE >= 0.97**b.MorningWAPE {
			t.Errorf("rate %.0f: the day so far mended nothing: %.4f, before %.4f", rate, *b.CorrectedWAPE, *b.MorningWAPE)
		}
	}
}

// TestTrend: growth is followed; chance is not taken for growth.
func TestTrend(t *testing.T) {
	p := newPeople(3, 60)
	p.growth = 0.006 // a quarter more in five weeks
	past := p.days(15 * 7)
	c := Predict(past[:14*7], past[14*7].Date, 48)
	if c.Trend < 1.08 || c.Trend > 1.4 {
		t.Errorf("trend %.3f, want about 1.2", c.Trend)
	}
	found := 0
	for seed := range byte(40) {
		past := newPeople(100+seed, 60).days(9 * 7)
		if Predict(past, past[len(past)-1].Date.AddDate(0, 0, 1), 48).Trend != 1 {
			found++
		}
	}
	if found > 6 {
		t.Errorf("a trend in %d of 40 pasts that have none", found)
	}
}

// TestSkips: a holiday, an outage and one mad hour are not learnt from.
func TestSkips(t *testing.T) {
	past := newPeople(5, 80).days(10 * 7)
	date := past[9*7].Date
	clean := Predict(past[:9*7], date, 48)
	past[8*7].Skip = true
	for i := range past[8*7].Slots {
		past[8*7].Slots[i].Demand *= 9
	}
	for i := range past[7*7].Slots {
		past[7*7].Slots[i].Demand *= 0.05 // the trunk was down
	}
	past[6*7].Slots[20].Demand = 4000 // everybody at once
	spoilt := Predict(past[:9*7], date, 48)
	if spoilt.Days != 7 {
		t.Errorf("learnt from %d days, want 7", spoilt.Days)
	}
	for i := range clean.Points {
		a, b := clean.Points[i].Demand, spoilt.Points[i].Demand
		if i == 20 && b > 1.5*a || i != 20 && math.Abs(a-b) > 0.12*a+3 {
			t.Errorf("slot %d: %.1f, spoilt %.1f", i, a, b)
		}
	}
}

func TestNothingToLearnFrom(t *testing.T) {
	date := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	c := Predict(nil, date, 48)
	if c.Days != 0 || len(c.Points) != 48 {
		t.Errorf("%+v", c)
	}
	if r := c.Correct(make([]Slot, 20)); len(r.Points) != 48 {
		t.Errorf("%+v", r)
	}
	b := Test(nil, date, date.AddDate(0, 1, 0), 48)
	if b.SlotWAPE != nil || b.Days != 0 {
		t.Errorf("%+v", b)
	}
	quiet := make([]Day, 30) // nobody ever calls
	for i := range quiet {
		quiet[i] = Day{Date: date.AddDate(0, 0, i-30), Slots: make([]Slot, 48)}
	}
	for _, p := range Predict(quiet, date, 48).Points {
		if p.Demand != 0 || math.IsNaN(p.High) || p.AHT != 0 {
			t.Fatalf("%+v", p)
		}
	}
}

// TestAHT leans on the whole days where a slot has few calls.
func TestAHT(t *testing.T) {
	date := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	day := Day{Date: date.AddDate(0, 0, -7), Slots: []Slot{
		{Demand: 1, Handled: 1, Handle: 20 * time.Minute}, {Demand: 2000, Handled: 2000, Handle: 2000 * 180 * time.Second},
	}}
	c := Predict([]Day{day}, date, 2)
	if a := c.Points[0].AHT; a < 180*time.Second || a > 240*time.Second {
		t.Errorf("a single long call makes an AHT of %s", a)
	}
	if a := c.Points[1].AHT.Round(time.Second); a != 181*time.Second && a != 180*time.Second {
		t.Errorf("AHT %s, want 180 s", a)
	}
}

// TestDaylightSaving: neither a day of 23 nor one of 25 hours moves the slots after its change.
func TestDaylightSaving(t *testing.T) {
	for _, zone := range []string{"Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "Africa/Cairo", "Asia/Kathmandu"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		var came []Came
		from := time.Date(2026, 1, 1, 0, 0, 0, 0, loc).Truncate(15 * time.Minute)
		for at := from; at.Before(from.AddDate(1, 0, 0)); at = at.Add(15 * time.Minute) {
			l := at.In(loc)
			y := 0.0
			if l.Hour() == 9 {
				y = 10
			}
			came = append(came, Came{Start: at, Slot: Slot{Demand: y, Handled: int(y), Handle: time.Duration(y) * time.Minute}})
		}
		days := Days(came, loc, 15*time.Minute, 30*time.Minute)
		for _, d := range days[1 : len(days)-1] {
			if len(d.Slots) != 48 {
				t.Fatalf("%s %s: %d slots", zone, d.Date, len(d.Slots))
			}
			for k, s := range d.Slots {
				want := 0.0
				if k == 18 || k == 19 {
					want = 20
				}
				if !math.IsNaN(s.Demand) && s.Demand != want {
					t.Fatalf("%s %s slot %d: %v, want %v", zone, d.Date.Format(time.DateOnly), k, s.Demand, want)
				}
			}
		}
	}
}
