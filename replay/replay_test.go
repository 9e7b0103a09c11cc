package replay_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotline"
	"hotline/centre"
	"hotline/replay"
)

// TestSamePolicy: with the same file the replay gives the very facts of the log, whole days and spans out of their middle.
func TestSamePolicy(t *testing.T) {
	for seed := range uint64(12) {
		c := parse(t, 14, []string{"longest_idle", "progressive, ring_every: 2s", "ring_all, ring_most: 3"}[seed%3])
		log := record(t, c, seed, 3, 240)
		for _, span := range [][2]time.Duration{{0, 3 * time.Hour}, {50 * time.Minute, 2 * time.Hour}} {
			t.Run(fmt.Sprint("seed=", seed, "/from=", span[0]), func(t *testing.T) {
				a, err := replay.Run(t.Context(), replay.Question{
					Log: log, Shard: "main", From: start().Add(span[0]), To: start().Add(span[1]), Was: c,
				})
				if err != nil {
					t.Fatal(err)
				}
				if !a.Same {
					t.Fatalf("differs:\n was   %s\n would %s", show(a.Differ.Was), show(a.Differ.Would))
				}
				if a.Contacts < 100 {
					t.Errorf("only %d contacts", a.Contacts)
				}
			})
		}
	}
}

func show(ev hotline.Event) string {
	if ev.Fact == nil {
		return "nothing"
	}
	b, err := hotline.MarshalEvent(ev)
	return fmt.Sprint(string(b), err)
}

// TestOtherPolicy: with another file the same callers meet other decisions. Everybody who called still calls, visits balance,
// and what must help helps.
func TestOtherPolicy(t *testing.T) {
	was := parse(t, 14, "longest_idle")
	log := record(t, was, 7, 3, 300)
	run := func(file string) *replay.Answer {
		with, faults := centre.Parse("with.yaml", []byte(file), nil)
		if with == nil {
			t.Fatal(faults)
		}
		a, err := replay.Run(t.Context(), replay.Question{
			Log: log, Shard: "main", From: start(), To: start().Add(3 * time.Hour), Was: was, With: with,
		})
		if err != nil {
			t.Fatal(err)
		}
		if a.Same || a.Differ == nil {
			t.Error("nothing differs")
		}
		balance(t, a.Would)
		return a
	}
	text := string(was.Source)
	open := run(regexp.MustCompile(`needs: (claims >= 3|sales), `).ReplaceAllString(text, ""))
	tight := run(strings.ReplaceAll(text, "needs: claims >= 3, ", "needs: claims >= 9, "))
	if a, b, c := answered(open.Would), answered(open.Was), answered(tight.Would); a <= b || c >= b {
		t.Errorf("answered: %d with everybody for everything, %d as it was, %d with the best only", a, b, c)
	}
	again := run(strings.ReplaceAll(text, "needs: claims >= 3, ", "needs: claims >= 9, "))
	if d := cmp.Diff(tight.Would, again.Would); d != "" {
		t.Errorf("the same question has another answer:\n%.500s", d)
	}
}

func answered(evs []hotline.Event) (n int) {
	for _, ev := range evs {
		if _, ok := ev.Fact.(hotline.Connected); ok {
			n++
		}
	}
	return n
}

// balance holds the world to what is true of every log: a visit ends once, an agent has one contact at a time.
func balance(t *testing.T, evs []hotline.Event) {
	t.Helper()
	open, talks := map[hotline.VisitID]bool{}, map[hotline.AgentID]hotline.ContactID{}
	last := time.Time{}
	end := func(v hotline.VisitID) {
		if !open[v] {
			t.Errorf("visit %s ends without having begun, or twice", v)
		}
		delete(open, v)
	}
	for _, ev := range evs {
		if ev.At.Before(last) {
			t.Fatalf("%s at %s comes after %s", ev.Fact.Kind(), ev.At, last)
		}
		last = ev.At
		switch f := ev.Fact.(type) {
		case hotline.Queued:
			open[f.Visit] = true
		case hotline.Abandoned:
			end(f.Visit)
		case hotline.Left:
			end(f.Visit)
		case hotline.Connected:
			end(f.Visit)
			if c := talks[ev.Agent]; c != "" {
				t.Errorf("agent %s is joined with %s and %s", ev.Agent, c, ev.Contact)
			}
			talks[ev.Agent] = ev.Contact
		case hotline.Released:
			delete(talks, ev.Agent)
		}
	}
}

// TestPatience: the estimate knows of callers who were served before they gave up, and a draw never lies before what is known.
func TestPatience(t *testing.T) {
	var waits []replay.Wait
	rng := rand.New(rand.NewPCG(1, 2))
	for range 5000 { // exponential patience of 60 s, served after up to 90 s
		p, s := time.Duration(rng.ExpFloat64()*float64(time.Minute)), time.Duration(rng.Float64()*90*float64(time.Second))
		waits = append(waits, replay.Wait{D: min(p, s), Gave: p < s})
	}
	p := replay.NewPatience(waits)
	for _, d := range []time.Duration{10 * time.Second, 30 * time.Second, time.Minute} {
		if got, want := p.Left(d), math.Exp(-d.Minutes()); math.Abs(got-want) > 0.03 {
			t.Errorf("%.3f still wait after %v, want %.3f", got, d, want)
		}
	}
	var sum time.Duration
	for range 5000 {
		after := time.Duration(rng.Float64() * 2 * float64(time.Minute))
		d, ok := p.Draw(rng.Float64(), after)
		if !ok || d < after {
			t.Fatalf("%v, %v drawn for one who has waited %v", d, ok, after)
		}
		sum += d - after
	}
	if mean := sum / 5000; mean < 45*time.Second || mean > 75*time.Second {
		t.Errorf("they wait another %v, want about a minute: the exponential has no memory", mean)
	}
	if _, ok := replay.NewPatience(nil).Draw(0.5, 0); ok {
		t.Error("where nobody ever gave up somebody does")
	}
}

// TestNothing: a span without a fact is an error, not an empty sheet.
func TestNothing(t *testing.T) {
	c := parse(t, 3, "linear")
	_, err := replay.Run(t.Context(), replay.Question{Log: &memory{}, Shard: "main", From: start(), To: start().Add(time.Hour), Was: c})
	if err == nil {
		t.Error("no error")
	}
}
