//go:build !linux || !(amd64 || arm64)

package bypass

// Bypass is nothing here: Open fails.
type Bypass struct{}

// Road is nothing here.
type Road struct{}

// Ring is nothing here.
type Ring struct{}

// Lanes is 0.
func (*Ring) Lanes() int { return 0 }

// Lane is nothing here.
type Lane struct{}

// Open fails: it takes Linux.
func Open(int) (*Bypass, error) { return nil, ErrSystem }

// Lane is nil: there are none.
func (*Bypass) Lane(int, func() uint64, func(at int64, packet []byte)) *Lane { return nil }

// Reach is false.
func (*Bypass) Reach(Way) (Road, bool) { return Road{}, false }

// Ring is not called.
func (*Bypass) Ring(int) *Ring { return nil }

// Rings is 0.
func (*Bypass) Rings() int { return 0 }

// Close does nothing.
func (*Bypass) Close() error { return nil }

// Open fails.
func (*Lane) Open(Way, Road) error { return ErrNoLane }

// Shut is not called.
func (*Lane) Shut() (seq uint16, ts uint32, size int, ok bool) { return 0, 0, 0, false }

// IsOpen is false.
func (*Lane) IsOpen() bool { return false }

// Close does nothing.
func (*Lane) Close() {}

// Clock is 0.
func Clock() int64 { return 0 }
