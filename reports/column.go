package reports

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
)

// errColumns says that a block of columns cannot be read: it is damaged, or not of this format.
var errColumns = errors.New("reports: bad block")

// columnsVersion is the first byte of every block of columns.
const columnsVersion = 1

// maxColumnRows bounds what a block may claim to hold, so that a damaged one asks for no memory.
const maxColumnRows = 1 << 16

// Ways of writing a column.
const (
	columnSame   = 0 // one value for all rows
	columnInts   = 1 // zigzag varints
	columnDeltas = 2 // zigzag varints of the differences
	columnDict   = 3 // the strings that occur, then one number a row
	columnText   = 4 // lengths, then all text
)

// columnWriter writes a block: the version, the number of rows, then columns, each with its number, so that one that is not known
// is skipped and one that is not there is zero.
type columnWriter struct {
	buf  []byte
	rows int
	tmp  []byte
	ints []int64
}

func (w *columnWriter) begin(rows int) {
	w.rows = rows
	w.buf = binary.AppendUvarint(append(w.buf[:0], columnsVersion), uint64(rows))
}

func (w *columnWriter) column(id int, mode byte, payload []byte) {
	w.buf = append(binary.AppendUvarint(w.buf, uint64(id)), mode)
	w.buf = append(binary.AppendUvarint(w.buf, uint64(len(payload))), payload...)
}

// int writes a column of numbers, in the shorter of two ways. One of zeros alone is left out.
func (w *columnWriter) int(id int, at func(i int) int64) {
	w.ints = w.ints[:0]
	same, plain, deltas, last := true, 0, 0, int64(0)
	for i := range w.rows {
		v := at(i)
		w.ints = append(w.ints, v)
		same = same && v == w.ints[0]
		plain, deltas = plain+varintLen(v), deltas+varintLen(v-last)
		last = v
	}
	if w.rows == 0 || same && w.ints[0] == 0 {
		return
	}
	w.tmp = w.tmp[:0]
	switch {
	case same:
		w.column(id, columnSame, binary.AppendVarint(w.tmp, w.ints[0]))
	case deltas < plain:
		last = 0
		for _, v := range w.ints {
			w.tmp, last = binary.AppendVarint(w.tmp, v-last), v
		}
		w.column(id, columnDeltas, w.tmp)
	default:
		for _, v := range w.ints {
			w.tmp = binary.AppendVarint(w.tmp, v)
		}
		w.column(id, columnInts, w.tmp)
	}
}

func varintLen(v int64) int {
	u := uint64(v)<<1 ^ uint64(v>>63)
	n := 1
	for ; u >= 0x80; u >>= 7 {
		n++
	}
	return n
}

// text writes a column of strings: as a dictionary if they repeat. One of empty strings alone is left out.
func (w *columnWriter) text(id int, at func(i int) string) {
	dict, index, size, all := map[string]int{}, make([]int, w.rows), 0, 0
	var words []string
	for i := range w.rows {
		s := at(i)
		n, ok := dict[s]
		if !ok {
			n = len(words)
			dict[s], words, size = n, append(words, s), size+len(s)+1
		}
		index[i], all = n, all+len(s)
	}
	if w.rows == 0 || len(words) == 1 && words[0] == "" {
		return
	}
	var tmp []byte
	if len(words) == 1 {
		w.column(id, columnSame, append(tmp, words[0]...))
		return
	}
	if size+w.rows > all {
		for _, n := range index {
			tmp = binary.AppendUvarint(tmp, uint64(len(words[n])))
		}
		for _, n := range index {
			tmp = append(tmp, words[n]...)
		}
		w.column(id, columnText, tmp)
		return
	}
	tmp = binary.AppendUvarint(tmp, uint64(len(words)))
	for _, s := range words {
		tmp = append(binary.AppendUvarint(tmp, uint64(len(s))), s...)
	}
	for _, n := range index {
		tmp = binary.AppendUvarint(tmp, uint64(n))
	}
	w.column(id, columnDict, tmp)
}

// beginning marks a string that its row's other one is no beginning of.
const beginning = "\x00"

// textAfter writes a column of strings most of which begin as their row's string in another column does.
func (w *columnWriter) textAfter(id int, at, other func(i int) string) {
	w.text(id, func(i int) string {
		if rest, ok := strings.CutPrefix(at(i), other(i)); ok && !strings.HasPrefix(rest, beginning) {
			return rest
		}
		if at(i) == "" {
			return beginning
		}
		return beginning + at(i)
	})
}

// columnReader reads a block. Its slices are its own and good until the next column is read; strings share one copy of the block.
type columnReader struct {
	rows int
	cols map[int]column
	nums []int64
	strs []string
	err  error
}

type column struct {
	mode    byte
	payload []byte
}

func (r *columnReader) begin(b []byte) error {
	r.err, r.rows = nil, 0
	if r.cols == nil {
		r.cols = map[int]column{}
	}
	clear(r.cols)
	if len(b) == 0 || b[0] != columnsVersion {
		return fmt.Errorf("%w: version", errColumns)
	}
	d := bytesReader{b: b[1:]}
	rows := d.uvarint()
	if d.bad || rows > maxColumnRows {
		return fmt.Errorf("%w: %d rows", errColumns, rows)
	}
	r.rows = int(rows)
	r.nums, r.strs = grown(r.nums, r.rows), grown(r.strs, r.rows)
	for len(d.b) > 0 && !d.bad {
		id, mode := d.uvarint(), d.byte()
		payload := d.bytes()
		if !d.bad {
			r.cols[int(id)] = column{mode, payload}
		}
	}
	if d.bad {
		return fmt.Errorf("%w: columns", errColumns)
	}
	return nil
}

func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

func (r *columnReader) fail(id int) { r.err = fmt.Errorf("%w: column %d", errColumns, id) }

// int reads a column of numbers; nil: all are zero.
func (r *columnReader) int(id int) []int64 {
	c, ok := r.cols[id]
	if !ok || r.err != nil {
		return nil
	}
	b, out := c.payload, r.nums
	switch c.mode {
	case columnSame:
		v, n := binary.Varint(b)
		if n <= 0 {
			r.fail(id)
			return nil
		}
		for i := range out {
			out[i] = v
		}
		return out
	case columnInts, columnDeltas:
	default:
		r.fail(id)
		return nil
	}
	last := int64(0)
	for i := range out {
		var u uint64
		if len(b) > 0 && b[0] < 0x80 {
			u, b = uint64(b[0]), b[1:]
		} else {
			var n int
			if u, n = binary.Uvarint(b); n <= 0 {
				r.fail(id)
				return nil
			}
			b = b[n:]
		}
		v := int64(u>>1) ^ -int64(u&1)
		if c.mode == columnDeltas {
			v += last
			last = v
		}
		out[i] = v
	}
	return out
}

// text reads a column of strings; nil: all are empty.
func (r *columnReader) text(id int) []string {
	c, ok := r.cols[id]
	if !ok || r.err != nil {
		return nil
	}
	out, d := r.strs, bytesReader{b: c.payload}
	switch c.mode {
	case columnSame:
		s := string(c.payload)
		for i := range out {
			out[i] = s
		}
	case columnText:
		lens, sum := r.nums, 0
		for i := range out {
			n := d.uvarint()
			if n > math.MaxInt32 {
				d.bad = true
				break
			}
			lens[i] = int64(n)
			sum += int(n)
		}
		if d.bad || sum > len(d.b) {
			r.fail(id)
			return nil
		}
		all := string(d.b)
		for i := range out {
			out[i], all = all[:lens[i]], all[lens[i]:]
		}
	case columnDict:
		n := d.uvarint()
		if d.bad || n > uint64(len(d.b)) {
			r.fail(id)
			return nil
		}
		words := make([]string, n)
		for i := range words {
			words[i] = string(d.bytes())
		}
		for i := range out {
			if k := d.uvarint(); k < n {
				out[i] = words[k]
			} else {
				d.bad = true
			}
		}
	default:
		d.bad = true
	}
	if d.bad {
		r.fail(id)
		return nil
	}
	return out
}

// textAfter reads what columnWriter.textAfter wrote; other may not be the reader's own slice.
func (r *columnReader) textAfter(id int, other func(i int) string) []string {
	out := r.text(id)
	if out == nil {
		if out = r.strs; r.err != nil {
			return nil
		}
		clear(out)
	}
	for i, s := range out {
		if rest, ok := strings.CutPrefix(s, beginning); ok {
			out[i] = rest
		} else if s == "" {
			out[i] = other(i)
		} else {
			out[i] = other(i) + s
		}
	}
	return out
}

// bytesReader takes a block apart. bad is set once something was not there.
type bytesReader struct {
	b   []byte
	bad bool
}

func (d *bytesReader) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.bad, d.b = true, nil
		return math.MaxUint64
	}
	d.b = d.b[n:]
	return v
}

func (d *bytesReader) varint() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *bytesReader) byte() byte {
	if len(d.b) == 0 {
		d.bad = true
		return 0
	}
	v := d.b[0]
	d.b = d.b[1:]
	return v
}

// bytes is a length and that many bytes, not copied.
func (d *bytesReader) bytes() []byte {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.bad, d.b = true, nil
		return nil
	}
	v := d.b[:n]
	d.b = d.b[n:]
	return v
}

func (d *bytesReader) text() string { return string(d.bytes()) }
