package ivr

import (
	"maps"
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

// memory is a session's attributes. Secret ones work in conditions, templates and look-ups, and are shown nowhere.
type memory struct {
	open   map[string]string
	secret map[string]string
}

func newMemory(attrs map[string]string) memory {
	m := memory{open: map[string]string{}, secret: map[string]string{}}
	for name, value := range attrs { // any order: more than maxAttrs never came out of a session
		m.set(name, value, false)
	}
	return m
}

// set keeps the value, made harmless. What was under the name is gone, whether it was secret or not.
func (m *memory) set(name, value string, secret bool) {
	if !isName(name) {
		return
	}
	_, open := m.open[name]
	_, hidden := m.secret[name]
	if !open && !hidden && len(m.open)+len(m.secret) >= maxAttrs {
		return
	}
	delete(m.open, name)
	delete(m.secret, name)
	if secret {
		m.secret[name] = clean(value)
	} else {
		m.open[name] = clean(value)
	}
}

// all are the attributes with the secret ones.
func (m *memory) all() map[string]string {
	all := maps.Clone(m.open)
	maps.Copy(all, m.secret)
	return all
}

// expand replaces each {name} of the template by the attribute's value, which escape makes safe; a name that is not set becomes
// nothing. A value is never looked into again. secret says that a secret value is in the text.
func (m *memory) expand(template string, limit int, escape func(string) string) (text string, secret bool) {
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
		value, ok := m.open[name]
		if !ok {
			if value, ok = m.secret[name]; ok {
				secret = true
			}
		}
		b.WriteString(escape(value))
	}
	return cut(b.String(), limit), secret
}

// text is expand for what is not a URL.
func (m *memory) text(template string) (string, bool) {
	return m.expand(template, maxText, func(v string) string { return v })
}

// url makes the address of a look-up. Values are escaped by where they stand, and none reaches the host: an attribute decides
// what is asked, never who.
func (m *memory) url(template string) (string, bool) {
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
