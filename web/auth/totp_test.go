package auth

import (
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// The codes of RFC 6238 appendix B, SHA-1, of which six digits are the last of eight.
func TestCodesOfTheRFC(t *testing.T) {
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		if got := codeAt(secret, uint64(at/30)); got != want[2:] {
			t.Errorf("at %d: %s, want %s", at, got, want[2:])
		}
	}
}

// enrolled is a login with a second factor, and how its program makes codes.
func enrolled(t *testing.T, k *kit) (code func(steps int) string, recovery []string) {
	t.Helper()
	secret, uri, err := k.Enrol("anna", "华安 Centre")
	if err != nil || !strings.HasPrefix(uri, "otpauth://totp/") || !strings.Contains(uri, secret) {
		t.Fatal(uri, err)
	}
	raw, err := base32.StdEncoding.DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	code = func(steps int) string { return codeAt(raw, uint64(k.now.Unix()/30+int64(steps))) }
	if f, _ := k.FactorOf("anna"); f.On {
		t.Fatal("holds before it was confirmed")
	}
	if err := k.CheckCode("anna", code(0)); !errors.Is(err, ErrNoFactor) {
		t.Fatalf("before it was confirmed: %v", err)
	}
	if _, err := k.Confirm("anna", "000000x"); !errors.Is(err, ErrCode) {
		t.Fatalf("confirmed by a wrong code: %v", err)
	}
	if recovery, err = k.Confirm("anna", code(0)); err != nil || len(recovery) != recoveryCodes {
		t.Fatal(recovery, err)
	}
	return code, recovery
}

func TestSecondFactor(t *testing.T) {
	k := newKit(t)
	code, recovery := enrolled(t, k)
	check := func(what, c string, want error) {
		t.Helper()
		if err := k.CheckCode("anna", c); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	check("the code that confirmed", code(0), ErrCode)
	check("the one before it", code(-1), ErrCode)
	check("two steps early", code(2), ErrCode)
	check("one step early", code(1), nil)
	check("again", code(1), ErrCode)
	k.restart()
	check("again after a restart", code(1), ErrCode)
	k.now = k.now.Add(90 * time.Second)
	check("a clock that is late", code(-1), nil)
	k.now = k.now.Add(time.Hour)
	check("one of long ago", code(-120), ErrCode)
	check("with a space in it", code(0)[:3]+" "+code(0)[3:], nil)
	check("no code", "", ErrCode)
	check("a recovery code", recovery[3], nil)
	check("again", recovery[3], ErrCode)
	check("as it was copied", strings.ToUpper(strings.ReplaceAll(recovery[4], "-", " ")), nil)
	if f, _ := k.FactorOf("anna"); !f.On || f.Recovery != recoveryCodes-2 {
		t.Errorf("%+v", f)
	}
	if _, _, err := k.Enrol("anna", "x"); !errors.Is(err, ErrFactor) {
		t.Errorf("enrolled over one that holds: %v", err)
	}
	if _, err := k.Confirm("anna", code(0)); !errors.Is(err, ErrFactor) {
		t.Errorf("confirmed twice: %v", err)
	}
	for key, v := range k.factors.m {
		for _, c := range recovery {
			if strings.Contains(string(v), strings.ReplaceAll(c, "-", "")) {
				t.Errorf("%s holds a recovery code", key)
			}
		}
	}
	if err := k.DropFactor("anna"); err != nil {
		t.Fatal(err)
	}
	check("after it was taken away", code(0), ErrNoFactor)
	if k.Remove("anna") != nil || len(k.factors.m) != 0 {
		t.Error("a login that is gone keeps its factor")
	}
}

// Who guesses codes gets five tries in five minutes; the right password before each does not give them back.
func TestBrakeOnCodes(t *testing.T) {
	k := newKit(t)
	if err := k.Add("anna", Lead, "a long password"); err != nil {
		t.Fatal(err)
	}
	code, _ := enrolled(t, k)
	k.now = k.now.Add(time.Hour)
	for i := range codeTries {
		if _, err := k.Check("anna", "a long password", fmt.Sprint("192.0.2.", i)); err != nil {
			t.Fatal(err)
		}
		if err := k.CheckCode("anna", "wrong"); !errors.Is(err, ErrCode) {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	if err := k.CheckCode("anna", code(0)); !errors.Is(err, ErrTooMany) {
		t.Errorf("after %d guesses: %v", codeTries, err)
	}
	k.now = k.now.Add(codeTime + time.Second)
	if err := k.Sweep(); err != nil || len(k.guard.tries) != 0 {
		t.Errorf("old tries are kept: %v", k.guard.tries)
	}
	if err := k.CheckCode("anna", code(0)); err != nil {
		t.Errorf("five minutes later: %v", err)
	}
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	k := newKit(t)
	if err := k.Add("anna", Lead, "a long password"); err != nil {
		t.Fatal(err)
	}
	at := Place{Addr: "192.0.2.9", Device: "Browser\xff " + strings.Repeat("x", 500)}
	begin := func(name string) string {
		k.now = k.now.Add(time.Second)
		tok, err := k.BeginAt(User{Name: name, Role: Lead}, at)
		if err != nil {
			t.Fatal(err)
		}
		return tok
	}
	one, two, other := begin("anna"), begin("anna"), begin("bert")
	list, err := k.Sessions("anna", one)
	if err != nil || len(list) != 2 || list[0].Mine || !list[1].Mine || list[0].Addr != "192.0.2.9" || len(list[0].Device) != 200 {
		t.Fatalf("%+v, %v", list, err)
	}
	if strings.Contains(key(two), list[0].ID) && len(list[0].ID) >= len(key(two)) {
		t.Error("a session's id opens it")
	}
	if all, _ := k.Sessions("", one); len(all) != 3 {
		t.Errorf("%d sessions in all", len(all))
	}
	if s, ok := k.SessionOf(one); !ok || s.ID != list[1].ID || !s.Mine {
		t.Errorf("%+v", s)
	}
	if err := k.ChangePassword("anna", "wrong password", "another password", "x", one); !errors.Is(err, ErrDenied) {
		t.Errorf("by a wrong password: %v", err)
	}
	if err := k.ChangePassword("anna", "a long password", "short", "x", one); !errors.Is(err, ErrPassword) {
		t.Errorf("to a short one: %v", err)
	}
	if err := k.ChangePassword("8001", "phone8001", "another password", "x", one); !errors.Is(err, ErrTaken) {
		t.Errorf("an agent's: %v", err)
	}
	if err := k.ChangePassword("anna", "a long password", "another password", "x", one); err != nil {
		t.Fatal(err)
	}
	if u, err := k.Check("anna", "another password", "x"); err != nil || u.Role != Lead {
		t.Errorf("the new password: %+v, %v", u, err)
	}
	if !k.Open(one) || k.Open(two) || !k.Open(other) {
		t.Error("a new password ends the login's other sessions, and no more")
	}
	ended, err := k.EndSessions(func(o OpenSession) bool { return o.User == "bert" }, one)
	if err != nil || len(ended) != 1 || k.Open(other) {
		t.Errorf("%+v, %v", ended, err)
	}
	k.now = k.now.Add(idleLimit + time.Second)
	if list, _ := k.Sessions("anna", one); len(list) != 0 {
		t.Errorf("sessions that are over: %+v", list)
	}
}
