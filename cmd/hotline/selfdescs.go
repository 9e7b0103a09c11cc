package main

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// selfDescs are the metrics of the engine's own parts: mailboxes, loops, the log, media, recordings, SIP by method and
// code. Their labels are names of parts, methods and codes: bounded whatever peers send.
type selfDescs struct {
	ready                                                 *prometheus.Desc
	mailbox, mailboxWait, busy                            *prometheus.Desc
	backlog, lag                                          *prometheus.Desc
	packets, bytes, lost, late, dropped, failed, bypassed *prometheus.Desc
	legs                                                  *prometheus.Desc
	requests, responses, repeated, transactions           *prometheus.Desc
	chunks, sealing, gaps, recDropped                     *prometheus.Desc
}

func newSelfDescs() selfDescs {
	d := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("hotline_"+name, help, labels, nil)
	}
	return selfDescs{
		ready:        d("ready", "1: new calls are taken; 0: /readyz says why not."),
		mailbox:      d("mailbox_depth", "What waits now: requests of the shard, inputs of all calls, inputs of the deepest call, work of SIP.", "part"),
		mailboxWait:  d("mailbox_wait_seconds", "How long the oldest of them has waited.", "part"),
		busy:         d("loop_busy_seconds_total", "Time in which a loop worked rather than waited; its rate is the busy ratio.", "loop"),
		backlog:      d("log_backlog", "Not on the platter yet: events written, and appends that wait to be written.", "kind"),
		lag:          d("log_reader_lag_events", "Events that a reader of the log has not seen yet.", "reader"),
		packets:      d("rtp_packets_total", "RTP packets of all legs.", "direction"),
		bytes:        d("rtp_bytes_total", "Their payload.", "direction"),
		lost:         d("rtp_lost_packets_total", "RTP packets that were expected and never came."),
		late:         d("rtp_late_packets_total", "RTP packets that came behind a later one."),
		bypassed:     d("rtp_bypassed_packets_total", "Packets that came in and were passed on by the kernel itself."),
		dropped:      d("rtp_dropped_packets_total", "Packets dropped: foreign, malformed or not authentic."),
		failed:       d("rtp_send_failures_total", "RTP packets that could not be sent."),
		legs:         d("media_legs", "Legs that have RTP ports now."),
		requests:     d("sip_requests_total", "SIP requests, repeated ones included.", "direction", "method"),
		responses:    d("sip_responses_total", "SIP responses, repeated ones included; codes that no standard knows by their class.", "direction", "method", "code"),
		repeated:     d("sip_retransmissions_total", "Requests that came again (in) or were sent again (out).", "direction"),
		transactions: d("sip_transactions", "SIP transactions now.", "kind"),
		chunks:       d("recorder_backlog_chunks", "Pieces of sound in memory, 2 KiB each: being filled or waiting for the disk."),
		sealing:      d("recorder_backlog_recordings", "Recordings that are complete and wait for their hash and sidecar."),
		gaps:         d("recording_gaps_total", "Holes in recordings that are over."),
		recDropped:   d("recording_dropped_packets_total", "Packets that the recorder was too slow for."),
	}
}

func (d selfDescs) all() []*prometheus.Desc {
	return []*prometheus.Desc{
		d.ready, d.mailbox, d.mailboxWait, d.busy, d.backlog, d.lag, d.packets, d.bytes, d.lost, d.late, d.dropped, d.failed, d.legs,
		d.requests, d.responses, d.repeated, d.transactions, d.chunks, d.sealing, d.gaps, d.recDropped,
	}
}

func (d selfDescs) collect(out chan<- prometheus.Metric, e *engine) {
	gauge := func(desc *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, v, labels...)
	}
	count := func(desc *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, v, labels...)
	}
	gauge(d.ready, oneIf(e.ready() == nil))
	shard, calls := e.shard.Stats(), e.hub.Depth()
	gauge(d.mailbox, float64(shard.Waiting), "shard")
	gauge(d.mailbox, float64(calls.Inputs), "calls")
	gauge(d.mailbox, float64(calls.Deepest), "call")
	gauge(d.mailbox, float64(e.wire.Queued.Load()), "sip")
	gauge(d.mailboxWait, shard.Oldest.Seconds(), "shard")
	gauge(d.mailboxWait, calls.Longest.Seconds(), "calls")
	count(d.busy, shard.Busy.Seconds(), "shard")
	for i, busy := range e.media.Busy() {
		count(d.busy, busy.Seconds(), "media"+strconv.Itoa(i))
	}
	events, appends := e.store.Backlog()
	gauge(d.backlog, float64(events), "events")
	gauge(d.backlog, float64(appends), "appends")
	last := e.store.Last()
	gauge(d.lag, behind(last, e.fold.Seq()), "figures")
	gauge(d.lag, behind(last, e.hub.Routed()), "calls")
	d.collectMedia(gauge, count, e)
	d.collectSIP(gauge, count, e)
}

// put hands out one sample.
type put = func(desc *prometheus.Desc, v float64, labels ...string)

func (d selfDescs) collectMedia(gauge, count put, e *engine) {
	t := e.media.Totals()
	count(d.packets, float64(t.Received), "in")
	count(d.packets, float64(t.Sent), "out")
	count(d.bytes, float64(t.ReceivedBytes), "in")
	count(d.bytes, float64(t.SentBytes), "out")
	count(d.lost, float64(t.Lost))
	count(d.late, float64(t.Late))
	count(d.dropped, float64(t.Dropped))
	count(d.failed, float64(t.SendFails))
	count(d.bypassed, float64(t.Bypassed))
	gauge(d.legs, float64(e.media.Legs()))
	r := e.recorder.Stats()
	gauge(d.chunks, float64(r.Chunks))
	gauge(d.sealing, float64(r.Sealing))
	count(d.gaps, float64(r.Gaps))
	count(d.recDropped, float64(r.Dropped))
}

func (d selfDescs) collectSIP(gauge, count put, e *engine) {
	way := func(out bool) string {
		if out {
			return "out"
		}
		return "in"
	}
	m := e.wire
	m.Requests(func(out bool, method string, n uint64) { count(d.requests, float64(n), way(out), method) })
	m.Responses(func(out bool, method, code string, n uint64) { count(d.responses, float64(n), way(out), method, code) })
	count(d.repeated, float64(m.Retransmits.Load()), "in")
	count(d.repeated, float64(m.Resent.Load()), "out")
	gauge(d.transactions, float64(m.ServerTx.Load()), "server")
	gauge(d.transactions, float64(m.ClientTx.Load()), "client")
}

// behind is how far a reader is from the end of the log; one that was asked later may be beyond what was the end.
func behind(last, seen uint64) float64 { return float64(last - min(last, seen)) }

// scrapePatience is how long a scrape may take.
const scrapePatience = 10 * time.Second
