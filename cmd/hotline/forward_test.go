package main

import (
	"testing"

	"hotline"
	"hotline/reports"
)

func TestReadyIn(t *testing.T) {
	v := &reports.View{Agents: []reports.AgentView{{ID: "8001", State: hotline.AgentReady}, {ID: "8002", State: hotline.AgentTalking}, {ID: "8003", State: hotline.AgentReserved}}}
	for id, want := range map[hotline.AgentID]bool{"8001": true, "8002": false, "8003": false, "8004": false} {
		if readyIn(v, id) != want {
			t.Errorf("%s: %t", id, !want)
		}
	}
}
