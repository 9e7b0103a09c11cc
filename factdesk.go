package hotline

import "time"

// What is done at a desk beside the call. Free text in these facts is what a person typed: hostile, at most MaxNote long.
type (
	// WrapCoded says what the event's agent's part of the event's contact was about.
	WrapCoded struct {
		Visit VisitID `json:"visit,omitempty"` // empty: a call of the agent's own making
		Code  string  `json:"code"`            // of the centre's wrap_up_codes
		Was   string  `json:"was,omitempty"`   // the code before, as far as the shard knows it
		By    string  `json:"by,omitempty"`    // the login; empty: the agent
	}
	// WrapExtended says that the event's agent has longer for its after-call work.
	WrapExtended struct {
		Visit  VisitID   `json:"visit,omitempty"`
		Until  time.Time `json:"until"`
		Times  int       `json:"times"` // so far, this one included
		Source Source    `json:"source"`
	}
	// Noted says what was written down about the event's agent's part of the event's contact; it takes the place of the note
	// before.
	Noted struct {
		Visit VisitID `json:"visit,omitempty"`
		Text  string  `json:"text,omitempty"` // empty: taken away
		By    string  `json:"by,omitempty"`   // the login; empty: the agent
	}
	// HandRaised says that the event's agent wants the lead (On), or that its hand is down again.
	HandRaised struct {
		On   bool   `json:"on"`
		Note string `json:"note,omitempty"`
		By   string `json:"by,omitempty"` // who lowered it; empty: the agent
	}
	// TaskOpened says that a person has put something on the list of what is to be done: Kind is TaskFollowUp and its like.
	TaskOpened struct {
		Task  TaskID    `json:"task"`
		What  string    `json:"what"`
		From  Party     `json:"from,omitzero"`   // the customer
		Owner string    `json:"owner,omitempty"` // an agent or a team; empty: anybody
		Due   time.Time `json:"due,omitzero"`
		Note  string    `json:"note,omitempty"`
		By    string    `json:"by,omitempty"`
	}
	// TaskChanged says that an open task is another's, is due at another time or says more. All fields are as they are now.
	TaskChanged struct {
		Task  TaskID    `json:"task"`
		Owner string    `json:"owner,omitempty"`
		Due   time.Time `json:"due,omitzero"`
		Note  string    `json:"note,omitempty"`
		By    string    `json:"by,omitempty"`
	}
	// NoticePosted says that a notice hangs on the board: Rev 1 is a new one, a higher one is what it reads now.
	NoticePosted struct {
		Notice string    `json:"notice"`
		Rev    int       `json:"rev"`
		Title  string    `json:"title"`
		Text   string    `json:"text,omitempty"`
		Teams  []string  `json:"teams,omitempty"` // whom it is for; none: everybody
		Until  time.Time `json:"until,omitzero"`  // shown until then; zero: until it is removed
		By     string    `json:"by,omitempty"`
	}
	// NoticeRead says that By has read the notice as of Rev.
	NoticeRead struct {
		Notice string `json:"notice"`
		Rev    int    `json:"rev"`
		By     string `json:"by"`
	}
	// NoticeRemoved says that the notice was taken down.
	NoticeRemoved struct {
		Notice string `json:"notice"`
		By     string `json:"by,omitempty"`
	}
)

// Kinds of TaskOpened.
const (
	TaskFollowUp  = "follow_up" // to be seen to
	TaskCallback  = "callback"  // the owner calls the customer
	TaskComplaint = "complaint"
)

// MaxNote is the longest free text of a fact, in bytes.
const MaxNote = 4000

func (WrapCoded) Kind() string     { return "wrap_coded" }
func (WrapExtended) Kind() string  { return "wrap_extended" }
func (Noted) Kind() string         { return "noted" }
func (HandRaised) Kind() string    { return "hand_raised" }
func (TaskOpened) Kind() string    { return "task_opened" }
func (TaskChanged) Kind() string   { return "task_changed" }
func (NoticePosted) Kind() string  { return "notice_posted" }
func (NoticeRead) Kind() string    { return "notice_read" }
func (NoticeRemoved) Kind() string { return "notice_removed" }

// deskDecoder is the part of factDecoder about desks.
func deskDecoder(kind string) (func([]byte) (Fact, error), bool) {
	switch kind {
	case "wrap_coded":
		return decodeAs[WrapCoded], true
	case "wrap_extended":
		return decodeAs[WrapExtended], true
	case "noted":
		return decodeAs[Noted], true
	case "hand_raised":
		return decodeAs[HandRaised], true
	case "task_opened":
		return decodeAs[TaskOpened], true
	case "task_changed":
		return decodeAs[TaskChanged], true
	case "notice_posted":
		return decodeAs[NoticePosted], true
	case "notice_read":
		return decodeAs[NoticeRead], true
	case "notice_removed":
		return decodeAs[NoticeRemoved], true
	case "customer_erased":
		return decodeAs[CustomerErased], true
	}
	return leadDecoder(kind)
}
