package graph

import (
	"encoding/binary"
	"math"
	"reflect"
	"time"
	"unsafe"
)

// plain reads a value that holds no others.
func (d *decoder) plain(k kind, t reflect.Type) func(unsafe.Pointer) {
	into := func(p unsafe.Pointer) reflect.Value { return reflect.NewAt(t, p).Elem() }

	switch k {
	case kindBool:
		return func(p unsafe.Pointer) {
			if b := d.byte(); t != nil {
				*(*bool)(p) = b != 0
			}
		}
	case kindInt:
		return func(p unsafe.Pointer) {
			if n := d.int(); t != nil {
				into(p).SetInt(n)
			}
		}
	case kindUint:
		return func(p unsafe.Pointer) {
			if n := d.uint(); t != nil {
				into(p).SetUint(n)
			}
		}
	case kindFloat:
		return func(p unsafe.Pointer) {
			if n := binary.LittleEndian.Uint64(d.take(8)); t != nil {
				into(p).SetFloat(math.Float64frombits(n))
			}
		}
	case kindString:
		return func(p unsafe.Pointer) {
			if s := d.text(); t != nil {
				*(*string)(p) = s
			}
		}
	case kindBytes:
		return func(p unsafe.Pointer) {
			if b := d.bytes(); t != nil {
				*(*[]byte)(p) = b
			}
		}
	case kindTime:
		return func(p unsafe.Pointer) {
			b := d.bytes()
			if t == nil {
				return
			}
			if err := (*time.Time)(p).UnmarshalBinary(b); err != nil {
				fail("%v", err)
			}
		}
	}
	return func(p unsafe.Pointer) { // an interface
		b := d.bytes()
		if t == nil || b == nil {
			return
		}
		v, err := d.cfg.Decode(b)
		if err != nil {
			fail("%v", err)
		}
		into(p).Set(reflect.ValueOf(v))
	}
}
