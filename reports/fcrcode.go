package reports

import (
	"cmp"
	"slices"
	"time"

	"hotline"
)

// codeLateMS is how long after a contact's first request what it was about is still looked for.
const codeLateMS = 7 * 24 * int64(time.Hour/time.Millisecond)

// givenCode is a wrap-up code that a part of a contact has.
type givenCode struct {
	at    int64
	visit hotline.VisitID
	code  string
}

// givenCodes is the wrap-up codes of contacts, those first written about first.
type givenCodes map[hotline.ContactID][]givenCode

// givenCodes gathers the codes of contacts that asked for a person in the time: as they are now, not as they were first given.
func (s *snapshot) givenCodes(from, to int64) givenCodes {
	type key struct {
		contact hotline.ContactID
		givenCode
	}
	sums := map[key]int{}
	for x := range s.codes.span(from, to+codeLateMS) {
		if x.code != "" && x.contact != "" {
			sums[key{x.contact, givenCode{x.at, x.visit, x.code}}] += x.n
		}
	}
	out := givenCodes{}
	for k, n := range sums {
		if n > 0 {
			out[k.contact] = append(out[k.contact], k.givenCode)
		}
	}
	for _, l := range out {
		slices.SortFunc(l, func(a, b givenCode) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.code, b.code)) })
	}
	return out
}

// of is the contact's codes, each once.
func (g givenCodes) of(c hotline.ContactID) (all []string) {
	for _, x := range g[c] {
		if !slices.Contains(all, x.code) {
			all = append(all, x.code)
		}
	}
	return all
}

// first is what the visit was about, or else the contact; empty: nobody has said.
func (g givenCodes) first(v *visit) string {
	l := g[v.contact]
	for _, x := range l {
		if x.visit == v.id {
			return x.code
		}
	}
	if len(l) > 0 {
		return l[0].code
	}
	return ""
}

// each is under what a request is known: of ReasonCode under each of its codes.
func (a about) each(reason string, codes []string) []about {
	if reason != ReasonCode {
		return []about{a}
	}
	out := make([]about, len(codes))
	for i, code := range codes {
		out[i] = a
		out[i].code = code
	}
	return out
}
