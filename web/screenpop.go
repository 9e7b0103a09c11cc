package web

import (
	"strings"

	"hotline"
)

// screenPop is the page about the contact of a card, with no more in it than the card shows.
func (s *server) screenPop(agent hotline.AgentID, d deskCard) string {
	q, ok := s.Centre().Queue(d.Queue)
	if !ok || q.ScreenPop == "" {
		return ""
	}
	return q.ScreenPop.URL(func(field string) string {
		switch field {
		case "number":
			return d.Number
		case "name":
			return d.Name
		case "contact":
			return string(d.Contact)
		case "queue":
			return string(d.Queue)
		case "agent":
			return string(agent)
		}
		return d.Attrs[strings.TrimPrefix(field, "attr.")]
	})
}
