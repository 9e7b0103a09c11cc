package main

import (
	"strings"
	"testing"
	"time"
)

func TestSessionTimerConfig(t *testing.T) {
	for text, want := range map[string][2]time.Duration{
		"":                                     {30 * time.Minute, 90 * time.Second},
		"session_expires: 0":                   {-1, 90 * time.Second},
		"session_expires: 90s":                 {90 * time.Second, 90 * time.Second},
		"min_se: 1h":                           {time.Hour, time.Hour},
		"session_expires: 24h, min_se: 1h":     {24 * time.Hour, time.Hour},
		"session_expires: 10m30s, min_se: 10m": {630 * time.Second, 10 * time.Minute},
	} {
		c, faults := readConfig(write(t, "hotline.yaml", "sip: {"+text+"}\n"), noEnv)
		if len(faults) != 0 || c.SIP.SessionExpires != want[0] || c.SIP.MinSE != want[1] {
			t.Errorf("%q: %v %v %v", text, c.SIP.SessionExpires, c.SIP.MinSE, faults)
		}
	}
	for text, key := range map[string]string{
		"session_expires: 89s":              "sip.session_expires",
		"session_expires: soon":             "sip.session_expires",
		"session_expires: 25h":              "sip.session_expires",
		"session_expires: 90s500ms":         "sip.session_expires",
		"session_expires: 2m, min_se: 3m":   "sip.session_expires",
		"min_se: 30s":                       "sip.min_se",
		"session_expires: 20m, min_se: 25h": "sip.min_se",
	} {
		_, faults := readConfig(write(t, "hotline.yaml", "sip: {"+text+"}\n"), noEnv)
		if len(faults) != 1 || !strings.Contains(faults[0].String(), key) {
			t.Errorf("%q: %v", text, faults)
		}
	}
}

func TestTrunkTimerConfig(t *testing.T) {
	for text, want := range map[string]time.Duration{"": 0, ", session_timer: off": -1, ", session_timer: 10m": 10 * time.Minute} {
		c, faults := readConfig(write(t, "hotline.yaml", "sip: {trunks: [{name: a, peers: [192.0.2.1], late_offer: true"+text+"}]}\n"), noEnv)
		if len(faults) != 0 || c.SIP.Trunks[0].SessionTimer != want || !c.SIP.Trunks[0].LateOffer {
			t.Errorf("%q: %+v %v", text, c.SIP.Trunks, faults)
		}
	}
	for _, text := range []string{"session_timer: 80s", "session_timer: never"} {
		_, faults := readConfig(write(t, "hotline.yaml", "sip: {trunks: [{name: a, peers: [192.0.2.1], "+text+"}]}\n"), noEnv)
		if len(faults) != 1 || !strings.Contains(faults[0].String(), "session_timer") {
			t.Errorf("%q: %v", text, faults)
		}
	}
}
