package notify

// Fate is what became of a mail to one recipient.
type Fate struct {
	Key  string // of the Mail
	To   string
	Lost string // why it will not come: refused, or not taken for four days; empty: the server took it
}

// maxUntold bounds what is kept for who has not asked yet.
const maxUntold = 1000

// Tell has told called with what becomes of every mail that has a key, and with what became of some before. It is called by the goroutine
// that sends, and must not wait.
func (m *Mailer) Tell(told func(Fate)) {
	m.mu.Lock()
	before := m.untold
	m.told, m.untold = told, nil
	m.mu.Unlock()
	for _, f := range before {
		told(f)
	}
}

func (m *Mailer) tell(f Fate) {
	if f.Key == "" {
		return
	}
	m.mu.Lock()
	told := m.told
	if told == nil && len(m.untold) < maxUntold {
		m.untold = append(m.untold, f)
	}
	m.mu.Unlock()
	if told != nil {
		told(f)
	}
}
