package reports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotline"
)

// returning is a customer who called several times, and whose contacts are all over.
func returning(t *testing.T, f *Fold, ids []hotline.ContactID) (string, Customer) {
	t.Helper()
	var best Customer
	number := ""
	for _, id := range ids {
		c, ok := f.Contact(id)
		if !ok {
			continue
		}
		of := f.OfCustomer(c.Customer().Number)
		if of.Open == "" && len(of.Contacts) > len(best.Contacts) {
			number, best = c.Customer().Number, of
		}
	}
	if len(best.Contacts) < 2 {
		t.Fatalf("nobody called twice: %+v", best)
	}
	return number, best
}

// figures is what is counted, without a word of who it is counted of.
func figures(t *testing.T, f *Fold, now time.Time) string {
	t.Helper()
	from := now.Add(-12 * time.Hour)
	q, err1 := f.Queues(QueueQuery{From: from, To: now, Interval: Hour, By: ByArrival})
	a, err2 := f.Agents(AgentQuery{From: from, To: now, Interval: Hour})
	r, err3 := f.FCR(FCRQuery{Span: Span{From: from, To: now}, Days: 1})
	k, err4 := f.KPISpan(from, now)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal([]any{q.Rows, a.Rows, r.Rows, k})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (h *heap) holds(t *testing.T, sq *squeezer, text string) (found []string) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	for n, blocks := range h.chapters {
		for i, b := range blocks {
			if plain, err := sq.unpack(b); err == nil {
				b = plain
			}
			if bytes.Contains(b, []byte(text)) {
				found = append(found, fmt.Sprintf("chapter %d block %d", n, i))
			}
		}
	}
	return found
}

// TestErased: of a customer who is erased neither number nor name is in any chapter, snapshot, record, list or search; every figure stays
// as it was. With an archive, without one, from the log anew and from a snapshot the answers are the same.
func TestErased(t *testing.T) {
	for seed := range uint64(2) {
		d := richDay(t, seed+70, 300)
		events := d.sorted()
		now := &clock{t: events[len(events)-1].At}
		disk := &heap{}
		plain, bound := New(Config{Centre: simCentre(time.UTC), Now: now.now}), archiveFold(disk, now.now)
		for i, ev := range events {
			plain.Apply(ev)
			bound.Apply(ev)
			if i%150 == 0 {
				bound.Tidy(t.Context())
			}
		}
		bound.Tidy(t.Context())
		var ids []hotline.ContactID
		for i := range 120 {
			ids = append(ids, hotline.ContactID(fmt.Sprintf("c%04d", i)), hotline.ContactID(fmt.Sprintf("oc%04d", i)))
		}
		number, of := returning(t, plain, ids)
		disked := bound.OfCustomer(number)
		slices.Sort(disked.Contacts)
		slices.Sort(of.Contacts)
		if !slices.Equal(disked.Contacts, of.Contacts) || disked.Open != "" {
			t.Fatalf("on disk %+v, in memory %+v", disked, of)
		}
		if len(disk.holds(t, &bound.squeeze, number)) == 0 {
			t.Fatalf("%s is in no chapter: nothing is tested", number)
		}
		want := figures(t, plain, now.t)
		differences(t, fmt.Sprintf("seed %d, before", seed), everything(t, plain, d, now.t, ids), everything(t, bound, d, now.t, ids))
		erased := hotline.Event{Seq: events[len(events)-1].Seq + 1, At: now.t, Fact: hotline.CustomerErased{
			Pseudonym: hotline.Pseudonym("somebody"), Contacts: of.Contacts, Tasks: of.Tasks, By: "boss",
		}}
		disk.refuse = func() error { return errors.New("no room") }
		plain.Apply(erased)
		bound.Apply(erased)
		if err := bound.Erase(t.Context()); err == nil {
			t.Error("a disk that takes nothing was not told of")
		}
		still, _, err := bound.Still() // as if the engine ended now
		disk.refuse = nil
		if err != nil {
			t.Fatal(err)
		}
		bound = archiveFold(disk, now.now)
		if err := bound.Restore(still); err != nil {
			t.Fatal(err)
		}
		bound.Tidy(t.Context())
		if at := disk.holds(t, &bound.squeeze, number); len(at) > 0 {
			t.Errorf("seed %d: %s still stands in %v", seed, number, at)
		}
		goneEverywhere(t, number, plain, bound)
		for name, f := range map[string]*Fold{"in memory": plain, "on disk": bound} {
			if d := cmp.Diff(want, figures(t, f, now.t)); d != "" {
				t.Errorf("seed %d, %s: figures are others (-before +after):\n%.2000s", seed, name, d)
			}
		}
		all := everything(t, plain, d, now.t, ids)
		differences(t, fmt.Sprintf("seed %d", seed), all, everything(t, bound, d, now.t, ids))
		anew := archiveFold(disk, now.now)
		for i, ev := range append(slices.Clone(events), erased) {
			anew.Apply(ev)
			if i%333 == 0 {
				anew.Tidy(t.Context())
			}
		}
		anew.Tidy(t.Context())
		differences(t, fmt.Sprintf("seed %d, begun anew", seed), all, everything(t, anew, d, now.t, ids))
		if at := disk.holds(t, &anew.squeeze, number); len(at) > 0 {
			t.Errorf("seed %d: %s stands in %v again", seed, number, at)
		}
	}
}

func goneEverywhere(t *testing.T, number string, folds ...*Fold) {
	t.Helper()
	for _, f := range folds {
		if p, err := f.Contacts(Search{Number: number}); err != nil || len(p.Items) > 0 {
			t.Errorf("a search finds %d contacts of who was erased, %v", len(p.Items), err)
		}
		if h := f.History(number, 10, ""); len(h) > 0 {
			t.Errorf("the history of who was erased has %d contacts", len(h))
		}
		if h := f.History(hotline.Pseudonym("somebody"), 500, ""); len(h) < 2 {
			t.Errorf("the contacts of who was erased are no longer one customer's: %d", len(h))
		}
		still, _, err := f.Still()
		if err != nil {
			t.Fatal(err)
		}
		state, _, err := openStill(still)
		if err != nil || bytes.Contains(state, []byte(number)) {
			t.Errorf("%s stands in the snapshot (%v)", number, err)
		}
	}
}

// TestErasedWaits: who is in a call, is promised one or is to be seen to is not over.
func TestErasedWaits(t *testing.T) {
	s := deskDay()
	f := New(Config{Centre: simCentre(time.UTC)})
	s.apply(f)
	c := f.OfCustomer("0086 138 0013 8000")
	if c.Open == "" || len(c.Contacts) < 4 {
		t.Errorf("%+v: a contact is open, in four", c)
	}
	if c := f.OfCustomer("13900000000"); c.Open != "" || c.Contacts != nil {
		t.Errorf("%+v of who never called", c)
	}
}
