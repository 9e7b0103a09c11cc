//go:build e2e

package e2e

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hotline/media/bypass"
)

const soundIP = "127.0.0.32"

// startSoundEngine starts an engine that speaks G.722, or with Opus that build of it.
func startSoundEngine(t *testing.T, opus bool) *engine {
	t.Helper()
	e, codecs := &engine{t: t, dir: t.TempDir(), ip: soundIP}, "G722"
	if opus {
		e.bin, codecs = opusBuild(t), "opus, G722"
	}
	e.web, e.metrics = fmt.Sprintf("127.0.0.1:%d", port(t)), fmt.Sprintf("127.0.0.1:%d", port(t))
	config := fmt.Sprintf(`
data: ./data
centre: centre.yaml
sip:
  listen: [udp://%[1]s:5060, tcp://%[1]s:5060]
  domain: %[2]s
  trunks: [{name: carrier, peers: [127.0.0.0/8], max_calls: 500, max_cps: 100}]
media: {ports: 20000-23999, codecs: [%[5]s, PCMA, PCMU]}
web: {listen: "%[3]s"}
metrics: {listen: "%[4]s"}
`, soundIP, domain, e.web, e.metrics, codecs)
	for name, text := range map[string]string{"hotline.yaml": config, "centre.yaml": centreFile} {
		if err := os.WriteFile(filepath.Join(e.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e.start()
	t.Cleanup(e.stop)
	return e
}

// opusBuild is the program in its build with Opus.
func opusBuild(t *testing.T) string {
	t.Helper()
	bin := os.Getenv("HOTLINE_OPUS_BIN")
	if bin == "" {
		t.Fatal("HOTLINE_OPUS_BIN names no binary: run `make e2e`")
	}
	return bin
}

// narrowed is a WAV of 8, 16 or 48 kHz at 8 kHz: the tones that are looked for are far below 4 kHz.
func narrowed(t *testing.T, b []byte) (channels [][]float64, rate int) {
	t.Helper()
	le := binary.LittleEndian
	var tag, count int
	for at := 12; at+8 <= len(b); {
		id, size := string(b[at:at+4]), int(le.Uint32(b[at+4:]))
		body := b[at+8:]
		switch id {
		case "fmt ":
			tag, count, rate = int(le.Uint16(body)), int(le.Uint16(body[2:])), int(le.Uint32(body[4:]))
		case "data":
			if size == 0 || size > len(body) {
				size = len(body)
			}
			channels = deinterleave(t, body[:size], tag, count)
			for i, c := range channels {
				if step := rate / 8000; step > 1 {
					thin := c[:0:0]
					for k := 0; k < len(c); k += step {
						thin = append(thin, c[k])
					}
					channels[i] = thin
				}
			}
			return channels, rate
		}
		at += 8 + size + size&1
	}
	t.Fatal("WAV without data")
	return nil, 0
}

// hears wants a tone in the last call that a phone heard.
func hears(t *testing.T, p *phone, hz float64) {
	t.Helper()
	files := p.heard()
	if len(files) == 0 {
		t.Fatalf("%s heard nothing", p.name)
	}
	best := toneReport{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		channels, _ := narrowed(t, b)
		if r := listen(channels[0], hz); r.Seconds > best.Seconds {
			best = r
		}
	}
	if best.Seconds < 3 || best.Slips > 2 {
		t.Errorf("%s: %+v, want the other's tone for 3 s without slips", p.name, best)
	}
}

// TestSound: calls between all codecs. What each hears is the other's tone, the recording is in the customer's codec, 16 bits
// at 16 kHz for G.722 and Opus, and the record says what every line sounded like.
func TestSound(t *testing.T) {
	for i, c := range []struct {
		name, caller, agent string
		rate                int // of the recording
	}{
		{"G.722 to G.722", "G722/16000/1,PCMA", "G722/16000/1,PCMA", 16000},
		{"G.722 to G.711", "G722/16000/1", "PCMA", 16000},
		{"G.711 to G.722", "PCMU", "G722/16000/1", 8000},
		{"A-law to µ-law", "PCMA", "PCMU", 8000},
		{"Opus to A-law", "opus/48000/1", "PCMA", 16000},
		{"Opus to Opus", "opus/48000/1", "opus/48000/1", 16000},
		{"µ-law to Opus", "PCMU", "opus/48000/1", 8000},
	} {
		t.Run(c.name, func(t *testing.T) {
			opus := strings.Contains(c.caller+c.agent, "opus")
			e := startSoundEngine(t, opus)
			at := func(n int) string { return fmt.Sprintf("127.0.0.%d", 130+2*i+n) }
			agent := startPhone(t, e, "agent", phoneOptions{ip: at(0), user: "8001", password: "pw-8001", tone: agentTone, codecs: c.agent})
			agent.code(e, "*1")
			e.agentIs("8001", "ready")
			caller := startPhone(t, e, "caller", phoneOptions{ip: at(1), user: "13800138000", tone: callerTone, codecs: c.caller})
			caller.dial(e, "95500")
			caller.wait("CALL_ESTABLISHED", 1, 5*time.Second)
			time.Sleep(500 * time.Millisecond)
			caller.press("1")
			agent.wait("CALL_INCOMING", 1, 5*time.Second)
			agent.do("accept", "")
			e.agentIs("8001", "talking")
			time.Sleep(12 * time.Second) // two reports by RTCP come in that time
			caller.do("hangup", "")
			e.agentIs("8001", "wrap_up")
			var record struct {
				contact
				Legs []struct {
					Role  string
					Codec string
					Stats struct {
						Received, Lost uint64
						MOS            float64 `json:"mos"`
						RemoteMOS      float64 `json:"remote_mos"`
					}
				}
			}
			id := e.contacts()[0].ID
			e.eventually(10*time.Second, "the recording is stored", func() bool {
				e.json("/api/v1/contacts/"+id, &record)
				return record.Recording != nil
			})
			for _, l := range record.Legs {
				if l.Stats.MOS < 4 || l.Stats.Lost > 0 {
					t.Errorf("%s: %+v", l.Role, l.Stats)
				}
				t.Logf("%s %s: %+v", l.Role, l.Codec, l.Stats)
			}
			b, res := e.get("/api/v1/contacts/" + id + "/recording?format=wav")
			if res.StatusCode != 200 {
				t.Fatalf("recording: %s %s", res.Status, b)
			}
			sides, rate := narrowed(t, b)
			if rate != c.rate || len(sides) != 2 {
				t.Fatalf("%d Hz, %d sides", rate, len(sides))
			}
			left, right := listen(sides[0], callerTone), listen(sides[1], agentTone)
			// The agent is heard from the midst of its stream: a decoder of G.722 needs 40 ms to follow.
			if left.Seconds < 6 || left.Slips > 0 || right.Seconds < 6 || right.Slips > 2 || right.Slips > 0 && c.agent[0] != 'G' {
				t.Errorf("left %+v, right %+v, want both tones without slips", left, right)
			}
			if leak := listen(sides[0], agentTone); leak.Seconds > 0.1 {
				t.Errorf("the agent is in the left channel: %+v", leak)
			}
			caller.close()
			agent.close()
			hears(t, caller, agentTone)
			hears(t, agent, callerTone)
			if n := e.metric("hotline_rtp_mos_count"); n < 2 {
				t.Errorf("%v scores counted", n)
			}
			passed(t, e, c.caller == c.agent && !opus)
		})
	}
}

// passed wants the kernel to have passed packets on, or none, if it lets us have it do so.
func passed(t *testing.T, e *engine, some bool) {
	t.Helper()
	b, err := bypass.Open(1)
	if err != nil {
		t.Logf("not looked whether the kernel passes packets on: %v", err)
		return
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if n := e.metric("hotline_rtp_bypassed_packets_total"); some != (n > 0) {
		t.Errorf("%v packets passed on by the kernel", n)
	}
}
