package local

import (
	"bytes"
	"maps"

	bolt "go.etcd.io/bbolt"
)

// Bucket is a named set of keys and values beside the log: what is looked up, edited or resumed. It is made by its first
// Put. A Bucket is a value: copy it freely. Its methods are safe for concurrent use.
type Bucket struct {
	state *state
	name  string
}

// Bucket returns the bucket of that name, which must not be empty or start with a dot.
func (s *Store) Bucket(name string) Bucket { return Bucket{s.state, name} }

// Get returns the value of the key, nil if there is none. The bytes are the caller's.
func (b Bucket) Get(key string) (val []byte, err error) {
	err = b.state.view(b.name, func(bb *bolt.Bucket) {
		if v := bb.Get([]byte(key)); v != nil {
			val = append([]byte{}, v...)
		}
	})
	return val, err
}

// Put sets the value and returns when it is on the platter, a few milliseconds as a rule; puts that come meanwhile share
// the next transaction. val must not be changed before it returns. On an error nothing has changed.
func (b Bucket) Put(key string, val []byte) error {
	return b.PutAll(map[string][]byte{key: nonNil(val)})
}

// Delete takes the key away, as Put sets it. A key that is not there is no error.
func (b Bucket) Delete(key string) error { return b.PutAll(map[string][]byte{key: nil}) }

// PutAll makes all the changes or none: a nil value deletes its key. It returns as Put does.
func (b Bucket) PutAll(vals map[string][]byte) error {
	if len(vals) == 0 {
		return nil
	}
	return b.state.change(b.name, maps.Clone(vals))
}

// eachPage is how many values Each takes in one transaction.
const eachPage = 256

// Each calls f for the keys that start with prefix, in the order of their bytes, until f returns false. It holds no
// transaction while f runs, so f may use the bucket; changes made meanwhile may or may not be seen. The bytes are f's.
func (b Bucket) Each(prefix string, f func(key string, val []byte) bool) error {
	type pair struct {
		key string
		val []byte
	}
	from, p := []byte(prefix), []byte(prefix)
	for {
		var page []pair
		err := b.state.view(b.name, func(bb *bolt.Bucket) {
			c := bb.Cursor()
			for k, v := c.Seek(from); k != nil && bytes.HasPrefix(k, p) && len(page) < eachPage; k, v = c.Next() {
				page = append(page, pair{string(k), append([]byte{}, v...)})
			}
		})
		if err != nil {
			return err
		}
		for _, kv := range page {
			if !f(kv.key, kv.val) {
				return nil
			}
		}
		if len(page) < eachPage {
			return nil
		}
		from = append([]byte(page[len(page)-1].key), 0) // the next key there can be
	}
}

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
