package sip

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"hotline"
	"hotline/media"
)

// handle is the side of a leg that does not belong to its mailbox: what the media engine calls and what the call's lane
// touches. It holds the promise that the last signal of a leg is its last, and that every Play ends once before it.
type handle struct {
	leg    hotline.LegID
	call   hotline.CallID
	signal func(hotline.CallID, hotline.Signal)
	media  atomic.Pointer[media.Leg] // nil before there is one and when the leg is over
	spoken atomic.Uint32             // the codec agreed on last, plus one; 0: none yet
	held   atomic.Bool               // the peer holds us: it may be silent
	moved  func()                    // told when the peer's media is first heard; nil: nobody. Set before that can be.

	mu   sync.Mutex // held while a signal is given, so that signals keep their order
	over bool
	keys []press // pressed lately, heard one way so far

	// begin must not wait for a signal under way, because Do may be called from within: a lock of its own, taken after mu.
	playing sync.Mutex
	ended   bool             // no playing can begin any more
	plays   []hotline.PlayID // begun and not ended
}

var _ media.Handler = (*handle)(nil)

// codec is what was agreed on last.
func (h *handle) codec() (media.Codec, bool) {
	n := h.spoken.Load()
	return media.Codec(n - 1), n != 0
}

func (h *handle) speak(c media.Codec) { h.spoken.Store(uint32(c) + 1) }

// emit gives a signal, unless the leg is over.
func (h *handle) emit(sig hotline.Signal) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.over {
		h.signal(h.call, sig)
	}
}

// last ends what is playing and gives the leg's last signal.
func (h *handle) last(sig hotline.Signal) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over {
		return
	}
	h.playing.Lock()
	plays := h.plays
	h.plays, h.ended = nil, true
	h.playing.Unlock()
	for _, p := range plays {
		h.signal(h.call, hotline.PlayEnded{Leg: h.leg, Play: p})
	}
	h.over = true
	h.signal(h.call, sig)
}

// begin notes a playing: from now on it ends in one PlayEnded. False: it is under way already, or the leg is over.
func (h *handle) begin(p hotline.PlayID) bool {
	h.playing.Lock()
	defer h.playing.Unlock()
	if h.ended || slices.Contains(h.plays, p) {
		return false
	}
	h.plays = append(h.plays, p)
	return true
}

// end takes a playing off; false: it has ended before.
func (h *handle) end(p hotline.PlayID) bool {
	h.playing.Lock()
	defer h.playing.Unlock()
	i := slices.Index(h.plays, p)
	if i < 0 {
		return false
	}
	h.plays = slices.Delete(h.plays, i, i+1)
	return true
}

// MediaUp is media.Handler's.
func (h *handle) MediaUp(at time.Time) {
	h.emit(hotline.MediaUp{Leg: h.leg, At: at})
	if h.moved != nil {
		h.moved()
	}
}

// MediaLost is media.Handler's. A phone that holds us may send nothing.
func (h *handle) MediaLost(silence time.Duration) {
	if !h.held.Load() {
		h.emit(hotline.MediaLost{Leg: h.leg, Silence: silence})
	}
}

// PlayEnded is media.Handler's.
func (h *handle) PlayEnded(play string, complete bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.end(hotline.PlayID(play)) {
		return
	}
	sig := hotline.PlayEnded{Leg: h.leg, Play: hotline.PlayID(play), Complete: complete}
	if err != nil {
		sig.Err = err.Error()
	}
	h.signal(h.call, sig)
}

// Digit is media.Handler's: a key by RFC 4733.
func (h *handle) Digit(key byte) { h.pressed(key, byEvent, time.Now()) }

// keyWay is how a key came.
type keyWay uint8

const (
	byEvent keyWay = iota // RFC 4733
	byInfo                // a SIP INFO
)

// press is one key that was heard one way.
type press struct {
	key byte
	way keyWay
	at  time.Time
}

// A phone may send every key both ways. A press is matched with one of the other way within this time and counted once:
// each press takes one partner, so that "55" stays two keys, and a key lost one way still counts.
const (
	keyWindow = 5 * time.Second
	keyMemory = 64
)

// pressed raises a key, unless it is the second half of a press that was heard the other way.
func (h *handle) pressed(key byte, way keyWay, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.keys = slices.DeleteFunc(h.keys, func(p press) bool { return now.Sub(p.at) > keyWindow })
	for i, p := range h.keys {
		if p.key == key && p.way != way {
			h.keys = slices.Delete(h.keys, i, i+1)
			return
		}
	}
	if len(h.keys) == keyMemory {
		h.keys = slices.Delete(h.keys, 0, 1)
	}
	h.keys = append(h.keys, press{key, way, now})
	if !h.over {
		h.signal(h.call, hotline.Digit{Leg: h.leg, Key: key})
	}
}
