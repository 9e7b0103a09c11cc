package sip

import (
	"sync/atomic"

	"hotline/sip/wire"
)

// Metrics are the switch's counters and those of the wire below it, read by whoever exports them.
type Metrics struct {
	wire.Metrics

	Recorders        atomic.Int64  // calls that are duplicated to a recorder now
	RecorderFailures atomic.Uint64 // attempts to duplicate a call that failed, and sessions that the recorder ended
}
