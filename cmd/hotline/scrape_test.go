package main

import (
	"bufio"
	"io"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hotline/sip/wire"
)

// TestScrape: a running engine answers with every metric that others rely on and with its own health, in one scrape that
// says nothing twice.
func TestScrape(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "centre.yaml"), []byte(abortCentre), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := defaults()
	cfg.Data, cfg.Centre, cfg.Ports = filepath.Join(dir, "data"), filepath.Join(dir, "centre.yaml"), [2]uint16{37000, 37099}
	cfg.SIP.Listen = []wire.Listen{{Network: "udp", Addr: freeUDP(t)}}
	cfg.Web.Listen, cfg.Metrics = netip.MustParseAddrPort("127.0.0.1:0"), netip.AddrPort{}
	t.Setenv("HOTLINE_ADMIN_PASSWORD", "correct horse battery staple")
	e, err := openEngine(cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), true)
	if err != nil {
		t.Fatal(err)
	}
	defer e.close()
	defer e.stop(5*time.Second, "test")

	w := httptest.NewRecorder()
	e.health().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	types := map[string]string{}
	lines := bufio.NewScanner(w.Body)
	for lines.Scan() {
		if f := strings.Fields(lines.Text()); len(f) == 4 && f[1] == "TYPE" {
			types[f[2]] = f[3]
		}
	}
	for name, kind := range map[string]string{
		"hotline_ready": "gauge", "hotline_build_info": "gauge", "hotline_start_timestamp_seconds": "gauge",
		"hotline_log_commit_seconds": "histogram", "hotline_log_sync_seconds": "histogram", "hotline_log_group_events": "histogram",
		"hotline_log_backlog": "gauge", "hotline_log_reader_lag_events": "gauge",
		"hotline_mailbox_depth": "gauge", "hotline_mailbox_wait_seconds": "gauge", "hotline_loop_busy_seconds_total": "counter",
		"hotline_rtp_packets_total": "counter", "hotline_rtp_bytes_total": "counter", "hotline_rtp_lost_packets_total": "counter",
		"hotline_sip_transactions": "gauge", "hotline_sip_retransmissions_total": "counter",
		"hotline_recorder_backlog_chunks": "gauge", "hotline_recording_gaps_total": "counter",
		"go_goroutines": "gauge", "go_sched_latencies_seconds": "histogram", "process_resident_memory_bytes": "gauge",
		"hotline_queue_visits_total": "counter", "hotline_queue_waiting": "gauge", "hotline_agents": "gauge",
	} {
		if types[name] != kind {
			t.Errorf("%s: %q, want a %s", name, types[name], kind)
		}
	}
}
