package sdp

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// TestOpusFormat: what a peer says of the Opus it wants is agreed to, wherever it stands in the description; what cannot be read, or belongs to
// another format, is as if it had not been said; the next description says it anew.
func TestOpusFormat(t *testing.T) {
	for _, c := range []struct {
		lines string
		want  OpusFormat
		ptime int // ms
	}{
		{"", OpusFormat{}, 20},
		{"a=fmtp:111 maxaveragebitrate=20000;cbr=1\r\n", OpusFormat{BitRate: 20000, Constant: true}, 20},
		{"a=fmtp:111 useinbandfec=1; MaxAverageBitrate = 64000 ; CBR=1;stereo=0\r\n", OpusFormat{BitRate: 64000, Constant: true}, 20},
		{"a=fmtp:111 maxaveragebitrate=1;cbr=0\r\n", OpusFormat{BitRate: 6000}, 20},
		{"a=fmtp:111 maxaveragebitrate=99999999\r\n", OpusFormat{BitRate: 510000}, 20},
		{"a=fmtp:111 maxaveragebitrate=-5;cbr=yes\r\n", OpusFormat{}, 20},
		{"a=fmtp:111 maxaveragebitrate=99999999999999999999;cbr\r\n", OpusFormat{}, 20},
		{"a=fmtp:96 maxaveragebitrate=20000;cbr=1\r\n", OpusFormat{}, 20}, // another's
		{"a=fmtp:111\r\na=fmtp:\r\na=fmtp:111 ;;=;\r\n", OpusFormat{}, 20},
		{"a=fmtp:111 minptime=40\r\n", OpusFormat{MinPTime: 40 * time.Millisecond}, 40},
		{"a=fmtp:111 minptime=500\r\n", OpusFormat{MinPTime: 500 * time.Millisecond}, 60},
		{"a=fmtp:111 ptime=60;maxptime=40\r\n", OpusFormat{PTime: 60 * time.Millisecond, MaxPTime: 40 * time.Millisecond}, 40},
		{"a=fmtp:111 ptime=60\r\na=ptime:10\r\n", OpusFormat{PTime: 60 * time.Millisecond}, 10},
		{"a=fmtp:111 minptime=60\r\na=maxptime:20\r\n", OpusFormat{MinPTime: 60 * time.Millisecond}, 20}, // what is too long is lost
		{"a=maxptime:10\r\n", OpusFormat{}, 10},
		{"a=maxptime:3\r\n", OpusFormat{}, 10},
		{"a=ptime:120\r\n", OpusFormat{}, 60},
		{"a=ptime:5\r\n", OpusFormat{}, 20},
		{"a=ptime:40\r\na=maxptime:120\r\n", OpusFormat{}, 40},
	} {
		s := Session{ID: 1, Addr: netip.MustParseAddr("192.0.2.1"), Port: 4000, Codecs: []string{"OPUS", "PCMA"}}
		head := "v=0\r\nc=IN IP4 192.0.2.9\r\nm=audio 5000 RTP/AVP %d 8 101\r\na=rtpmap:%[1]d opus/48000/2\r\n"
		for _, body := range []string{fmt.Sprintf(head, 111) + c.lines, "v=0\r\nc=IN IP4 192.0.2.9\r\nm=audio 5000 RTP/AVP 111 8 101\r\n" + c.lines + "a=rtpmap:111 opus/48000/2\r\n"} {
			lines, err := Parse([]byte(body))
			if err != nil {
				t.Fatal(err)
			}
			_, got, err := s.Answer(lines)
			if err != nil || got.Codec != "OPUS" || got.Opus != c.want || got.PTime != time.Duration(c.ptime)*time.Millisecond {
				t.Errorf("%q: %+v, %s, %v; want %+v, %d ms", c.lines, got.Opus, got.PTime, err, c.want, c.ptime)
			}
		}
		lines, _ := Parse([]byte("v=0\r\nc=IN IP4 192.0.2.9\r\nm=audio 5000 RTP/AVP 8\r\na=fmtp:8 cbr=1\r\n"))
		if _, got, err := s.Answer(lines); err != nil || got.Opus != (OpusFormat{}) || got.PTime != 20*time.Millisecond {
			t.Errorf("%q, then G.711: %+v %v", c.lines, got, err)
		}
	}
}
