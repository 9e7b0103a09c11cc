package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"hotline/recorder"
	"hotline/sip/certfile"
	"hotline/web"
	"hotline/web/auth"
	"hotline/web/oidc"
)

// webServers are the engine's HTTP servers.
type webServers struct {
	servers []*http.Server
	wg      sync.WaitGroup
}

// serve starts a server on an address.
func (w *webServers) serve(at netip.AddrPort, h http.Handler, cert *certfile.File) error {
	l, err := net.Listen("tcp", at.String())
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	w.servers = append(w.servers, srv)
	w.wg.Go(func() {
		if cert != nil {
			srv.TLSConfig = cert.TLS()
			err = srv.ServeTLS(l, "", "")
		} else {
			err = srv.Serve(l)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			panic(err) // a listening socket does not fail by itself
		}
	})
	return nil
}

// close lets short answers finish and cuts long ones, the streams.
func (w *webServers) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for _, s := range w.servers {
		if s.Shutdown(ctx) != nil {
			s.Close()
		}
	}
	w.wg.Wait()
}

// openWeb starts the pages and the metrics.
func (e *engine) openWeb() error {
	e.registry = prometheus.NewRegistry()
	e.registry.MustRegister(
		e.fold.Metrics(), newEngineCollector(e),
		collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(collectors.MetricsGC, collectors.MetricsScheduler)),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	e.registry.MustRegister(e.self.all()...)
	if err := e.firstLogin(); err != nil {
		return err
	}
	ledger, err := e.openLedger()
	if err != nil {
		return err
	}
	e.ledger = ledger
	e.group.run("audit", ledger.Run)
	e.group.run("log", e.keepLog)
	e.kiosks = auth.NewKiosks(e.store.Bucket("kiosks"), nil)
	pages, err := web.New(web.Config{
		Now: e.clock.Now, Boards: e.store.Bucket("boards"), Kiosks: e.kiosks, Forecast: e.boardForecast,
		Kept: e.store.Bucket("reports"), Mailer: e.reportMailer(), MailDomains: e.cfg.ReportDomains, Posts: reportPosts{e.webhooks}, Background: e.group.run,
		SSO: e.singleSignOn(), SSOName: e.cfg.Web.SSOName,
		Ledger: ledger, Explainer: explainer{e}, Cards: e.store.Bucket("customers"), Forget: e.forgetStills, Rosters: e.store.Bucket("rosters"), Calls: e.hub, Supervisors: e.hub,
		Version: version, Fold: e.fold, Log: e.store, Submit: e.shard.Submit, Recordings: playback{e.recorder}, Centre: e.centre.now,
		Auth: e.auth, Ready: e.ready, Phones: e.phones, Realm: e.cfg.SIP.Domain, Outward: func() []web.Outward { return e.out.views(e) }, Trunks: func() []web.Trunk { return trunkViews(e.sip.Trunks()) }, CentreFile: centreFile{e}, Prompts: e.prompts, Registered: func() []web.RegisteredPhone { return registeredPhones(e.sip.Phones(time.Now())) }, Secure: e.cfg.Web.Cert != "", Logger: e.log,
	})
	if err != nil {
		return err
	}
	e.phones.serve(e.sip.ServePage)
	e.web = new(webServers)
	if e.cfg.Web.Cert != "" {
		if err = e.webCert.open(e.cfg.Web.Cert, e.cfg.Web.Key, e.log); err != nil {
			return err
		}
	}
	if err := e.web.serve(e.cfg.Web.Listen, pages, e.webCert.file); err != nil {
		return err
	}
	e.group.run("sessions", e.sweepSessions)
	if e.cfg.Metrics.IsValid() {
		if err := e.web.serve(e.cfg.Metrics, e.health(), nil); err != nil {
			return err
		}
	}
	return nil
}

// singleSignOn is the identity provider that people log in by; nil: none.
func (e *engine) singleSignOn() web.SSO {
	if e.cfg.Web.SSO == nil {
		return nil
	}
	return oidc.New(*e.cfg.Web.SSO)
}

// sweepSessions forgets sessions that are over.
func (e *engine) sweepSessions(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(10 * time.Minute):
			e.kiosks.Sweep()
			if err := e.auth.Sweep(); err != nil {
				e.log.Warn("old sessions are not forgotten", "error", err)
			}
		}
	}
}

// playback lets the pages play what the recorder keeps.
type playback struct{ r *recorder.Recorder }

// Open implements web.Recordings.
func (p playback) Open(file string) (io.ReadSeekCloser, error) {
	f, _, err := p.r.Open(file)
	return f, err
}

// Sidecar implements web.Recordings.
func (p playback) Sidecar(file string) ([]byte, error) { return p.r.Sidecar(file) }

// health is /metrics, /healthz and /readyz: for machines, without login. Where only this machine reaches it, it also says
// where the engine's time and memory go (/debug/pprof/).
func (e *engine) health() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(e.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4, Timeout: scrapePatience}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := e.ready(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		w.Write([]byte("ready\n" + trunkLines(e.sip.Trunks(), time.Now())))
	})
	if e.cfg.Metrics.Addr().IsLoopback() {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	return mux
}
