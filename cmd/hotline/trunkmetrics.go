package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"hotline/sip/wire"
)

// trunkDescs are the metrics of trunks. Their labels come from the config file alone.
type trunkDescs struct {
	up, server, calls, registered, recorder *prometheus.Desc
}

func newTrunkDescs() trunkDescs {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("hotline_trunk_"+name, help, labels, nil)
	}
	return trunkDescs{
		up:         desc("up", "Whether one of the trunk's servers answers; trunks that are not asked are not here.", "trunk"),
		server:     desc("server_up", "How many addresses of the server take calls.", "trunk", "server"),
		calls:      desc("calls", "Calls of the trunk that are up, in and out.", "trunk"),
		registered: desc("registered", "Whether we are registered with the trunk.", "trunk"),
		recorder:   desc("recorder_up", "Whether the trunk's calls can be duplicated to its recorder; trunks without one are not here.", "trunk"),
	}
}

func (d trunkDescs) describe(out chan<- *prometheus.Desc) {
	for _, one := range []*prometheus.Desc{d.up, d.server, d.calls, d.registered, d.recorder} {
		out <- one
	}
}

func (d trunkDescs) collect(out chan<- prometheus.Metric, trunks []wire.TrunkState, recorders []wire.RecorderState) {
	gauge := func(desc *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, v, labels...)
	}
	for _, t := range trunks {
		gauge(d.calls, float64(t.Calls), t.Name)
		if t.Asked {
			gauge(d.up, oneIf(t.Up), t.Name)
			up := make(map[string]float64)
			for _, s := range t.Servers {
				up[s.Server] += oneIf(s.Up)
			}
			for server, n := range up {
				gauge(d.server, n, t.Name, server)
			}
		}
		if t.Registration != nil {
			gauge(d.registered, oneIf(t.Registration.Registered), t.Name)
		}
	}
	for _, r := range recorders {
		gauge(d.recorder, oneIf(r.Up), r.Trunk)
	}
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// trunkLines say in one line for each trunk how it is: for /readyz, where a trunk that is down does not make the engine
// unready. Whoever balances calls cannot mend a carrier.
func trunkLines(trunks []wire.TrunkState, now time.Time) string {
	var b strings.Builder
	for _, t := range trunks {
		fmt.Fprintf(&b, "trunk %s:", t.Name)
		if t.Asked {
			fmt.Fprintf(&b, " %s", upOrDown(t))
		}
		if r := t.Registration; r != nil {
			fmt.Fprintf(&b, " %s", registeredOrNot(r, now))
		}
		fmt.Fprintf(&b, " %d calls\n", t.Calls)
	}
	return b.String()
}

// recorderLine says how a trunk's recorder is.
func recorderLine(r wire.RecorderState) string {
	word := "up"
	if !r.Up {
		word = "down: " + r.Problem
	}
	return fmt.Sprintf("  records to %s  %s\n", r.To, word)
}

func upOrDown(t wire.TrunkState) string {
	if t.Up {
		return "up,"
	}
	return "down,"
}

func registeredOrNot(r *wire.RegistrationState, now time.Time) string {
	word := "registered"
	if !r.Registered {
		word = "not registered"
	}
	if !r.Since.IsZero() {
		word += " for " + now.Sub(r.Since).Round(time.Second).String()
	}
	if r.Problem != "" {
		word += " (" + r.Problem + ")"
	}
	return word + ","
}
