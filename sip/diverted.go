package sip

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/syntax"
)

// diverted is by which number a call came that was first meant for another: what Diversion says (RFC 5806), and where there is none
// History-Info (RFC 7044). The zero value: it came straight.
func diverted(req *gosip.Request) hotline.Diversion {
	if d := byDiversion(addresses(req, "diversion")); d.Count > 0 {
		return d
	}
	return byHistory(addresses(req, "history-info"))
}

// byDiversion reads Diversion: the last who diverted stands first, and each counts how often it was (RFC 5806 §8).
func byDiversion(all []syntax.Address) (d hotline.Diversion) {
	for _, a := range all {
		n := 1
		if c, ok := a.Params.Get("counter"); ok {
			n, _ = strconv.Atoi(c)
		}
		d.Count = min(d.Count+max(n, 1), 100)
		d.Number = shownNumber(a)
		reason, _ := a.Params.Get("reason")
		d.Reason = reasonWord(reason)
	}
	return d
}

// byHistory reads History-Info: in the order of their indices the first entry is whom the call was for, the last whom it is for
// now (RFC 7044 §5). The cause stands at the entry that was left (its Reason) or at the one that came of it (RFC 4458).
func byHistory(all []syntax.Address) (d hotline.Diversion) {
	slices.SortStableFunc(all, func(a, b syntax.Address) int {
		x, _ := a.Params.Get("index")
		y, _ := b.Params.Get("index")
		return compareIndex(x, y)
	})
	for i, a := range all {
		if i == 0 {
			continue
		}
		from, to := shownNumber(all[i-1]), shownNumber(a)
		cause := cmp.Or(causeOf(a.URI, false), causeOf(all[i-1].URI, true))
		if from == to || cause == 0 { // the same number by another way, or a mere routing step
			continue
		}
		if d.Count++; d.Count == 1 {
			d.Number, d.Reason = from, causeWord(cause)
		}
	}
	return d
}

// compareIndex orders "1.2" before "1.10".
func compareIndex(x, y string) int {
	for x != "" || y != "" {
		var a, b string
		a, x, _ = strings.Cut(x, ".")
		b, y, _ = strings.Cut(y, ".")
		m, _ := strconv.Atoi(a)
		n, _ := strconv.Atoi(b)
		if m != n {
			return cmp.Compare(m, n)
		}
	}
	return 0
}

// causeOf is the cause of an entry of History-Info: the URI's own parameter (RFC 4458 §2), or with reason that of the Reason in
// its header part (RFC 7044 §10.2). 0: none.
func causeOf(uri string, reason bool) int {
	u, err := syntax.ReadURI(uri)
	if err != nil {
		return 0
	}
	if !reason {
		v, _ := u.Params.Get("cause")
		n, _ := strconv.Atoi(v)
		return n
	}
	q, err := url.ParseQuery(strings.ReplaceAll(u.Header, ";", "%3B"))
	if err != nil {
		return 0
	}
	for key := range q {
		if strings.EqualFold(key, "reason") {
			for part := range strings.SplitSeq(q.Get(key), ";") {
				name, v, _ := strings.Cut(part, "=")
				if strings.EqualFold(strings.TrimSpace(name), "cause") {
					n, _ := strconv.Atoi(strings.TrimSpace(v))
					return n
				}
			}
		}
	}
	return 0
}

// shownNumber is the number of a diverting party, "anonymous" if it does not want to be shown (RFC 5806 §8, RFC 7044 §10.1).
func shownNumber(a syntax.Address) string {
	if p, _ := a.Params.Get("privacy"); p != "" && !strings.EqualFold(p, "off") {
		return anonymous
	}
	if u, err := syntax.ReadURI(a.URI); err == nil && strings.Contains(strings.ToLower(u.Header), "privacy=") {
		return anonymous
	}
	number, _ := numberIn(a.URI)
	return cmp.Or(number, anonymous)
}

// reasonWord is a reason of RFC 5806 §8 as it stands there; "unknown" for all others.
func reasonWord(s string) string {
	s = strings.ToLower(strings.Trim(s, `"`))
	switch s {
	case "user-busy", "no-answer", "unavailable", "unconditional", "time-of-day", "do-not-disturb", "deflection", "follow-me", "out-of-service", "away":
		return strings.Clone(s) // it is kept with the contact, and must not hold the whole INVITE
	}
	return "unknown"
}

// causeWord is a cause of RFC 4458 in the words of Diversion (RFC 7544 §7).
func causeWord(cause int) string {
	switch cause {
	case 404, 503:
		return "unavailable"
	case 486:
		return "user-busy"
	case 408:
		return "no-answer"
	case 302:
		return "unconditional"
	case 480, 487:
		return "deflection"
	}
	return "unknown"
}

// wordCause is its opposite.
func wordCause(word string) int {
	switch word {
	case "unavailable", "out-of-service", "away":
		return 503
	case "user-busy", "do-not-disturb":
		return 486
	case "no-answer":
		return 408
	case "unconditional", "time-of-day", "follow-me":
		return 302
	case "deflection":
		return 480
	}
	return 404
}

// maxDiverted is how many diversions are told.
const maxDiverted = 5

// sayDiverted writes in a call out by which numbers it came, as Diversion (RFC 5806 §7) and as History-Info (RFC 7044 §9): the number
// that it was for first and each it was sent on from, then the one it goes to.
func (l *leg) sayDiverted(req *gosip.Request, b *branch, through []hotline.Diversion) {
	through = through[max(0, len(through)-maxDiverted):]
	if len(through) == 0 {
		return
	}
	host := l.fromHost(b)
	at := func(number string) string {
		if number == "" || number == anonymous {
			return "sip:" + anonymous + "@anonymous.invalid"
		}
		return "sip:" + syntax.SafeUser(syntax.SafeText(number)) + "@" + host
	}
	for _, d := range slices.Backward(through) {
		value := "<" + at(d.Number) + ">;reason=" + reasonWord(d.Reason) + ";counter=" + strconv.Itoa(max(d.Count, 1))
		if d.Number == anonymous {
			value += ";privacy=full"
		}
		req.AppendHeader(gosip.NewHeader("Diversion", value))
	}
	index, values := "1", make([]string, 0, len(through)+1)
	for i, d := range through {
		uri := at(d.Number)
		if i > 0 {
			uri += ";cause=" + strconv.Itoa(wordCause(through[i-1].Reason))
		}
		if d.Number == anonymous {
			uri += "?Privacy=history"
		}
		values = append(values, "<"+uri+">;index="+index)
		index += ".1"
	}
	last := req.Recipient.String()
	last += ";cause=" + strconv.Itoa(wordCause(through[len(through)-1].Reason))
	values = append(values, "<"+last+">;index="+index+";mp="+strings.TrimSuffix(index, ".1"))
	req.AppendHeader(gosip.NewHeader("History-Info", strings.Join(values, ", ")))
}
