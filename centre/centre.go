// Package centre is the centre file: agents, teams, skills, queues, flows, numbers and hours. It parses and validates
// the file, naming every fault with its line, and hands out plain values. It knows nothing of calls or of the network;
// acd, ivr and web read its values. A Centre is immutable once parsed.
package centre

import (
	"time"

	"hotline"
)

// DialOut is what agents may call outside the centre, and put customers through to. Numbers are given by how they begin.
type DialOut struct {
	Allow []string
	Deny  []string // of those allowed
	Trunk string   // that it goes out by; empty: any
	From  string   // the number shown; empty: the centre's own

	Record string // whom agents call by themselves for no queue: "always" (default) or "never"
}

// Centre is one parsed and valid centre file.
type Centre struct {
	SHA256    string         // of the file's bytes, hex
	Source    []byte         // the file's bytes as they were read, secrets still as ${NAME}: what "hotline export" prints
	Name      string         // shown on the pages; may be empty
	TimeZone  *time.Location // default Asia/Shanghai is not assumed: UTC when the file names none
	Language  string         // "zh-CN" (default) or "en-US": prompts and announcements
	Order     Order
	Misses    Misses
	Handover  Handover
	Consent   Consent
	DialOut   DialOut  // what agents may dial outside; zero: nothing
	dialLine  int      // where the file says it
	Emergency []string // numbers that an agent's phone dials straight out: never a flow, never a queue
	Teams     []Team
	Agents    []Agent
	Desks     []Desk
	Reasons   []Reason // in file order: *2N on a phone means the N-th
	WrapCodes []WrapCode
	Queues    []Queue
	Flows     map[string]Flow
	Numbers   map[string]string // dialled number → flow
	Hours     []Hours
	Switches  []Switch
	Tables    []Table
	Shifts    []Shift

	// SupervisionShown: agents, too, are shown who is supervised by whom.
	SupervisionShown bool

	NumbersHidden bool // an agent sees no customer's number, not even that of the one it speaks with

	entries []map[string]int // of each table: number → place, for Lookup
}

// Order is which waiting caller is served first. Rule is one of
//
//	strict       higher priority first, then who has waited longest (default)
//	aged         each point of priority is worth Ageing of waiting, so that nobody starves
//	delay_ratio  whose wait is the largest share of its queue's target first; priority by ageing, if Ageing is set
//	queue_ratio  of the queue that is the longest for the calls that come to it and its target; priority as under delay_ratio.
//	             In the queue who has waited longest, but who can no longer be answered within the target, Ring being what
//	             it takes to answer a phone, lets those go first who can, for GiveWay at most
type Order struct {
	Rule    string
	Ageing  time.Duration // default 1 m for aged, 0 for delay_ratio and queue_ratio
	GiveWay time.Duration // queue_ratio; default 0: nobody does
	Ring    time.Duration // queue_ratio; default 3 s
}

// Misses is what follows when an agent lets an offer go. Up to Limit-1 times running it rests for the time of the cause and is
// ready again by itself; the Limit-th time it is not ready until it says otherwise. An answered call starts the count anew.
type Misses struct {
	Limit int                                   // default 1: the first miss makes not ready
	Rest  map[hotline.OfferResult]time.Duration // no_answer, rejected, busy, unreachable; default 10 s, 5 s, 30 s, 1 m
}

// Handover says what a sign-out waits for: Rule "" nothing, "refuse" or "queue" that the relief of the roster has signed in.
type Handover struct {
	Rule  string
	Grace time.Duration // after the end of the shift nobody is held any more; default 30 m
}

// Consent is the announcement that contacts are recorded. Rule "" none, "announce" plays Prompt before the recording begins,
// "ask" plays it and lets the Refuse key refuse.
type Consent struct {
	Rule   string
	Prompt string // default "consent"
	Refuse string // default "9"
}

// Team is a group of agents under one lead.
type Team struct{ ID, Name string }

// Agent is one person who takes calls.
type Agent struct {
	ID       hotline.AgentID
	Name     string
	Password string // clear text from the file; only its HA1 is kept by those who need it
	Team     string
	Skills   map[string]int // level 1–9, 9 the best; "queue.ID" is the level in a queue that lists its agents
	Weight   int            // share of calls under the strategy "weighted", 1–100, default 10
	Phones   string         // "many" (default): all registered phones ring; "one": the newest registration takes over
	Digest   string         // how the phone proves itself: "md5" (default), or "sha-256" and nothing weaker (RFC 8760)
	Dial     AgentDial      // a mobile or desk phone that it can be reached at as well; zero: none
	Line     int
}

// AgentDial is a phone outside at which an agent can be reached: the agent chooses it when signing in.
type AgentDial struct {
	Number  string
	Trunk   string // that it goes out by; empty: that of dial_out
	Confirm bool   // whoever picks it up must press 1: a mailbox takes no calls
}

// Desk is a phone at which any agent may sit: it registers as ID, the agent signs in there by code or on the page.
type Desk struct {
	ID       hotline.PhoneID
	Name     string
	Password string
	Digest   string // as an agent's
	Line     int
}

// Reason is one reason for "not ready".
type Reason struct {
	ID        string
	Name      string
	Allowance time.Duration // for one break; after it an alarm. 0: no limit
	MaxAtOnce int           // 0: no limit
	Approve   bool          // a lead must agree
}

// Queue is one waiting line and its rules.
type Queue struct {
	ID             hotline.QueueID
	Name           string
	Needs          Expr          // zero: every agent, or those who list the queue if anybody does
	Relax          []Relax       // in order of After
	Teams          []string      // only agents of these teams; empty: all
	Strategy       string        // one of the constants LongestIdle … Progressive
	BestFirst      string        // a skill: its higher level first, then the strategy; empty: no
	RingMost       int           // ring_all and progressive: phones at once, default 20
	RingEvery      time.Duration // progressive: one phone more after so long, default 10 s
	Priority       int           // 1–10, default 5, higher first
	Target         Target        // default 20 s, 0.80
	RingTimeout    time.Duration // default 15 s
	WrapUp         WrapUp        // default none
	MaxWait        Limit         // After and Then; zero: none
	MaxWaiting     Limit         // Count and Then; zero: none
	NoAgents       NoAgents
	LongWait       Limit // After is the expected wait at joining; zero: none
	Closing        Closing
	Overflow       []Overflow    // further queues to wait in as well, in order of After
	LastAgent      LastAgent     // who spoke with the caller last is asked first
	Return         time.Duration // a caller who hung up and calls again within it has its old place; 0: no
	Choice         *Menu         // asked of who waits, every Choice.Every; nil: no
	Callback       Callback
	Survey         *Survey       // after the talk; nil: none
	ShortAbandon   time.Duration // default 5 s; 0: no abandon is short
	ServiceLevel   ServiceLevel
	Announce       Announce
	SayAgentNumber bool
	Music          string // prompt looped while waiting, default "music"
	Record         string // "always" (default) or "never"
	Language       string // "" : the caller's, or the centre's
	ScreenPop      ScreenPop
	Line           int
}

// Relax is a wider need after some waiting. After 0 it is a second choice: asked when nobody of the first is ready.
type Relax struct {
	After time.Duration
	Needs Expr
}

// Target is the service level aimed at: Ratio of the visits answered Within.
type Target struct {
	Within time.Duration
	Ratio  float64 // 0–1
}

// ServiceLevel is how the queue's own level is counted: of which visits, and from when. The default is answered in time ÷
// offered.
type ServiceLevel struct {
	Abandons string // all (default), after_T, exclude_short, none: which abandoned visits are in the denominator
	FlowOuts string // include (default), exclude: what was neither answered nor abandoned
	Blocked  string // exclude (default), include: who never entered the queue
	Positive bool   // who abandoned in time is in the numerator
	Clock    string // enqueue (default), request, first_request: the wait begins then
}

// Limit is a bound and what happens at it.
type Limit struct {
	After time.Duration
	Count int
	Then  Actions
}

// NoAgents says when a queue has nobody: no agent that fits is in one of the Count states. Joining it is then refused, or who
// waits leaves after After, or both.
type NoAgents struct {
	Count  []string // of "ready", "busy" (reserved to conference, outbound), "wrap_up", "not_ready"; empty: the rule is off
	At     string   // "join", "waiting", "both" (default)
	After  time.Duration
	Then   Actions
	Reason []string // not-ready reasons that count although not_ready does not
}

// Closing is when a queue is closed: outside Hours, or while Switch is on. Join is done with who comes then, Waiting with who
// waits at that moment; empty: they are served.
type Closing struct {
	Hours   string
	Switch  string
	Join    Actions
	Waiting Actions
}

// Overflow is further queues to wait in besides, after some waiting.
type Overflow struct {
	After  time.Duration
	Queues []hotline.QueueID
}

// LastAgent is the rule "the agent of last time first": alone For so long, if the talk was Within.
type LastAgent struct {
	For    time.Duration // 0: off
	Within time.Duration // default 7 d
}

// Callback is how a queue keeps its promises to call back.
type Callback struct {
	Hours   string        // when customers may be called; empty: always
	Trunk   string        // to call through; empty: the first
	From    string        // number shown
	Retries int           // further tries, default 2
	Every   time.Duration // between tries, default 5 m
	Expires time.Duration // default 24 h
	Ring    time.Duration // how long the customer's phone may ring, default 30 s
	Confirm string        // prompt after which 1 joins the agent; empty: at once
}

// Survey is asked after the agent has hung up.
type Survey struct {
	Flow   string
	Sample float64 // share of the talks, 0–1
}

// Announce is what a waiting caller hears besides music.
type Announce struct {
	Position bool
	Wait     bool
	Every    time.Duration // default 30 s
}

// Switch is something that a lead turns on and off by hand, for example the emergency announcement.
type Switch struct{ ID, Name string }

// Shift is a turn of the roster: the agent works From–To (minutes of the local day; To may lie after midnight) on Days, and
// Relief comes after it.
type Shift struct {
	Agent    hotline.AgentID
	Relief   hotline.AgentID
	Days     Weekdays
	From, To int
}

// Agent returns the agent of that id.
func (c *Centre) Agent(id hotline.AgentID) (Agent, bool) {
	for _, a := range c.Agents {
		if a.ID == id {
			return a, true
		}
	}
	return Agent{}, false
}

// Queue returns the queue of that id.
func (c *Centre) Queue(id hotline.QueueID) (Queue, bool) {
	for _, q := range c.Queues {
		if q.ID == id {
			return q, true
		}
	}
	return Queue{}, false
}
