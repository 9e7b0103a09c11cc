package auth

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestKiosks(t *testing.T) {
	bucket, now := newMemory(), time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	k := NewKiosks(bucket, clock)
	key, made, err := k.Make("door", "left of the door", "anna")
	if err != nil || made.Board != "door" || made.By != "anna" || !made.Seen.IsZero() {
		t.Fatalf("%+v, %v", made, err)
	}
	for hash, v := range bucket.m {
		if strings.Contains(hash+string(v), key) {
			t.Error("the key itself is kept")
		}
	}
	if err := k.Enter(key, "door", "192.0.2.1"); err != nil {
		t.Errorf("the right key: %v", err)
	}
	for _, c := range []struct{ key, board string }{{key, "hall"}, {key + "x", "door"}, {"", "door"}, {hashOf(key), "door"}, {made.ID, "door"}} {
		if k.Opens(c.key, c.board, "192.0.2.1") {
			t.Errorf("%q opens %s", c.key, c.board)
		}
	}
	now = now.Add(400 * 24 * time.Hour)
	again := NewKiosks(bucket, clock) // after a restart, a year later
	if !again.Opens(key, "door", "192.0.2.7") {
		t.Error("a restart ended the key")
	}
	all, err := again.List()
	if err != nil || len(all) != 1 || !all[0].Seen.Equal(now) || all[0].Addr != "192.0.2.7" || all[0].Label != "left of the door" {
		t.Errorf("%+v, %v", all, err)
	}
	if err := again.Revoke("nothing"); !errors.Is(err, ErrNoKiosk) {
		t.Errorf("%v", err)
	}
	if err := again.Revoke(made.ID); err != nil || again.Opens(key, "door", "192.0.2.7") {
		t.Errorf("revoked: %v, still opens: %v", err, again.Opens(key, "door", "192.0.2.7"))
	}
	if len(bucket.m) != 0 {
		t.Error("the revoked key is still kept")
	}
}

func TestKioskBrake(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	k := NewKiosks(newMemory(), func() time.Time { return now })
	key, _, err := k.Make("door", "", "anna")
	if err != nil {
		t.Fatal(err)
	}
	for i := range perPair {
		if err := k.Enter("guess", "door", "192.0.2.1"); !errors.Is(err, ErrDenied) {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	if err := k.Enter(key, "door", "192.0.2.1"); !errors.Is(err, ErrTooMany) {
		t.Errorf("after %d guesses the right one: %v", perPair, err)
	}
	if !k.Opens(key, "door", "192.0.2.1") {
		t.Error("a screen that has its key went dark by guesses of others")
	}
	if err := k.Enter(key, "door", "192.0.2.2"); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	now = now.Add(brakeTime + time.Second)
	if k.Sweep(); len(k.brake.tries) != 0 {
		t.Errorf("%d old tries are kept", len(k.brake.tries))
	}
	if err := k.Enter(key, "door", "192.0.2.1"); err != nil {
		t.Errorf("a minute later: %v", err)
	}
	for i := range MaxKiosks {
		if _, _, err := k.Make("door", "", "anna"); (err != nil) != (i == MaxKiosks-1) || err != nil && !errors.Is(err, ErrManyKiosks) {
			t.Fatalf("%d: %v", i, err)
		}
	}
}
