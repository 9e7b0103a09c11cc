package reports

import "hotline"

func surveyLayout() layout[surveyStep] {
	return layout[surveyStep]{
		ints: []intColumn[surveyStep]{
			intOf(1, func(s *surveyStep) *int64 { return &s.at }), yes(2, func(s *surveyStep) *bool { return &s.again }),
			intOf(3, func(s *surveyStep) *int { return &s.score }),
			since(4, func(s *surveyStep) *int64 { return &s.noted }, func(s *surveyStep) int64 { return s.at }),
		},
		texts: []textColumn[surveyStep]{
			word(40, func(s *surveyStep) *hotline.QueueID { return &s.queue }), word(41, func(s *surveyStep) *string { return &s.stage }),
			word(42, func(s *surveyStep) *hotline.ContactID { return &s.contact }),
			wordAfter(43, func(s *surveyStep) *hotline.VisitID { return &s.visit }, func(s *surveyStep) string { return string(s.contact) }),
		},
	}
}

func codeLayout() layout[codeStep] {
	return layout[codeStep]{
		ints: []intColumn[codeStep]{
			intOf(1, func(s *codeStep) *int64 { return &s.at }), intOf(2, func(s *codeStep) *int { return &s.n }),
			since(3, func(s *codeStep) *int64 { return &s.noted }, func(s *codeStep) int64 { return s.at }),
		},
		texts: []textColumn[codeStep]{
			word(40, func(s *codeStep) *hotline.QueueID { return &s.queue }), word(41, func(s *codeStep) *string { return &s.code }),
			word(42, func(s *codeStep) *hotline.ContactID { return &s.contact }),
			wordAfter(43, func(s *codeStep) *hotline.VisitID { return &s.visit }, func(s *codeStep) string { return string(s.contact) }),
		},
	}
}

func transferLayout() layout[transferStep] {
	return layout[transferStep]{
		ints: []intColumn[transferStep]{
			intOf(1, func(s *transferStep) *int64 { return &s.at }), yes(2, func(s *transferStep) *bool { return &s.done }),
		},
		texts: []textColumn[transferStep]{
			word(40, func(s *transferStep) *hotline.QueueID { return &s.queue }), word(41, func(s *transferStep) *string { return &s.how }),
			word(42, func(s *transferStep) *string { return &s.target }), word(43, func(s *transferStep) *hotline.ContactID { return &s.contact }),
			wordAfter(44, func(s *transferStep) *hotline.VisitID { return &s.visit }, func(s *transferStep) string { return string(s.contact) }),
		},
	}
}

func spanLayout() layout[span] {
	return layout[span]{
		ints: []intColumn[span]{
			intOf(1, func(s *span) *int64 { return &s.start }), since(2, func(s *span) *int64 { return &s.end }, func(s *span) int64 { return s.start }),
		},
		texts: []textColumn[span]{
			word(40, func(s *span) *hotline.AgentState { return &s.state }), word(41, func(s *span) *string { return &s.reason }),
		},
	}
}

func breakLayout() layout[breakEnd] {
	return layout[breakEnd]{ints: []intColumn[breakEnd]{
		intOf(1, func(e *breakEnd) *int64 { return &e.at }), since(2, func(e *breakEnd) *int64 { return &e.asked }, func(e *breakEnd) int64 { return e.at }),
		yes(3, func(e *breakEnd) *bool { return &e.granted }), yes(4, func(e *breakEnd) *bool { return &e.taken }),
	}}
}

func ownLayout() layout[ownStep] {
	ints := []intColumn[ownStep]{
		intOf(1, func(s *ownStep) *int64 { return &s.at }), yes(2, func(s *ownStep) *bool { return &s.made }),
		yes(3, func(s *ownStep) *bool { return &s.reached }), yes(4, func(s *ownStep) *bool { return &s.internal }),
		intOf(5, func(s *ownStep) *int64 { return &s.talk }), intOf(6, func(s *ownStep) *int64 { return &s.hold }),
		intOf(7, func(s *ownStep) *int64 { return &s.acw }),
	}
	return layout[ownStep]{ints: ints, texts: []textColumn[ownStep]{word(40, func(s *ownStep) *hotline.ContactID { return &s.contact })}}
}

func segmentLayout() layout[Segment] {
	joined := func(s *Segment) int64 { return int64(s.Connected) }
	return layout[Segment]{
		ints: []intColumn[Segment]{
			intOf(1, func(s *Segment) *Moment { return &s.Connected }), since(2, func(s *Segment) *Moment { return &s.Answered }, joined),
			since(3, func(s *Segment) *Moment { return &s.Released }, joined),
			since(4, func(s *Segment) *Moment { return &s.Wrapped }, func(s *Segment) int64 { return int64(s.Released) }),
			intOf(5, func(s *Segment) *int64 { return &s.RingMS }), intOf(6, func(s *Segment) *int64 { return &s.TalkMS }),
			intOf(7, func(s *Segment) *int64 { return &s.HoldMS }), intOf(8, func(s *Segment) *int64 { return &s.WrapMS }),
		},
		texts: []textColumn[Segment]{
			word(40, func(s *Segment) *hotline.LegID { return &s.Leg }), word(41, func(s *Segment) *hotline.VisitID { return &s.Visit }),
			word(42, func(s *Segment) *hotline.QueueID { return &s.Queue }), word(43, func(s *Segment) *hotline.AgentID { return &s.Agent }),
			word(44, func(s *Segment) *hotline.Cause { return &s.Cause }), word(45, func(s *Segment) *hotline.Role { return &s.By }),
		},
	}
}

// rung is what stays of the visit of an attempt once the visit itself is on disk. Caller and end are kept of those alone that the
// agent let go.
type rung struct {
	contact hotline.ContactID
	visit   hotline.VisitID
	queue   hotline.QueueID
	from    hotline.Party
	outcome hotline.Outcome
	agent   hotline.AgentID
}

// missed says that the agent let the offer go.
func (x *attempt) missed() bool {
	switch x.result {
	case hotline.OfferNoAnswer, hotline.OfferRejected, hotline.OfferUnreachable, hotline.OfferBusy:
		return true
	}
	return false
}

func (x *attempt) end() rung {
	switch v := x.visit; {
	case v != nil:
		return rung{v.contact, v.id, v.queue, v.from, v.outcome, v.agent}
	case x.was != nil:
		return *x.was
	}
	return rung{}
}

func attemptCodec() *codec[attempt] {
	type row struct {
		attempt
		rung
	}
	l := layout[row]{
		ints: []intColumn[row]{intOf(1, func(r *row) *int64 { return &r.at }), intOf(2, func(r *row) *int64 { return &r.ring })},
		texts: []textColumn[row]{
			word(40, func(r *row) *hotline.OfferResult { return &r.result }), word(41, func(r *row) *hotline.ContactID { return &r.rung.contact }),
			wordAfter(42, func(r *row) *hotline.VisitID { return &r.rung.visit }, func(r *row) string { return string(r.rung.contact) }),
			word(43, func(r *row) *hotline.QueueID { return &r.rung.queue }), word(44, func(r *row) *string { return &r.rung.from.Number }),
			word(45, func(r *row) *string { return &r.rung.from.Name }), word(46, func(r *row) *hotline.Outcome { return &r.rung.outcome }),
			word(47, func(r *row) *hotline.AgentID { return &r.rung.agent }),
		},
	}
	return &codec[attempt]{
		encode: func(w *columnWriter, items []attempt) {
			rows := make([]row, len(items))
			for i, x := range items {
				rows[i].attempt = x
				if rows[i].rung = x.end(); !x.missed() {
					was := rows[i].rung
					rows[i].rung = rung{contact: was.contact, visit: was.visit, queue: was.queue}
				}
			}
			l.encode(w, len(rows), func(i int) *row { return &rows[i] })
		},
		decode: func(r *columnReader, b []byte) ([]attempt, error) {
			rows, err := l.decode(r, b)
			if err != nil {
				return nil, err
			}
			out, was := make([]attempt, len(rows)), make([]rung, len(rows))
			for i := range rows {
				out[i], was[i] = rows[i].attempt, rows[i].rung
				out[i].was = &was[i]
			}
			return out, nil
		},
		size: 176,
		ripe: func(x attempt) bool { return x.visit == nil || x.visit.closed != 0 },
	}
}
