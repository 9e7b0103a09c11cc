package web

import (
	"context"
	"net/http"
	"slices"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
)

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

// maskedSearch says that a number is looked for among masked ones. More digits in a row than are shown of any are refused: who may not
// see a number must not find it out by trying.
func (s *server) maskedSearch(ctx context.Context, number string) (bool, error) {
	if u, _ := userOf(ctx); u.Role.May(auth.SeeNumbers) {
		return false, nil
	}
	run := 0
	for _, r := range number {
		if run++; r < '0' || r > '9' {
			run = 0
		}
		if run > shownDigits {
			return true, s.problem(ctx, http.StatusUnprocessableEntity, textMaskedSearch)
		}
	}
	return true, nil
}

// shownDigits is how many digits in a row are shown of a masked number at most.
const shownDigits = 4
