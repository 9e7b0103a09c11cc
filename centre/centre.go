// Package centre is the centre file: agents, teams, skills, queues, flows, numbers and hours. It parses and validates
// the file, naming every fault with its line, and hands out plain values. It knows nothing of calls or of the network;
// acd, ivr and web read its values. A Centre is immutable once parsed.
package centre

import (
	"time"

	"hotline"
)

// Centre is one parsed and valid centre file.
type Centre struct {
	SHA256   string         // of the file's bytes, hex
	Source   []byte         // the file's bytes as they were read, secrets still as ${NAME}: what "hotline export" prints
	Name     string         // shown on the pages; may be empty
	TimeZone *time.Location // default Asia/Shanghai is not assumed: UTC when the file names none
	Language string         // "zh-CN" (default) or "en-US": prompts and announcements
	Teams    []Team
	Agents   []Agent
	Reasons  []Reason // in file order: *2N on a phone means the N-th
	Queues   []Queue
	Flows    map[string]Flow
	Numbers  map[string]string // dialled number → flow
}

// Team is a group of agents under one lead.
type Team struct{ ID, Name string }

// Agent is one person who takes calls.
type Agent struct {
	ID       hotline.AgentID
	Name     string
	Password string // clear text from the file; only its HA1 is kept by those who need it
	Team     string
	Skills   map[string]int // level 1–9, 9 the best
	Line     int
}

// Reason is one reason for "not ready".
type Reason struct {
	ID        string
	Name      string
	Allowance time.Duration // 0: no limit
	MaxAtOnce int           // 0: no limit
}

// Queue is one waiting line and its rules.
type Queue struct {
	ID             hotline.QueueID
	Name           string
	Needs          Expr          // zero: every agent
	Relax          []Relax       // in order of After
	Strategy       string        // one of the constants LongestIdle … LeastFlexible
	Priority       int           // 1–10, default 5, higher first
	Target         Target        // default 20 s, 0.80
	RingTimeout    time.Duration // default 15 s
	WrapUp         WrapUp        // default none
	MaxWait        Limit         // After and Then; zero: none
	MaxWaiting     Limit         // Count and Then; zero: none
	ShortAbandon   time.Duration // default 5 s; 0: no abandon is short
	Announce       Announce
	SayAgentNumber bool
	Music          string // prompt looped while waiting, default "music"
	Record         string // "always" (default) or "never"
	Language       string // "" : the centre's
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

// WrapUp is the after-call work: Mode is "none", "timed" (After) or "manual".
type WrapUp struct {
	Mode  string
	After time.Duration
}

// Limit is a bound and what happens at it. Then is "hangup", "busy", "queue" or "message"; To is the queue or prompt it
// names. The words "number", "voicemail" and "callback" belong to a later version, and Parse refuses them.
type Limit struct {
	After time.Duration
	Count int
	Then  string
	To    string
}

// Announce is what a waiting caller hears besides music.
type Announce struct {
	Position bool
	Wait     bool
	Every    time.Duration // default 30 s
}

// Flow is one IVR dialogue: its steps in order.
type Flow struct {
	ID    string
	Steps []Step
}

// Step is one step of a flow: Kind says which of the other fields apply.
//
//	answer  —                      take the call
//	ring    —                      let the caller hear ringing (180)
//	play    Prompt                 play, cut by any key that a following menu wants
//	menu    Prompt, Keys, Tries, Timeout, Otherwise
//	queue   Queue                  wait for an agent; ends the flow
//	flow    Flow                   go on in another flow
//	hangup  —                      end the call
type Step struct {
	Kind      string
	Prompt    string
	Queue     hotline.QueueID
	Flow      string
	Keys      map[string]Step // menu: key → step; after a play the menu is asked again
	Tries     int             // menu: default 3
	Timeout   time.Duration   // menu: default 5 s after the prompt
	Otherwise *Step           // menu: after the last try; nil: hang up
	Line      int
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
