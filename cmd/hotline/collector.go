package main

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// engineCollector exports what the doers count. The figures of the centre are package reports' own.
type engineCollector struct {
	e      *engine
	rows   []engineRow
	trunks trunkDescs
	hooks  webhookDescs
	out    outwardDescs
	self   selfDescs
}

type engineRow struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func() float64
}

func newEngineCollector(e *engine) *engineCollector {
	c := &engineCollector{e: e, trunks: newTrunkDescs(), hooks: newWebhookDescs(), out: newOutwardDescs(), self: newSelfDescs()}
	row := func(name, help string, kind prometheus.ValueType, read func() float64) {
		c.rows = append(c.rows, engineRow{prometheus.NewDesc("hotline_"+name, help, nil, nil), kind, read})
	}
	count := func(name, help string, read func() uint64) {
		row(name, help, prometheus.CounterValue, func() float64 { return float64(read()) })
	}
	m := e.wire
	count("sip_received_total", "SIP messages received.", m.Received.Load)
	count("sip_sent_total", "SIP messages sent.", m.Sent.Load)
	count("sip_malformed_total", "SIP messages that could not be understood.", m.Malformed.Load)
	count("sip_dropped_total", "Datagrams of banned or too fast sources.", m.Dropped.Load)
	count("sip_overload_total", "SIP messages or calls refused for want of room.", m.Overload.Load)
	count("sip_panics_total", "SIP messages whose handling panicked.", m.Panics.Load)
	count("sip_auth_failed_total", "Requests with wrong credentials.", m.AuthFailed.Load)
	count("sip_banned_total", "Bans begun.", m.Banned.Load)
	row("sip_connections", "SIP connections open now.", prometheus.GaugeValue, func() float64 { return float64(m.Flows.Load()) })
	count("sip_connections_refused_total", "Connections closed at once: too many of one address.", m.FlowsRefused.Load)
	count("sip_handshakes_failed_total", "Connections to tls and wss listeners that did not come to TLS.", m.HandshakesFailed.Load)
	count("sip_certificate_errors_total", "Times that new certificate files could not be used; the old certificate stayed in force.", m.CertErrors.Load)
	row("sip_certificate_expires_seconds", "When the certificate of the tls and wss listeners ends, in seconds since 1970; 0: there is none.",
		prometheus.GaugeValue, func() float64 { return float64(m.CertExpires.Load()) })
	row("web_certificate_expires_seconds", "When the certificate of the pages ends, in seconds since 1970; 0: they are plain.",
		prometheus.GaugeValue, func() float64 { return float64(e.webCert.ends(time.Now())) })
	count("web_certificate_errors_total", "Times that new certificate files of the pages could not be used; the old certificate stayed in force.", e.webCert.errors.Load)
	row("sip_contacts", "Contacts registered now.", prometheus.GaugeValue, func() float64 { return float64(m.Bindings.Load()) })
	row("sip_contacts_unreachable", "Of these: phones that do not answer and are not called.", prometheus.GaugeValue,
		func() float64 { return float64(m.Unreachable.Load()) })
	count("sip_keepalive_failures_total", "Questions whether a phone or trunk lives that got no answer.", m.Unanswered.Load)
	count("trunk_failovers_total", "Calls out that went on to another server because one was silent, had no room or could not bring them on.", m.TrunkFailovers.Load)
	row("recording_sessions", "Calls that are duplicated to a third party's recorder now.", prometheus.GaugeValue, func() float64 { return float64(m.Recorders.Load()) })
	count("recording_session_failures_total", "Times that a recorder could not be reached, refused, or ended a recording session.", m.RecorderFailures.Load)
	row("media_ports", "Pairs of RTP ports that the config allows; 0: the system chooses them.", prometheus.GaugeValue, func() float64 { _, _, total := e.media.Ports(); return float64(total) })
	row("media_ports_free", "Pairs of RTP ports that are free.", prometheus.GaugeValue, func() float64 { free, _, _ := e.media.Ports(); return float64(free) })
	row("recordings_running", "Recordings under way.", prometheus.GaugeValue, func() float64 { return float64(e.recorder.Running()) })
	count("recordings_failed_total", "Recordings that are not whole.", e.recorder.Failures)
	count("call_panics_total", "Calls ended by a panic.", func() uint64 { return e.hub.Stats().Panics })
	count("call_overloads_total", "Calls ended because their inbox ran over.", func() uint64 { return e.hub.Stats().Overloads })
	count("call_refused_total", "Calls refused at once.", func() uint64 { return e.hub.Stats().Refused })
	row("idle_while_waiting_seconds", "Time in which a ready agent and a waiting caller who fit were both there, summed over offers.",
		prometheus.CounterValue, func() float64 { return e.shard.Stats().Idle.Seconds() })
	count("calls_lost_total", "Calls whose end left something for the queues to give back.", func() uint64 { return e.hub.Stats().Gone })
	count("lookups_total", "Questions of flows to web services.", func() uint64 { return e.hub.Stats().Lookups })
	count("lookups_failed_total", "Of these: without a good answer.", func() uint64 { return e.hub.Stats().LookupErrors })
	count("durable_waits_cut_total", "Acts that did not wait for the disk any longer.", e.slow.Load)
	count("resume_writes_total", "Transactions in which legs' records were written.", func() uint64 { done, _ := e.resume.behind.Writes(); return done })
	count("resume_failed_total", "Of these: failed.", func() uint64 { _, failed := e.resume.behind.Writes(); return failed })
	count("resume_damaged_total", "Legs' records of the run before that could not be read and were put aside.", e.resume.damaged.Load)
	row("log_last", "Number of the last event.", prometheus.GaugeValue, func() float64 { return float64(e.store.Last()) })
	return c
}

// Describe implements prometheus.Collector.
func (c *engineCollector) Describe(out chan<- *prometheus.Desc) {
	for _, r := range c.rows {
		out <- r.desc
	}
	c.trunks.describe(out)
	c.hooks.describe(out)
	c.out.describe(out)
	for _, d := range c.self.all() {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *engineCollector) Collect(out chan<- prometheus.Metric) {
	for _, r := range c.rows {
		out <- prometheus.MustNewConstMetric(r.desc, r.kind, r.read())
	}
	c.trunks.collect(out, c.e.sip.Trunks(), c.e.sip.Recorders())
	c.hooks.collect(out, c.e.webhookStats())
	c.out.collect(out, &c.e.out, c.e.store.Last())
	c.self.collect(out, c.e)
}
