package wire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/digest"
	"hotline/sip/syntax"
)

// Times of registering with a trunk.
const (
	registerEvery    = 10 * time.Minute // asked for where the config says nothing
	registerPatience = 4 * time.Second  // for an answer of one server
	registerFirst    = 2 * time.Second  // to the next try after a failure, doubled with each
	registerDenied   = time.Minute      // after the password was refused: carriers lock accounts
	registerLast     = 5 * time.Minute  // between tries at most
	registerLeast    = 5 * time.Second  // between refreshes, however short a registration the server gives
)

// registration keeps us registered with a trunk (RFC 3261 §10.2). One goroutine does everything that takes time.
type registration struct {
	at             *trunk // whose gateways are the registrars: the trunk itself, or one that stands for them alone
	domain         string
	user, password string
	send           func(context.Context, *gosip.Request, Path) (*gosip.Response, error)
	way            func(*Gateway) (Path, bool)
	log            *slog.Logger
	kick           chan struct{} // the network is another, or a connection was made
	news           func()        // the state may be another
	leaving        context.Context
	leave          context.CancelFunc // has us sign off
	begun          atomic.Bool
	quiet          atomic.Bool   // another goes on with the same registration: it is not taken away
	done           chan struct{} // closed when run has ended

	// Owned by the goroutine.
	every  time.Duration
	callID string // the same for all of this run (§10.2)
	cseq   uint32
	failed int

	mu     sync.Mutex
	st     RegistrationState
	routes []gosip.Uri // of calls (RFC 3608); the slice is replaced, never changed
}

// newRegistration prepares to register with the trunk.
func (w *Wire) newRegistration(t *trunk) *registration {
	r := t.Register
	reg := &registration{
		at: t, user: t.Account(), password: cmp.Or(r.Password, t.Password), domain: t.FromDomain(w.cfg.Domain), send: w.askOnce, way: w.wayTo,
		log: w.log.With("trunk", t.Name), kick: make(chan struct{}, 1), news: w.cfg.TrunkNews, every: cmp.Or(r.Every, registerEvery), callID: NewDialogID(),
		done: make(chan struct{}),
	}
	reg.leaving, reg.leave = context.WithCancel(context.Background())
	if r.User != "" {
		reg.password = r.Password
	}
	if r.Server != nil && (len(t.Servers) != 1 || t.Servers[0] != *r.Server) {
		reg.at = &trunk{Trunk: Trunk{Name: t.Name, Servers: []Server{*r.Server}, Register: r, CA: t.CA}, room: t.room, stands: t}
	}
	return reg
}

// moved has the registration made anew at once.
func (r *registration) moved() {
	select {
	case r.kick <- struct{}{}:
	default:
	}
}

// state is how we are registered now.
func (r *registration) state() RegistrationState {
	r.mu.Lock()
	defer r.mu.Unlock()
	st := r.st
	if st.Registered && !time.Now().Before(st.Expires) {
		st.Registered, st.Since = false, st.Expires
	}
	return st
}

// run registers until ctx is done, or until leave: then it takes the registration away.
func (r *registration) run(ctx context.Context) {
	r.begun.Store(true)
	defer close(r.done)
	defer r.signOff(ctx)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(r.leaving, cancel)()
	for {
		wait := r.round(ctx)
		if ctx.Err() != nil {
			return
		}
		r.mu.Lock()
		r.st.Next = time.Now().Add(wait)
		r.mu.Unlock()
		r.news()
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		case <-r.kick:
		}
		t.Stop()
	}
}

// end signs off, and returns when that is done or ctx is.
func (r *registration) end(ctx context.Context) {
	r.leave()
	if !r.begun.Load() {
		return
	}
	select {
	case <-r.done:
	case <-ctx.Done():
	}
}

// errNoRegistrar: there is no way to any registrar just now.
var errNoRegistrar = errors.New("no server can be reached")

// round asks one registrar after another until one gives an answer, and returns the time until the next round.
func (r *registration) round(ctx context.Context) time.Duration {
	err := error(errNoRegistrar)
	for _, g := range r.at.ways(time.Now()) {
		p, ok := r.way(g)
		if !ok {
			continue
		}
		var res *gosip.Response
		if res, err = r.register(ctx, g, p, r.every); err != nil {
			err = fmt.Errorf("%s: %w", g, err)
			continue
		}
		if res.IsSuccess() {
			r.routed(res, p)
			return r.registered(g, granted(res, r.every, p.Contact(r.user, false)))
		}
		err = fmt.Errorf("%s: %d %s", g, res.StatusCode, syntax.SafeText(res.Reason))
		if !FailsOver(res.StatusCode) {
			return r.refusedWith(g, res, err)
		}
	}
	return r.missed(err, backoff(registerFirst, r.failed))
}

// registered notes a success; a registration is refreshed at half of its time.
func (r *registration) registered(g *Gateway, life time.Duration) time.Duration {
	now := time.Now()
	r.failed = 0
	r.mu.Lock()
	first := !r.st.Registered || !now.Before(r.st.Expires)
	if first {
		r.st.Since = now
	}
	r.st.Registered, r.st.Expires, r.st.Server, r.st.Problem = true, now.Add(life), g.String(), ""
	r.mu.Unlock()
	if first {
		r.log.Info("sip: registered with a trunk", "server", g, "for", life)
	}
	return max(life/2-rand.N(life/20+1), registerLeast)
}

// refusedWith notes that a registrar does not take us, and what it asks for.
func (r *registration) refusedWith(g *Gateway, res *gosip.Response, err error) time.Duration {
	wait := backoff(registerFirst, r.failed)
	switch res.StatusCode {
	case 401, 403, 404, 407:
		wait = max(wait, backoff(registerDenied, 0))
	}
	if s := syntax.HeaderValue(res, "retry-after", ""); s != "" {
		wait = max(wait, restOf(res))
	}
	r.mu.Lock()
	r.st.Server, r.st.Registered = g.String(), false
	r.mu.Unlock()
	return r.missed(err, wait)
}

// missed notes a failure. A registration that stands goes on until it expires.
func (r *registration) missed(err error, wait time.Duration) time.Duration {
	r.mu.Lock()
	first := r.st.Problem == ""
	r.st.Problem = err.Error()
	if (first || r.st.Since.IsZero()) && !r.st.Registered {
		r.st.Since = time.Now()
	}
	r.mu.Unlock()
	// At the start connections are being made and names looked up: that alone is no news.
	if none := errors.Is(err, errNoRegistrar); first && !none || none && r.failed == 1 {
		r.log.Error("sip: not registered with a trunk", "error", err, "again in", wait)
	}
	r.failed++
	return wait
}

// backoff is the time to the next try after so many failures: half to all of a bound that doubles (RFC 5626 §4.5), so that
// engines which lost a carrier together do not come back together.
func backoff(first time.Duration, failures int) time.Duration {
	bound := min(first<<min(failures, 10), registerLast)
	return bound/2 + rand.N(bound/2+1)
}

// register sends one REGISTER, again with what it was asked for: the password, or a longer time (423, §10.2.8).
func (r *registration) register(ctx context.Context, g *Gateway, p Path, life time.Duration) (*gosip.Response, error) {
	req := r.request(g, p, life)
	proof := digest.Session{User: r.user, Password: r.password}
	var tried digest.Tries
	for longer := false; ; {
		r.cseq = req.CSeq().SeqNo
		limited, cancel := context.WithTimeout(ctx, registerPatience)
		res, err := r.send(limited, req.Clone(), p)
		cancel()
		if err != nil {
			return nil, err
		}
		if proof.Again(&tried, res) {
			req = req.Clone()
			req.CSeq().SeqNo++
			proof.Sign(req)
			continue
		}
		least := minExpires(res)
		if res.StatusCode != 423 || longer || least <= life {
			return res, nil
		}
		longer, life = true, least
		r.every = least
		req = r.request(g, p, life)
	}
}

// request builds a REGISTER (§10.2). Our Contact's user is our account: by it calls are told from those of another trunk at the
// same carrier.
func (r *registration) request(g *Gateway, p Path, life time.Duration) *gosip.Request {
	r.cseq++
	to := g.URI("")
	to.UriParams = nil
	to.Host, to.Port = r.domain, 0
	req := gosip.NewRequest(gosip.REGISTER, to)
	aor := gosip.Uri{Scheme: "sip", User: syntax.SafeUser(r.user), Host: r.domain}
	id := gosip.CallIDHeader(r.callID)
	req.AppendHeader(&gosip.FromHeader{Address: aor, Params: syntax.TagParam(NewDialogID())})
	req.AppendHeader(&gosip.ToHeader{Address: aor})
	req.AppendHeader(&id)
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: r.cseq, MethodName: gosip.REGISTER})
	req.AppendHeader(&gosip.ContactHeader{Address: p.Contact(r.user, false)})
	req.AppendHeader(gosip.NewHeader("Expires", strconv.Itoa(int(life/time.Second))))
	req.AppendHeader(gosip.NewHeader("Supported", "path"))
	req.AppendHeader(gosip.NewHeader("Allow", Allow))
	return req
}

// signOff takes the registration away (§10.2.2).
func (r *registration) signOff(ctx context.Context) {
	if ctx.Err() != nil || r.quiet.Load() || !r.state().Registered {
		return
	}
	for _, g := range r.at.ways(time.Now()) {
		if p, ok := r.way(g); ok && g.String() == r.state().Server {
			if _, err := r.register(ctx, g, p, 0); err != nil {
				r.log.Info("sip: a trunk was not told that we leave", "error", err)
			}
			return
		}
	}
}

// granted is for how long a 2xx registers us: as our Contact says there, else its Expires (§10.2.4). It lists whoever else is registered
// under the account, too; where none of them is ours to the letter, because something on the way writes addresses anew, the shortest counts.
func granted(res *gosip.Response, asked time.Duration, own gosip.Uri) time.Duration {
	life := asked
	if s := syntax.HeaderValue(res, "expires", ""); s != "" {
		life = seconds(s)
	}
	least := time.Duration(-1)
	for _, h := range res.GetHeaders("Contact") {
		c, ok := h.(*gosip.ContactHeader)
		if !ok {
			continue
		}
		s, said := c.Params.Get("expires")
		if !said {
			continue
		}
		if c.Address.User == own.User && strings.EqualFold(c.Address.Host, own.Host) && c.Address.Port == own.Port {
			least = seconds(s)
			break
		}
		if d := seconds(s); least < 0 || d < least {
			least = d
		}
	}
	if least >= 0 {
		life = least
	}
	return min(max(life, registerLeast), 24*time.Hour)
}

// minExpires is the least time that a 423 allows, 0 if it does not say.
func minExpires(res *gosip.Response) time.Duration {
	s := strings.TrimSpace(syntax.HeaderValue(res, "min-expires", ""))
	if s == "" {
		return 0
	}
	return min(seconds(s), 24*time.Hour)
}

// askOnce sends a request and waits for its final answer.
func (w *Wire) askOnce(ctx context.Context, req *gosip.Request, p Path) (*gosip.Response, error) {
	type outcome struct {
		res *gosip.Response
		err error
	}
	done := make(chan outcome, 1)
	say := func(o outcome) {
		select {
		case done <- o:
		default:
		}
	}
	id := req.CallID().Value()
	tx, err := w.Request(w.ctx, Outbound{
		Req: req, Path: p,
		Answer: func(res *gosip.Response) {
			if res.StatusCode >= 200 {
				say(outcome{res: res})
			}
		},
		Failed: func(err error) { say(outcome{err: err}) },
	})
	if err != nil {
		return nil, err
	}
	select {
	case o := <-done:
		return o.res, o.err
	case <-ctx.Done():
		w.Post(id, func() { tx.giveUp(ErrTimeout) })
		return nil, ErrTimeout
	case <-w.ctx.Done():
		return nil, ErrClosed
	}
}

// SignOff takes back our registrations with trunks, within ctx; what it returns is closed when that is done.
func (w *Wire) SignOff(ctx context.Context) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		var all sync.WaitGroup
		for _, t := range w.trunks.all() {
			if t.reg != nil {
				all.Go(func() { t.reg.end(ctx) })
			}
		}
		all.Wait()
	}()
	return done
}
