package reports

import "hotline"

// layout is how the values of one kind stand in a block: a column for each field. Numbers of columns are never given away again.
type layout[S any] struct {
	ints  []intColumn[S]
	texts []textColumn[S]
}

type intColumn[S any] struct {
	id  int
	get func(*S) int64
	set func(*S, int64)
}

type textColumn[S any] struct {
	id    int
	get   func(*S) string
	set   func(*S, string)
	after func(*S) string // most begin as this earlier text does; nil: nothing of the kind
}

// intOf is the column of a number of any kind.
func intOf[S any, N ~int | ~int64 | ~uint64](id int, field func(*S) *N) intColumn[S] {
	return intColumn[S]{id, func(s *S) int64 { return int64(*field(s)) }, func(s *S, v int64) { *field(s) = N(v) }}
}

// since is the column of a time that is told by its distance from another: set before it, in an earlier column.
func since[S any, N ~int64](id int, field func(*S) *N, other func(*S) int64) intColumn[S] {
	return intColumn[S]{
		id,
		func(s *S) int64 {
			if *field(s) == 0 {
				return 0
			}
			if d := int64(*field(s)) - other(s); d >= 0 {
				return d + 1
			} else {
				return d
			}
		},
		func(s *S, v int64) {
			switch {
			case v > 0:
				*field(s) = N(other(s) + v - 1)
			case v < 0:
				*field(s) = N(other(s) + v)
			}
		},
	}
}

func yes[S any](id int, field func(*S) *bool) intColumn[S] {
	return intColumn[S]{id, func(s *S) int64 { return int64(count(*field(s))) }, func(s *S, v int64) { *field(s) = v != 0 }}
}

func word[S any, T ~string](id int, field func(*S) *T) textColumn[S] {
	return textColumn[S]{id, func(s *S) string { return string(*field(s)) }, func(s *S, v string) { *field(s) = T(v) }, nil}
}

func wordAfter[S any, T ~string](id int, field func(*S) *T, other func(*S) string) textColumn[S] {
	c := word(id, field)
	c.after = other
	return c
}

func (l *layout[S]) encode(w *columnWriter, n int, at func(i int) *S) {
	w.begin(n)
	for _, c := range l.ints {
		w.int(c.id, func(i int) int64 { return c.get(at(i)) })
	}
	for _, c := range l.texts {
		get := func(i int) string { return c.get(at(i)) }
		if c.after == nil {
			w.text(c.id, get)
			continue
		}
		w.textAfter(c.id, get, func(i int) string { return c.after(at(i)) })
	}
}

// decode reads a block. A column that is not there leaves its field zero.
func (l *layout[S]) decode(r *columnReader, b []byte) ([]S, error) {
	if err := r.begin(b); err != nil {
		return nil, err
	}
	out := make([]S, r.rows)
	for _, c := range l.ints {
		for i, v := range r.int(c.id) {
			if v != 0 {
				c.set(&out[i], v)
			}
		}
	}
	for _, c := range l.texts {
		if c.after == nil {
			for i, s := range r.text(c.id) {
				c.set(&out[i], s)
			}
			continue
		}
		for i, s := range r.textAfter(c.id, func(i int) string { return c.after(&out[i]) }) {
			c.set(&out[i], s)
		}
	}
	return out, r.err
}

// codec writes and reads the entries of one kind of history. size is what one takes in memory, in bytes.
type codec[T any] struct {
	encode func(w *columnWriter, items []T)
	decode func(r *columnReader, b []byte) ([]T, error)
	size   int
	ripe   func(T) bool // may be written: it never changes again; nil: always
}

// values is the codec of entries that are kept by value, pointers of those that are not.
func values[S any](size int, l layout[S]) *codec[S] {
	return &codec[S]{
		encode: func(w *columnWriter, items []S) { l.encode(w, len(items), func(i int) *S { return &items[i] }) },
		decode: l.decode, size: size,
	}
}

func pointers[S any](size int, l layout[S]) *codec[*S] {
	return &codec[*S]{
		encode: func(w *columnWriter, items []*S) { l.encode(w, len(items), func(i int) *S { return items[i] }) },
		decode: func(r *columnReader, b []byte) ([]*S, error) {
			all, err := l.decode(r, b)
			if err != nil {
				return nil, err
			}
			out := make([]*S, len(all))
			for i := range all {
				out[i] = &all[i]
			}
			return out, nil
		},
		size: size,
	}
}

// codecs are those of all kinds of history.
type codecs struct {
	visits    *codec[*visit]
	kept      *codec[*Callback]
	surveys   *codec[surveyStep]
	codes     *codec[codeStep]
	transfers *codec[transferStep]
	spans     *codec[span]
	attempts  *codec[attempt]
	answers   *codec[int64]
	handled   *codec[*Segment]
	breaks    *codec[breakEnd]
	owns      *codec[ownStep]
	lines     *codec[lineCell]
	paths     *codec[ivrCell]
	heard     *codec[heardCell]
}

func newCodecs() *codecs {
	return &codecs{
		visits: pointers(600, visitLayout()), kept: pointers(400, callbackLayout()), surveys: values(112, surveyLayout()),
		codes: values(112, codeLayout()), transfers: values(128, transferLayout()), spans: values(56, spanLayout()),
		attempts: attemptCodec(), answers: values(8, layout[int64]{ints: []intColumn[int64]{intOf(1, func(s *int64) *int64 { return s })}}),
		handled: pointers(240, segmentLayout()), breaks: values(32, breakLayout()), owns: values(64, ownLayout()),
		lines: values(88, lineLayout()), paths: values(72, pathLayout()), heard: values(152, heardLayout()),
	}
}

func visitLayout() layout[visit] {
	base := func(v *visit) int64 { return v.since }
	contact := func(v *visit) string { return string(v.contact) }
	ints := []intColumn[visit]{
		intOf(1, func(v *visit) *int64 { return &v.since }), since(2, func(v *visit) *int64 { return &v.first }, base),
		intOf(3, func(v *visit) *int64 { return &v.wait }),
		since(4, func(v *visit) *int64 { return &v.ended }, func(v *visit) int64 { return v.since + v.wait }),
		since(5, func(v *visit) *int64 { return &v.closed }, func(v *visit) int64 { return v.ended }),
		since(6, func(v *visit) *int64 { return &v.free }, base), since(7, func(v *visit) *int64 { return &v.connected }, func(v *visit) int64 { return v.ended }),
		since(8, func(v *visit) *int64 { return &v.place }, base), since(9, func(v *visit) *Moment { return &v.preferUntil }, base),
		intOf(10, func(v *visit) *int64 { return &v.ring }), intOf(11, func(v *visit) *int64 { return &v.talk }),
		intOf(12, func(v *visit) *int64 { return &v.hold }), intOf(13, func(v *visit) *int64 { return &v.acw }),
		intOf(14, func(v *visit) *int { return &v.handled }), intOf(15, func(v *visit) *int { return &v.held }),
		intOf(16, func(v *visit) *int { return &v.rings.Answered }), intOf(17, func(v *visit) *int { return &v.rings.NoAnswer }),
		intOf(18, func(v *visit) *int { return &v.rings.Rejected }), intOf(19, func(v *visit) *int { return &v.rings.Unreachable }),
		intOf(20, func(v *visit) *int { return &v.rings.Busy }), intOf(21, func(v *visit) *int { return &v.rings.CallerGone }),
		intOf(22, func(v *visit) *int { return &v.rings.Elsewhere }), intOf(23, func(v *visit) *int { return &v.priority }),
		intOf(24, func(v *visit) *int { return &v.ringing }), intOf(25, func(v *visit) *int { return &v.joined }),
		yes(26, func(v *visit) *bool { return &v.firstRequest }), yes(27, func(v *visit) *bool { return &v.firstAnswer }),
		yes(28, func(v *visit) *bool { return &v.noMedia }), yes(29, func(v *visit) *bool { return &v.test }),
		yes(30, func(v *visit) *bool { return &v.redial }), yes(31, func(v *visit) *bool { return &v.gaveUp }),
		intOf(32, func(v *visit) *uint64 { return &v.who }),
	}
	return layout[visit]{ints: ints, texts: []textColumn[visit]{
		word(40, func(v *visit) *hotline.ContactID { return &v.contact }),
		wordAfter(41, func(v *visit) *hotline.CallID { return &v.call }, contact),
		wordAfter(42, func(v *visit) *hotline.VisitID { return &v.id }, contact),
		word(43, func(v *visit) *hotline.QueueID { return &v.queue }), word(44, func(v *visit) *hotline.AgentID { return &v.agent }),
		word(45, func(v *visit) *string { return &v.entry }), word(46, func(v *visit) *hotline.BlockReason { return &v.blocked }),
		word(47, func(v *visit) *hotline.Outcome { return &v.outcome }),
		word(48, func(v *visit) *hotline.QueueID { return &v.firstIn }), word(49, func(v *visit) *string { return &v.rule }),
		word(50, func(v *visit) *string { return &v.then }), word(51, func(v *visit) *string { return &v.to }), word(52, func(v *visit) *string { return &v.by }),
		wordAfter(53, func(v *visit) *hotline.VisitID { return &v.beside }, contact), word(54, func(v *visit) *hotline.CallbackID { return &v.callback }),
		word(55, func(v *visit) *string { return &v.from.Number }), word(56, func(v *visit) *string { return &v.from.Name }),
		word(57, func(v *visit) *hotline.AgentID { return &v.prefer }), word(58, func(v *visit) *hotline.QueueID { return &v.came }),
	}}
}

func callbackLayout() layout[Callback] {
	asked := func(c *Callback) int64 { return int64(c.Asked) }
	return layout[Callback]{
		ints: []intColumn[Callback]{
			intOf(1, func(c *Callback) *Moment { return &c.Asked }), since(2, func(c *Callback) *Moment { return &c.Since }, asked),
			since(3, func(c *Callback) *Moment { return &c.Place }, asked), since(4, func(c *Callback) *Moment { return &c.Expires }, asked),
			intOf(5, func(c *Callback) *int { return &c.Priority }), intOf(6, func(c *Callback) *int { return &c.Tries }),
			since(7, func(c *Callback) *Moment { return &c.Next }, asked), since(8, func(c *Callback) *Moment { return &c.Ended }, asked),
			yes(9, func(c *Callback) *bool { return &c.Test }),
		},
		texts: []textColumn[Callback]{
			word(40, func(c *Callback) *hotline.CallbackID { return &c.ID }), word(41, func(c *Callback) *hotline.ContactID { return &c.Contact }),
			word(42, func(c *Callback) *hotline.QueueID { return &c.Queue }), word(43, func(c *Callback) *hotline.VisitID { return &c.Visit }),
			word(44, func(c *Callback) *string { return &c.Number }), word(45, func(c *Callback) *string { return &c.From.Number }),
			word(46, func(c *Callback) *string { return &c.From.Name }), word(47, func(c *Callback) *hotline.AgentID { return &c.Agent }),
			word(48, func(c *Callback) *hotline.CallID { return &c.Call }), word(49, func(c *Callback) *hotline.Cause { return &c.Cause }),
			word(50, func(c *Callback) *string { return &c.Result }), word(51, func(c *Callback) *string { return &c.By }),
		},
	}
}
