// Package graph writes a value and everything that it points to as bytes, and reads it again: the same values, with the same
// pointers shared by the same holders. Unexported fields are written, too, so that a new field of a type is kept without a line of
// code. Fields are known by their names: what is missing on one side is left as it is, or passed over; a field whose kind has changed is
// an error. It is for snapshots of a program's own state, not for what others send.
package graph

import (
	"errors"
	"reflect"
	"time"
	"unsafe"
)

// ErrGraph says that the bytes are no graph, a damaged one, or one of types that do not fit.
var ErrGraph = errors.New("graph: cannot be read")

// Config says what is not written as it is.
type Config struct {
	// Skip says of a type that fields, elements and keys of it are not written. Functions and channels never are. nil: none other.
	Skip func(reflect.Type) bool
	// Interface is the one interface whose values are written, Encode and Decode how. nil: none; other interfaces are skipped.
	Interface reflect.Type
	Encode    func(v any) ([]byte, error)
	Decode    func(b []byte) (any, error)
	// Shared says to Clone that slices of the type are only ever appended to, so that a copy may share their elements, if those hold
	// nothing that changes; Settled that what a pointer to the type points to never changes again, nor what it points to. nil: none.
	Shared  func(slice reflect.Type) bool
	Settled func(t reflect.Type, p unsafe.Pointer) bool
}

func (c Config) skips(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Func, reflect.Chan, reflect.UnsafePointer, reflect.Uintptr, reflect.Complex64, reflect.Complex128:
		return true
	case reflect.Interface:
		return t != c.Interface
	case reflect.Pointer, reflect.Slice, reflect.Array:
		if c.skips(t.Elem()) {
			return true
		}
	}
	return c.Skip != nil && c.Skip(t)
}

// kind is how a value stands in the bytes.
type kind byte

const (
	kindBool kind = iota + 1
	kindInt
	kindUint
	kindFloat
	kindString
	kindBytes
	kindSlice
	kindArray
	kindMap
	kindPointer
	kindStruct
	kindTime
	kindInterface
)

// wireType is a type as the bytes describe it.
type wireType struct {
	kind   kind
	elem   int // of slices, arrays, maps, pointers: index of the type
	key    int // of maps
	len    int // of arrays
	fields []wireField
}

type wireField struct {
	name string
	typ  int
}

func timeType() reflect.Type { return reflect.TypeFor[time.Time]() }

// kindOf is how values of the type are written.
func (c Config) kindOf(t reflect.Type) kind {
	if t == timeType() {
		return kindTime
	}
	switch t.Kind() {
	case reflect.Bool:
		return kindBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return kindInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return kindUint
	case reflect.Float32, reflect.Float64:
		return kindFloat
	case reflect.String:
		return kindString
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return kindBytes
		}
		return kindSlice
	case reflect.Array:
		return kindArray
	case reflect.Map:
		return kindMap
	case reflect.Pointer:
		return kindPointer
	case reflect.Struct:
		return kindStruct
	}
	return kindInterface
}
