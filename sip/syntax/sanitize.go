package syntax

import (
	"strings"
	"unicode"
	"unicode/utf8"

	gosip "github.com/emiago/sipgo/sip"
)

// Whatever came from outside and goes out again passes one of these functions: sipgo writes what it is given, line breaks
// and all, so a caller's name could otherwise carry header fields of the caller's choice. As a second wall send scrubs
// every header line it writes.

// MaxDisplay is the longest display name written, in runes.
const MaxDisplay = 128

// Scrub replaces what could end a line, or a string in some parser, with spaces.
func Scrub(s string) string {
	if strings.IndexFunc(s, IsControl) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if IsControl(r) {
			return ' '
		}
		return r
	}, s)
}

// IsControl says whether the character could end a line or a string: every control character but the tabulator.
func IsControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// SafeText makes a name fit to be shown and sent: valid UTF-8, no control or direction characters, no longer than most
// displays can use.
func SafeText(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n >= MaxDisplay {
			break
		}
		switch {
		case r == utf8.RuneError, unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
			continue
		case unicode.IsSpace(r), unicode.IsControl(r):
			r = ' '
		}
		b.WriteRune(r)
		n++
	}
	return strings.TrimSpace(b.String())
}

// QuoteEscape escapes a text for a quoted-string (RFC 3261 §25.1).
func QuoteEscape(s string) string {
	if strings.IndexByte(s, '"') < 0 && strings.IndexByte(s, '\\') < 0 {
		return s
	}
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)
}

// QuoteUnescape takes the escapes of a quoted-string out.
func QuoteUnescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// SafeDisplay is SafeText as sipgo's DisplayName wants it, which it writes between quotes as it stands.
func SafeDisplay(s string) string { return QuoteEscape(SafeText(s)) }

// DisplayName is the name of a From, To or Contact that sipgo read, as a person would write it.
func DisplayName(s string) string { return SafeText(QuoteUnescape(s)) }

// SafeUser escapes a text for the user part of a SIP URI (RFC 3261 §25.1: user).
func SafeUser(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-_.!~*'()&=+$,", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

// UnescapeUser undoes percent escapes once (RFC 3261 §19.1.4). What looks like an escape but is none stays as it is.
func UnescapeUser(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, lo := unhex(s[i+1]), unhex(s[i+2])
			if hi < 16 && lo < 16 {
				b.WriteByte(hi<<4 | lo)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// NumberOf is the user part of a URI that sipgo read, unescaped once and fit to be shown: the number dialled or the
// caller's. It is still hostile text: it may hold any printable character.
func NumberOf(u gosip.Uri) string {
	user := u.User
	if user == "" && strings.EqualFold(u.Scheme, "tel") {
		user = TelNumber("tel:" + u.Raw())
	}
	user, _, _ = strings.Cut(user, ";") // parameters of a telephone-subscriber (§19.1.6)
	return SafeText(UnescapeUser(user))
}

// SafeHeader says whether a further header field may be sent: a token that begins with "X-", so that it cannot be one
// with a meaning. The value it gives back is safe.
func SafeHeader(name, value string) (string, bool) {
	ok := len(name) > 2 && strings.EqualFold(name[:2], "X-") && IsToken(name)
	return SafeText(value), ok
}
