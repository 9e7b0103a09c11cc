package notify

import (
	"errors"
	"testing"
)

// TestWhyLost: what is told of a recipient is the server's answer, not the recipient and the mail again.
func TestWhyLost(t *testing.T) {
	const said = `sending SMTP RCPT TO command: 550 "5.1.1 no such mailbox"`
	for _, more := range []string{"", ", affected recipient(s): <a@example.com>, affected message ID: <1.2@example.com>", ", affected message ID: <1.2@example.com>"} {
		if got := whyLost(errors.New(said + more)); got != said {
			t.Errorf("%q", got)
		}
	}
	if whyLost(nil) != "" {
		t.Error("nothing is lost")
	}
}
