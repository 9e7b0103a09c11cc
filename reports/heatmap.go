package reports

import (
	"fmt"
	"time"

	"hotline"
)

// HeatReport is queues by weekday and slot.
type HeatReport struct {
	Report[HeatRow]
	SlotMin int `json:"slot_min"`
}

// heatSlot is one place of the map.
type heatSlot struct {
	queue           hotline.QueueID
	weekday, minute int
}

// Heatmap makes the map of queues by weekday and slots of 15, 30 or 60 minutes, by arrival. A repeated hour counts into the
// same slot twice, one that the clock leaves out is 0 that day.
func (f *Fold) Heatmap(q QueueQuery, width time.Duration) (*HeatReport, error) {
	minutes := int(width / time.Minute)
	switch minutes {
	case 15, 30, 60:
	default:
		return nil, fmt.Errorf("%w: slot %s: want 15m, 30m or 1h", ErrQuery, width)
	}
	now := f.cfg.Now()
	s := f.snapshot()
	bs, err := bins(q.From, q.To, Day, s.book.loc)
	if err != nil {
		return nil, err
	}
	r := &HeatReport{*report[HeatRow](Span{From: q.From, To: q.To}, now, s.seq), minutes}
	days := map[int]int{}
	for _, b := range bs {
		if b.start <= now.UnixMilli() {
			days[weekday(b.start, s.book.loc)]++
		}
	}
	cells, seen := map[heatSlot]*tally{}, map[hotline.QueueID]bool{}
	defs := map[hotline.QueueID]Queue{}
	s.visits(q.From.UnixMilli(), q.To.UnixMilli(), func(v *visit) {
		if !q.wants(v.queue) || v.since < q.From.UnixMilli() || v.since >= q.To.UnixMilli() {
			return
		}
		def, known := defs[v.queue]
		if !known {
			def = q.Override.apply(s.book.queue(v.queue))
			defs[v.queue], seen[v.queue] = def, true
		}
		at := time.UnixMilli(v.since).In(s.book.loc)
		c := heatSlot{v.queue, weekday(v.since, s.book.loc), (at.Hour()*60 + at.Minute()) / minutes * minutes}
		if cells[c] == nil {
			cells[c] = &tally{}
		}
		cells[c].add(v, def, now.UnixMilli())
	})
	for _, id := range s.book.queueOrder(seen) {
		if !q.wants(id) {
			continue
		}
		for day := 1; day <= 7; day++ {
			for minute := 0; minute < 24*60; minute += minutes {
				if c := cells[heatSlot{id, day, minute}]; c != nil {
					r.Rows = append(r.Rows, heatRow(c, s.book.queue(id), day, minute, days[day]))
				}
			}
		}
	}
	return r, nil
}

func weekday(ms int64, loc *time.Location) int {
	return (int(time.UnixMilli(ms).In(loc).Weekday())+6)%7 + 1
}

func heatRow(t *tally, q Queue, day, minute, days int) HeatRow {
	return HeatRow{
		Queue: q.ID, Name: q.Name, Weekday: day, Minute: minute, Days: days, Requested: t.requested, Offered: t.offered,
		Answered: t.answered, Abandoned: t.abandoned, Level: t.level(), Abandon: level(t.abandoned, t.offered),
		WaitMS: ratio(t.waitAll, int64(t.offered-t.waiting)),
	}
}
