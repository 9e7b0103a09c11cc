package local

import (
	"context"
	"encoding/binary"
	"fmt"
)

// snapshots is the bucket of snapshots: name → at as 8 bytes big-endian, data.
const snapshots = ".snapshots"

// Snapshot keeps data as what name had become by the event with the number at, in place of its former snapshot. It waits
// until the log is durable up to at, so that a snapshot never knows of events that a power cut took, and returns when
// the snapshot is on the platter.
func (s *Store) Snapshot(name string, at uint64, data []byte) error {
	if at > s.Last() {
		return fmt.Errorf("store/local: snapshot %q at %d: the log ends at %d", name, at, s.Last())
	}
	if err := s.Durable(context.Background(), at); err != nil {
		return err
	}
	return s.state.change(snapshots, map[string][]byte{
		name: append(binary.BigEndian.AppendUint64(nil, at), data...),
	})
}

// LastSnapshot returns the latest snapshot of name and the number it was taken at; 0 and nil if there is none, or none
// that belongs to this log.
func (s *Store) LastSnapshot(name string) (at uint64, data []byte, err error) {
	b, err := Bucket{s.state, snapshots}.Get(name)
	if err != nil || len(b) < 8 {
		return 0, nil, err
	}
	if at = binary.BigEndian.Uint64(b); at > s.Last() {
		s.log.Warn("a snapshot is younger than the log and not used", "name", name, "at", at, "last", s.Last())
		return 0, nil, nil
	}
	return at, b[8:], nil
}
