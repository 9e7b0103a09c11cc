package centre

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/centre/strict"
)

const (
	spanWant = `days and times, for example "mon-fri 09:00-18:00"`
	runWant  = `a date or dates, for example "2026-10-01..2026-10-07 国庆"`
	alsoWant = `a date and times, for example "2026-09-27 09:00-18:00"`
)

func (p *parser) hours(v strict.Value, ids seen) {
	m := v.Map("id", "open", "closed", "also")
	h := Hours{ID: p.id(m, kindHours, ids), Line: v.Line()}
	for _, one := range m.Get("open").List() {
		days, times, _ := strings.Cut(strings.TrimSpace(one.Text("mon-sun 00:00-24:00")), " ")
		on := weekdays(one, days)
		for _, t := range strings.Split(times, ",") {
			from, to := span(one, t, spanWant)
			if to > from {
				h.Open = append(h.Open, Span{on, from, to})
				continue
			}
			h.Open = append(h.Open, Span{on, from, dayMinutes}) // past midnight
			if to > 0 {
				h.Open = append(h.Open, Span{on.after(), 0, to})
			}
		}
	}
	for _, one := range m.Get("closed").List() {
		r, name := dateRun(one, one.Text("2000-01-01"), runWant)
		r.Name = name
		h.Closed = append(h.Closed, r)
	}
	for _, one := range m.Get("also").List() {
		r, rest := dateRun(one, one.Text("2000-01-01 00:00-24:00"), alsoWant)
		times, name, _ := strings.Cut(rest, " ")
		r.Name = strings.TrimSpace(name)
		if r.From, r.To = span(one, times, alsoWant); r.To <= r.From {
			one.Fault("ends before it begins", "up to 24:00; what comes after midnight is a date of its own")
		}
		h.Also = append(h.Also, r)
	}
	if v.Present() && len(h.Open)+len(h.Also) == 0 {
		m.Get("open").Fault("is missing: these hours are never open", spanWant)
	}
	p.c.Hours = append(p.c.Hours, h)
}

// weekdays reads "mon-fri", "sat" or "mon,wed,fri"; "sat-mon" goes over the end of the week.
func weekdays(v strict.Value, text string) Weekdays {
	names := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	var days Weekdays
	for _, part := range strings.Split(strings.ToLower(text), ",") {
		from, to, run := strings.Cut(part, "-")
		first, last := slices.Index(names, from), slices.Index(names, to)
		if !run {
			last = first
		}
		if first < 0 || last < 0 {
			v.Fault(strict.Quote(part)+" is no day of the week", "mon, tue, wed, thu, fri, sat, sun, or a run such as mon-fri")
			return days
		}
		for d := first; ; d = (d + 1) % 7 {
			days |= 1 << d
			if d == last {
				break
			}
		}
	}
	return days
}

// after is the set of the days after these.
func (w Weekdays) after() Weekdays { return (w<<1 | w>>6) & (1<<7 - 1) }

// span reads "09:00-18:00".
func span(v strict.Value, text, want string) (from, to int) {
	a, b, ok := strings.Cut(strings.TrimSpace(text), "-")
	if !ok {
		v.Fault(strict.Quote(text)+" is no span of time", want)
		return 0, dayMinutes
	}
	from, to = clock(v, a), clock(v, b)
	if from == to {
		v.Fault(strict.Quote(text)+" has no length", "the whole day is 00:00-24:00")
	}
	return from, to
}

// clock reads a time of day, from 00:00 to 24:00, as minutes.
func clock(v strict.Value, text string) int {
	hour, minute, ok := strings.Cut(text, ":")
	h, err1 := strconv.ParseUint(hour, 10, 8)
	m, err2 := strconv.ParseUint(minute, 10, 8)
	if !ok || err1 != nil || err2 != nil || len(hour) > 2 || len(minute) != 2 || m > 59 || h*60+m > dayMinutes {
		v.Fault(strict.Quote(text)+" is no time of day", "from 00:00 to 24:00")
		return 0
	}
	return int(h*60 + m)
}

// dateRun reads "2026-10-01" or "2026-10-01..2026-10-07", and returns what follows it.
func dateRun(v strict.Value, text, want string) (DateRun, string) {
	dates, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	first, last, run := strings.Cut(dates, "..")
	if !run {
		last = first
	}
	r := DateRun{First: first, Last: last}
	for _, d := range []string{first, last} {
		if !isDate(d) {
			v.Fault(strict.Quote(d)+" is no date", want)
			return r, strings.TrimSpace(rest)
		}
	}
	if last < first {
		v.Fault("ends before it begins", want)
	}
	return r, strings.TrimSpace(rest)
}

// isDate says whether s is a date of this century, so that no horizon is out of sight.
func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil && s >= "2000-01-01" && s < "2100-01-01"
}

func (p *parser) toggle(v strict.Value, ids seen) {
	m := v.Map("id", "name")
	id := p.id(m, kindSwitch, ids)
	p.c.Switches = append(p.c.Switches, Switch{ID: id, Name: name(m, id)})
}
