package siprec

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Bounds of what is read: a metadata document names a handful of people.
const (
	maxMetadata     = 64 << 10
	maxParticipants = 64
	maxStreams      = 64
	maxText         = 256
)

// ErrMetadata: a metadata document cannot be read. What Parse returns wraps it.
var ErrMetadata = errors.New("siprec: metadata cannot be read")

// namespace is that of RFC 7865 §7.
const namespace = "urn:ietf:params:xml:ns:recording:1"

// Metadata is who takes part in a communication session and in which stream each is heard (RFC 7865 §6). It is always a
// whole picture, never a change to one (datamode "complete", §6.1.1).
type Metadata struct {
	Session      string    // names the communication session; any text that stays the same over its life
	Started      time.Time // when it began; the zero value: not said
	Participants []Participant
}

// Participant is one who speaks (RFC 7865 §6.5). The texts are hostile: who reads them must not believe them.
type Participant struct {
	ID     string    // any text that names the participant over the session's life
	AOR    string    // its address, such as "sip:8001@hotline.example"; may be empty
	Name   string    // as shown; may be empty
	Joined time.Time // the zero value: not said
	Labels []string  // a=label (RFC 4574) of the streams it is heard in
}

// Of is the participant that is heard in the stream with the label, false when nobody is said to be.
func (m Metadata) Of(label string) (Participant, bool) {
	for _, p := range m.Participants {
		if slices.Contains(p.Labels, label) {
			return p, true
		}
	}
	return Participant{}, false
}

// document is the XML of RFC 7865 §7, as far as it is written and read here.
type document struct {
	XMLName      xml.Name        `xml:"recording"`
	Namespace    string          `xml:"xmlns,attr,omitempty"`
	Mode         string          `xml:"datamode"`
	Sessions     []session       `xml:"session"`
	Participants []participant   `xml:"participant"`
	Streams      []stream        `xml:"stream"`
	Recorded     []recordedAssoc `xml:"sessionrecordingassoc"`
	InSession    []sessionAssoc  `xml:"participantsessionassoc"`
	InStream     []streamAssoc   `xml:"participantstreamassoc"`
}

type session struct {
	ID      string `xml:"session_id,attr"`
	Started string `xml:"start-time,omitempty"`
}

type participant struct {
	ID    string `xml:"participant_id,attr"`
	Names []name `xml:"nameID"`
}

type name struct {
	AOR  string `xml:"aor,attr"`
	Name string `xml:"name,omitempty"`
}

type stream struct {
	ID      string `xml:"stream_id,attr"`
	Session string `xml:"session_id,attr"`
	Label   string `xml:"label"`
}

type recordedAssoc struct {
	Session string `xml:"session_id,attr"`
	At      string `xml:"associate-time,omitempty"`
}

type sessionAssoc struct {
	Participant string `xml:"participant_id,attr"`
	Session     string `xml:"session_id,attr"`
	At          string `xml:"associate-time,omitempty"`
}

type streamAssoc struct {
	Participant string   `xml:"participant_id,attr"`
	Send        []string `xml:"send"`
	Recv        []string `xml:"recv"`
}

// Marshal writes the document (RFC 7865 §7). Each participant hears every stream but its own.
func (m Metadata) Marshal() []byte {
	id := uuid("session", m.Session)
	d := document{
		Namespace: namespace, Mode: "complete", Sessions: []session{{ID: id, Started: stamp(m.Started)}},
		Recorded: []recordedAssoc{{Session: id, At: stamp(m.Started)}},
	}
	var labels []string
	for _, p := range m.Participants {
		for _, l := range p.Labels {
			if !slices.Contains(labels, l) {
				labels = append(labels, l)
			}
		}
	}
	for _, l := range labels {
		d.Streams = append(d.Streams, stream{ID: m.streamID(l), Session: id, Label: l})
	}
	for _, p := range m.Participants {
		who := uuid("participant", m.Session, p.ID)
		one := participant{ID: who}
		if p.AOR != "" {
			one.Names = []name{{AOR: p.AOR, Name: clean(p.Name)}}
		}
		d.Participants = append(d.Participants, one)
		d.InSession = append(d.InSession, sessionAssoc{Participant: who, Session: id, At: stamp(p.Joined)})
		in := streamAssoc{Participant: who}
		for _, l := range labels {
			if slices.Contains(p.Labels, l) {
				in.Send = append(in.Send, m.streamID(l))
			} else {
				in.Recv = append(in.Recv, m.streamID(l))
			}
		}
		d.InStream = append(d.InStream, in)
	}
	out, err := xml.MarshalIndent(d, "", "  ")
	if err != nil { // strings alone: there is nothing that cannot be written
		return nil
	}
	return append([]byte(xml.Header), append(out, '\n')...)
}

func (m Metadata) streamID(label string) string { return uuid("stream", m.Session, label) }

// Parse reads a document. What it does not know it passes over; what is too long or too many it refuses. The error wraps
// ErrMetadata.
func Parse(b []byte) (Metadata, error) {
	if len(b) > maxMetadata {
		return Metadata{}, fmt.Errorf("%w: longer than %d bytes", ErrMetadata, maxMetadata)
	}
	var d document
	dec := xml.NewDecoder(strings.NewReader(string(b)))
	dec.Entity = map[string]string{} // no entity but XML's own five
	if err := dec.Decode(&d); err != nil {
		return Metadata{}, fmt.Errorf("%w: %w", ErrMetadata, err)
	}
	if len(d.Participants) > maxParticipants || len(d.Streams) > maxStreams {
		return Metadata{}, fmt.Errorf("%w: %d participants and %d streams", ErrMetadata, len(d.Participants), len(d.Streams))
	}
	var m Metadata
	if len(d.Sessions) > 0 {
		m.Session, m.Started = clean(d.Sessions[0].ID), readStamp(d.Sessions[0].Started)
	}
	labels := make(map[string]string, len(d.Streams))
	for _, s := range d.Streams {
		labels[s.ID] = clean(s.Label)
	}
	for _, p := range d.Participants {
		one := Participant{ID: clean(p.ID)}
		if len(p.Names) > 0 {
			one.AOR, one.Name = clean(p.Names[0].AOR), clean(p.Names[0].Name)
		}
		for _, a := range d.InSession {
			if a.Participant == p.ID {
				one.Joined = readStamp(a.At)
			}
		}
		for _, a := range d.InStream {
			if a.Participant == p.ID {
				one.Labels = append(one.Labels, labelsOf(a.Send, labels)...)
			}
		}
		m.Participants = append(m.Participants, one)
	}
	return m, nil
}

func labelsOf(streams []string, labels map[string]string) (out []string) {
	for _, id := range streams {
		if l, ok := labels[strings.TrimSpace(id)]; ok && len(out) < maxStreams {
			out = append(out, l)
		}
	}
	return out
}

// uuid is an id of the form that RFC 7865 §6.11 wants, base64 of 16 bytes, made of names: the same names give the same id.
func uuid(names ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(names, "\x00")))
	return base64.StdEncoding.EncodeToString(sum[:16])
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

func readStamp(s string) time.Time {
	t, err := time.Parse(time.RFC3339, strings.TrimSpace(s))
	if err != nil {
		return time.Time{}
	}
	return t
}

// clean is a text without what no name has: control characters, and more than maxText bytes.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return -1
		}
		return r
	}, strings.TrimSpace(s))
	for len(s) > maxText {
		s = s[:maxText]
		for s != "" && s[len(s)-1]&0xC0 == 0x80 {
			s = s[:len(s)-1]
		}
		if s != "" && s[len(s)-1] >= 0xC0 {
			s = s[:len(s)-1]
		}
	}
	return s
}
