package main

import (
	"fmt"
	"time"

	"hotline/centre/strict"
)

// sessionTimer reads how long a session may last without a sign of life of its peer, and the least that a peer may ask for (RFC
// 4028): 90 s is the least there is.
func (r configReader) sessionTimer(c *sipConfig, expires, least strict.Value) {
	between := func(v strict.Value, def, low time.Duration, want string) time.Duration {
		s := v.Text("")
		if s == "" {
			return def
		}
		d, err := strict.ParseDuration(s)
		if err != nil || d < low || d > 24*time.Hour || d%time.Second != 0 {
			v.Fault(fmt.Sprintf("%s is no session interval", strict.Quote(s)), want)
			return def
		}
		return d
	}
	c.MinSE = between(least, 90*time.Second, 90*time.Second, "whole seconds, from 90s to 24h")
	if expires.Text("") == "0" {
		c.SessionExpires = -1
		return
	}
	want := "whole seconds, from min_se to 24h, or 0: no session expires unless the peer asks for it"
	c.SessionExpires = between(expires, max(30*time.Minute, c.MinSE), c.MinSE, want)
}

// trunkTimer is the session interval with one trunk: "off" for none.
func (r configReader) trunkTimer(v strict.Value) time.Duration {
	switch s := v.Text(""); s {
	case "":
		return 0
	case "off":
		return -1
	default:
		d, err := strict.ParseDuration(s)
		if err != nil || d < 90*time.Second || d > 24*time.Hour || d%time.Second != 0 {
			v.Fault(fmt.Sprintf("%s is no session interval", strict.Quote(s)), "whole seconds, from 90s to 24h, or off")
			return 0
		}
		return d
	}
}
