//go:build !opus || !cgo

package opus

// Built tells whether this build has the codec.
const Built = false

// Decoder decodes nothing in this build.
type Decoder struct{}

// Decode writes nothing.
func (d *Decoder) Decode([]int16, []byte) (n int, ok bool) { return 0, false }

// Recover writes nothing.
func (d *Decoder) Recover([]int16, []byte) int { return 0 }

// Encoder encodes nothing in this build.
type Encoder struct{}

// Limit limits nothing.
func (e *Encoder) Limit(Limit) {}

// Encode writes nothing.
func (e *Encoder) Encode([]byte, []int16) int { return 0 }
