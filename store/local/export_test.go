package local

import bolt "go.etcd.io/bbolt"

// txID is the number of bbolt's last transaction.
func (s *Store) txID() int {
	id := 0
	_ = s.state.db.View(func(tx *bolt.Tx) error { id = tx.ID(); return nil })
	return id
}
