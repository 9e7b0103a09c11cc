package sip

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"net/netip"
)

// legRecord is all that another process needs to go on with a leg: the dialog as RFC 3261 §12 defines it, the INVITEs that
// wait for an answer, what was agreed on the media, and where its packets stand. Fields are only ever added, each with a
// number of its own in fields; a reader passes over numbers it does not know.
//
// SRTP keys are not in it, and never will be in the clear: a key that lies beside what it locks protects nobody, and a leg
// that is taken up again gets new ones by the re-INVITE that it needs anyway.
type legRecord struct {
	Leg, Call, Agent, Trunk string
	Incoming                bool
	Phase                   uint64 // a phase
	Cause                   string // of a BYE that is due

	CallID, LocalTag, RemoteTag                string
	LocalName, LocalURI, RemoteName, RemoteURI string // From and To of our requests
	LocalSeq, RemoteSeq                        uint64
	Heard                                      bool
	Target, Contact, Path                      string
	Routes                                     []string // as sent
	Pinned                                     bool

	Invite   []byte         // an unanswered INVITE's header fields that an answer repeats
	Unacked  uint64         // CSeq of the INVITE whose 2xx waits for its ACK, plus one; 0: none
	Branches []branchRecord // our INVITEs without a final answer

	SDPID, SDPVersion, SDPIndex                                           uint64 // o= and which m= line is ours
	SDPText                                                               string // what was said last, without o=
	Addr                                                                  netip.Addr
	Codecs                                                                []string
	Remote, RemoteRTCP                                                    netip.AddrPort
	Codec                                                                 string
	PayloadType, EventType, EventRate, PTime /* ms */, Direction, Secured uint64 // Secured: 0 plain, 1 SDES, 2 DTLS; without the keys
	HeardType, HeardEventType                                             uint64 // by which the peer sends them; 0: the same
	OpusRate                                                              uint64 // the most that the peer wants, bit/s
	Held, Loopback, Noise, OpusConstant                                   bool

	SessionSeconds uint64 // the session interval (RFC 4028); 0: none
	SessionOurs    bool   // and we refresh

	Port             uint64         // our RTP port
	Latched          netip.AddrPort // where the peer's packets really come from
	SSRC, RemoteSSRC uint64

	// These move with every packet and are as of At: no reason to write a record.
	Seq, Timestamp uint64
	At             int64 // Unix milliseconds
}

// branchRecord is an INVITE of ours that may have to be cancelled.
type branchRecord struct {
	Branch, Target, To, Path string
	Routes                   []string
}

// errRecord: a record is damaged, or of a version that is not known.
var errRecord = errors.New("sip: record of a leg cannot be read")

// recordVersion is the first octet of a record. Another means another format altogether.
const recordVersion = 1

// recordField ties a number to a field of the record: exactly one of the pointers is set.
type recordField struct {
	id    uint64
	text  *string
	num   *uint64
	flag  *bool
	bytes *[]byte
	list  *[]string
	addr  *netip.Addr
	port  *netip.AddrPort
}

// signalling is every field that a change of the leg changes. Numbers are never used again.
func (r *legRecord) signalling() [52]recordField {
	return [52]recordField{
		{id: 1, text: &r.Leg},
		{id: 2, text: &r.Call},
		{id: 3, text: &r.Agent},
		{id: 4, text: &r.Trunk},
		{id: 5, flag: &r.Incoming},
		{id: 6, num: &r.Phase},
		{id: 7, text: &r.Cause},
		{id: 8, text: &r.CallID},
		{id: 9, text: &r.LocalTag},
		{id: 10, text: &r.RemoteTag},
		{id: 11, text: &r.LocalName},
		{id: 12, text: &r.LocalURI},
		{id: 13, text: &r.RemoteName},
		{id: 14, text: &r.RemoteURI},
		{id: 15, num: &r.LocalSeq},
		{id: 16, num: &r.RemoteSeq},
		{id: 17, flag: &r.Heard},
		{id: 18, text: &r.Target},
		{id: 19, text: &r.Contact},
		{id: 20, text: &r.Path},
		{id: 21, list: &r.Routes},
		{id: 22, flag: &r.Pinned},
		{id: 23, bytes: &r.Invite},
		{id: 24, num: &r.Unacked},
		{id: 26, num: &r.SDPID},
		{id: 27, num: &r.SDPVersion},
		{id: 28, num: &r.SDPIndex},
		{id: 29, text: &r.SDPText},
		{id: 30, addr: &r.Addr},
		{id: 31, list: &r.Codecs},
		{id: 32, port: &r.Remote},
		{id: 33, port: &r.RemoteRTCP},
		{id: 34, text: &r.Codec},
		{id: 35, num: &r.PayloadType},
		{id: 36, num: &r.EventType},
		{id: 37, num: &r.PTime},
		{id: 38, num: &r.Direction},
		{id: 39, num: &r.Secured},
		{id: 40, flag: &r.Held},
		{id: 45, flag: &r.Loopback},
		{id: 70, flag: &r.Noise},
		{id: 71, num: &r.EventRate},
		{id: 72, num: &r.OpusRate},
		{id: 73, flag: &r.OpusConstant},
		{id: 74, num: &r.HeardType},
		{id: 75, num: &r.HeardEventType},
		{id: 41, num: &r.Port},
		{id: 42, port: &r.Latched},
		{id: 43, num: &r.SSRC},
		{id: 44, num: &r.RemoteSSRC},
		{id: 46, num: &r.SessionSeconds},
		{id: 47, flag: &r.SessionOurs},
	}
}

// Numbers of the fields that are not in signalling.
const (
	recordBranch    = 25 // once for each
	recordSeq       = 61
	recordTimestamp = 62
	recordAt        = 63
)

// appendSignalling writes the record without what moves with every packet; appendMedia ends it.
func (r *legRecord) appendSignalling(b []byte) []byte {
	b = append(b, recordVersion)
	fields := r.signalling()
	for i := range fields {
		b = fields[i].append(b)
	}
	for i := range r.Branches {
		n := &r.Branches[i]
		b = appendLists(b, recordBranch, []string{n.Branch, n.Target, n.To, n.Path}, n.Routes)
	}
	return b
}

func (r *legRecord) appendMedia(b []byte) []byte {
	b = appendNumber(b, recordSeq, r.Seq)
	b = appendNumber(b, recordTimestamp, r.Timestamp)
	b = appendNumber(b, recordAt, uint64(r.At))
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}

// append writes the field; what is zero is left out.
func (f *recordField) append(b []byte) []byte {
	switch {
	case f.text != nil && *f.text != "":
		b = binary.AppendUvarint(b, f.id<<1|1)
		b = binary.AppendUvarint(b, uint64(len(*f.text)))
		return append(b, *f.text...)
	case f.num != nil:
		return appendNumber(b, f.id, *f.num)
	case f.flag != nil && *f.flag:
		return appendNumber(b, f.id, 1)
	case f.bytes != nil && len(*f.bytes) > 0:
		return appendOctets(b, f.id, *f.bytes)
	case f.list != nil && len(*f.list) > 0:
		return appendLists(b, f.id, *f.list, nil)
	case f.addr != nil && f.addr.IsValid():
		var text [64]byte
		return appendOctets(b, f.id, f.addr.AppendTo(text[:0]))
	case f.port != nil && f.port.IsValid():
		var text [64]byte
		return appendOctets(b, f.id, f.port.AppendTo(text[:0]))
	}
	return b
}

func appendNumber(b []byte, id, n uint64) []byte {
	if n == 0 {
		return b
	}
	return binary.AppendUvarint(binary.AppendUvarint(b, id<<1), n)
}

func appendOctets(b []byte, id uint64, v []byte) []byte {
	b = binary.AppendUvarint(b, id<<1|1)
	b = binary.AppendUvarint(b, uint64(len(v)))
	return append(b, v...)
}

// appendLists writes two lists as one field.
func appendLists(b []byte, id uint64, list, more []string) []byte {
	var length [binary.MaxVarintLen64]byte
	size := 0
	for _, l := range [...][]string{list, more} {
		for _, s := range l {
			size += binary.PutUvarint(length[:], uint64(len(s))) + len(s)
		}
	}
	b = binary.AppendUvarint(b, id<<1|1)
	b = binary.AppendUvarint(b, uint64(size))
	for _, l := range [...][]string{list, more} {
		for _, s := range l {
			b = binary.AppendUvarint(b, uint64(len(s)))
			b = append(b, s...)
		}
	}
	return b
}

// readLegRecord reads a record. Whatever the octets are, it returns a whole record or an error that wraps errRecord.
func readLegRecord(b []byte) (*legRecord, error) {
	if len(b) < 5 || b[0] != recordVersion {
		return nil, fmt.Errorf("%w: not of version %d", errRecord, recordVersion)
	}
	body, sum := b[:len(b)-4], binary.BigEndian.Uint32(b[len(b)-4:])
	if crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)) != sum {
		return nil, fmt.Errorf("%w: its checksum is wrong", errRecord)
	}
	r := new(legRecord)
	fields := r.signalling()
	for body = body[1:]; len(body) > 0; {
		key, n := binary.Uvarint(body)
		if n <= 0 {
			return nil, errRecord
		}
		value, m := binary.Uvarint(body[n:])
		if m <= 0 {
			return nil, errRecord
		}
		body = body[n+m:]
		var octets []byte
		if key&1 == 1 {
			if value > uint64(len(body)) {
				return nil, errRecord
			}
			octets, body = body[:value], body[value:]
		}
		if err := r.read(&fields, key>>1, value, octets); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// read takes one field.
func (r *legRecord) read(fields *[52]recordField, id, n uint64, octets []byte) (err error) {
	switch id {
	case recordSeq:
		r.Seq = n
	case recordTimestamp:
		r.Timestamp = n
	case recordAt:
		r.At = int64(n)
	case recordBranch:
		list, ok := readList(octets)
		if !ok || len(list) < 4 {
			return errRecord
		}
		r.Branches = append(r.Branches, branchRecord{list[0], list[1], list[2], list[3], list[4:]})
	}
	for i := range fields {
		if f := &fields[i]; f.id == id && id != 0 {
			return f.read(n, octets)
		}
	}
	return nil // of a later version
}

func (f *recordField) read(n uint64, octets []byte) (err error) {
	ok := true
	switch {
	case f.text != nil:
		*f.text = string(octets)
	case f.num != nil:
		*f.num = n
	case f.flag != nil:
		*f.flag = n != 0
	case f.bytes != nil:
		*f.bytes = append([]byte(nil), octets...)
	case f.list != nil:
		*f.list, ok = readList(octets)
	case f.addr != nil:
		*f.addr, err = netip.ParseAddr(string(octets))
	case f.port != nil:
		*f.port, err = netip.ParseAddrPort(string(octets))
	}
	if err != nil || !ok {
		return fmt.Errorf("%w: field %d", errRecord, f.id)
	}
	return nil
}

func readList(b []byte) (list []string, ok bool) {
	for len(b) > 0 {
		n, m := binary.Uvarint(b)
		if m <= 0 || n > uint64(len(b)-m) {
			return nil, false
		}
		list = append(list, string(b[m:m+int(n)]))
		b = b[m+int(n):]
	}
	return list, true
}
