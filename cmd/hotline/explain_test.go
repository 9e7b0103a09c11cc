package main

import (
	"testing"
	"time"

	"hotline"
	"hotline/reports"
)

// TestExplainRecord: who gave up while waiting in several queues at once gave up, though the other waits ended with that one.
func TestExplainRecord(t *testing.T) {
	c := reports.Contact{ID: "c1", Outcome: "abandoned", Visits: []reports.Visit{
		{ID: "c1.1", Queue: "claims", Outcome: hotline.OutcomeAbandoned, WaitMS: 12000},
		{ID: "c1.1+sales", Queue: "sales", Outcome: hotline.OutcomeDequeued, WaitMS: 8000},
	}}
	x := explainRecord(c, time.Now())
	if x.Verdict.Text != string(hotline.OutcomeAbandoned) || x.Visit != "c1.1" || x.Verdict.MS != 12000 {
		t.Errorf("%+v of visit %s", x.Verdict, x.Visit)
	}
}
