package hotline

import (
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
)

// Settled returns the event as a reader of the log will get it: what MarshalEvent writes and UnmarshalEvent reads, shared
// with nobody, at a tenth of the cost. The event must be one that MarshalEvent takes.
func Settled(ev Event) (Event, error) {
	fact, ok := settledFact(ev.Fact)
	if !ok {
		b, err := MarshalEvent(ev)
		if err != nil {
			return Event{}, err
		}
		seq := ev.Seq
		ev, err = UnmarshalEvent(b)
		ev.Seq = seq
		return ev, err
	}
	out := Event{
		Seq: ev.Seq, At: Millis(ev.At), Shard: ShardID(clean(string(ev.Shard))), Contact: ContactID(clean(string(ev.Contact))),
		Call: CallID(clean(string(ev.Call))), Leg: LegID(clean(string(ev.Leg))), Agent: AgentID(clean(string(ev.Agent))),
		Queue: QueueID(clean(string(ev.Queue))), Fact: fact,
	}
	return out, nil
}

// settledFact is the fact as JSON keeps it; false: that must be left to JSON.
func settledFact(f Fact) (Fact, bool) {
	from := reflect.ValueOf(f)
	if plain(from) {
		return f, true
	}
	to := reflect.New(from.Type()).Elem()
	if !settle(to, from, false) {
		return nil, false
	}
	out, ok := to.Interface().(Fact)
	return out, ok
}

// plain says whether JSON leaves the value as it is and it refers to nothing that could be changed, as with most facts.
func plain(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String:
		return utf8.ValidString(v.String())
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8,
		reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float64:
		return true
	case reflect.Slice, reflect.Map, reflect.Pointer:
		return v.IsNil()
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return v.IsZero()
		}
		for i := range v.NumField() {
			if !plain(v.Field(i)) {
				return false
			}
		}
		return true
	}
	return false
}

// clean is a text as JSON keeps it: every byte that is not UTF-8 becomes U+FFFD.
func clean(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

// settle sets to, which is zero, to what JSON makes of from; false: that must be left to JSON. omitEmpty is the tag of the
// field that it is.
func settle(to, from reflect.Value, omitEmpty bool) bool {
	switch from.Kind() {
	case reflect.String:
		to.SetString(clean(from.String()))
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8,
		reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float64:
		to.Set(from)
	case reflect.Struct:
		return settleStruct(to, from)
	case reflect.Slice:
		return settleSlice(to, from, omitEmpty)
	case reflect.Map:
		return settleMap(to, from, omitEmpty)
	case reflect.Pointer:
		if from.IsNil() {
			return true
		}
		to.Set(reflect.New(from.Type().Elem()))
		return settle(to.Elem(), from.Elem(), false)
	default:
		return false
	}
	return true
}

func settleStruct(to, from reflect.Value) bool {
	typ := from.Type()
	if typ == reflect.TypeFor[time.Time]() {
		t, ok := from.Interface().(time.Time)
		if !ok || t.Location() != time.UTC {
			return false
		}
		to.Set(reflect.ValueOf(t.Round(0).UTC()))
		return true
	}
	for i := range from.NumField() {
		f := from.Field(i)
		omit := false
		switch f.Kind() {
		case reflect.Slice, reflect.Map:
			omit = !f.IsNil() && f.Len() == 0 && strings.Contains(typ.Field(i).Tag.Get("json"), ",omitempty")
		}
		if !settle(to.Field(i), f, omit) {
			return false
		}
	}
	return true
}

func settleSlice(to, from reflect.Value, omitEmpty bool) bool {
	if from.IsNil() || omitEmpty {
		return true
	}
	if from.Type().Elem().Kind() == reflect.Uint8 {
		return false // base64
	}
	to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
	for i := range from.Len() {
		if !settle(to.Index(i), from.Index(i), false) {
			return false
		}
	}
	return true
}

func settleMap(to, from reflect.Value, omitEmpty bool) bool {
	if from.IsNil() || omitEmpty {
		return true
	}
	if from.Type().Key().Kind() != reflect.String {
		return false
	}
	to.Set(reflect.MakeMapWithSize(from.Type(), from.Len()))
	for it := from.MapRange(); it.Next(); {
		key, value := reflect.New(from.Type().Key()).Elem(), reflect.New(from.Type().Elem()).Elem()
		if !settle(key, it.Key(), false) || key.String() != it.Key().String() || !settle(value, it.Value(), false) {
			return false
		}
		to.SetMapIndex(key, value)
	}
	return true
}
