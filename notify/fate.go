package notify

import "strings"

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

// whyLost is what the server said of a recipient, without whom and which mail it is about, as the client adds: both stand beside.
func whyLost(err error) string {
	text, _, _ := strings.Cut(shown(err), ", affected recipient(s): ")
	text, _, _ = strings.Cut(text, ", affected message ID: ")
	return text
}
