package siprec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"
	"strings"
)

// The types of the parts of a body.
const (
	TypeSDP      = "application/sdp"
	TypeMetadata = "application/rs-metadata+xml" // RFC 7865 §10; RFC 7866 §9.1 writes it so
	TypeRequest  = "application/rs-metadata-request"
)

// ErrBody: a multipart body cannot be read. What Split returns wraps it.
var ErrBody = errors.New("siprec: body cannot be read")

// maxParts bounds how many parts of a body are looked at.
const maxParts = 16

// Parts is what a multipart body holds of interest, each nil where it is not there.
type Parts struct {
	SDP      []byte
	Metadata []byte
	Snapshot bool // the recorder asks for the whole metadata (RFC 7866 §7.1.2)
}

// IsMultipart says whether a Content-Type names a body of several parts.
func IsMultipart(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	kind = strings.TrimSpace(kind)
	return len(kind) > 10 && strings.EqualFold(kind[:10], "multipart/")
}

// Split reads a multipart body (RFC 5621 §3.1): the first part of each kind counts, parts of other kinds are passed over.
// The error wraps ErrBody.
func Split(contentType string, body []byte) (Parts, error) {
	var p Parts
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.HasPrefix(kind, "multipart/") || params["boundary"] == "" {
		return p, fmt.Errorf("%w: no boundary", ErrBody)
	}
	r := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for range maxParts {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err != nil {
			return p, fmt.Errorf("%w: %w", ErrBody, err)
		}
		b, err := io.ReadAll(io.LimitReader(part, maxMetadata+1))
		if err != nil {
			return p, fmt.Errorf("%w: %w", ErrBody, err)
		}
		if len(b) > maxMetadata {
			return p, fmt.Errorf("%w: a part is longer than %d bytes", ErrBody, maxMetadata)
		}
		p.take(part.Header.Get("Content-Type"), b)
	}
	return p, nil
}

func (p *Parts) take(contentType string, b []byte) {
	kind, _, _ := strings.Cut(contentType, ";")
	switch kind = strings.ToLower(strings.TrimSpace(kind)); {
	case kind == TypeSDP && p.SDP == nil:
		p.SDP = b
	case (kind == TypeMetadata || kind == "application/rs-metadata") && p.Metadata == nil: // the older name is still written
		p.Metadata = b
	case kind == TypeRequest:
		p.Snapshot = true
	}
}

// Join writes a body of a session description, where there is one, and metadata; contentType names its boundary.
func Join(sdp []byte, m Metadata) (contentType string, body []byte) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	put := func(h textproto.MIMEHeader, part []byte) {
		if to, err := w.CreatePart(h); err == nil { // a buffer takes everything
			_, _ = to.Write(part)
		}
	}
	if sdp != nil {
		put(textproto.MIMEHeader{"Content-Type": {TypeSDP}}, sdp)
	}
	put(textproto.MIMEHeader{"Content-Type": {TypeMetadata}, "Content-Disposition": {"recording-session"}}, m.Marshal())
	_ = w.Close()
	return "multipart/mixed;boundary=" + w.Boundary(), b.Bytes()
}
