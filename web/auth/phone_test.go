package auth

import (
	"crypto/md5"
	"encoding/hex"
	"slices"
	"testing"
	"time"
)

// A phone's key belongs to its session: the same for all its pages, over with it, known after a restart, and nobody else's.
func TestPhoneKeys(t *testing.T) {
	k := newKit(t)
	lead := User{Name: "lead", Role: Lead}
	token, err := k.Begin(lead)
	if err != nil {
		t.Fatal(err)
	}
	secret, until, err := k.PhoneKey(token)
	if err != nil || !until.Equal(k.cfg.Now().Add(fullLimit)) {
		t.Fatalf("%v, until %v", err, until)
	}
	if again, _, _ := k.PhoneKey(token); again != secret {
		t.Error("another page of the session has another key")
	}
	sum := md5.Sum([]byte("~lead:" + k.cfg.Realm + ":" + secret))
	want := []string{hex.EncodeToString(sum[:])}
	if got := k.PhoneKeys("~lead"); !slices.Equal(got, want) {
		t.Errorf("keys %v, want %v", got, want)
	}
	if got := k.PhoneKeys("lead"); got != nil {
		t.Errorf("keys of another account: %v", got)
	}
	other, _ := k.Begin(lead)
	if s, _, _ := k.PhoneKey(other); s == secret {
		t.Error("two sessions have one key")
	}
	if got := k.PhoneKeys("~lead"); len(got) != 2 {
		t.Errorf("%d keys of two sessions", len(got))
	}
	if err := k.End(other); err != nil {
		t.Fatal(err)
	}
	restarted := build(k.cfg, k.cost)
	if got := restarted.PhoneKeys("~lead"); !slices.Equal(got, want) {
		t.Errorf("after a restart: %v, want %v", got, want)
	}
	k.now = k.now.Add(idleLimit + time.Second)
	if got := k.PhoneKeys("~lead"); got != nil {
		t.Errorf("keys of a session that is over: %v", got)
	}
	if len(k.cache.phones) != 0 {
		t.Errorf("kept: %v", k.cache.phones)
	}
	if _, _, err := k.PhoneKey("nobody's"); err == nil {
		t.Error("a key without a session")
	}
}
