package web

import (
	"context"
	"slices"
	"strconv"

	"hotline"
	"hotline/reports"
)

// lookMost is how many contacts are looked at for one page of a team's lead.
const lookMost = 5000

// mayLook says whether who asks may see the contact: the lead of a team sees those that an agent of it had, and those that
// nobody had and that asked for a queue which the team serves.
func (s *server) mayLook(ctx context.Context, c reports.Contact) bool {
	return s.looksAt(s.scope(ctx), c)
}

func (s *server) looksAt(of reports.Scope, c reports.Contact) bool {
	if of.Team == "" {
		return true
	}
	if len(c.Agents) == 0 {
		return slices.ContainsFunc(c.Queues, func(q hotline.QueueID) bool { return slices.Contains(of.Queues, q) })
	}
	return slices.ContainsFunc(c.Agents, func(id hotline.AgentID) bool {
		a, ok := s.Centre().Agent(id)
		return ok && a.Team == of.Team
	})
}

// contactPage is one page of the contacts that who asks may see. That of a team's lead may be short although more follow: it
// ends after so many that are others'.
func (s *server) contactPage(ctx context.Context, q reports.Search) (reports.Page, error) {
	of := s.scope(ctx)
	if of.Team == "" {
		page, err := s.Fold.Contacts(q)
		if page.Items == nil {
			page.Items = []reports.Contact{}
		}
		return page, err
	}
	limit, out := q.Limit, reports.Page{Items: []reports.Contact{}}
	q.Limit = 500
	for looked := 0; looked < lookMost; {
		page, err := s.Fold.Contacts(q)
		if err != nil {
			return out, err
		}
		for i, c := range page.Items {
			looked++
			if !s.looksAt(of, c) {
				continue
			}
			out.Items = append(out.Items, c)
			if len(out.Items) == limit && (i < len(page.Items)-1 || page.Next != "") {
				out.Next = strconv.FormatUint(c.Seq, 10) // the list is in the order of it
				return out, nil
			}
		}
		if out.Next, q.Cursor = page.Next, page.Next; page.Next == "" {
			break
		}
	}
	return out, nil
}
