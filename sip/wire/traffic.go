package wire

import (
	"bytes"
	"strconv"
	"strings"
	"sync/atomic"

	"hotline/sip/syntax"
)

// lowCode and codes are the range of what may stand in a status line (RFC 3261 §25.1: three digits, from 100 on).
const (
	lowCode = 100
	codes   = 600
)

// Traffic counts messages by direction, method and code. Its size is fixed whatever peers send.
type Traffic struct {
	requests  [2][methods]atomic.Uint64
	responses [2][methods][codes]atomic.Uint64
}

// The methods that are counted by name (RFC 3261, 3262, 3311, 3428, 3515, 3903, 6086, 6665).
const (
	methodOther = iota
	methodACK
	methodBYE
	methodCANCEL
	methodINFO
	methodINVITE
	methodMESSAGE
	methodNOTIFY
	methodOPTIONS
	methodPRACK
	methodPUBLISH
	methodREFER
	methodREGISTER
	methodSUBSCRIBE
	methodUPDATE
	methods // how many there are
)

func methodNames() [methods]string {
	return [methods]string{
		"other", "ACK", "BYE", "CANCEL", "INFO", "INVITE", "MESSAGE", "NOTIFY", "OPTIONS", "PRACK", "PUBLISH", "REFER", "REGISTER",
		"SUBSCRIBE", "UPDATE",
	}
}

func methodAt(name string) int {
	for i, n := range methodNames() {
		if n == name {
			return i
		}
	}
	return methodOther
}

func direction(out bool) int {
	if out {
		return 1
	}
	return 0
}

// heard counts a message that came in.
func (t *Traffic) heard(h *syntax.Head) {
	if h.Code == 0 {
		t.requests[direction(false)][methodAt(h.Method)].Add(1)
		return
	}
	_, method, _ := strings.Cut(h.Get(syntax.KindCSeq), " ")
	t.response(false, methodAt(strings.TrimSpace(method)), h.Code)
}

// said counts a message that went out, by its start line. What we write has its CSeq under that very name.
func (t *Traffic) said(b []byte) {
	line, _, _ := bytes.Cut(b, []byte("\r\n"))
	first, rest, _ := bytes.Cut(line, []byte(" "))
	if string(first) != "SIP/2.0" {
		t.requests[direction(true)][methodAt(string(first))].Add(1)
		return
	}
	status, _, _ := bytes.Cut(rest, []byte(" "))
	code, err := strconv.Atoi(string(status))
	if err != nil {
		return
	}
	method := methodOther
	if i := bytes.Index(b, []byte("\r\nCSeq:")); i >= 0 {
		field, _, _ := bytes.Cut(b[i+len("\r\nCSeq:"):], []byte("\r\n"))
		field = bytes.TrimSpace(field)
		if at := bytes.IndexByte(field, ' '); at >= 0 {
			method = methodAt(string(field[at+1:]))
		}
	}
	t.response(true, method, code)
}

func (t *Traffic) response(out bool, method, code int) {
	if code >= lowCode && code < lowCode+codes {
		t.responses[direction(out)][method][code-lowCode].Add(1)
	}
}

// Requests calls f for every method that was seen.
func (t *Traffic) Requests(f func(out bool, method string, n uint64)) {
	for way := range t.requests {
		for m, name := range methodNames() {
			if n := t.requests[way][m].Load(); n > 0 {
				f(way == direction(true), name, n)
			}
		}
	}
}

// Responses calls f for every method and code that was seen. Codes that no standard knows are taken together, as "4xx": a
// peer cannot make more of them than there are.
func (t *Traffic) Responses(f func(out bool, method, code string, n uint64)) {
	for way := range t.responses {
		for m, name := range methodNames() {
			var odd [1 + (lowCode+codes)/100]uint64
			for i := range codes {
				n := t.responses[way][m][i].Load()
				switch code := lowCode + i; {
				case n == 0:
				case registered(code):
					f(way == direction(true), name, strconv.Itoa(code), n)
				default:
					odd[code/100] += n
				}
			}
			for class, n := range odd {
				if n > 0 {
					f(way == direction(true), name, strconv.Itoa(class)+"xx", n)
				}
			}
		}
	}
}

// registered says whether the code is in IANA's register of SIP response codes.
func registered(code int) bool {
	switch {
	case code == 100, code >= 180 && code <= 183, code == 199, code == 200, code == 202, code == 204,
		code >= 300 && code <= 302, code == 305, code == 380,
		code >= 400 && code <= 410, code >= 412 && code <= 417, code >= 420 && code <= 425, code >= 428 && code <= 433,
		code >= 436 && code <= 440, code == 469, code == 470, code >= 480 && code <= 489, code == 491, code == 493, code == 494,
		code >= 500 && code <= 505, code == 513, code == 555, code == 580,
		code == 600, code == 603, code == 604, code >= 606 && code <= 608:
		return true
	}
	return false
}
