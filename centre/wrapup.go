package centre

import (
	"slices"
	"time"

	"hotline"
	"hotline/centre/strict"
)

// WrapUp is the after-call work: Mode is "none", "timed" (After) or "manual".
type WrapUp struct {
	Mode    string
	After   time.Duration
	Codes   string        // CodesNone, CodesOptional or CodesRequired
	Only    []string      // groups and codes of the centre's that are the queue's; empty: all
	Extend  time.Duration // timed: by how much the agent may have longer at a time
	Extends int           // timed: how often; 0: never
}

// Whether a queue's talks are coded: WrapUp.Codes.
const (
	CodesNone     = "none"
	CodesOptional = "optional"
	CodesRequired = "required" // the agent cannot end its after-call work without one
)

// WrapCode is what a talk was about, or a group of such: only what has no Codes of its own can be given.
type WrapCode struct {
	ID    string // of the whole tree
	Name  string
	Codes []WrapCode
}

// Bounds of the tree.
const (
	maxCodeDepth = 4
	maxCodes     = 2000
)

func (p *parser) wrapCode(v strict.Value, ids seen) {
	if len(ids) < maxCodes {
		p.c.WrapCodes = append(p.c.WrapCodes, p.codeTree(v, ids, 1))
	}
}

func (p *parser) codeTree(v strict.Value, ids seen, depth int) WrapCode {
	m := v.Map("id", "name", "codes")
	id := p.id(m, kindCode, ids)
	c := WrapCode{ID: id, Name: name(m, id)}
	sub := m.Get("codes")
	switch {
	case len(ids) == maxCodes:
		v.Fault("is one code too many", "at most "+itoa(maxCodes)+" codes and groups")
	case depth == maxCodeDepth && sub.Present():
		sub.Fault("is too deep", "at most "+itoa(maxCodeDepth)+" levels")
	default:
		for _, one := range sub.List() {
			if len(ids) < maxCodes {
				c.Codes = append(c.Codes, p.codeTree(one, ids, depth+1))
			}
		}
	}
	return c
}

func (p *parser) wrapUp(v strict.Value) WrapUp {
	m := v.Map("mode", "after", "codes", "only", "extend", "extends")
	mode, after := m.Get("mode"), m.Get("after")
	if v.Present() {
		mode = mode.Need()
	}
	w := WrapUp{
		Mode: mode.OneOf(WrapNone, WrapNone, WrapTimed, WrapManual), After: after.Duration(0, time.Second, 24*time.Hour),
		Codes: p.codesRule(m), Only: p.refs(m.Get("only"), kindCode),
	}
	if w.Mode == WrapTimed && !after.Present() {
		after.Need()
	}
	if w.Mode == WrapNone && w.Codes == CodesRequired {
		m.Get("codes").Fault("required has no effect with mode "+w.Mode, "optional, or mode: timed or manual")
	}
	extend, extends := m.Get("extend"), m.Get("extends")
	w.Extend = extend.Duration(0, time.Second, time.Hour)
	if w.Extends = extends.Int(0, 1, 20); extend.Present() && !extends.Present() {
		w.Extends = 1
	}
	if extends.Present() && !extend.Present() {
		extend.Need()
	}
	for _, key := range []string{"after", "extend", "extends"} {
		if at := m.Get(key); w.Mode != WrapTimed && at.Present() {
			at.Fault("has no effect with mode "+w.Mode, "remove it, or mode: timed")
		}
	}
	return w
}

// codesRule reads whether talks are coded: optional where the file has codes and the queue says nothing.
func (p *parser) codesRule(m strict.Map) string {
	v := m.Get("codes")
	usual := CodesNone
	if len(p.c.WrapCodes) > 0 { // codes are read before queues
		usual = CodesOptional
	}
	rule := v.OneOf(usual, CodesNone, CodesOptional, CodesRequired)
	if v.Present() && rule != CodesNone && len(p.c.WrapCodes) == 0 {
		v.Fault("the file has no wrap_up_codes", "wrap_up_codes: [{id: claim, name: …}]")
	}
	return rule
}

// WrapCode returns the code of that id with the groups that it stands in, the outermost first and it itself last; nil: there is
// none.
func (c *Centre) WrapCode(id string) []WrapCode { return codePath(c.WrapCodes, id) }

func codePath(tree []WrapCode, id string) []WrapCode {
	for _, one := range tree {
		if one.ID == id {
			return []WrapCode{one}
		}
		if path := codePath(one.Codes, id); path != nil {
			return append([]WrapCode{one}, path...)
		}
	}
	return nil
}

// CodesOf returns the part of the tree that is the queue's: groups that lead to it, and what is below.
func (c *Centre) CodesOf(w WrapUp) []WrapCode {
	switch {
	case w.Codes == CodesNone || w.Codes == "":
		return nil
	case len(w.Only) == 0:
		return c.WrapCodes
	}
	return codesOnly(c.WrapCodes, w.Only)
}

func codesOnly(tree []WrapCode, only []string) (out []WrapCode) {
	for _, one := range tree {
		if !slices.Contains(only, one.ID) {
			if one.Codes = codesOnly(one.Codes, only); one.Codes == nil {
				continue
			}
		}
		out = append(out, one)
	}
	return out
}

// MayCode says whether the code can be given for a talk of the queue; an empty queue, or one that is no longer in the file:
// every code can. ok is false if there is no such code, or if it is a group.
func (c *Centre) MayCode(queue hotline.QueueID, code string) (ok, may bool) {
	path := c.WrapCode(code)
	if path == nil || len(path[len(path)-1].Codes) > 0 {
		return false, false
	}
	q, known := c.Queue(queue)
	if !known {
		return true, true
	}
	return true, codePath(c.CodesOf(q.WrapUp), code) != nil
}

// Leaves are the ids of the codes that can be given in the tree.
func Leaves(tree []WrapCode) (ids []string) {
	for _, one := range tree {
		if len(one.Codes) == 0 {
			ids = append(ids, one.ID)
		}
		ids = append(ids, Leaves(one.Codes)...)
	}
	return ids
}
