package calltest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"hotline"
	"hotline/call"
)

// FakeConfig configures a Fake.
type FakeConfig struct {
	Signal func(hotline.CallID, hotline.Signal) // must not block and must not call the Fake
	Phone  func(hotline.Dial, *Line)            // rings a dialled phone: decides what it does by the Line's methods; nil: nobody is there
	Delay  time.Duration                        // from an action to its outcome; default 10 ms
	Prompt func(name string) (time.Duration, bool)
	Trace  func(hotline.Action) // sees every action before it is done, under the Fake's lock: no lock of its own may be held where the Fake is called; may be nil
}

// Fake is a call.Switch in memory. Its phones are Lines, which a test or a simulation moves.
type Fake struct {
	cfg FakeConfig

	mu        sync.Mutex
	lines     map[hotline.LegID]*Line
	recording map[hotline.CallID]bool
	made      int
	closed    bool
}

var _ call.Switch = (*Fake)(nil)

// lineState is where a line stands.
type lineState int

const (
	lineNew     lineState = iota // offered to one side, not answered
	lineAnswers                  // answered, the other side does not know yet
	lineUp
	lineEnds // hung up, the other side does not know yet
	lineOver
)

// Line is one phone in one call. Its methods are what a person does with it; they may be called at any time, from any
// goroutine, and do nothing once the line is over.
type Line struct {
	Hears func(Hearing) // called when what the phone hears changes; may be nil. Set before anything can be heard
	Gone  func()        // called once when the line is over; may be nil

	fake    *Fake
	call    hotline.CallID
	id      hotline.LegID
	dialed  bool // by the engine; else it came in
	mute    bool // sends no RTP
	state   lineState
	media   bool
	play    hotline.PlayID
	ends    *time.Timer // of the play
	rings   *time.Timer // no longer than this
	with    []hotline.LegID
	mixed   hotline.CallID // whose Mix had it last: a line may be in that of another call than its own
	news    []Hearing      // not told to Hears yet
	telling bool           // somebody does it
	told    []int          // what came of its transfers
	pressed string         // keys that the engine pressed towards it
	keyless bool           // it takes none
	mumbles bool           // it does not say so
}

// Hearing is what a phone hears: prompts if there are any, else the legs of With.
type Hearing struct {
	Prompts []string
	With    []hotline.LegID
}

// NewFake makes a Fake.
func NewFake(cfg FakeConfig) *Fake {
	if cfg.Delay <= 0 {
		cfg.Delay = 10 * time.Millisecond
	}
	if cfg.Prompt == nil {
		cfg.Prompt = promptLength
	}
	return &Fake{cfg: cfg, lines: map[hotline.LegID]*Line{}, recording: map[hotline.CallID]bool{}}
}

// promptLength takes a second for every prompt. Prompts whose name begins with "no-such" are not there.
func promptLength(name string) (time.Duration, bool) {
	if ms, ok := strings.CutPrefix(name, "silence:"); ok {
		d, err := time.ParseDuration(ms + "ms")
		return d, err == nil
	}
	return time.Second, !strings.HasPrefix(name, "no-such")
}

// ErrClosed is returned by Do after Close.
var ErrClosed = errors.New("calltest: the fake is closed")

// Close stops every timer; nothing is heard of any line from now on.
func (f *Fake) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for _, l := range f.lines {
		stop(l.ends)
		stop(l.rings)
	}
}

func stop(t *time.Timer) {
	if t != nil {
		t.Stop()
	}
}

// Call makes a call come in. Empty ids and a zero time are filled in. hears and gone may be nil.
func (f *Fake) Call(in hotline.Incoming, hears func(*Line, Hearing), gone func(*Line)) *Line {
	f.mu.Lock()
	f.made++
	if in.Call == "" {
		in.Call = hotline.CallID(fmt.Sprintf("c%06d", f.made))
	}
	if in.Leg == "" {
		in.Leg = hotline.LegID(in.Call) + "-0"
	}
	if in.At.IsZero() {
		in.At = time.Now()
	}
	l := &Line{fake: f, call: in.Call, id: in.Leg}
	if hears != nil {
		l.Hears = func(h Hearing) { hears(l, h) }
	}
	if gone != nil {
		l.Gone = func() { gone(l) }
	}
	f.lines[l.id] = l
	f.cfg.Signal(in.Call, in)
	f.mu.Unlock()
	return l
}

// Recording says whether the call is being recorded.
func (f *Fake) Recording(c hotline.CallID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.recording[c]
}

// Open is the number of lines that are not over.
func (f *Fake) Open() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.lines)
}

// Do implements call.Switch.
func (f *Fake) Do(_ context.Context, a hotline.Action) error {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return ErrClosed
	}
	if f.cfg.Trace != nil {
		f.cfg.Trace(a)
	}
	hooks := f.do(a)
	f.mu.Unlock()
	for _, h := range hooks { // they move lines, which takes the lock
		h()
	}
	return nil
}

func (f *Fake) do(a hotline.Action) (hooks []func()) {
	switch a := a.(type) {
	case hotline.Answer:
		if l := f.lines[a.Leg]; l != nil && !l.dialed && l.state == lineNew {
			l.state = lineAnswers
			f.after(l, f.cfg.Delay, (*Line).up)
		}
	case hotline.Dial:
		return f.dial(a)
	case hotline.Play:
		return f.play(a)
	case hotline.Stop:
		if l := f.lines[a.Leg]; l != nil && l.play != "" && (a.Play == "" || a.Play == l.play) {
			l.endPlay(false, "")
			return l.heard(Hearing{With: l.with})
		}
	case hotline.Mix:
		return f.mix(a)
	case hotline.Record:
		f.recording[a.Call] = true
	case hotline.StopRecord:
		delete(f.recording, a.Call)
	case hotline.Press:
		if l := f.lines[a.Leg]; l != nil && l.state == lineUp {
			l.pressed += a.Keys
			if l.mumbles {
				break
			}
			l.signal(hotline.Pressed{Leg: a.Leg, Press: a.Press, Refused: l.keyless})
		}
	case hotline.Notify:
		if l := f.lines[a.Leg]; l != nil && l.state == lineUp {
			l.told = append(l.told, a.Code)
		}
	case hotline.Hangup:
		if l := f.lines[a.Leg]; l != nil && l.state < lineEnds {
			l.ending(a.Cause)
		}
	}
	return nil
}

func (f *Fake) dial(a hotline.Dial) []func() {
	if f.lines[a.Leg] != nil {
		return nil
	}
	l := &Line{fake: f, call: a.Call, id: a.Leg, dialed: true}
	f.lines[a.Leg] = l
	timeout := a.Timeout
	if timeout <= 0 {
		timeout = 2 * time.Minute
	}
	l.rings = time.AfterFunc(timeout, func() { l.Refuse(hotline.CauseNoAnswer) })
	if f.cfg.Phone == nil {
		return []func(){func() { l.Refuse(hotline.CauseUnreachable) }}
	}
	return []func(){func() { f.cfg.Phone(a, l) }}
}

func (f *Fake) play(a hotline.Play) []func() {
	l := f.lines[a.Leg]
	if l == nil || l.state >= lineEnds {
		return nil
	}
	l.endPlay(false, "")
	l.play = a.Play
	var length time.Duration
	for _, p := range a.Prompts {
		d, ok := f.cfg.Prompt(p)
		if !ok {
			l.endPlay(false, "no prompt "+p)
			return nil
		}
		length += d
	}
	if !a.Loop {
		l.ends = time.AfterFunc(length, func() { l.playOver(a.Play) })
	}
	return l.heard(Hearing{Prompts: a.Prompts})
}

// mix takes the matrix; lines of the call that it does not name hear nobody.
func (f *Fake) mix(a hotline.Mix) (hooks []func()) {
	hears := map[hotline.LegID][]hotline.LegID{}
	for _, m := range a.Members {
		hears[m.Leg] = m.Hears
	}
	for _, id := range members(a, f.lines) {
		l := f.lines[id]
		before := len(l.with)
		l.with, l.mixed = hears[id], a.Call
		if l.play == "" && (before > 0 || len(l.with) > 0) {
			hooks = append(hooks, l.heard(Hearing{With: l.with})...)
		}
	}
	return hooks
}

// members are the call's lines, those named first.
func members(a hotline.Mix, lines map[hotline.LegID]*Line) []hotline.LegID {
	var ids []hotline.LegID
	named := map[hotline.LegID]bool{}
	for _, m := range a.Members {
		if lines[m.Leg] != nil {
			ids = append(ids, m.Leg)
			named[m.Leg] = true
		}
	}
	for id, l := range lines { // any order: these fall silent, all alike
		if (l.call == a.Call || l.mixed == a.Call) && !named[id] {
			ids = append(ids, id)
		}
	}
	return ids
}

// after calls fn with the lock held, unless the line is over by then.
func (f *Fake) after(l *Line, d time.Duration, fn func(*Line)) {
	time.AfterFunc(d, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if l.state != lineOver && !f.closed {
			fn(l)
		}
	})
}
