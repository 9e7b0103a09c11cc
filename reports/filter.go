package reports

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// hashOf is FNV-1a, mixed once more: it stands in files and never changes.
func hashOf(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	h ^= h >> 32
	h *= 0x9E3779B97F4A7C15
	return h ^ h>>29
}

// bloom says of a text that it is not among those of a chapter, or that it may be: wrongly of one in a hundred.
type bloom []byte

const bloomProbes = 6

func newBloom(texts int) bloom { return make(bloom, (texts*10+7)/8+8) }

func (b bloom) add(s string) {
	h, n := hashOf(s), uint64(len(b))*8
	for i := range uint64(bloomProbes) {
		bit := (h + i*(h>>32|1)) % n
		b[bit/8] |= 1 << (bit % 8)
	}
}

// may is true for a filter that was lost.
func (b bloom) may(s string) bool {
	if len(b) == 0 {
		return true
	}
	h, n := hashOf(s), uint64(len(b))*8
	for i := range uint64(bloomProbes) {
		if bit := (h + i*(h>>32|1)) % n; b[bit/8]&(1<<(bit%8)) == 0 {
			return false
		}
	}
	return true
}

// gramLen is how many digits in a row a gram is.
const gramLen = 5

// grams is every run of five digits that occurs in the numbers of a chapter, a bit each.
type grams []byte

func newGrams() grams { return make(grams, 100_000/8) }

// eachGram calls do with every run of five digits; it stops when do returns false.
func eachGram(s string, do func(gram int) bool) bool {
	run, gram := 0, 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			run = 0
			continue
		}
		run, gram = run+1, (gram*10+int(s[i]-'0'))%100_000
		if run >= gramLen && !do(gram) {
			return false
		}
	}
	return true
}

func (g grams) add(number string) {
	eachGram(number, func(n int) bool { g[n/8] |= 1 << (n % 8); return true })
}

// may is true for a filter that was lost, and for less than five digits.
func (g grams) may(part string) bool {
	return len(g) != 100_000/8 || eachGram(part, func(n int) bool { return g[n/8]&(1<<(n%8)) != 0 })
}

// filters are what a chapter is left out by without a look into it.
type filters struct {
	ids     bloom    // of contacts and tasks
	numbers bloom    // keys of customers' numbers
	grams   grams    // of all numbers
	values  []uint32 // hashes of the postings there are, in order; nil: lost
}

func (f *filters) has(value string) bool {
	if f.values == nil {
		return true
	}
	_, ok := slices.BinarySearch(f.values, uint32(hashOf(value)))
	return ok
}

func (f *filters) encode() []byte {
	out := []byte{columnsVersion}
	for _, b := range [][]byte{f.ids, f.numbers, f.grams} {
		out = append(binary.AppendUvarint(out, uint64(len(b))), b...)
	}
	out = binary.AppendUvarint(out, uint64(len(f.values)))
	for _, v := range f.values {
		out = binary.LittleEndian.AppendUint32(out, v)
	}
	return out
}

func (f *filters) decode(b []byte) error {
	if len(b) == 0 || b[0] != columnsVersion {
		return fmt.Errorf("%w: filters", errColumns)
	}
	d := bytesReader{b: b[1:]}
	ids, numbers, gs, n := d.bytes(), d.bytes(), d.bytes(), d.uvarint()
	if d.bad || n > uint64(len(d.b)/4) {
		return fmt.Errorf("%w: filters", errColumns)
	}
	values := make([]uint32, n)
	for i := range values {
		values[i] = binary.LittleEndian.Uint32(d.b[4*i:])
	}
	*f = filters{ids: slices.Clone(ids), numbers: slices.Clone(numbers), grams: slices.Clone(gs), values: values}
	return nil
}

// Kinds of postings.
const (
	byQueue   = "q"
	byAgent   = "a"
	byOutcome = "o"
	byCode    = "c"
)

// values is under what a record may be looked for, each once.
func (r *record) values() (out []string) {
	add := func(kind string, v string) {
		if v = kind + v; !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	for _, v := range r.visits {
		add(byQueue, string(v.queue))
		if v.blocked != "" {
			add(byOutcome, OutcomeBlocked)
		}
		add(byOutcome, string(v.outcome))
	}
	for _, g := range r.segments {
		add(byAgent, string(g.Agent))
		if g.Visit == "" {
			add(byQueue, string(g.Queue))
		}
	}
	for _, c := range r.c.Coded {
		add(byCode, c.Code)
	}
	if len(r.visits) == 0 {
		add(byOutcome, r.unasked())
	}
	return out
}

// wanted is the postings that a contact must be in; false: none of those on disk fits. Of codes one is enough.
func (s *Search) wanted() (all []string, codes []string, possible bool) {
	if s.Queue != "" {
		all = append(all, byQueue+string(s.Queue))
	}
	if s.Agent != "" {
		all = append(all, byAgent+string(s.Agent))
	}
	switch s.Outcome {
	case "":
	case OutcomeOpen:
		return nil, nil, false
	case OutcomeShort:
		all = append(all, byOutcome+"abandoned")
	default:
		all = append(all, byOutcome+s.Outcome)
	}
	for _, c := range s.Codes {
		codes = append(codes, byCode+c)
	}
	return all, codes, true
}

// numberFits says whether a contact with these numbers is looked for; to is that of a call out.
func numberFits(part, from, to string) bool {
	return strings.Contains(from, part) || to != "" && strings.Contains(to, part)
}
