package graph

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"time"
	"unsafe"
)

// version is the first byte.
const version = 1

// maxInterned is the longest text that is written once and named afterwards.
const maxInterned = 64

// encoder writes one graph.
type encoder struct {
	cfg     Config
	types   []wireType
	index   map[reflect.Type]int
	writers []func(p unsafe.Pointer) // by type
	out     []byte
	words   map[string]uint64
	objects map[object]uint64
	queue   []queued
	err     error
}

// object is what a pointer points to. A struct and its first field are two.
type object struct {
	p unsafe.Pointer
	t int
}

type queued struct {
	p unsafe.Pointer
	t int
}

// Encode writes what root points to. Nobody may change it meanwhile.
func Encode(root any, cfg Config) ([]byte, error) {
	v := reflect.ValueOf(root)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return nil, fmt.Errorf("graph: %T is no pointer", root)
	}
	e := &encoder{cfg: cfg, index: map[reflect.Type]int{}, words: map[string]uint64{}, objects: map[object]uint64{}}
	t := e.typeOf(v.Type().Elem())
	head := e.head(t)
	e.writers[t](v.UnsafePointer())
	for i := 0; i < len(e.queue); i++ {
		q := e.queue[i]
		e.uint(uint64(q.t) + 1)
		e.writers[q.t](q.p)
		e.queue[i].p = nil
	}
	e.uint(0)
	return append(head, e.out...), e.err
}

// head describes the types.
func (e *encoder) head(root int) []byte {
	b := binary.AppendUvarint([]byte{version}, uint64(len(e.types)))
	for _, t := range e.types {
		b = append(b, byte(t.kind))
		for _, n := range []int{t.elem, t.key, t.len, len(t.fields)} {
			b = binary.AppendUvarint(b, uint64(n))
		}
		for _, f := range t.fields {
			b = binary.AppendUvarint(append(binary.AppendUvarint(b, uint64(len(f.name))), f.name...), uint64(f.typ))
		}
	}
	return binary.AppendUvarint(b, uint64(root))
}

func (e *encoder) uint(n uint64) { e.out = binary.AppendUvarint(e.out, n) }

// typeOf is the number of the type; its writer is made at the first time.
func (e *encoder) typeOf(t reflect.Type) int {
	if i, ok := e.index[t]; ok {
		return i
	}
	i := len(e.types)
	e.index[t] = i
	e.types, e.writers = append(e.types, wireType{}), append(e.writers, nil)
	w := wireType{kind: e.cfg.kindOf(t)}
	switch w.kind {
	case kindSlice:
		w.elem = e.typeOf(t.Elem())
		e.writers[i] = e.slice(t, w.elem)
	case kindArray:
		w.elem, w.len = e.typeOf(t.Elem()), t.Len()
		size := t.Elem().Size()
		e.writers[i] = func(p unsafe.Pointer) {
			for k := range t.Len() {
				e.writers[w.elem](unsafe.Add(p, uintptr(k)*size))
			}
		}
	case kindMap:
		w.key, w.elem = e.typeOf(t.Key()), e.typeOf(t.Elem())
		e.writers[i] = e.mapping(t, w.key, w.elem)
	case kindPointer:
		w.elem = e.typeOf(t.Elem())
		e.writers[i] = func(p unsafe.Pointer) { e.pointer(*(*unsafe.Pointer)(p), w.elem) }
	case kindStruct:
		e.writers[i], w.fields = e.structure(t)
	default:
		e.writers[i] = e.plain(t, w.kind)
	}
	e.types[i] = w
	return i
}

func (e *encoder) structure(t reflect.Type) (func(unsafe.Pointer), []wireField) {
	type step struct {
		at  uintptr
		typ int
	}
	var steps []step
	var fields []wireField
	for k := range t.NumField() {
		f := t.Field(k)
		if e.cfg.skips(f.Type) || f.Type.Kind() == reflect.Map && (e.cfg.skips(f.Type.Key()) || e.cfg.skips(f.Type.Elem())) {
			continue
		}
		n := e.typeOf(f.Type)
		steps, fields = append(steps, step{f.Offset, n}), append(fields, wireField{f.Name, n})
	}
	return func(p unsafe.Pointer) {
		for _, s := range steps {
			e.writers[s.typ](unsafe.Add(p, s.at))
		}
	}, fields
}

func (e *encoder) slice(t reflect.Type, elem int) func(unsafe.Pointer) {
	size := t.Elem().Size()
	return func(p unsafe.Pointer) {
		v := reflect.NewAt(t, p).Elem()
		if v.IsNil() {
			e.uint(0)
			return
		}
		n, data := v.Len(), v.UnsafePointer()
		e.uint(uint64(n) + 1)
		for k := range n {
			e.writers[elem](unsafe.Add(data, uintptr(k)*size))
		}
	}
}

func (e *encoder) mapping(t reflect.Type, key, elem int) func(unsafe.Pointer) {
	return func(p unsafe.Pointer) {
		v := reflect.NewAt(t, p).Elem()
		if v.IsNil() {
			e.uint(0)
			return
		}
		e.uint(uint64(v.Len()) + 1)
		k, x := reflect.New(t.Key()), reflect.New(t.Elem())
		for it := v.MapRange(); it.Next(); {
			k.Elem().SetIterKey(it)
			x.Elem().SetIterValue(it)
			e.writers[key](k.UnsafePointer())
			e.writers[elem](x.UnsafePointer())
		}
	}
}

func (e *encoder) pointer(p unsafe.Pointer, elem int) {
	if p == nil {
		e.uint(0)
		return
	}
	o := object{p, elem}
	n, ok := e.objects[o]
	if !ok {
		n = uint64(len(e.objects)) + 1
		e.objects[o] = n
		e.queue = append(e.queue, queued{p, elem})
	}
	e.uint(n)
}

func (e *encoder) text(s string) {
	if len(s) > maxInterned || s == "" {
		e.uint(0)
		e.uint(uint64(len(s)))
		e.out = append(e.out, s...)
		return
	}
	if n, ok := e.words[s]; ok {
		e.uint(n)
		return
	}
	e.words[s] = uint64(len(e.words)) + 1
	e.uint(0)
	e.uint(uint64(len(s)))
	e.out = append(e.out, s...)
}

// plain writes a value that holds no others.
func (e *encoder) plain(t reflect.Type, k kind) func(unsafe.Pointer) {
	switch k {
	case kindBool:
		return func(p unsafe.Pointer) {
			b := byte(0)
			if *(*bool)(p) {
				b = 1
			}
			e.out = append(e.out, b)
		}
	case kindInt:
		return func(p unsafe.Pointer) { e.out = binary.AppendVarint(e.out, reflect.NewAt(t, p).Elem().Int()) }
	case kindUint:
		return func(p unsafe.Pointer) { e.uint(reflect.NewAt(t, p).Elem().Uint()) }
	case kindFloat:
		return func(p unsafe.Pointer) {
			e.out = binary.LittleEndian.AppendUint64(e.out, math.Float64bits(reflect.NewAt(t, p).Elem().Float()))
		}
	case kindString:
		return func(p unsafe.Pointer) { e.text(*(*string)(p)) }
	case kindBytes:
		return func(p unsafe.Pointer) { e.bytes(*(*[]byte)(p)) }
	case kindTime:
		return func(p unsafe.Pointer) {
			b, err := (*(*time.Time)(p)).MarshalBinary()
			e.failed(err)
			e.bytes(b)
		}
	}
	return func(p unsafe.Pointer) { // an interface
		v := reflect.NewAt(t, p).Elem()
		if v.IsNil() {
			e.uint(0)
			return
		}
		b, err := e.cfg.Encode(v.Interface())
		e.failed(err)
		e.bytes(append([]byte{}, b...))
	}
}

func (e *encoder) bytes(b []byte) {
	if b == nil {
		e.uint(0)
		return
	}
	e.uint(uint64(len(b)) + 1)
	e.out = append(e.out, b...)
}

func (e *encoder) failed(err error) {
	if err != nil && e.err == nil {
		e.err = fmt.Errorf("graph: %w", err)
	}
}
