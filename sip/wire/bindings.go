package wire

import (
	"encoding/json"
	"log/slog"
	"strconv"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
)

// Bindings keeps registrations over a restart; store/local has such a bucket. Without them every phone would be
// unreachable until it registers again, which may be an hour.
type Bindings interface {
	PutAll(vals map[string][]byte) error // all or none; a nil value deletes its key
	Each(prefix string, f func(key string, val []byte) bool) error
}

// savedContact is a contact as it is kept. Those over connections are not: theirs ends with the process.
type savedContact struct {
	Path     string    `json:"path"`
	Text     string    `json:"contact"`
	Route    []string  `json:"route,omitempty"`
	Q        float64   `json:"q"`
	Expires  time.Time `json:"expires"`
	Modified time.Time `json:"modified"`
	Agent    string    `json:"user_agent,omitempty"`
	Key      string    `json:"key"`
	Instance string    `json:"instance,omitempty"`
	CallID   string    `json:"call_id"`
	CSeq     uint32    `json:"cseq"`
}

// keeper writes the registrar's changes down behind it: a REGISTER never waits for the disk. A change that a crash catches
// unwritten is made good by the phone's next refresh.
type keeper struct {
	store Bindings
	log   *slog.Logger

	mu    sync.Mutex // guards dirty
	dirty map[hotline.AgentID][]Contact
	wake  chan struct{}
}

func newKeeper(store Bindings, log *slog.Logger) *keeper {
	return &keeper{store: store, log: log, dirty: make(map[hotline.AgentID][]Contact), wake: make(chan struct{}, 1)}
}

// put notes that these are the agent's contacts now. It never blocks. A nil keeper keeps nothing.
func (k *keeper) put(agent hotline.AgentID, cs []Contact) {
	if k == nil {
		return
	}
	k.mu.Lock()
	k.dirty[agent] = cs
	k.mu.Unlock()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// keepPause is how long changes are gathered before they are written together: ten thousand phones that register in one
// second are a handful of transactions.
const keepPause = time.Second

// run writes until stop is closed, and what is left then.
func (k *keeper) run(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			k.flush()
			return
		case <-k.wake:
			k.flush()
		}
		select {
		case <-stop:
		case <-time.After(keepPause):
		}
	}
}

func (k *keeper) flush() {
	k.mu.Lock()
	todo := k.dirty
	k.dirty = make(map[hotline.AgentID][]Contact)
	k.mu.Unlock()
	vals := make(map[string][]byte, len(todo))
	for agent, cs := range todo {
		b, err := encodeContacts(cs)
		if err != nil {
			k.log.Warn("registration will not survive a restart", "agent", agent, "error", err)
			continue
		}
		vals[string(agent)] = b
	}
	if err := k.store.PutAll(vals); err != nil {
		k.log.Warn("registrations will not survive a restart", "agents", len(vals), "error", err)
	}
}

// encodeContacts is what is kept of an agent's contacts; nil: nothing.
func encodeContacts(cs []Contact) ([]byte, error) {
	var b []byte
	for _, c := range cs {
		if c.Path.flow != nil {
			continue
		}
		s := savedContact{
			Path: c.Path.String(), Text: c.text, Q: c.Q, Expires: c.expires, Modified: c.modified, Agent: c.agent,
			Key: c.Key, Instance: c.Instance, CallID: c.callID, CSeq: c.cseq,
		}
		for _, r := range c.Route {
			s.Route = append(s.Route, r.String())
		}
		if b == nil {
			b = append(make([]byte, 0, 512), '[')
		} else {
			b = append(b, ',')
		}
		var err error
		if b, err = s.append(b); err != nil {
			return nil, err
		}
	}
	if b == nil {
		return nil, nil
	}
	return append(b, ']'), nil
}

// append writes the contact as encoding/json does, which took a twelfth of a registration: nearly all texts stand there as they are.
func (s *savedContact) append(b []byte) ([]byte, error) {
	b = append(b, '{')
	text := func(name, value string) { b = appendMember(b, name, value) }
	text("path", s.Path)
	text("contact", s.Text)
	if len(s.Route) > 0 {
		route, err := json.Marshal(s.Route)
		if err != nil {
			return nil, err
		}
		b = append(append(b, `,"route":`...), route...)
	}
	q, err := json.Marshal(s.Q)
	if err != nil {
		return nil, err
	}
	b = append(append(b, `,"q":`...), q...)
	b = s.Expires.AppendFormat(append(b, `,"expires":"`...), time.RFC3339Nano)
	b = s.Modified.AppendFormat(append(b, `","modified":"`...), time.RFC3339Nano)
	b = append(b, '"')
	if s.Agent != "" {
		text("user_agent", s.Agent)
	}
	text("key", s.Key)
	if s.Instance != "" {
		text("instance", s.Instance)
	}
	text("call_id", s.CallID)
	return append(strconv.AppendUint(append(b, `,"cseq":`...), uint64(s.CSeq), 10), '}'), nil
}

// appendMember writes a member of an object whose value is a text.
func appendMember(b []byte, name, value string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = append(append(append(b, '"'), name...), `":`...)
	for i := 0; i < len(value); i++ {
		if c := value[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(value) // a string has no error
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), value...), '"')
}

// restore brings back what a former run kept and tells of every agent's phone that is there again. It is called before
// the first message is read.
func (w *Wire) restore(now time.Time) {
	if w.cfg.Bindings == nil {
		return
	}
	err := w.cfg.Bindings.Each("", func(agent string, b []byte) bool {
		var saved []savedContact
		if err := json.Unmarshal(b, &saved); err != nil {
			w.log.Warn("kept registration cannot be read", "agent", agent, "error", err)
			return true
		}
		var cs []Contact
		for _, s := range saved {
			if c, ok := w.revive(s, now); ok {
				cs = append(cs, c)
			}
		}
		w.reg.restore(hotline.AgentID(agent), cs)
		return true
	})
	if err != nil {
		w.log.Warn("kept registrations cannot be read", "error", err)
	}
}

func (w *Wire) revive(s savedContact, now time.Time) (Contact, bool) {
	c := Contact{
		Q: s.Q, expires: s.Expires, modified: s.Modified, agent: s.Agent, text: s.Text, Key: s.Key, Instance: s.Instance, callID: s.CallID, cseq: s.CSeq,
	}
	p, err := w.PathFrom(s.Path)
	if err != nil || !now.Before(s.Expires) || gosip.ParseUri(bareURI(s.Text), &c.URI) != nil {
		return c, false
	}
	c.Path = p
	for _, r := range s.Route {
		var u gosip.Uri
		if gosip.ParseUri(r, &u) != nil {
			return c, false
		}
		c.Route = append(c.Route, u)
	}
	return c, true
}

// restore puts contacts of a former run in place.
func (r *registrar) restore(agent hotline.AgentID, cs []Contact) {
	if len(cs) == 0 {
		return
	}
	r.order.Lock()
	defer r.order.Unlock()
	r.mu.Lock()
	r.ask(agent, cs, firstAsked)
	r.store(agent, cs)
	r.mu.Unlock()
	r.tell(agent, false, true, true)
}
