package main

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"hotline"
	"hotline/centre/strict"
	"hotline/notify"
)

// eventsConfig is where all events go.
type eventsConfig struct {
	Dir     string // empty: no files
	Size    int64
	Every   time.Duration
	Keep    time.Duration
	Numbers bool
	Start   bool // from the log's first event
	Hooks   []notify.EventHook
}

const (
	leastFile = 1 << 20
	mostFile  = 1 << 40
)

func (r configReader) events(v strict.Value) (c eventsConfig) {
	if !v.Present() {
		return c
	}
	m := v.Map("file", "rotate", "keep", "numbers", "from", "webhooks")
	rotate := m.Get("rotate").Map("size", "every")
	c = eventsConfig{
		Dir: r.path(m.Get("file"), ""), Size: r.size(rotate.Get("size"), 100<<20), Every: rotate.Get("every").Duration(24*time.Hour, time.Hour, 31*24*time.Hour),
		Keep: m.Get("keep").Duration(0, time.Hour, 100*365*24*time.Hour), Numbers: m.Get("numbers").Bool(false), Start: r.from(m.Get("from")),
	}
	names := map[string]bool{}
	for i, one := range m.Get("webhooks").List() {
		if i == maxWebhooks {
			one.Fault("is one webhook too many", fmt.Sprintf("at most %d", maxWebhooks))
			break
		}
		h := r.eventHook(one)
		if h.Name != "" && names[h.Name] {
			one.Fault(fmt.Sprintf("a second webhook is called %s", strict.Quote(h.Name)), "another name")
		}
		names[h.Name] = true
		c.Hooks = append(c.Hooks, h)
	}
	if c.Dir == "" && len(c.Hooks) == 0 {
		v.Fault("names neither files nor webhooks", "file: a folder, or webhooks")
	}
	return c
}

// from is where something new begins: with what comes, or with the log's first event.
func (r configReader) from(v strict.Value) (start bool) {
	return v.OneOf("now", "now", "start") == "start"
}

func (r configReader) eventHook(v strict.Value) notify.EventHook {
	m := v.Map("name", "url", "secret", "kinds", "batch", "timeout", "numbers", "from")
	h := notify.EventHook{
		Name: r.name(m.Get("name")), URL: r.text(m.Get("url").Need(), ""), Secret: r.text(m.Get("secret").Need(), ""), Batch: m.Get("batch").Int(500, 1, notify.MostBatch),
		Timeout: m.Get("timeout").Duration(10*time.Second, time.Second, time.Minute), Numbers: m.Get("numbers").Bool(false), Start: r.from(m.Get("from")),
	}
	r.postURL(m.Get("url"), h.URL)
	r.secret(m.Get("secret"), h.Secret)
	for _, one := range m.Get("kinds").List() {
		kind := one.Text("")
		if _, err := hotline.UnmarshalEvent([]byte(`{"v":1,"at":"2026-01-01T00:00:00Z","kind":` + strconv.Quote(kind) + `,"fact":{}}`)); kind != "" && err != nil {
			one.Fault(fmt.Sprintf("%s is no kind of event", strict.Quote(kind)), "such as queued, answered, call_ended")
		}
		h.Kinds = append(h.Kinds, kind)
	}
	return h
}

// size reads a number of bytes such as 100MB.
func (r configReader) size(v strict.Value, def int64) int64 {
	s := v.Text("")
	if s == "" {
		return def
	}
	m := regexp.MustCompile(`^([1-9]\d{0,9}) ?(k|M|G)B$`).FindStringSubmatch(s)
	if m != nil {
		n, _ := strconv.ParseInt(m[1], 10, 64)
		if n *= map[string]int64{"k": 1000, "M": 1000_000, "G": 1000_000_000}[m[2]]; n >= leastFile*95/100 && n <= mostFile {
			return n
		}
	}
	v.Fault(fmt.Sprintf("%s is not a size of a file", strict.Quote(s)), "from 1MB to 1000GB, such as 100MB")
	return def
}
