package media

// Row says whom a leg hears: nobody (nil), or one other leg, or itself (an echo).
type Row struct {
	Leg   *Leg
	Hears []*Leg
}

// Mix sets whom each leg of rows hears, all or, on an error, none. Legs without a row stay as they are: to silence a
// leg give it a row that hears nobody. It is idempotent: a pair that stays as it was feels nothing. Equal codecs are
// relayed byte for byte, A-law and µ-law are mapped to each other by table; timestamps keep their distances. A leg that
// also has a Play hears the Play until it is over. It returns ErrMix when a leg should hear more than one, ErrClosed
// when a leg named is closed.
func (e *Engine) Mix(rows []Row) error { return nil }
