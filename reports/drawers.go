package reports

import "hotline"

// ripener is a history, whatever it holds.
type ripener interface {
	ripe(drawer string, before int64, take func(outgoing))
}

// attach puts what is on disk before the fold's histories. Each has a drawer there, whose name never changes.
func (f *Fold) attach(s *shelf) {
	if s == nil {
		return
	}
	c := s.codecs
	f.shelf = s
	f.closed.attach(s, c.visits, "visits")
	f.promises.over.attach(s, c.kept, "callbacks")
	f.surveys.attach(s, c.surveys, "surveys")
	f.codes.attach(s, c.codes, "codes")
	f.transfers.attach(s, c.transfers, "transfers")
	f.lines.over.attach(s, c.lines, "lines")
	f.paths.over.attach(s, c.paths, "paths")
	f.heard.over.attach(s, c.heard, "heard")
}

func (a *agent) attach(s *shelf) {
	if s == nil {
		return
	}
	c := s.codecs
	a.spans.attach(s, c.spans, drawerOf("spans", a.id))
	a.attempts.attach(s, c.attempts, drawerOf("attempts", a.id))
	a.answers.attach(s, c.answers, drawerOf("answers", a.id))
	a.handled.attach(s, c.handled, drawerOf("handled", a.id))
	a.breaks.attach(s, c.breaks, drawerOf("breaks", a.id))
	a.surveys.attach(s, c.surveys, drawerOf("surveys", a.id))
	a.codes.attach(s, c.codes, drawerOf("codes", a.id))
	a.transfers.attach(s, c.transfers, drawerOf("transfers", a.id))
	a.owns.attach(s, c.owns, drawerOf("owns", a.id))
}

func drawerOf(kind string, id hotline.AgentID) string { return kind + " " + string(id) }

// eachDrawer calls do with every history that may leave memory. The caller holds the lock.
func (f *Fold) eachDrawer(do func(drawer string, h ripener)) {
	do("visits", &f.closed)
	do("callbacks", &f.promises.over)
	do("surveys", &f.surveys)
	do("codes", &f.codes)
	do("transfers", &f.transfers)
	do("lines", &f.lines.over)
	do("paths", &f.paths.over)
	do("heard", &f.heard.over)
	for id, a := range f.agents {
		do(drawerOf("spans", id), &a.spans)
		do(drawerOf("attempts", id), &a.attempts)
		do(drawerOf("answers", id), &a.answers)
		do(drawerOf("handled", id), &a.handled)
		do(drawerOf("breaks", id), &a.breaks)
		do(drawerOf("surveys", id), &a.surveys)
		do(drawerOf("codes", id), &a.codes)
		do(drawerOf("transfers", id), &a.transfers)
		do(drawerOf("owns", id), &a.owns)
	}
}
