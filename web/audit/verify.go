package audit

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"time"

	"hotline"
)

// What is wrong with a chain.
const (
	FaultUnreadable = "unreadable"     // the entry is no entry
	FaultGap        = "gap"            // entries before it are missing
	FaultAltered    = "altered"        // its hash is not that of what it says
	FaultUnchained  = "unchained"      // it does not follow the entry before
	FaultNotInLog   = "not_in_log"     // the log knows of no such act
	FaultLogDiffers = "log_differs"    // the log tells the act otherwise
	FaultMissing    = "missing"        // the log has an act before it that the chain has not
	FaultCut        = "cut"            // the last entries, which were there, are gone
	FaultHead       = "head_differs"   // not the hash that was noted elsewhere
	FaultNoHead     = "head_not_there" // the chain is shorter than was noted elsewhere
)

// Head is an entry's number and hash as somebody noted them elsewhere.
type Head struct {
	N    uint64
	Hash string
}

// Broken is the first place at which the chain does not hold.
type Broken struct {
	N     uint64    `json:"n" doc:"The entry."`
	Seq   uint64    `json:"seq,omitempty"`
	At    time.Time `json:"at,omitzero"`
	Fault string    `json:"fault" enum:"unreadable,gap,altered,unchained,not_in_log,log_differs,missing,cut,head_differs,head_not_there"`
}

// Verdict is what a check of the whole chain found.
type Verdict struct {
	OK      bool      `json:"ok"`
	Entries uint64    `json:"entries"`
	From    time.Time `json:"from,omitzero"`
	To      time.Time `json:"to,omitzero"`
	InLog   uint64    `json:"in_log" doc:"Entries that were held against the log; older ones are archived there."`
	N       uint64    `json:"n" doc:"The last entry: note it and its hash elsewhere, and give both to a later check."`
	Hash    string    `json:"hash"`
	Broken  *Broken   `json:"broken,omitempty" doc:"The first fault."`
}

// Verify walks the whole chain, holds it against the log as far back as that goes and against a head that was noted elsewhere; a
// zero noted is none. An error is of reading, not of the chain.
func (l *Ledger) Verify(ctx context.Context, noted Head) (Verdict, error) {
	l.mu.Lock()
	head := l.head
	l.mu.Unlock()
	acts, err := l.acts(ctx)
	if err != nil {
		return Verdict{}, err
	}
	defer acts.stop()
	w := walk{acts: acts, noted: noted}
	var bad error
	err = l.cfg.Bucket.Each("", func(_ string, val []byte) bool {
		if bad = ctx.Err(); bad != nil || w.Entries == head.N {
			return false
		}
		return w.entry(val)
	})
	if err := errors.Join(err, bad, acts.err); err != nil {
		return Verdict{}, err
	}
	v := w.Verdict
	switch {
	case v.Broken != nil:
	case v.Entries < head.N:
		v.Broken = &Broken{N: v.Entries + 1, Fault: FaultCut}
	case noted.N > v.Entries:
		v.Broken = &Broken{N: v.Entries + 1, Fault: FaultNoHead}
	}
	v.OK = v.Broken == nil
	return v, nil
}

// walk is a check on its way.
type walk struct {
	Verdict
	acts  *acts
	noted Head
}

// entry checks the next one, and says whether to go on.
func (w *walk) entry(val []byte) bool {
	var e Entry
	if json.Unmarshal(val, &e) != nil {
		w.Broken = &Broken{N: w.Entries + 1, Fault: FaultUnreadable}
		return false
	}
	fault := ""
	switch {
	case e.N != w.Entries+1:
		fault = FaultGap
	case e.Prev != w.Hash:
		fault = FaultUnchained
	case e.Hash != e.sum():
		fault = FaultAltered
	case e.N == w.noted.N && e.Hash != w.noted.Hash:
		fault = FaultHead
	case e.Seq > w.acts.gone:
		fault = w.acts.hold(&e)
		w.InLog++
	}
	if fault != "" {
		w.Broken = &Broken{N: w.Entries + 1, Seq: e.Seq, At: e.At, Fault: fault}
		return false
	}
	if w.Entries == 0 {
		w.From = e.At
	}
	w.Entries, w.N, w.Hash, w.To = e.N, e.N, e.Hash, e.At
	return true
}

// acts are the log's acts in their order.
type acts struct {
	next func() (hotline.Event, error, bool)
	stop func()
	gone uint64 // events up to here are archived
	err  error
}

func (l *Ledger) acts(ctx context.Context) (*acts, error) {
	a := &acts{}
	for {
		next, stop := iter.Pull2(l.cfg.Log.Read(ctx, a.gone))
		ev, err, ok := next()
		var gone *hotline.GoneError
		if ok && errors.As(err, &gone) && gone.First > a.gone+1 {
			stop()
			a.gone = gone.First - 1
			continue
		}
		if ok && err != nil {
			stop()
			return nil, err
		}
		first := true
		a.stop = stop
		a.next = func() (hotline.Event, error, bool) {
			if first {
				first = false
				return ev, err, ok
			}
			return next()
		}
		return a, nil
	}
}

// hold compares the entry with the log's next act.
func (a *acts) hold(e *Entry) (fault string) {
	for {
		ev, err, ok := a.next()
		if !ok || err != nil {
			a.err = err
			return FaultNotInLog
		}
		fact, isAct := ev.Fact.(hotline.Audited)
		switch {
		case !isAct && ev.Seq < e.Seq:
			continue
		case isAct && ev.Seq < e.Seq:
			return FaultMissing
		case !isAct || ev.Seq > e.Seq:
			return FaultNotInLog
		case valid(fact.User) != e.User || valid(fact.Act) != e.Act || valid(fact.Target) != e.Target || valid(fact.Addr) != e.Addr ||
			valid(string(ev.Agent)) != string(e.Agent) || !hotline.Millis(ev.At).Equal(e.At):
			return FaultLogDiffers
		}
		return ""
	}
}
