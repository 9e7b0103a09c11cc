package storm

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestDist(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, text := range []string{"20s", "exp:1m0s", "logn:2.5s", "0s"} {
		d, err := ParseDist(text)
		if err != nil || d.String() != text {
			t.Fatalf("%s: %v, %v", text, d, err)
		}
		const n = 20_000
		sum, sq, top := 0.0, 0.0, time.Duration(0)
		for range n {
			x := d.draw(r)
			sum, sq, top = sum+x.Seconds(), sq+x.Seconds()*x.Seconds(), max(top, x)
		}
		mean := sum / n
		if want := d.Mean.Seconds(); math.Abs(mean-want) > 0.05*want {
			t.Errorf("%s: mean %g", text, mean)
		}
		if cv := math.Sqrt(sq/n-mean*mean) / max(mean, 1e-9); d.Kind != "const" && (cv < 0.8 || cv > 1.1) || d.Kind == "const" && cv > 1e-6 {
			t.Errorf("%s: coefficient of variation %g", text, cv)
		}
		if top > 10*d.Mean {
			t.Errorf("%s: as much as %s", text, top)
		}
	}
	if d := (Dist{}); d.draw(r) != 0 || d.String() != "0s" {
		t.Error("the zero Dist is not 0")
	}
	for _, bad := range []string{"", "5", "-1s", "poisson:1s", "exp:", "exp:-1s"} {
		if _, err := ParseDist(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// TestConfigIsPlainData: the demo hands it to another process as JSON.
func TestConfigIsPlainData(t *testing.T) {
	in := Config{Number: "95500", Hold: Dist{"logn", 3 * time.Second}, Agents: []Agent{{"8001", "x"}}, Ramp: time.Second, CallerVoice: [][]byte{{1, 2}}}
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out Config
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	again, _ := json.Marshal(out)
	if string(again) != string(b) || out.Hold != in.Hold || out.CallerVoice[0][1] != 2 {
		t.Errorf("%s\nbecame\n%s", b, again)
	}
}

func TestSDP(t *testing.T) {
	at := func(text string, want string, wantCodec codec, wantOK bool, mine ...codec) {
		t.Helper()
		remote, c, ok := answerOf(crlf(text), mine)
		if ok != wantOK || ok && (remote.String() != want || c != wantCodec) {
			t.Errorf("%s %d %v, want %s %d %v of\n%s", remote, c, ok, want, wantCodec, wantOK, text)
		}
	}
	own := describe(mustAddrPort("127.0.0.1:4000"), []codec{8, 0})
	at(string(own), "127.0.0.1:4000", 8, true, 0, 8) // the other side's order counts
	at(string(describe(mustAddrPort("127.0.0.1:4000"), []codec{0})), "", 0, false, 8)
	at("v=0\nc=IN IP4 10.0.0.1\nm=audio 5000 RTP/AVP 9 0 101\nc=IN IP4 10.0.0.2\na=sendrecv\n", "10.0.0.2:5000", 0, true, 8, 0)
	at("v=0\nc=IN IP4 10.0.0.1\nm=audio 0 RTP/AVP 0\n", "", 0, false, 0)
	at("v=0\nc=IN IP4 nowhere\nm=audio 5000 RTP/AVP 0\n", "", 0, false, 0)
	at("v=0\nc=IN IP4 10.0.0.1\nm=audio 5000\n", "", 0, false, 0)
	at("v=0\nc=IN IP4 10.0.0.1\nm=audio 70000 RTP/AVP 0\n", "", 0, false, 0)
	at("", "", 0, false, 0)
}
