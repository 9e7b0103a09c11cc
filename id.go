package hotline

import (
	"crypto/rand"
	"fmt"
	"time"
)

// The identifiers are plain text, opaque to everyone but their maker. They are types of their own so that two of them
// cannot be swapped in an argument list.
type (
	// ContactID names one customer's contact with the centre, from the first ring to the last word.
	ContactID string
	// CallID names one call: the legs that are, or may be, joined with each other.
	CallID string
	// LegID names one party's line in a call.
	LegID string
	// AgentID is the agent's number in the centre file, the user part of the phone's address.
	AgentID string
	// QueueID is the queue's id in the centre file.
	QueueID string
	// ShardID names the owner of a set of queues and agents; empty in an event that a call wrote.
	ShardID string
	// VisitID names one stay of a contact in one queue.
	VisitID string
	// OfferID names one ringing of one agent for one visit.
	OfferID string
	// CallbackID names one promise to call a customer back.
	CallbackID string
	// TaskID names something that a person still has to do for a customer, for example a message to be heard.
	TaskID string
	// PhoneID is the user part of a phone's address: an agent's own id, or that of a desk at which anyone may sit.
	PhoneID string
	// PlayID names one playing of prompts to a leg, so that its end can be told from a later one's.
	PlayID string
)

// Contact returns the id of the contact that the call opens. A call that joins an older contact carries that contact's
// id in its events instead.
func (c CallID) Contact() ContactID { return ContactID(c) }

// Sub returns the id of the call's n-th further leg, n ≥ 1.
func (c CallID) Sub(n int) LegID { return LegID(fmt.Sprintf("%s-%d", c, n)) }

// Visit returns the id of the contact's n-th queue visit, n ≥ 1.
func (c ContactID) Visit(n int) VisitID { return VisitID(fmt.Sprintf("%s.%d", c, n)) }

// Offer returns the id of the visit's n-th offer, n ≥ 1.
func (v VisitID) Offer(n int) OfferID { return OfferID(fmt.Sprintf("%s.%d", v, n)) }

// NewCallID mints the id of a call: 48 bits of milliseconds and 50 of chance in lower-case Crockford base 32, so that ids
// sort by time, fit into a URL and cannot be guessed.
func NewCallID(now time.Time) CallID {
	const digits = "0123456789abcdefghjkmnpqrstvwxyz"
	var b [20]byte
	ms := uint64(now.UnixMilli())
	for i := 9; i >= 0; i-- {
		b[i] = digits[ms&31]
		ms >>= 5
	}
	var chance [10]byte
	rand.Read(chance[:]) // never fails (crypto/rand)
	for i, c := range chance {
		b[10+i] = digits[c&31]
	}
	return CallID(b[:])
}
