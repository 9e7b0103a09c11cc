package main

import "hotline/web"

// views is how all who are told fare, as a page shows it.
func (o *outward) views(e *engine) (all []web.Outward) {
	if o.mail != nil {
		s := o.mail.Stats()
		all = append(all, web.Outward{Kind: "mail", Delivered: s.Sent, Last: s.LastSent, FailingSince: s.FailingSince, Problem: s.Error, Waiting: int64(s.Waiting)})
	}
	for _, s := range o.alarms.Stats() {
		all = append(all, web.Outward{Kind: "alarms", Name: s.Channel, By: s.Kind, Delivered: s.Delivered, Last: s.LastDelivered, FailingSince: s.FailingSince, Problem: s.Error})
	}
	for _, s := range e.webhookStats() {
		all = append(all, web.Outward{
			Kind: "webhook", Name: s.Hook, Delivered: s.Delivered, Refused: s.Refused, Last: s.Last, FailingSince: s.Since, Problem: s.Error, Waiting: s.Backlog,
		})
	}
	last := e.store.Last()
	for _, s := range o.exports() {
		one := web.Outward{Kind: "events", Name: s.Name, Delivered: s.Delivered, Last: s.LastAt, FailingSince: s.FailingSince, Problem: s.Error}
		if s.Name == "files" || s.Name == "queue_log" {
			one.Kind, one.Name = s.Name, ""
		}
		if last > s.Last {
			one.Waiting = int64(last - s.Last)
		}
		all = append(all, one)
	}
	return all
}
