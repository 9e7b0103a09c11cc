package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"hotline"
	"hotline/reports"
)

// erasedCustomer is what came of erasing a customer.
type erasedCustomer struct {
	Pseudonym string `json:"pseudonym" doc:"What stands where number and name stood; empty: there was no contact."`
	Contacts  int    `json:"contacts"`
	Tasks     int    `json:"tasks" doc:"Of other contacts, or of none."`
}

// eraseCustomer erases the card, and number and name from the contacts. Whom it was is not noted: the pseudonym is.
func (s *server) eraseCustomer(ctx context.Context, in *customerIn) (*body[erasedCustomer], error) {
	number := in.Number
	if id, is := strings.CutPrefix(number, "contact:"); is {
		c, ok := s.Fold.Contact(hotline.ContactID(id))
		if !ok || !s.mayLook(ctx, c) {
			return nil, s.problem(ctx, http.StatusNotFound, textNoContact)
		}
		number = c.Customer().Number
	}
	key := reports.NumberKey(number)
	if key == "" || hotline.IsPseudonym(number) {
		return nil, s.problem(ctx, http.StatusNotFound, textNoNumber)
	}
	s.cards.Lock()
	defer s.cards.Unlock()
	of := s.Fold.OfCustomer(number)
	if of.Open != "" {
		return nil, s.problem(ctx, http.StatusConflict, textCustomerOpen, of.Open)
	}
	out := erasedCustomer{Contacts: len(of.Contacts), Tasks: len(of.Tasks)}
	if out.Contacts+out.Tasks > 0 {
		out.Pseudonym = hotline.Pseudonym(newLetters())
	}
	if err := s.audit(ctx, "erase_customer", strings.TrimSpace(fmt.Sprintf("%s %d", out.Pseudonym, out.Contacts))); err != nil {
		return nil, err
	}
	if s.Cards != nil {
		if err := s.Cards.Delete(key); err != nil {
			s.Logger.Error("web: a customer's card cannot be erased", "error", err)
			return nil, s.problem(ctx, http.StatusServiceUnavailable, textNoStore)
		}
	}
	if out.Pseudonym == "" {
		return &body[erasedCustomer]{out}, nil
	}
	if err := s.write(ctx, erasures(ctx, out.Pseudonym, of)...); err != nil {
		return nil, err
	}
	err := s.Fold.Erase(ctx)
	if err == nil && s.Forget != nil {
		err = s.Forget()
	}
	if err != nil { // what was begun goes on by itself
		s.Logger.Error("web: a customer is erased, but still stands on disk", "pseudonym", out.Pseudonym, "error", err)
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textErasedLater, out.Pseudonym)
	}
	return &body[erasedCustomer]{out}, nil
}

// erasures are the facts that say so, each of a bounded size.
func erasures(ctx context.Context, pseudonym string, of reports.Customer) (out []hotline.Event) {
	u, _ := userOf(ctx)
	contacts := slices.Collect(slices.Chunk(of.Contacts, hotline.MaxErased))
	tasks := slices.Collect(slices.Chunk(of.Tasks, hotline.MaxErased))
	for i := range max(len(contacts), len(tasks)) {
		f := hotline.CustomerErased{Pseudonym: pseudonym, By: u.Name}
		if i < len(contacts) {
			f.Contacts = contacts[i]
		}
		if i < len(tasks) {
			f.Tasks = tasks[i]
		}
		out = append(out, hotline.Event{Fact: f})
	}
	return out
}

// newLetters are letters that nothing else has.
func newLetters() string {
	id := newID("") + newID("")
	return strings.Map(func(r rune) rune {
		if r < 'a' {
			return -1
		}
		return r
	}, id)[:8]
}
