package centre

import (
	"net/url"
	"strings"

	"hotline/centre/strict"
)

// ScreenPop is the address of a page about the contact in hand, with {number} and its like in it; empty: none.
type ScreenPop string

// Bounds of a screen pop.
const (
	maxScreenPop    = 2000 // bytes of the template
	maxScreenPopURL = 4000 // of what is made of it
	maxScreenPart   = 256  // of what is put in, before it is escaped
)

func screenPop(v strict.Value) ScreenPop {
	s := v.Text("")
	if s == "" {
		return ""
	}
	problem, want := checkScreenPop(s)
	if problem != "" {
		v.Fault(problem, want)
		return ""
	}
	return ScreenPop(s)
}

func checkScreenPop(s string) (problem, want string) {
	const example = "https://crm.example/find?n={number}"
	if len(s) > maxScreenPop {
		return "is too long", "at most " + itoa(maxScreenPop) + " characters"
	}
	for rest := s; ; {
		_, after, ok := strings.Cut(rest, "{")
		if !ok {
			break
		}
		name, tail, ok := strings.Cut(after, "}")
		if !ok || !screenField(name) {
			return strict.Quote("{"+name[:min(len(name), 40)]) + " is no field of a screen pop", "{number}, {name}, {contact}, {queue}, {agent} or {attr.NAME}"
		}
		rest = tail
	}
	_, host, _ := strings.Cut(s, "//")
	if i := strings.IndexAny(host, "/?#"); i >= 0 {
		host = host[:i]
	}
	u, err := url.Parse(ScreenPop(s).fill(func(string) string { return "x" }))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || strings.Contains(host, "{") {
		return "is no address of a page", example
	}
	return "", ""
}

func screenField(name string) bool {
	switch name {
	case "number", "name", "contact", "queue", "agent":
		return true
	}
	attr, ok := strings.CutPrefix(name, "attr.")
	return ok && attr != "" && !strings.ContainsAny(attr, "{}")
}

// URL is the address with the fields put in, each escaped so that it stays one value; empty if there is none, or it would be too long.
func (p ScreenPop) URL(field func(name string) string) string {
	s := p.fill(func(name string) string {
		v := field(name)
		if v == "." || v == ".." { // a browser would walk by them
			return ""
		}
		return strings.ReplaceAll(url.QueryEscape(strings.ToValidUTF8(v[:min(len(v), maxScreenPart)], "")), "+", "%20")
	})
	if len(s) > maxScreenPopURL {
		return ""
	}
	return s
}

func (p ScreenPop) fill(field func(string) string) string {
	var b strings.Builder
	rest := string(p)
	for {
		before, after, ok := strings.Cut(rest, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, tail, _ := strings.Cut(after, "}")
		b.WriteString(field(name))
		rest = tail
	}
}
