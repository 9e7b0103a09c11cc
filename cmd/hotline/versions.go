package main

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"
)

// centreVersion is one centre file that was in force.
type centreVersion struct {
	SHA256 string
	At     time.Time // when it was, last
}

// keep stores a file that comes into force, under its hash: eight bytes of time, then the file.
func (k *centreKeeper) keep(sha string, source []byte) error {
	head := binary.BigEndian.AppendUint64(nil, uint64(time.Now().UnixMilli()))
	return k.bucket.Put(keyVersion+sha, append(head, source...))
}

// versions lists the files that were in force, the latest last.
func (k *centreKeeper) versions() (all []centreVersion, err error) {
	err = k.bucket.Each(keyVersion, func(key string, value []byte) bool {
		if len(value) >= 8 {
			at := time.UnixMilli(int64(binary.BigEndian.Uint64(value))).UTC()
			all = append(all, centreVersion{strings.TrimPrefix(key, keyVersion), at})
		}
		return true
	})
	slices.SortFunc(all, func(a, b centreVersion) int { return a.At.Compare(b.At) })
	return all, err
}

// version is the file whose SHA-256 begins so.
func (k *centreKeeper) version(sha string) ([]byte, error) {
	var found []byte
	n := 0
	err := k.bucket.Each(keyVersion+sha, func(_ string, value []byte) bool {
		if len(value) >= 8 {
			found, n = slices.Clone(value[8:]), n+1
		}
		return true
	})
	switch {
	case err != nil:
		return nil, err
	case n == 0:
		return nil, fmt.Errorf("no centre file %s is kept; 'hotline versions' lists them", sha)
	case n > 1:
		return nil, fmt.Errorf("%d centre files begin with %s: give more of it", n, sha)
	}
	return found, nil
}
