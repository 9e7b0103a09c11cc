package sdp

import (
	"net/netip"
	"reflect"
	"testing"
)

// TestKeptGoesOn: the answer and the offer of a session that was kept are those that the session itself would have given.
func TestKeptGoesOn(t *testing.T) {
	offer, err := Parse([]byte("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" +
		"m=image 4000 udptl t38\r\nm=audio 4002 RTP/AVP 0 8 96\r\na=rtpmap:96 telephone-event/8000\r\na=sendonly\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	a := Session{ID: 1, Version: 7, Addr: netip.MustParseAddr("192.0.2.9"), Port: 5000, Codecs: []string{"PCMA", "PCMU"}}
	if _, _, err := a.Answer(offer); err != nil {
		t.Fatal(err)
	}
	b := a.Keep().Session()
	if got, want := string(b.Offer()), string(a.Offer()); got != want {
		t.Errorf("offers:\n%s\nwant\n%s", got, want)
	}
	b = a.Keep().Session()
	got, terms, err := b.Answer(offer)
	want, wantTerms, wantErr := a.Answer(offer)
	if string(got) != string(want) || !reflect.DeepEqual(terms, wantTerms) || err != nil || wantErr != nil {
		t.Errorf("answers: %v\n%s\nwant %v\n%s", err, got, wantErr, want)
	}
	if _, _, err := b.Answer(offer[1:]); err == nil {
		t.Error("fewer m= lines than before were taken") // RFC 3264 §8
	}
	b = Kept{Index: 3, Text: "m=\r\nm=audio\r\nnonsense"}.Session()
	b.Offer()
}
