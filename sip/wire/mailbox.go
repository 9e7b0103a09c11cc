package wire

import (
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"
)

// Bounds of the mailboxes. They keep a flood from growing the heap; ordinary traffic is far below.
const (
	maxQueued    = 65536 // messages waiting in all mailboxes
	maxQueuedOne = 512   // messages waiting in one
	boxShards    = 64
)

// mailbox runs what concerns one Call-ID, one thing after another, and holds its transactions. It exists while something
// is queued or a transaction lives.
type mailbox struct {
	id    string
	shard *boxShard

	// Guarded by shard.mu.
	queue   []func()
	running bool
	pins    int // transactions: the box stays while there are any

	// Owned by whoever runs the box, but for adding and taking away, which mu guards.
	mu     sync.Mutex
	server []*ServerTx
	client []*ClientTx
}

type boxShard struct {
	mu      sync.Mutex
	boxes   map[string]*mailbox
	stopped bool
}

// mailboxes is every mailbox there is.
type mailboxes struct {
	seed    maphash.Seed
	shards  [boxShards]boxShard
	queued  atomic.Int64
	active  sync.WaitGroup
	metrics *Metrics
	panicky func(v any) // told of a panic in what a box ran
	crew    *crew
}

func newMailboxes(m *Metrics, panicky func(any)) *mailboxes {
	bs := &mailboxes{seed: maphash.MakeSeed(), metrics: m, panicky: panicky, crew: newCrew()}
	for i := range bs.shards {
		bs.shards[i].boxes = make(map[string]*mailbox)
	}
	return bs
}

func (bs *mailboxes) shardOf(id string) *boxShard {
	return &bs.shards[maphash.String(bs.seed, id)%boxShards]
}

// post queues f in the box of that Call-ID. It never refuses, until stop: what our own halves ask for must happen.
func (bs *mailboxes) post(id string, f func()) {
	s := bs.shardOf(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	bs.enqueue(s.open(bs, id), f)
}

// offer queues the handling of a message from the network, or says that there is no room.
func (bs *mailboxes) offer(id string, f func(*mailbox)) bool {
	if bs.queued.Load() >= maxQueued {
		return false
	}
	s := bs.shardOf(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.open(bs, id)
	if len(b.queue) >= maxQueuedOne {
		return false
	}
	bs.enqueue(b, func() { f(b) })
	return true
}

// offerOpen is offer for a message that is of use only to a transaction that is there.
func (bs *mailboxes) offerOpen(id string, f func(*mailbox)) bool {
	s := bs.shardOf(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.boxes[id]
	if b == nil || len(b.queue) >= maxQueuedOne {
		return false
	}
	bs.enqueue(b, func() { f(b) })
	return true
}

// hold opens the box of that Call-ID and keeps it until let.
func (bs *mailboxes) hold(id string) *mailbox {
	s := bs.shardOf(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.open(bs, id)
	b.pins++
	return b
}

// let undoes one hold.
func (bs *mailboxes) let(b *mailbox) {
	b.shard.mu.Lock()
	defer b.shard.mu.Unlock()
	b.pins--
	b.shard.tidy(bs, b)
}

// open returns the box of that Call-ID, new if there was none. s.mu is held.
func (s *boxShard) open(bs *mailboxes, id string) *mailbox {
	b := s.boxes[id]
	if b == nil {
		id = strings.Clone(id) // the message that it stands in goes, the box may stay
		b = &mailbox{id: id, shard: s}
		s.boxes[id] = b
		bs.metrics.Mailboxes.Add(1)
	}
	return b
}

// tidy forgets a box that nobody needs. s.mu is held.
func (s *boxShard) tidy(bs *mailboxes, b *mailbox) {
	if b.running || b.pins > 0 || len(b.queue) > 0 || s.boxes[b.id] != b {
		return
	}
	delete(s.boxes, b.id)
	bs.metrics.Mailboxes.Add(-1)
}

// enqueue adds f and sees to it that the box runs. The shard's lock is held.
func (bs *mailboxes) enqueue(b *mailbox, f func()) {
	b.queue = append(b.queue, f)
	bs.queued.Add(1)
	bs.metrics.Queued.Add(1)
	if !b.running {
		b.running = true
		bs.active.Add(1)
		bs.crew.do(func() { bs.run(b) })
	}
}

// run works the queue off and ends when it is empty.
func (bs *mailboxes) run(b *mailbox) {
	defer bs.active.Done()
	for {
		b.shard.mu.Lock()
		work := b.queue
		b.queue = nil
		if len(work) == 0 {
			b.running = false
			b.shard.tidy(bs, b)
			b.shard.mu.Unlock()
			return
		}
		b.shard.mu.Unlock()
		for _, f := range work {
			bs.queued.Add(-1)
			bs.metrics.Queued.Add(-1)
			bs.guarded(f)
		}
	}
}

// guarded runs f; a panic in it costs one message, not the process.
func (bs *mailboxes) guarded(f func()) {
	defer func() {
		if v := recover(); v != nil {
			bs.panicky(v)
		}
	}()
	f()
}

// each calls f with every box there is.
func (bs *mailboxes) each(f func(*mailbox)) {
	for i := range bs.shards {
		s := &bs.shards[i]
		s.mu.Lock()
		all := make([]*mailbox, 0, len(s.boxes))
		for _, b := range s.boxes {
			all = append(all, b)
		}
		s.mu.Unlock()
		for _, b := range all {
			f(b)
		}
	}
}

// stop returns when no box runs. What is posted from now on is dropped.
func (bs *mailboxes) stop() {
	for i := range bs.shards {
		s := &bs.shards[i]
		s.mu.Lock()
		s.stopped = true
		s.mu.Unlock()
	}
	bs.active.Wait()
	bs.crew.dismiss()
}
