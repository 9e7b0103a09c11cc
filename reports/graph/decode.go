package graph

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"unsafe"
)

// decoder reads one graph. Its readers panic with a fault, which Decode returns.
type decoder struct {
	cfg     Config
	types   []wireType
	in      []byte
	words   []string
	objects []made // by number
	next    int    // number of the object to come
	readers map[pair]func(p unsafe.Pointer)
}

// pair is a type of the bytes and one of the program; none: it is passed over.
type pair struct {
	wire int
	t    reflect.Type
}

// made is an object that something pointed to before it came.
type made struct {
	p unsafe.Pointer
	t reflect.Type
}

type fault struct{ err error }

func fail(format string, args ...any) {
	panic(fault{fmt.Errorf("%w: %s", ErrGraph, fmt.Sprintf(format, args...))})
}

// Decode reads what Encode wrote into what root points to. After an error it holds nothing of worth.
func Decode(b []byte, root any, cfg Config) (err error) {
	defer func() {
		switch f := recover().(type) {
		case nil:
		case fault:
			err = f.err
		default:
			panic(f)
		}
	}()
	v := reflect.ValueOf(root)
	d := &decoder{cfg: cfg, in: b, readers: map[pair]func(unsafe.Pointer){}, objects: []made{{}}}
	if len(b) == 0 || b[0] != version {
		fail("not version %d", version)
	}
	d.in = b[1:]
	d.head()
	t := d.typeNumber()
	d.reader(t, v.Type().Elem())(v.UnsafePointer())
	for d.next = 1; ; d.next++ {
		n := d.uint()
		if n == 0 {
			break
		}
		if n > uint64(len(d.types)) {
			fail("type %d", n)
		}
		var o made
		if d.next < len(d.objects) {
			o = d.objects[d.next]
		}
		d.reader(int(n-1), o.t)(o.p)
	}
	if d.next < len(d.objects) || len(d.in) != 0 {
		fail("%d objects of %d, %d bytes left", d.next-1, len(d.objects)-1, len(d.in))
	}
	return nil
}

func (d *decoder) head() {
	n := d.count()
	for range n {
		t := wireType{kind: kind(d.byte())}
		t.elem, t.key, t.len = d.small(), d.small(), d.small()
		for range d.count() {
			name := string(d.take(d.count()))
			t.fields = append(t.fields, wireField{name, d.small()})
		}
		d.types = append(d.types, t)
	}
	for _, t := range d.types {
		if t.elem >= n || t.key >= n || t.kind < kindBool || t.kind > kindInterface {
			fail("types")
		}
		for _, f := range t.fields {
			if f.typ >= n {
				fail("types")
			}
		}
	}
}

func (d *decoder) typeNumber() int {
	n := d.small()
	if n >= len(d.types) {
		fail("type %d", n)
	}
	return n
}

func (d *decoder) byte() byte { return d.take(1)[0] }

func (d *decoder) take(n int) []byte {
	if n > len(d.in) {
		fail("cut short")
	}
	b := d.in[:n]
	d.in = d.in[n:]
	return b
}

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.in)
	if n <= 0 {
		fail("cut short")
	}
	d.in = d.in[n:]
	return v
}

func (d *decoder) int() int64 {
	v, n := binary.Varint(d.in)
	if n <= 0 {
		fail("cut short")
	}
	d.in = d.in[n:]
	return v
}

func (d *decoder) small() int {
	n := d.uint()
	if n > math.MaxInt32 {
		fail("number %d", n)
	}
	return int(n)
}

// count is how many of something come: each takes a byte at least.
func (d *decoder) count() int {
	n := d.uint()
	if n > uint64(len(d.in)) {
		fail("%d of something in %d bytes", n, len(d.in))
	}
	return int(n)
}

// length is a count in which 0 stands for nil.
func (d *decoder) length() (n int, ok bool) {
	v := d.uint()
	if v == 0 {
		return 0, false
	}
	if v-1 > uint64(len(d.in)) {
		fail("%d of something in %d bytes", v-1, len(d.in))
	}
	return int(v - 1), true
}

func (d *decoder) text() string {
	n := d.uint()
	if n != 0 {
		if n > uint64(len(d.words)) {
			fail("word %d", n)
		}
		return d.words[n-1]
	}
	s := string(d.take(d.count()))
	if len(s) <= maxInterned && s != "" {
		d.words = append(d.words, s)
	}
	return s
}

func (d *decoder) bytes() []byte {
	n, ok := d.length()
	if !ok {
		return nil
	}
	return append([]byte{}, d.take(n)...)
}

// reader reads a value of the bytes' type into one of the program's; without one it passes over it.
func (d *decoder) reader(wire int, t reflect.Type) func(unsafe.Pointer) {
	k := pair{wire, t}
	if r, ok := d.readers[k]; ok {
		return r
	}
	var real func(unsafe.Pointer)
	d.readers[k] = func(p unsafe.Pointer) { real(p) } // a type may hold itself
	w := d.types[wire]
	if t != nil && d.cfg.kindOf(t) != w.kind {
		fail("%v is kind %d in the bytes", t, w.kind)
	}
	switch w.kind {
	case kindSlice:
		real = d.slice(w, t)
	case kindArray:
		real = d.array(w, t)
	case kindMap:
		real = d.mapping(w, t)
	case kindPointer:
		real = d.pointer(t)
	case kindStruct:
		real = d.structure(w, t)
	default:
		real = d.plain(w.kind, t)
	}
	d.readers[k] = real
	return real
}

func elemOf(t reflect.Type) reflect.Type {
	if t == nil {
		return nil
	}
	return t.Elem()
}

func (d *decoder) slice(w wireType, t reflect.Type) func(unsafe.Pointer) {
	elem := d.reader(w.elem, elemOf(t))
	return func(p unsafe.Pointer) {
		n, ok := d.length()
		if t == nil {
			for range n {
				elem(nil)
			}
			return
		}
		v := reflect.NewAt(t, p).Elem()
		if !ok {
			v.SetZero()
			return
		}
		s := reflect.MakeSlice(t, n, n)
		data, size := s.UnsafePointer(), t.Elem().Size()
		for k := range n {
			elem(unsafe.Add(data, uintptr(k)*size))
		}
		v.Set(s)
	}
}

func (d *decoder) array(w wireType, t reflect.Type) func(unsafe.Pointer) {
	if t != nil && t.Len() != w.len {
		fail("%v had %d elements", t, w.len)
	}
	elem := d.reader(w.elem, elemOf(t))
	return func(p unsafe.Pointer) {
		for k := range w.len {
			if t == nil {
				elem(nil)
			} else {
				elem(unsafe.Add(p, uintptr(k)*t.Elem().Size()))
			}
		}
	}
}

func (d *decoder) mapping(w wireType, t reflect.Type) func(unsafe.Pointer) {
	var kt, et reflect.Type
	if t != nil {
		kt, et = t.Key(), t.Elem()
	}
	key, elem := d.reader(w.key, kt), d.reader(w.elem, et)
	return func(p unsafe.Pointer) {
		n, ok := d.length()
		if t == nil {
			for range n {
				key(nil)
				elem(nil)
			}
			return
		}
		v := reflect.NewAt(t, p).Elem()
		if !ok {
			v.SetZero()
			return
		}
		m := reflect.MakeMapWithSize(t, n)
		for range n {
			k, x := reflect.New(kt), reflect.New(et)
			key(k.UnsafePointer())
			elem(x.UnsafePointer())
			m.SetMapIndex(k.Elem(), x.Elem())
		}
		v.Set(m)
	}
}

// pointer makes the object that is pointed to when it is first heard of; its content comes later.
func (d *decoder) pointer(t reflect.Type) func(unsafe.Pointer) {
	return func(p unsafe.Pointer) {
		n := d.uint()
		if n == 0 {
			if t != nil {
				reflect.NewAt(t, p).Elem().SetZero()
			}
			return
		}
		if n > uint64(len(d.objects)) {
			fail("object %d", n) // they are numbered as they are first heard of
		}
		if n == uint64(len(d.objects)) {
			d.objects = append(d.objects, made{})
		}
		if t == nil {
			return
		}
		o := &d.objects[n]
		if o.p == nil {
			if uint64(d.next) >= n {
				return // it came when nobody wanted it
			}
			v := reflect.New(t.Elem())
			o.p, o.t = v.UnsafePointer(), t.Elem()
		}
		if o.t != t.Elem() {
			fail("object %d is %v and %v", n, o.t, t.Elem())
		}
		reflect.NewAt(t, p).Elem().Set(reflect.NewAt(o.t, o.p))
	}
}

func (d *decoder) structure(w wireType, t reflect.Type) func(unsafe.Pointer) {
	type step struct {
		read func(unsafe.Pointer)
		at   uintptr
		skip bool
	}
	steps := make([]step, len(w.fields))
	for i, f := range w.fields {
		var ft reflect.Type
		s := step{skip: true}
		if t != nil {
			if sf, ok := t.FieldByName(f.name); ok && len(sf.Index) == 1 && !d.cfg.skips(sf.Type) {
				ft, s.at, s.skip = sf.Type, sf.Offset, false
			}
		}
		s.read = d.reader(f.typ, ft)
		steps[i] = s
	}
	return func(p unsafe.Pointer) {
		for _, s := range steps {
			if s.skip {
				s.read(nil)
			} else {
				s.read(unsafe.Add(p, s.at))
			}
		}
	}
}
