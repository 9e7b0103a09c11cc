package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// webServers are the engine's HTTP servers.
type webServers struct {
	servers []*http.Server
	wg      sync.WaitGroup
}

// serve starts a server on an address.
func (w *webServers) serve(at netip.AddrPort, h http.Handler, cert, key string) error {
	l, err := net.Listen("tcp", at.String())
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	w.servers = append(w.servers, srv)
	w.wg.Go(func() {
		if cert != "" {
			err = srv.ServeTLS(l, cert, key)
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
		e.fold.Metrics(), newEngineCollector(e), collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	e.web = new(webServers)
	if e.cfg.Metrics.IsValid() {
		if err := e.web.serve(e.cfg.Metrics, e.health(), "", ""); err != nil {
			return err
		}
	}
	return nil
}

// health is /metrics, /healthz and /readyz: for machines, without login.
func (e *engine) health() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(e.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := e.ready(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		w.Write([]byte("ready\n"))
	})
	return mux
}
