package sip

import (
	"strings"

	"hotline/sip/wire"
)

// Bounds on what a trunk's INVITE may carry into the contact's attributes.
const (
	maxCarried      = 16
	maxCarriedName  = 64
	maxCarriedValue = 256
)

// carried is the X- headers of a trunk's INVITE, names in lower case, the first of each name. Longer ones are left out, and
// so is what comes after the sixteenth.
func carried(in wire.Inbound) map[string]string {
	if in.Trunk == "" {
		return nil
	}
	var out map[string]string
	for _, h := range in.Req.Headers() {
		name := strings.ToLower(h.Name())
		value := strings.TrimSpace(h.Value())
		if !strings.HasPrefix(name, "x-") || len(name) > maxCarriedName || value == "" || len(value) > maxCarriedValue {
			continue
		}
		if _, twice := out[name]; twice || len(out) == maxCarried {
			continue
		}
		if out == nil {
			out = make(map[string]string)
		}
		// Copies: what a contact knows is kept for days, and must not hold the whole INVITE.
		out[strings.Clone(name)] = strings.Clone(value)
	}
	return out
}
