package wire

import gosip "github.com/emiago/sipgo/sip"

// Allow lists the methods this element serves (RFC 3261 §20.5).
const Allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, INFO, UPDATE, PRACK, REFER"

// What else our messages say of us. Every message that says one of these takes it from here.
const (
	supported   = "100rel, timer, replaces, norefersub"                       // option tags (§20.37)
	accepts     = "application/sdp, application/dtmf-relay, application/dtmf" // bodies (§20.1)
	allowEvents = "refer"                                                     // event packages (RFC 6665 §8.2.2); only of REFER's own
	Product     = "Hotline"                                                   // without a version: it is nobody's business (§20.35, §20.41)
)

// Abilities is what the first messages of a dialog say of us (RFC 3261 §13.2.1, §13.3.1.4): what we serve and know.
func Abilities() []gosip.Header {
	return []gosip.Header{gosip.NewHeader("Allow", Allow), gosip.NewHeader("Supported", supported)}
}

// Capabilities is what OPTIONS is told (RFC 3261 §11.2).
func Capabilities() []string {
	return []string{
		"Allow: " + Allow, "Accept: " + accepts, "Accept-Encoding: identity", "Accept-Language: en", "Supported: " + supported,
		"Allow-Events: " + allowEvents, "Server: " + Product,
	}
}

// knownMethod says whether the method is one of RFC 3261 or its extensions: others get 501. Methods are compared with
// regard to case (§7.1).
func knownMethod(m string) bool {
	switch m {
	case "MESSAGE", "SUBSCRIBE", "PUBLISH":
		return true
	}
	return m == "ACK" || m == "CANCEL" || servedMethod(m)
}

// servedMethod says whether the method is let through to where it is served: others that are known get 405. PRACK, REFER
// and NOTIFY are let through inside a dialog, where the calls half answers for them.
func servedMethod(m string) bool {
	switch m {
	case "INVITE", "BYE", "OPTIONS", "REGISTER", "INFO", "UPDATE", "PRACK", "REFER", "NOTIFY":
		return true
	}
	return false
}

// supportedOption says whether a Require with the option tag may be accepted (RFC 3261 §19.2). Each extension adds its
// tag here and in the Supported of its messages.
func supportedOption(method, tag string) bool {
	switch tag {
	case "path":
		return method == "REGISTER" // RFC 3327
	case "outbound":
		return method == "REGISTER" // RFC 5626
	case "100rel":
		return method == "INVITE" // RFC 3262
	case "siprec":
		return true // RFC 7866; from whom is decided where the trunk is known
	case "timer":
		return method == "INVITE" || method == "UPDATE" // RFC 4028
	case "replaces":
		return method == "INVITE" || method == "REFER" // RFC 3891
	case "norefersub":
		return method == "REFER" // RFC 4488
	}
	return false
}

// optionsAnswer is what OPTIONS outside a dialog is told (RFC 3261 §11.2): what we can do, or that we are not taking
// calls. Any user of ours answers: whether an agent exists is nobody's business.
func (w *Wire) optionsAnswer() *fault {
	if err := w.refusing(); err != nil {
		return &fault{503, "Service Unavailable", []string{"Retry-After: 30"}}
	}
	return &fault{200, "OK", Capabilities()}
}
