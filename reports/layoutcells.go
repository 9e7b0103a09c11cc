package reports

import "cmp"

// The columns of what is counted by the quarter or the day, not by contact.

func lineLayout() layout[lineCell] {
	return layout[lineCell]{
		ints: []intColumn[lineCell]{
			intOf(1, func(c *lineCell) *int64 { return &c.At }), intOf(2, func(c *lineCell) *int { return &c.In }),
			intOf(3, func(c *lineCell) *int { return &c.Out }), intOf(4, func(c *lineCell) *int { return &c.Refused }),
			intOf(5, func(c *lineCell) *int { return &c.Failed }), intOf(6, func(c *lineCell) *int64 { return &c.Busy }),
			intOf(7, func(c *lineCell) *int { return &c.Peak }), intOf(9, func(c *lineCell) *int { return &c.Blocked }),
			since(8, func(c *lineCell) *int64 { return &c.PeakAt }, func(c *lineCell) int64 { return c.At }),
		},
		texts: []textColumn[lineCell]{word(40, func(c *lineCell) *string { return &c.Trunk })},
	}
}

func pathLayout() layout[ivrCell] {
	return layout[ivrCell]{
		ints: []intColumn[ivrCell]{
			intOf(1, func(c *ivrCell) *int64 { return &c.At }), intOf(2, func(c *ivrCell) *int64 { return &c.N }),
			intOf(3, func(c *ivrCell) *int64 { return &c.MS }),
		},
		texts: []textColumn[ivrCell]{
			word(40, func(c *ivrCell) *string { return &c.Flow }), word(41, func(c *ivrCell) *string { return &c.From }),
			word(42, func(c *ivrCell) *string { return &c.To }),
		},
	}
}

func heardLayout() layout[heardCell] {
	l := layout[heardCell]{
		ints: []intColumn[heardCell]{
			intOf(1, func(c *heardCell) *int64 { return &c.At }), intOf(2, func(c *heardCell) *int64 { return &c.Legs }),
			intOf(3, func(c *heardCell) *int64 { return &c.Rated }), intOf(4, func(c *heardCell) *int64 { return &c.MOS }),
			intOf(5, func(c *heardCell) *int64 { return &c.Worst }), intOf(6, func(c *heardCell) *int64 { return &c.Got }),
			intOf(7, func(c *heardCell) *int64 { return &c.Lost }), intOf(8, func(c *heardCell) *int64 { return &c.Jitter }),
			intOf(9, func(c *heardCell) *int64 { return &c.Silent }),
		},
		texts: []textColumn[heardCell]{
			word(40, func(c *heardCell) *string { return &c.Trunk }), word(41, func(c *heardCell) *string { return &c.Agent }),
			word(42, func(c *heardCell) *string { return &c.Codec }),
		},
	}
	for band := range len(heardCell{}.Bands) {
		l.ints = append(l.ints, intOf(10+band, func(c *heardCell) *int64 { return &c.Bands[band] }))
	}
	return l
}

// inOrder orders cells by what they are counted by: a history is the same however often the log is folded.
func (c *ivrCell) inOrder(o *ivrCell) int {
	return cmp.Or(cmp.Compare(c.At, o.At), cmp.Compare(c.Flow, o.Flow), cmp.Compare(c.From, o.From), cmp.Compare(c.To, o.To))
}

func (c *heardCell) inOrder(o *heardCell) int {
	return cmp.Or(cmp.Compare(c.At, o.At), cmp.Compare(c.Trunk, o.Trunk), cmp.Compare(c.Agent, o.Agent), cmp.Compare(c.Codec, o.Codec))
}
