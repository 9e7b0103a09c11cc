package reports

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"hotline"
)

// TestHowItCame: the record says that the caller asked not to be shown and by which number it came, also when it was packed, kept
// in a snapshot or listed; who may not see numbers sees neither that one nor the one outside that it was handed on to.
func TestHowItCame(t *testing.T) {
	const by, outside, caller = "13911112222", "13700003333", "13611114444"
	b := &script{}
	ev := hotline.Event{Contact: "c1", Call: "c1", Queue: "claims"}
	d := hotline.Diversion{Number: by, Reason: "user-busy", Count: 2}
	b.add(0, ev, hotline.CallStarted{Direction: hotline.Inbound, From: hotline.Party{Number: "anonymous"}, Anonymous: true, Diverted: d})
	b.add(0, ev, hotline.Queued{Visit: "c1.1", Entry: hotline.EntryIVR, Since: time.UnixMilli(0), Attrs: map[string]string{"diverted_from": by, "city": "Wuhan"}})
	ev.Agent = "a1"
	b.add(9000, ev, hotline.Transferred{Visit: "c1.1", How: hotline.TransferBlind, Target: hotline.TargetNumber, To: outside, Result: hotline.TransferDone})
	b.add(9500, ev, hotline.Transferred{Visit: "c1.1", How: hotline.TransferBlind, Target: hotline.TargetAgent, To: "8002", Result: "busy"})
	b.add(9900, hotline.Event{Contact: "c1", Call: "c1"}, hotline.CallEnded{Cause: hotline.CauseHangup})
	b.add(10_000, hotline.Event{Contact: "c2", Call: "c2"}, hotline.CallStarted{Direction: hotline.Inbound, From: hotline.Party{Number: caller}})
	now := &clock{time.UnixMilli(200_000)}
	f := New(Config{Centre: simCentre(time.UTC), Now: now.now})
	b.apply(f)
	p := f.packer
	p.drain(t.Context())

	c, ok := f.Contact("c1")
	if !ok || !c.Anonymous || c.Diverted != d {
		t.Fatalf("anonymous %v, diverted %+v", c.Anonymous, c.Diverted)
	}
	page, err := f.Contacts(Search{})
	if err != nil || len(page.Items) != 2 || page.Items[0].Anonymous || !page.Items[1].Anonymous || page.Items[1].Diverted != d {
		t.Errorf("%+v, %v", page.Items, err)
	}
	text, err := json.Marshal(c.Redact(func(p hotline.Party) hotline.Party { return hotline.Party{Number: "***"} }))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{by, outside} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%s is shown: %s", secret, text)
		}
	}
	for _, kept := range []string{`"reason":"user-busy"`, `"to":"8002"`, "Wuhan"} {
		if !strings.Contains(string(text), kept) {
			t.Errorf("%s is hidden too: %s", kept, text)
		}
	}
	if c.Transfers[0].To != outside || c.Diverted.Number != by {
		t.Error("the record itself was changed")
	}
	plain, _ := f.Contact("c2")
	if text, _ := json.Marshal(plain); strings.Contains(string(text), "diverted") || strings.Contains(string(text), "anonymous") {
		t.Errorf("said of one that was neither: %s", text)
	}
}
