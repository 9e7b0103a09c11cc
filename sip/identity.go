package sip

import (
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/rewrite"
	"hotline/sip/syntax"
	"hotline/sip/wire"
)

// anonymous is the number of a caller who does not want to be shown, as networks have always written it (RFC 3323 §4.1.1.3).
const anonymous = "anonymous"

// maxIdentities is how many values of an identity or history field are looked at.
const maxIdentities = 10

// identify completes what the INVITE's From says of the caller. A trunk that is trusted may say who calls indeed (RFC 3325 §9.1)
// and by which numbers the call came (RFC 5806, RFC 7044); from others that is hearsay and not read. That a caller does not
// want to be shown is heeded whoever says it (RFC 3323 §4).
func (s *Switch) identify(sig *hotline.Incoming, in wire.Inbound) {
	t := s.wire.TrunkNamed(in.Trunk)
	if t == nil {
		return // an agent is who its password says
	}
	hidden := strings.EqualFold(sig.From.Number, anonymous) || strings.EqualFold(in.Req.From().Address.Host, "anonymous.invalid")
	withheld := ""
	if !hidden {
		withheld = sig.From.Number
	}
	for _, h := range in.Req.GetHeaders("privacy") {
		hidden = hidden || hides(h.Value())
	}
	if t.Trusted {
		who, secret, ok := asserted(in.Req)
		if ok {
			who.Number, _ = t.In.Apply(who.Number, rewrite.Caller)
			if who.Name == "" {
				who.Name = sig.From.Name
			}
			sig.From, withheld = who, who.Number
		}
		hidden = hidden || secret
		sig.Diverted = diverted(in.Req)
		sig.Diverted.Number, _ = t.In.Apply(sig.Diverted.Number, rewrite.Called)
	}
	if hidden {
		sig.From, sig.Anonymous, sig.Withheld = hotline.Party{Number: anonymous}, true, withheld
	}
}

// hides says whether a Privacy field asks that the caller's number not be shown: "id" (RFC 3325 §9.3), and what asks for more
// (RFC 3323 §4.2); "full" is of drafts that gateways still follow.
func hides(value string) bool {
	for one := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
		switch strings.ToLower(one) {
		case "id", "user", "header", "full":
			return true
		}
	}
	return false
}

// asserted is who calls by what a trusted peer says: P-Asserted-Identity, else Remote-Party-ID of the calling party (a draft that
// gateways follow; secret: it says so itself), else P-Preferred-Identity. ok is false where nothing with a number is said.
func asserted(req *gosip.Request) (who hotline.Party, secret, ok bool) {
	for _, name := range [...]string{"p-asserted-identity", "remote-party-id", "p-preferred-identity"} {
		for _, a := range addresses(req, name) {
			if party, there := a.Params.Get("party"); there && !strings.EqualFold(party, "calling") {
				continue
			}
			number, known := numberIn(a.URI)
			if !known {
				continue
			}
			if p, _ := a.Params.Get("privacy"); name == "remote-party-id" && p != "" && !strings.EqualFold(p, "off") {
				secret = true
			}
			return hotline.Party{Number: number, Name: addressName(a)}, secret, true
		}
	}
	return who, false, false
}

// addresses are the values of a header field that holds addresses, those that can be read.
func addresses(req *gosip.Request, name string) (all []syntax.Address) {
	n := 0
	for _, h := range req.GetHeaders(name) {
		for rest, more := h.Value(), true; more && n < maxIdentities; n++ {
			var item string
			item, rest, more = syntax.CutList(rest)
			if a, err := syntax.ReadAddress(item); err == nil {
				all = append(all, a)
			}
		}
	}
	return all
}

// numberIn is the number a URI names, fit to be shown; false for none and for that of nobody.
func numberIn(uri string) (string, bool) {
	user := ""
	if scheme, _, _ := strings.Cut(uri, ":"); strings.EqualFold(scheme, "tel") {
		user = syntax.TelNumber(uri)
	} else if u, err := syntax.ReadURI(uri); err == nil && !strings.EqualFold(u.Host, "anonymous.invalid") {
		user, _, _ = strings.Cut(u.User, ";")
	}
	number := syntax.SafeText(syntax.UnescapeUser(user))
	return number, number != "" && !strings.EqualFold(number, anonymous)
}

func addressName(a syntax.Address) string {
	if a.Quoted {
		return syntax.DisplayName(a.Display)
	}
	return syntax.SafeText(a.Display)
}

// sayIdentity tells a trunk that is trusted who calls, also where From does not (RFC 3325 §9.1): the number shown, or for a caller
// that is not to be shown our own on this trunk, with the request to keep it (RFC 3323 §4.2).
func (l *leg) sayIdentity(req *gosip.Request, b *branch, d hotline.Dial) {
	if b.gate == nil || !b.gate.Trunk().Trusted {
		return
	}
	number := d.From.Number
	if number == anonymous {
		number = b.gate.Trunk().Number
		req.AppendHeader(gosip.NewHeader("Privacy", "id"))
	}
	if number != "" {
		uri := gosip.Uri{Scheme: "sip", User: syntax.SafeUser(syntax.SafeText(number)), Host: l.fromHost(b)}
		req.AppendHeader(gosip.NewHeader("P-Asserted-Identity", "<"+uri.String()+">"))
	}
}
