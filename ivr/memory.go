package ivr

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what a session keeps and makes of its attributes. Values come from callers, from headers that strangers write, and
// from web services: whatever they send, a contact stays small.
const (
	maxAttrs = 64
	maxName  = 64
	maxValue = 256  // bytes
	maxURL   = 2000 // bytes of a template that became a URL
	maxText  = 512  // bytes of any other
)

// secrecy is who may see an attribute's value.
type secrecy int

const (
	shown  secrecy = iota
	typed          // by the caller: the record shows only how long it is. No digit collected ever stands in an event
	secret         // no one: not even its name
)

type value struct {
	text    string
	secrecy secrecy
}

// Memory is what a contact's sessions know, also what they show nobody. A call hands it from one session to the next.
type Memory struct{ values map[string]value }

func newMemory(attrs map[string]string) Memory {
	m := Memory{values: map[string]value{}}
	for name, text := range attrs { // any order: more than maxAttrs never came out of a session
		m.set(name, text, shown)
	}
	return m
}

// set keeps the value, made harmless.
func (m *Memory) set(name, text string, s secrecy) {
	if _, there := m.values[name]; isName(name) && (there || len(m.values) < maxAttrs) {
		m.values[name] = value{clean(text), s}
	}
}

func (m *Memory) get(name string) string { return m.values[name].text }

// all are the attributes as they are.
func (m *Memory) all() map[string]string {
	all := make(map[string]string, len(m.values))
	for name, v := range m.values {
		all[name] = v.text
	}
	return all
}

// attrs are the attributes as anybody may see them.
func (m *Memory) attrs() map[string]string {
	all := make(map[string]string, len(m.values))
	for name, v := range m.values {
		switch v.secrecy {
		case shown:
			all[name] = v.text
		case typed:
			all[name] = strings.Repeat("*", utf8.RuneCountInString(v.text))
		}
	}
	return all
}

// Remember gives a session what earlier ones of the same contact were told and do not show. It returns the session.
func (s *Session) Remember(m Memory) *Session {
	for name, v := range m.values { // any order, as above
		if v.secrecy != shown {
			s.memory.set(name, v.text, v.secrecy)
		}
	}
	return s
}

// expand replaces each {name} of the template by the attribute's value, which escape makes safe; a name that is not set becomes
// nothing. A value is never looked into again. The text is as secret as the most secret value in it.
func (m *Memory) expand(template string, limit int, escape func(string) string) (text string, most secrecy) {
	var b strings.Builder
	for template != "" {
		before, rest, found := strings.Cut(template, "{")
		b.WriteString(before)
		if !found {
			break
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || !isName(name) {
			b.WriteByte('{')
			template = rest
			continue
		}
		template = after
		most = max(most, m.values[name].secrecy)
		b.WriteString(escape(m.get(name)))
	}
	return cut(b.String(), limit), most
}

// text is expand for what is not a URL.
func (m *Memory) text(template string) (string, secrecy) {
	return m.expand(template, maxText, func(v string) string { return v })
}

// url makes the address of a look-up. Values are escaped by where they stand, and none reaches the host: an attribute decides
// what is asked, never who.
func (m *Memory) url(template string) (string, bool) {
	scheme, rest, ok := strings.Cut(template, "://")
	if !ok || scheme != "http" && scheme != "https" {
		return "", false
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	if end == 0 || strings.ContainsRune(rest[:end], '{') {
		return "", false
	}
	path, query, asks := strings.Cut(rest[end:], "?")
	text, _ := m.expand(path, maxURL, segment)
	if asks {
		q, _ := m.expand(query, maxURL, url.QueryEscape)
		text += "?" + q
	}
	text = scheme + "://" + rest[:end] + text
	if len(text) > maxURL { // cut in the middle it would ask for something else
		return "", false
	}
	return text, true
}

// segment escapes a value for a path. Some servers undo the escaping before they look at the path, so that no two dots may
// stand together: they would climb it.
func segment(v string) string {
	for strings.Contains(v, "..") {
		v = strings.ReplaceAll(v, "..", ".")
	}
	if v == "." {
		return ""
	}
	return url.PathEscape(v)
}

// isName says whether an attribute may be called so.
func isName(s string) bool {
	if s == "" || len(s) > maxName {
		return false
	}
	for _, c := range []byte(s) {
		if c != '_' && c != '-' && c != '.' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}

// clean makes a value one short line of valid UTF-8 without control characters, also none that turn the direction of writing.
func clean(v string) string {
	v = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(cut(v, 4*maxValue), ""))
	return strings.TrimSpace(cut(v, maxValue))
}

// cut shortens s to at most n bytes, at the end of a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
