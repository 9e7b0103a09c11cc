package call

import (
	"context"
	"time"

	"hotline"
	"hotline/ivr"
)

// Switch does what a call decides. Do accepts the work and returns; outcomes arrive as Signals. An error means that
// nothing was accepted. Every implementation passes the suite in call/calltest.
type Switch interface {
	Do(ctx context.Context, a hotline.Action) error
}

// Router orders what is asked of a shard. Submit returns when the request is ordered, or refused (hotline.ErrRefused,
// hotline.ErrUnknown, hotline.ErrOverload).
type Router interface {
	Submit(ctx context.Context, q hotline.Request) error
}

// Places tells where a visit stands in its queue: position 1 is next; wait is the expected wait, negative when unknown.
type Places interface {
	Place(ctx context.Context, v hotline.VisitID) (position int, wait time.Duration, err error)
}

// Input is one thing that happens to a Machine.
type Input interface{ input() }

// The inputs of a Machine.
type (
	// Heard is what the switch heard on one of the call's legs.
	Heard struct{ Signal hotline.Signal }
	// Told is what the shard decided about the call, from the log's tail.
	Told struct{ Event hotline.Event }
	// Ordered is the answer to a request that the shard took.
	Ordered struct{ Request hotline.Request }
	// Refused is the answer to a request that the shard did not take, or could not.
	Refused struct {
		Request hotline.Request
		Err     error
	}
	// Placed is the answer to Output.Place. Wait is negative when unknown.
	Placed struct {
		Visit    hotline.VisitID
		Position int
		Wait     time.Duration
		Err      error
	}
	// Looked is the answer to Output.Lookup: the attributes saved, or why there are none.
	Looked struct {
		Number int
		Attrs  map[string]string
		Err    string
	}
	// Tick says that time has passed; due at Output.Wake.
	Tick struct{}
	// Abort ends the call: the engine stops, the call panicked, its inbox ran over, or the switch failed it.
	Abort struct{ Cause hotline.Cause }
)

func (Heard) input()   {}
func (Told) input()    {}
func (Ordered) input() {}
func (Refused) input() {}
func (Placed) input()  {}
func (Looked) input()  {}
func (Tick) input()    {}
func (Abort) input()   {}

// Output is what one Step wants done: first Events are appended to the log, then Actions go to the switch, then Requests
// to the shard, each in its order.
type Output struct {
	Events   []hotline.Event
	Actions  []hotline.Action // Answer and Mix get their After from who appends the events
	Requests []hotline.Request
	Place    hotline.VisitID // ask where this visit stands; empty: do not ask
	Lookup   Lookup          // ask this web service; a zero Number: do not ask
	Denied   error           // why a command was not done, or what was wanted of a supervisor's line
	Press    int             // who asked for keys has its answer with the Pressed of this number; 0: nobody asked
	Settled  bool            // who wanted something of a supervisor's line has its answer
	Posts    []Post          // messages to other calls
	Wake     time.Time       // when a Tick is due; zero: none
	Done     bool            // nothing more will come of this call
}

// Lookup is a question to a web service. Number stands in the answer, so that an answer that comes too late is known as one.
type Lookup struct {
	ivr.Lookup
	Number int
}

// Limits are the times after which a call stops waiting for something. Zero fields take the defaults.
type Limits struct {
	Answer    time.Duration // from our answer to the caller's ACK; default 40 s (64*T1 is 32 s, RFC 3261 §13.3.1.4)
	End       time.Duration // from hanging a leg up to its end; default 10 s
	Linger    time.Duration // from the last leg's end to the end of its visit; default 10 s
	Ring      time.Duration // for who is brought into a call by its agent to pick up; default 30 s
	Dial      time.Duration // for whom an agent calls outside to pick up; default 1 min
	Reflex    time.Duration // from a transfer that failed: an agent's phone that ends now does so by itself; from an attended one that did not: who puts down means who asked it; default 2 s
	Accept    time.Duration // from an agent's pick-up to Connected; default 10 s
	Prompt    time.Duration // for prompts of a flow to end; default 5 min
	LastWords time.Duration // for prompts before hanging up, and the agent's number, to end; default 30 s
	Busy      time.Duration // length of a busy tone; default 4 s
	NoMedia   time.Duration // from joining to counting as answered without RTP from the agent; default 2 s
	Mute      time.Duration // silence after which a leg that was never heard is hung up; default 30 s
	Silence   time.Duration // silence after which a leg that was heard is hung up; default 60 s
	Call      time.Duration // of a whole call; default 12 h
}

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&l.Answer, 40 * time.Second},
		{&l.End, 10 * time.Second},
		{&l.Linger, 10 * time.Second},
		{&l.Ring, 30 * time.Second},
		{&l.Dial, time.Minute},
		{&l.Reflex, 2 * time.Second},
		{&l.Accept, 10 * time.Second},
		{&l.Prompt, 5 * time.Minute},
		{&l.LastWords, 30 * time.Second},
		{&l.Busy, 4 * time.Second},
		{&l.NoMedia, 2 * time.Second},
		{&l.Mute, 30 * time.Second},
		{&l.Silence, time.Minute},
		{&l.Call, 12 * time.Hour},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	return l
}
