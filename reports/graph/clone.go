package graph

import (
	"reflect"
	"unsafe"
)

// cloner copies one graph.
type cloner struct {
	cfg     Config
	plans   map[reflect.Type]*plan
	objects map[ofType]unsafe.Pointer
	queue   []func()
}

type ofType struct {
	p unsafe.Pointer
	t reflect.Type
}

// plan is how values of a type are copied: shallow first, by the runtime; deepen then gives the copy its own of everything that it points to
// and that may change. nil: there is nothing such.
type plan struct {
	parts  []part // of a struct of which something is left out; nil: the whole value is copied
	deepen func(p unsafe.Pointer)
}

type part struct {
	at   uintptr
	t    reflect.Type
	plan *plan
}

// Clone copies what root points to into another value of its type, as far as Encode would write it: the copy can be encoded while the
// original goes on changing. Texts, byte slices and values of Config.Interface are taken to be never changed in place, and are shared, as
// is what Config.Shared and Config.Settled say. Nobody may change the graph meanwhile.
func Clone[T any](root *T, cfg Config) *T {
	c := &cloner{cfg: cfg, plans: map[reflect.Type]*plan{}, objects: map[ofType]unsafe.Pointer{}}
	out := new(T)
	c.value(reflect.TypeFor[T](), unsafe.Pointer(out), unsafe.Pointer(root))
	for i := 0; i < len(c.queue); i++ {
		c.queue[i]()
		c.queue[i] = nil
	}
	return out
}

// value copies one.
func (c *cloner) value(t reflect.Type, dst, src unsafe.Pointer) {
	p := c.planOf(t)
	p.shallow(t, dst, src)
	if p.deepen != nil {
		p.deepen(dst)
	}
}

func (p *plan) shallow(t reflect.Type, dst, src unsafe.Pointer) {
	if p.parts == nil {
		reflect.NewAt(t, dst).Elem().Set(reflect.NewAt(t, src).Elem())
		return
	}
	for _, f := range p.parts {
		f.plan.shallow(f.t, unsafe.Add(dst, f.at), unsafe.Add(src, f.at))
	}
}

func (c *cloner) planOf(t reflect.Type) *plan {
	if p, ok := c.plans[t]; ok {
		return p
	}
	p := &plan{}
	c.plans[t] = p
	switch c.cfg.kindOf(t) {
	case kindSlice:
		c.slice(p, t)
	case kindArray:
		c.array(p, t)
	case kindMap:
		c.mapping(p, t)
	case kindPointer:
		c.pointer(p, t)
	case kindStruct:
		c.structure(p, t)
	}
	return p
}

// flat says that a copy of a value by the runtime shares nothing that may change.
func (c *cloner) flat(t reflect.Type) bool {
	p := c.planOf(t)
	return p.parts == nil && p.deepen == nil
}

func (c *cloner) structure(p *plan, t reflect.Type) {
	var deep []part
	whole := true
	for k := range t.NumField() {
		f := t.Field(k)
		if c.cfg.skips(f.Type) || f.Type.Kind() == reflect.Map && (c.cfg.skips(f.Type.Key()) || c.cfg.skips(f.Type.Elem())) {
			whole = false
			continue
		}
		one := part{f.Offset, f.Type, c.planOf(f.Type)}
		p.parts = append(p.parts, one)
		whole = whole && one.plan.parts == nil
		if c.deepens(f.Type) {
			deep = append(deep, one)
		}
	}
	if whole {
		p.parts = nil
	} else if p.parts == nil {
		p.parts = []part{} // nothing of it
	}
	if deep != nil {
		p.deepen = func(at unsafe.Pointer) {
			for _, f := range deep {
				f.plan.deepen(unsafe.Add(at, f.at))
			}
		}
	}
}

// deepens says whether the plan has a deepen, or will: one that is being made is of a type that holds itself, through a pointer.
func (c *cloner) deepens(t reflect.Type) bool { return c.planOf(t).deepen != nil }

func (c *cloner) array(p *plan, t reflect.Type) {
	elem := c.planOf(t.Elem())
	if elem.deepen == nil {
		return
	}
	size := t.Elem().Size()
	p.deepen = func(at unsafe.Pointer) {
		for k := range t.Len() {
			elem.deepen(unsafe.Add(at, uintptr(k)*size))
		}
	}
}

func (c *cloner) slice(p *plan, t reflect.Type) {
	elem, size, shared, first := t.Elem(), t.Elem().Size(), false, true
	p.deepen = func(at unsafe.Pointer) {
		if first { // only now is the plan of a type that holds itself ready
			shared, first = c.cfg.Shared != nil && c.cfg.Shared(t) && c.flat(elem), false
		}
		v := reflect.NewAt(t, at).Elem()
		if shared || v.IsNil() {
			return
		}
		n, ep := v.Len(), c.planOf(elem)
		to := reflect.MakeSlice(t, n, n)
		if ep.parts == nil {
			reflect.Copy(to, v)
		}
		from, data := v.UnsafePointer(), to.UnsafePointer()
		for k := range n {
			one := unsafe.Add(data, uintptr(k)*size)
			if ep.parts != nil {
				ep.shallow(elem, one, unsafe.Add(from, uintptr(k)*size))
			}
			if ep.deepen == nil && ep.parts == nil {
				break
			}
			if ep.deepen != nil {
				ep.deepen(one)
			}
		}
		v.Set(to)
	}
}

func (c *cloner) mapping(p *plan, t reflect.Type) {
	p.deepen = func(at unsafe.Pointer) {
		v := reflect.NewAt(t, at).Elem()
		if v.IsNil() {
			return
		}
		to := reflect.MakeMapWithSize(t, v.Len())
		kp, ep := c.planOf(t.Key()), c.planOf(t.Elem())
		k, x := reflect.New(t.Key()), reflect.New(t.Elem())
		for it := v.MapRange(); it.Next(); {
			k.Elem().SetIterKey(it)
			x.Elem().SetIterValue(it)
			if kp.deepen != nil {
				kp.deepen(k.UnsafePointer())
			}
			if ep.deepen != nil {
				ep.deepen(x.UnsafePointer())
			}
			to.SetMapIndex(k.Elem(), x.Elem())
		}
		v.Set(to)
	}
}

// pointer copies what is pointed to once, later: a list of a million is no depth of a million.
func (c *cloner) pointer(p *plan, t reflect.Type) {
	elem := t.Elem()
	p.deepen = func(at unsafe.Pointer) {
		src := *(*unsafe.Pointer)(at)
		if src == nil || c.cfg.Settled != nil && c.cfg.Settled(elem, src) {
			return
		}
		o := ofType{src, elem}
		dst, ok := c.objects[o]
		if !ok {
			dst = reflect.New(elem).UnsafePointer()
			c.objects[o] = dst
			c.queue = append(c.queue, func() { c.value(elem, dst, src) })
		}
		*(*unsafe.Pointer)(at) = dst
	}
}
