package main

import (
	"math"
	"testing"
	"time"

	"hotline/reports"
)

// TestQuarters: a day keeps its sum, begins where it begins, and a quarter's band is wider for its size than the half hour's.
func TestQuarters(t *testing.T) {
	midnight := time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)
	var points []reports.ForecastPoint
	for i := range 48 {
		p := reports.ForecastPoint{Start: reports.At(midnight.Add(time.Duration(i) * 30 * time.Minute)), Demand: float64(i), High: float64(i) + z80*math.Sqrt(float64(i))}
		if i == 4 || i == 5 { // the clock is put forward
			p.Start = 0
		} else if i > 5 {
			p.Start -= reports.Moment(time.Hour.Milliseconds())
		}
		points = append(points, p)
	}
	got := quarters(points)
	if len(got) != 92 {
		t.Fatalf("%d quarters in a day of 23 hours", len(got))
	}
	sum := 0.0
	for _, s := range got {
		sum += s.Calls
	}
	if want := 47*48/2 - 4 - 5; math.Abs(sum-float64(want)) > 1e-9 {
		t.Errorf("sum %v, want %d", sum, want)
	}
	last := got[91] // 23.5 calls by Poisson's chance alone
	if want := 23.5 + z80*math.Sqrt(23.5); math.Abs(last.High-want) > 1e-9 {
		t.Errorf("high %v, want %v", last.High, want)
	}
}
