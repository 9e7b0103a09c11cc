package wire

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"hotline/sip/syntax"
	"hotline/sip/wiretest"
)

// cut feeds data to a stream in steps and lists the messages.
func cut(data []byte, step int) ([]string, error) {
	r := stream{limit: time.Second}
	var got []string
	now := time.Unix(0, 0)
	for len(data) > 0 {
		n := min(step, len(data))
		r.add(data[:n], now)
		data = data[n:]
		for {
			h, _, err := r.next(now)
			if err != nil {
				return got, err
			}
			if h == nil {
				break
			}
			got = append(got, fmt.Sprintf("%s%d %q %s", h.Method, h.Code, h.Body, h.CallID()))
		}
	}
	return got, nil
}

func TestStream(t *testing.T) {
	one := string(wiretest.Plain(nil))
	body := strings.Replace(one, "Content-Length: 0", "Content-Length: 5", 1) + "hello"
	for _, c := range []struct {
		name, data string
		n          int
		err        error
	}{
		{"two", one + one, 2, nil},
		{"a body", body + one, 2, nil},
		{"keep-alives around", "\r\n\r\n\r\n" + one + "\r\n\r\n" + one + "\r\n", 2, nil},
		{"half a header", one[:40], 0, nil},
		{"half a body", body[:len(body)-2], 0, nil},
		{"no Content-Length", strings.Replace(one, "Content-Length: 0\r\n", "", 1), 0, errFraming},
		{"two Content-Lengths", strings.Replace(one, "Content-Length: 0\r\n", "Content-Length: 0\r\nl: 0\r\n", 1), 0, errFraming},
		{"negative", strings.Replace(one, "Content-Length: 0", "Content-Length: -1", 1), 0, errFraming},
		{"4 GiB", strings.Replace(one, "Content-Length: 0", "Content-Length: 4294967295", 1), 0, errFraming},
		{"2 GiB", strings.Replace(one, "Content-Length: 0", "Content-Length: 2147483647", 1), 0, syntax.ErrTooLong},
		{"endless header", "INVITE sip:x SIP/2.0\r\n" + strings.Repeat("X: y\r\n", 12000), 0, syntax.ErrTooLong},
		{"bare line breaks", strings.ReplaceAll(one, "\r\n", "\n"), 0, errBareLine},
		{"no SIP", "GET / HTTP/1.1\r\n\r\n", 0, syntax.ErrNotSIP},
		{"no SIP either", "\x16\x03\x01 hello\r\n\r\n", 0, syntax.ErrNotSIP},
	} {
		for _, step := range []int{1, 7, 100000} {
			got, err := cut([]byte(c.data), step)
			if len(got) != c.n || !errors.Is(err, c.err) {
				t.Errorf("%s by %d: %q, %v", c.name, step, got, err)
			}
		}
	}
}

// TestStreamDeadline: a message has so long from its first octet, however slowly it drips; a connection that somebody
// registered over may be silent.
func TestStreamDeadline(t *testing.T) {
	r := stream{limit: 30 * time.Second}
	begin := time.Unix(1000, 0)
	if d := r.deadline(begin, false); !d.Equal(begin.Add(30 * time.Second)) {
		t.Errorf("idle stranger: %v", d)
	}
	if d := r.deadline(begin, true); !d.IsZero() {
		t.Errorf("idle friend: %v", d)
	}
	for i := range 10 {
		r.add([]byte("I"), begin.Add(time.Duration(i)*time.Second))
		if d := r.deadline(begin.Add(time.Hour), true); !d.Equal(begin.Add(30 * time.Second)) {
			t.Fatalf("after %d octets: %v", i+1, d)
		}
	}
}
