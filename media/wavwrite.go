package media

import "encoding/binary"

// WAV is the clip as a file: 16 bits, mono, 8 kHz, as every browser and telephone plays it.
func (c *Clip) WAV() []byte {
	const head, width = 44, 2
	size := c.samples * width
	b := make([]byte, head, head+size)
	copy(b, "RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00")
	binary.LittleEndian.PutUint32(b[4:], uint32(head-8+size))
	binary.LittleEndian.PutUint32(b[24:], SampleRate)
	binary.LittleEndian.PutUint32(b[28:], SampleRate*width)
	binary.LittleEndian.PutUint16(b[32:], width)
	binary.LittleEndian.PutUint16(b[34:], 8*width)
	copy(b[36:], "data")
	binary.LittleEndian.PutUint32(b[40:], uint32(size))
	if c.pcm == nil {
		return append(b, make([]byte, size)...)
	}
	for _, v := range c.pcm {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b
}
