package hotline

// What comes of commands.
type (
	// Muted says that nobody hears the event's leg any more (On), or that it is heard again, by the event's agent's wish.
	Muted struct {
		On  bool  `json:"on"`
		Own bool  `json:"own,omitempty"` // it is the agent's
		MS  int64 `json:"ms,omitempty"`  // how long nobody heard it, when it ends
	}
	// Consulted says that the event's agent speaks with somebody else about its customer, by the event's leg (On), or that this is
	// over, or came to nothing: Result is TransferDone (the customer was handed over), ConsultConference, ConsultEnded, or a Cause.
	Consulted struct {
		On     bool    `json:"on"`
		Visit  VisitID `json:"visit,omitempty"`
		Target string  `json:"target"` // TargetAgent, TargetNumber
		To     string  `json:"to"`
		Result string  `json:"result,omitempty"`
		MS     int64   `json:"ms,omitempty"`
	}
	// Conferred says that the event's leg takes part in the talk of the event's agent and its customer: Parties, it included.
	Conferred struct {
		Visit   VisitID `json:"visit,omitempty"`
		Target  string  `json:"target"`
		To      string  `json:"to"`
		Parties int     `json:"parties"`
	}
	// PartyLeft says that the event's leg takes part no more, or never came to: MS is 0 then. Parties are left.
	PartyLeft struct {
		Target  string `json:"target"`
		To      string `json:"to"`
		Cause   Cause  `json:"cause"`
		MS      int64  `json:"ms,omitempty"`
		Parties int    `json:"parties"`
	}
)

func (Muted) Kind() string     { return "muted" }
func (Consulted) Kind() string { return "consulted" }
func (Conferred) Kind() string { return "conferred" }
func (PartyLeft) Kind() string { return "party_left" }

// TransferRefused says that a transfer which the phone of the event's agent asked for (REFER) was not begun: the customer stays
// where it was. Transferred says it of one that was begun and came to nothing.
type TransferRefused struct {
	Visit VisitID `json:"visit,omitempty"`
	To    string  `json:"to,omitempty"` // as it was asked for, at most 128 bytes; empty: nobody could be made out
	Code  int     `json:"code"`         // the SIP status that the phone was told
}

// Kind implements Fact.
func (TransferRefused) Kind() string { return "transfer_refused" }
