package web

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// stretch is ms milliseconds of a recording from the offset on, as a WAV of its own. It reads from audio as it is read.
func stretch(audio io.ReadSeeker, offset, ms int64) (io.ReadSeeker, error) {
	h, err := readHead(audio)
	if err != nil {
		return nil, err
	}
	start, err := audio.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, err
	}
	frame := int64(h.channels * h.bits / 8)
	frames := h.bytes / frame
	from := min(max(offset, 0)*int64(h.rate)/1000, frames)
	n := min(max(ms, 0)*int64(h.rate)/1000, frames-from)
	return &joined{head: h.head(n * frame), from: start + from*frame, n: n * frame, tail: audio}, nil
}

// head is the start of a WAV file with so many bytes of samples (RFC 2361; the format chunk of 16 bytes serves all of
// ours).
func (h wav) head(n int64) []byte {
	var b bytes.Buffer
	le := binary.LittleEndian
	block := h.channels * h.bits / 8
	b.WriteString("RIFF")
	b.Write(le.AppendUint32(nil, uint32(36+n)))
	b.WriteString("WAVEfmt ")
	b.Write(le.AppendUint32(nil, 16))
	for _, v := range []int{h.tag, h.channels} {
		b.Write(le.AppendUint16(nil, uint16(v)))
	}
	b.Write(le.AppendUint32(nil, uint32(h.rate)))
	b.Write(le.AppendUint32(nil, uint32(h.rate*block)))
	for _, v := range []int{block, h.bits} {
		b.Write(le.AppendUint16(nil, uint16(v)))
	}
	b.WriteString("data")
	b.Write(le.AppendUint32(nil, uint32(n)))
	return b.Bytes()
}

// joined is a head and a stretch of a file as one.
type joined struct {
	head    []byte
	from, n int64 // the stretch
	tail    io.ReadSeeker
	at      int64
}

// Read implements io.Reader.
func (j *joined) Read(p []byte) (int, error) {
	if j.at < int64(len(j.head)) {
		n := copy(p, j.head[j.at:])
		j.at += int64(n)
		return n, nil
	}
	in := j.at - int64(len(j.head))
	if in >= j.n {
		return 0, io.EOF
	}
	if _, err := j.tail.Seek(j.from+in, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := j.tail.Read(p[:min(int64(len(p)), j.n-in)])
	j.at += int64(n)
	return n, err
}

// Seek implements io.Seeker.
func (j *joined) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += j.at
	case io.SeekEnd:
		offset += int64(len(j.head)) + j.n
	}
	if offset < 0 {
		return 0, errors.New("web: seek before the start")
	}
	j.at = offset
	return offset, nil
}
