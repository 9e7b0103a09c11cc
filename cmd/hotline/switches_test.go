package main

import (
	"maps"
	"testing"

	"hotline"
)

func TestSwitches(t *testing.T) {
	var s switches
	if s.on() != nil {
		t.Error("something is on at the beginning")
	}
	for _, f := range []hotline.Fact{
		hotline.SwitchSet{Switch: "emergency", On: true}, hotline.LegRang{}, hotline.SwitchSet{Switch: "meeting", On: true},
	} {
		s.apply(hotline.Event{Fact: f})
	}
	before := s.on()
	s.apply(hotline.Event{Fact: hotline.SwitchSet{Switch: "emergency"}})
	if !maps.Equal(s.on(), map[string]bool{"meeting": true}) || len(before) != 2 {
		t.Errorf("on: %v, before: %v", s.on(), before)
	}
}
