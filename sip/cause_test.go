package sip

import (
	"testing"

	"hotline"
)

func TestStatusCause(t *testing.T) {
	for _, c := range []struct {
		code int
		rang bool
		want hotline.Cause
	}{
		{486, false, hotline.CauseBusy},
		{600, true, hotline.CauseBusy},
		{603, true, hotline.CauseRejected},
		{403, false, hotline.CauseRejected},
		{407, false, hotline.CauseRejected},
		{480, true, hotline.CauseNoAnswer},
		{408, true, hotline.CauseNoAnswer},
		{408, false, hotline.CauseUnreachable},
		{404, false, hotline.CauseNotFound},
		{484, false, hotline.CauseNotFound},
		{604, false, hotline.CauseNotFound},
		{488, false, hotline.CauseNoCodec},
		{606, false, hotline.CauseNoCodec},
		{503, false, hotline.CauseUnreachable},
		{500, false, hotline.CauseError},
		{302, false, hotline.CauseRejected},
		{487, true, hotline.CauseCancelled},
		{699, true, hotline.CauseError},
		{0, false, hotline.CauseError},
	} {
		if got := statusCause(c.code, c.rang); got != c.want {
			t.Errorf("%d, rang %v: %s, want %s", c.code, c.rang, got, c.want)
		}
	}
}

// allCauses is the closed set of package hotline.
func allCauses() []hotline.Cause {
	return []hotline.Cause{
		hotline.CauseHangup, hotline.CauseCancelled, hotline.CauseBusy, hotline.CauseRejected, hotline.CauseNoAnswer,
		hotline.CauseUnreachable, hotline.CauseNotFound, hotline.CauseNoCodec, hotline.CauseMediaLost, hotline.CauseElsewhere,
		hotline.CauseOverload, hotline.CauseFlow, hotline.CauseTransferred, hotline.CauseTimeout, hotline.CauseFull, hotline.CauseRestart,
		hotline.CauseShutdown, hotline.CausePanic, hotline.CauseError,
	}
}

// Every cause is told with a final failure, and those that a peer can say too come back as what they were.
func TestCauseRoundTrip(t *testing.T) {
	for _, c := range allCauses() {
		v := refusalFor(c)
		if v.status < 400 || v.status > 699 || v.phrase == "" || v.q850 < 1 || v.q850 > 127 {
			t.Errorf("%s: %+v", c, v)
		}
		switch c {
		case hotline.CauseBusy, hotline.CauseNotFound, hotline.CauseNoCodec, hotline.CauseNoAnswer, hotline.CauseRejected, hotline.CauseCancelled:
			if got := statusCause(v.status, true); got != c {
				t.Errorf("%s told as %d comes back as %s", c, v.status, got)
			}
		}
		switch c {
		case hotline.CauseHangup, hotline.CauseBusy, hotline.CauseNotFound, hotline.CauseNoCodec, hotline.CauseNoAnswer,
			hotline.CauseRejected, hotline.CauseUnreachable, hotline.CauseElsewhere:
			if got := reasonCause(reasonValue(c), hotline.CauseHangup); got != c {
				t.Errorf("%s told as %s comes back as %s", c, reasonValue(c), got)
			}
		}
	}
}

func TestReasonCause(t *testing.T) {
	for _, c := range []struct {
		value string
		want  hotline.Cause
	}{
		{"", hotline.CauseHangup},
		{"SIP;cause=200;text=\"Call completed elsewhere\"", hotline.CauseElsewhere},
		{"sip ; cause = 486", hotline.CauseBusy},
		{"SIP;cause=603;text=\"x;cause=200\"", hotline.CauseRejected},
		{"Q.850;cause=16;text=\"Terminated\"", hotline.CauseHangup},
		{"Q.850 ;cause=\"17\"", hotline.CauseBusy},
		{"q.850;text=x;cause=21", hotline.CauseRejected},
		{"Q.850;cause=99999999999999999999", hotline.CauseHangup},
		{"Preemption;cause=1", hotline.CauseHangup},
		{";;;", hotline.CauseHangup},
	} {
		if got := reasonCause(c.value, hotline.CauseHangup); got != c.want {
			t.Errorf("%q: %s, want %s", c.value, got, c.want)
		}
	}
}

// TestEveryStatus holds every final status of the IANA registry to what the engine makes of it: a new one is a decision.
func TestEveryStatus(t *testing.T) {
	of := map[hotline.Cause][]int{
		hotline.CauseBusy:        {486, 600},
		hotline.CauseRejected:    {300, 301, 302, 305, 380, 401, 402, 403, 407, 428, 429, 433, 436, 437, 438, 494, 603, 607, 608},
		hotline.CauseNoAnswer:    {480},
		hotline.CauseNotFound:    {404, 410, 416, 484, 485, 604},
		hotline.CauseNoCodec:     {406, 415, 488, 580, 606},
		hotline.CauseUnreachable: {408, 430, 502, 503, 504},
		hotline.CauseCancelled:   {487},
		hotline.CauseError: {
			400, 405, 412, 413, 414, 417, 420, 421, 422, 423, 424, 425, 439, 440, 469, 470, 481, 482, 483, 489, 491, 493, 500, 501, 505, 513, 555,
		},
	}
	n := 0
	for cause, codes := range of {
		n += len(codes)
		for _, code := range codes {
			if got := statusCause(code, false); got != cause {
				t.Errorf("%d: %s, want %s", code, got, cause)
			}
		}
	}
	if n != 66 {
		t.Errorf("%d statuses", n)
	}
}
