package sip

import (
	"fmt"
	"strconv"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/syntax"
)

// statusCause is why a dialled leg was refused with the status (RFC 3261 §21). rang: a 180 or 183 had come, which tells a
// phone that was not picked up from one that could not be reached.
func statusCause(code int, rang bool) hotline.Cause {
	switch code {
	case 486, 600:
		return hotline.CauseBusy
	case 300, 301, 302, 305, 380, 401, 402, 403, 407, 428, 429, 433, 436, 437, 438, 494, 603, 607, 608: // a phone that forwards its calls has not taken this one
		return hotline.CauseRejected
	case 408:
		if rang {
			return hotline.CauseNoAnswer
		}
		return hotline.CauseUnreachable
	case 480:
		return hotline.CauseNoAnswer
	case 404, 410, 416, 484, 485, 604:
		return hotline.CauseNotFound
	case 406, 415, 488, 580, 606:
		return hotline.CauseNoCodec
	case 430, 502, 503, 504:
		return hotline.CauseUnreachable
	case 487:
		return hotline.CauseCancelled
	}
	return hotline.CauseError
}

// refusal is how one cause of ours is told to a peer.
type refusal struct {
	status int // the response to an INVITE not yet answered
	phrase string
	q850   int // the cause value of ITU-T Q.850 for a Reason header (RFC 3326 §2)
}

// refusalFor maps our causes to the wire. Two causes may share a status: the Reason header still tells them apart.
func refusalFor(c hotline.Cause) refusal {
	switch c {
	case hotline.CauseHangup:
		return refusal{603, "Decline", 16}
	case hotline.CauseCancelled:
		return refusal{487, "Request Terminated", 16}
	case hotline.CauseBusy, hotline.CauseFull:
		return refusal{486, "Busy Here", 17}
	case hotline.CauseRejected:
		return refusal{403, "Forbidden", 21}
	case hotline.CauseNoAnswer:
		return refusal{480, "Temporarily Unavailable", 19}
	case hotline.CauseUnreachable:
		return refusal{480, "Temporarily Unavailable", 20}
	case hotline.CauseNotFound:
		return refusal{404, "Not Found", 1}
	case hotline.CauseNoCodec:
		return refusal{488, "Not Acceptable Here", 88}
	case hotline.CauseMediaLost:
		return refusal{480, "Temporarily Unavailable", 31}
	case hotline.CauseElsewhere:
		return refusal{487, "Request Terminated", 26}
	case hotline.CauseOverload:
		return refusal{503, "Service Unavailable", 42}
	case hotline.CauseTimeout:
		return refusal{480, "Temporarily Unavailable", 102}
	case hotline.CauseRestart, hotline.CauseShutdown:
		return refusal{503, "Service Unavailable", 41}
	case hotline.CausePanic, hotline.CauseError:
		return refusal{500, "Server Internal Error", 41}
	}
	return refusal{480, "Temporarily Unavailable", 16} // CauseFlow: the flow ends the call as a person would
}

// reasonValue is the Reason header of a CANCEL or BYE of ours (RFC 3326). A phone that was cancelled because another
// answered shows no missed call when it reads cause 200 (RFC 3326 §3.1).
func reasonValue(c hotline.Cause) string {
	if c == hotline.CauseElsewhere {
		return `SIP;cause=200;text="Call completed elsewhere"`
	}
	return fmt.Sprintf(`Q.850;cause=%d;text="%s"`, refusalFor(c).q850, c)
}

// heardReason is what the Reason fields of a message say: the first value that says something (RFC 3326 §2: one a protocol).
func heardReason(msg gosip.Message, otherwise hotline.Cause) hotline.Cause {
	for _, h := range msg.GetHeaders("reason") {
		for rest, more := h.Value(), true; more; {
			var item string
			item, rest, more = syntax.CutList(rest)
			if c := reasonCause(item, otherwise); c != otherwise {
				return c
			}
		}
	}
	return otherwise
}

// reasonCause reads one value of a Reason header; otherwise is what holds when it says nothing that is known.
func reasonCause(value string, otherwise hotline.Cause) hotline.Cause {
	protocol, rest, _ := strings.Cut(value, ";")
	code := -1
	for param := range strings.SplitSeq(rest, ";") {
		key, v, _ := strings.Cut(param, "=")
		if strings.EqualFold(strings.TrimSpace(key), "cause") {
			if n, err := strconv.Atoi(strings.Trim(v, " \t\"")); err == nil {
				code = n
			}
			break
		}
	}
	switch protocol = strings.TrimSpace(protocol); {
	case strings.EqualFold(protocol, "SIP") && code == 200:
		return hotline.CauseElsewhere
	case strings.EqualFold(protocol, "SIP") && code >= 300 && code < 700:
		return statusCause(code, true)
	case !strings.EqualFold(protocol, "Q.850"):
		return otherwise
	}
	switch code {
	case 1, 2, 3, 22, 28:
		return hotline.CauseNotFound
	case 17:
		return hotline.CauseBusy
	case 18, 19:
		return hotline.CauseNoAnswer
	case 20, 27, 34, 38, 41, 42, 43, 44, 47, 102: // away, out of order, congested: nobody said anything
		return hotline.CauseUnreachable
	case 21, 29, 50, 52, 54, 55, 57, 87:
		return hotline.CauseRejected
	case 26:
		return hotline.CauseElsewhere
	case 58, 63, 65, 66, 69, 70, 79, 88:
		return hotline.CauseNoCodec
	case 95, 96, 97, 98, 99, 100, 101, 111:
		return hotline.CauseError
	}
	return otherwise
}
