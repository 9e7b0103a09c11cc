package reports

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"hotline"
)

// Blocks of a chapter that stand at fixed places; heads, texts and chunks of histories follow, then the contents once more.
const (
	blockContents = 0
	blockFilters  = 1
	blockIDs      = 2
	blockSearch   = 3
	blockTasks    = 4
	blockHeads    = 5
)

// chapter is what is known of a chapter without a look into it. It never changes.
type chapter struct {
	filters
	no               int32
	n                int // contacts, in the order of their first events
	minSeq, maxSeq   uint64
	minStart, maxEnd int64 // of contacts: first start, last end
	maxStart         int64
	minID, maxID     string
	tasks            int
	maxTask          uint64     // the last of its tasks
	upto             uint64     // the fold had folded this far when it was made
	replaces         []standing // older copies of its contacts
	chunks           []namedRef
}

// standing is where a contact stands.
type standing struct {
	chapter int32
	ordinal int32
}

type namedRef struct {
	drawer string
	index  int // of the chunk in its history
	ref
}

func (c *chapter) headBlocks() int { return (c.n + perBlock - 1) / perBlock }

// encode writes the contents.
func (c *chapter) encode() []byte {
	out := []byte{columnsVersion}
	num := func(v uint64) { out = binary.AppendUvarint(out, v) }
	text := func(s string) { out = append(binary.AppendUvarint(out, uint64(len(s))), s...) }
	for _, v := range []uint64{
		uint64(c.n), c.minSeq, c.maxSeq, uint64(c.minStart), uint64(c.maxStart), uint64(c.maxEnd), uint64(c.tasks), c.maxTask, c.upto, perBlock,
	} {
		num(v)
	}
	text(c.minID)
	text(c.maxID)
	num(uint64(len(c.replaces)))
	for _, s := range c.replaces {
		num(uint64(s.chapter))
		num(uint64(s.ordinal))
	}
	num(uint64(len(c.chunks)))
	last := ""
	for _, r := range c.chunks {
		name := r.drawer
		if name == last {
			name = "" // as the one before
		}
		last = r.drawer
		text(name)
		num(uint64(r.block))
		num(uint64(r.index))
		out = binary.AppendVarint(out, r.low)
		out = binary.AppendVarint(out, r.first-r.low)
		out = binary.AppendVarint(out, r.last-r.first)
	}
	return out
}

func decodeChapter(no int, b []byte) (*chapter, error) {
	bad := fmt.Errorf("%w: contents", errColumns)
	if len(b) == 0 || b[0] != columnsVersion {
		return nil, bad
	}
	d := bytesReader{b: b[1:]}
	c := &chapter{no: int32(no)}
	var v [10]uint64
	for i := range v {
		v[i] = d.uvarint()
	}
	if d.bad || v[0] > maxColumnRows || v[9] != perBlock {
		return nil, bad
	}
	c.n, c.minSeq, c.maxSeq, c.minStart, c.maxStart, c.maxEnd = int(v[0]), v[1], v[2], int64(v[3]), int64(v[4]), int64(v[5])
	c.tasks, c.maxTask, c.upto = int(v[6]), v[7], v[8]
	c.minID, c.maxID = d.text(), d.text()
	n := d.uvarint()
	if d.bad || n > uint64(len(d.b)) {
		return nil, bad
	}
	for range n {
		s := standing{int32(d.uvarint()), int32(d.uvarint())}
		if s.chapter < 0 || s.chapter >= int32(no) || s.ordinal < 0 {
			return nil, bad
		}
		c.replaces = append(c.replaces, s)
	}
	n = d.uvarint()
	if d.bad || n > uint64(len(d.b)) {
		return nil, bad
	}
	last := ""
	for range n {
		r := namedRef{drawer: cmp.Or(d.text(), last)}
		last = r.drawer
		r.chapter, r.block = int32(no), int32(d.uvarint())
		r.index = int(d.uvarint() & (1<<40 - 1))
		r.low = d.varint()
		r.first = r.low + d.varint()
		r.last = r.first + d.varint()
		c.chunks = append(c.chunks, r)
	}
	if d.bad {
		return nil, bad
	}
	return c, nil
}

// idTable is the block of ids: their hashes in order, each with the place of the contact that it leads to.
type idTable []byte

const idEntry = 6

func encodeIDs(records []storedRecord) []byte {
	type entry struct {
		hash    uint32
		ordinal uint16
	}
	var all []entry
	for i, r := range records {
		all = append(all, entry{uint32(hashOf(string(r.head.C.ID))), uint16(i)})
		for _, t := range r.head.C.Tasks {
			all = append(all, entry{uint32(hashOf(string(t.ID))), uint16(i)})
		}
	}
	slices.SortFunc(all, func(a, b entry) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.ordinal, b.ordinal)) })
	out := []byte{columnsVersion}
	for _, e := range all {
		out = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint32(out, e.hash), e.ordinal)
	}
	return out
}

// find is the places that the id may lead to.
func (t idTable) find(id string) (out []int) {
	if len(t) == 0 || t[0] != columnsVersion {
		return nil
	}
	t = t[1:]
	h, n := uint32(hashOf(id)), len(t)/idEntry
	at := func(i int) uint32 { return binary.LittleEndian.Uint32(t[i*idEntry:]) }
	low, high := 0, n
	for low < high {
		if mid := (low + high) / 2; at(mid) < h {
			low = mid + 1
		} else {
			high = mid
		}
	}
	for ; low < n && at(low) == h; low++ {
		out = append(out, int(binary.LittleEndian.Uint16(t[low*idEntry+4:])))
	}
	return out
}

// encodeSearch writes the block that contacts are searched by: columns of numbers and times, and under each queue, agent, outcome and
// code the contacts that it occurs in.
func encodeSearch(w *columnWriter, records []storedRecord, values [][]string) []byte {
	w.begin(len(records))
	w.int(1, func(i int) int64 { return int64(records[i].head.C.Seq) })
	w.int(2, func(i int) int64 { return int64(records[i].head.C.Started) })
	w.text(3, func(i int) string { return records[i].head.C.From.Number })
	w.text(4, func(i int) string {
		if records[i].head.C.Direction == hotline.Outbound {
			return records[i].head.C.To
		}
		return ""
	})
	w.text(5, func(i int) string { // how the customer's number is known, where there was a call at all
		if c := &records[i].head.C; len(c.Calls) > 0 {
			return NumberKey(c.Customer().Number)
		}
		return ""
	})
	lists := map[string][]int{}
	for i, all := range values {
		for _, v := range all {
			lists[v] = append(lists[v], i)
		}
	}
	names := make([]string, 0, len(lists))
	for v := range lists {
		names = append(names, v)
	}
	slices.Sort(names)
	out := []byte{columnsVersion}
	out = append(binary.AppendUvarint(out, uint64(len(w.buf))), w.buf...)
	out = binary.AppendUvarint(out, uint64(len(names)))
	for _, v := range names {
		out = append(binary.AppendUvarint(out, uint64(len(v))), v...)
		var list []byte
		last := 0
		for _, i := range lists[v] {
			list, last = binary.AppendUvarint(list, uint64(i-last)), i
		}
		out = append(binary.AppendUvarint(out, uint64(len(list))), list...)
	}
	return out
}

// searchColumns are the columns of a search block, and its postings.
func searchColumns(b []byte) (columns, postings []byte, err error) {
	if len(b) == 0 || b[0] != columnsVersion {
		return nil, nil, fmt.Errorf("%w: search", errColumns)
	}
	d := bytesReader{b: b[1:]}
	columns = d.bytes()
	if d.bad {
		return nil, nil, fmt.Errorf("%w: search", errColumns)
	}
	return columns, d.b, nil
}

// posted is the ordinals under each of the values, in order; false: there are none under one of them.
func posted(postings []byte, n int, values []string) (lists [][]int, ok bool) {
	lists = make([][]int, len(values))
	d := bytesReader{b: postings}
	left := len(values)
	for range d.uvarint() {
		name, list := d.bytes(), bytesReader{b: d.bytes()}
		if d.bad || left == 0 {
			break
		}
		for i, v := range values {
			if string(name) != v {
				continue
			}
			left--
			last := 0
			for len(list.b) > 0 {
				last += int(list.uvarint())
				if list.bad || last < 0 || last >= n {
					return nil, false
				}
				lists[i] = append(lists[i], last)
			}
		}
	}
	return lists, left == 0
}
