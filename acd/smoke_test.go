package acd

import (
	"testing"
	"time"

	"hotline"
	"hotline/centre"
)

func TestSmoke(t *testing.T) {
	c := &centre.Centre{Agents: []centre.Agent{{ID: "1", Skills: map[string]int{"a": 3}}}, Queues: []centre.Queue{{ID: "q", RingTimeout: 15 * time.Second}}}
	r := NewRouter("s", c)
	now := time.UnixMilli(1000)
	do := func(q hotline.Request) {
		evs, err := r.Step(now, q)
		for _, e := range evs {
			b, _ := hotline.MarshalEvent(e)
			t.Log(string(b))
		}
		t.Log(err)
		if err := r.Check(); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Second)
	}
	do(hotline.SetDevice{Agent: "1", Up: true})
	do(hotline.SetAgent{Agent: "1", State: "ready"})
	do(hotline.Enqueue{Contact: "c", Call: "c", Visit: "c.1", Queue: "q"})
	do(hotline.Accept{Offer: "c.1.1", Leg: "l"})
	do(hotline.Release{Agent: "1", Call: "c"})
}
