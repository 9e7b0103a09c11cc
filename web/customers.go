package web

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
)

// Cards keeps customers' cards; store/local has a bucket for it. What stands there can be erased, unlike the log.
type Cards interface {
	Get(key string) ([]byte, error)
	Put(key string, val []byte) error
	Delete(key string) error
}

// CustomerCard is what is kept of a customer by number.
type CustomerCard struct {
	Number  string         `json:"number"`
	Masked  bool           `json:"masked"`
	Name    string         `json:"name,omitempty"`
	VIP     bool           `json:"vip"`
	Notes   []customerNote `json:"notes"`
	Updated reports.Moment `json:"updated,omitzero"`
	By      string         `json:"by,omitempty"`
}

// customerNote is something worth knowing at the next call.
type customerNote struct {
	ID   string         `json:"id"`
	At   reports.Moment `json:"at"`
	By   string         `json:"by"`
	Text string         `json:"text"`
}

// customerWhole is a card with the customer's history.
type customerWhole struct {
	CustomerCard
	History []pastContact  `json:"history"`
	Tasks   []reports.Task `json:"tasks"`
}

const (
	maxCustomerNotes = 100
	historyShown     = 50
)

type customerIn struct {
	Number string `path:"number" maxLength:"160" doc:"The customer's number, or contact:ID for the customer of a contact."`
}

type customerPutIn struct {
	Number string `path:"number" maxLength:"160"`
	Body   struct {
		Name *string `json:"name,omitempty" maxLength:"200" doc:"Missing: as it is."`
		VIP  *bool   `json:"vip,omitempty" doc:"Missing: as it is."`
	}
}

type customerNoteIn struct {
	OnceIn
	Number string `path:"number" maxLength:"160"`
	Body   struct {
		Text string `json:"text" minLength:"1" maxLength:"2000"`
	}
}

type customerNoteDelIn struct {
	Number string `path:"number" maxLength:"160"`
	Note   string `path:"note" maxLength:"64"`
}

func (s *server) customerRoutes() {
	const path = "/api/v1/customers/{number}"
	huma.Register(s.api, s.op(anyLogin, http.MethodGet, path, "customer",
		"A customer's card and history. An agent sees those of its own contacts and tasks, while it is signed in"), s.customer)
	huma.Register(s.api, s.op(anyLogin, http.MethodPut, path, "change-customer", "Change a customer's name or mark it as important"),
		func(ctx context.Context, in *customerPutIn) (*body[customerWhole], error) {
			return s.changeCustomer(ctx, in.Number, "change_customer", func(c *CustomerCard, _ string) error {
				if in.Body.Name != nil {
					c.Name = strings.Join(strings.Fields(cleanText(*in.Body.Name, 200)), " ")
				}
				if in.Body.VIP != nil {
					c.VIP = *in.Body.VIP
				}
				return nil
			})
		})
	huma.Register(s.api, s.op(anyLogin, http.MethodPost, path+"/notes", "add-customer-note", "Write something down about a customer"),
		func(ctx context.Context, in *customerNoteIn) (*body[customerWhole], error) {
			u, _ := userOf(ctx)
			id := in.id(u, "n")
			return s.changeCustomer(ctx, in.Number, "note_customer", func(c *CustomerCard, by string) error {
				if slices.ContainsFunc(c.Notes, func(n customerNote) bool { return n.ID == id }) {
					return nil
				}
				if len(c.Notes) >= maxCustomerNotes {
					return s.problem(ctx, http.StatusConflict, textManyNotes, len(c.Notes))
				}
				c.Notes = append(c.Notes, customerNote{ID: id, At: reports.At(s.Now()), By: by, Text: cleanText(in.Body.Text, 2000)})
				return nil
			})
		})
	huma.Register(s.api, s.op(anyLogin, http.MethodDelete, path+"/notes/{note}", "remove-customer-note", "Take a note about a customer away"),
		func(ctx context.Context, in *customerNoteDelIn) (*body[customerWhole], error) {
			return s.changeCustomer(ctx, in.Number, "unnote_customer", func(c *CustomerCard, _ string) error {
				c.Notes = slices.DeleteFunc(c.Notes, func(n customerNote) bool { return n.ID == in.Note })
				return nil
			})
		})
	huma.Register(s.api, s.op(auth.EraseCustomers, http.MethodDelete, path, "erase-customer",
		"Erase a customer: the card is gone, and a pseudonym stands for number and name in the contacts' records. Figures stay"), s.eraseCustomer)
}

// theCustomer finds out who is meant and whether who asks may see that customer now. Looks of others than agents are accountable.
func (s *server) theCustomer(ctx context.Context, number, act string) (string, error) {
	u, _ := userOf(ctx)
	if u.Agent == "" && !u.Role.May(auth.SeeCustomers) {
		return "", s.problem(ctx, http.StatusForbidden, textRole, u.Role)
	}
	if u.Agent != "" {
		if _, err := s.atWork(ctx, u.Agent); err != nil {
			return "", err
		}
	}
	if id, is := strings.CutPrefix(number, "contact:"); is {
		c, ok := s.Fold.Contact(hotline.ContactID(id))
		if !ok {
			return "", s.problem(ctx, http.StatusNotFound, textNoContact)
		}
		number = c.Customer().Number
	}
	key := reports.NumberKey(number)
	switch {
	case u.Agent == "":
		if err := s.audit(ctx, act, number); err != nil {
			return "", err
		}
	case !s.knows(u.Agent, number):
		return "", s.problem(ctx, http.StatusForbidden, textNoCustomer, u.Agent)
	}
	if key == "" {
		return "", s.problem(ctx, http.StatusNotFound, textNoNumber)
	}
	return number, nil
}

// knows says whether the customer is one of the agent's: of a contact of its own not long ago, or of a task on its list.
func (s *server) knows(agent hotline.AgentID, number string) bool {
	if s.Fold.Had(agent, number, s.Now().Add(-justNow)) {
		return true
	}
	return slices.ContainsFunc(s.Fold.TasksWith(number), func(t reports.Task) bool {
		return s.mayTask(auth.User{Role: auth.Agent, Agent: agent}, t) && s.vouched(t)
	})
}

// vouched says whether the task's number is a customer's by more than an agent's word: an agent may note any number to be called,
// and must not come by anybody's card that way.
func (s *server) vouched(t reports.Task) bool {
	if _, is := s.Centre().Agent(hotline.AgentID(t.OpenedBy)); !is {
		return true
	}
	c, ok := s.Fold.Contact(t.Contact)
	return ok && reports.NumberKey(c.Customer().Number) == reports.NumberKey(t.From.Number)
}

func (s *server) customer(ctx context.Context, in *customerIn) (*body[customerWhole], error) {
	number, err := s.theCustomer(ctx, in.Number, "see_customer")
	if err != nil {
		return nil, err
	}
	return &body[customerWhole]{s.wholeCustomer(ctx, number)}, nil
}

func (s *server) wholeCustomer(ctx context.Context, number string) customerWhole {
	w := customerWhole{CustomerCard: *s.customerOf(number), History: s.past("", number, historyShown), Tasks: s.tasksWith(ctx, number)}
	p := s.party(ctx, hotline.Party{Number: number})
	w.Number, w.Masked = p.Number, p.Masked
	return w
}

// customerOf is the card of that number; an empty one if there is none.
func (s *server) customerOf(number string) *CustomerCard {
	c, err := s.keptCard(number)
	if err != nil {
		s.Logger.Error("web: a customer's card cannot be read", "error", err)
		return &CustomerCard{Number: number, Notes: []customerNote{}}
	}
	return c
}

func (s *server) keptCard(number string) (*CustomerCard, error) {
	var c CustomerCard
	if key := reports.NumberKey(number); key != "" && s.Cards != nil {
		b, err := s.Cards.Get(key)
		if err == nil && b != nil {
			err = json.Unmarshal(b, &c)
		}
		if err != nil {
			return nil, err
		}
	}
	c.Number = number
	if c.Notes == nil {
		c.Notes = []customerNote{}
	}
	return &c, nil
}

// changeCustomer changes a card and keeps it. Two changes at a time are made one after the other.
func (s *server) changeCustomer(ctx context.Context, number, act string, change func(c *CustomerCard, by string) error) (*body[customerWhole], error) {
	number, err := s.theCustomer(ctx, number, act)
	if err != nil {
		return nil, err
	}
	u, _ := userOf(ctx)
	if u.Agent != "" {
		if err := s.audit(ctx, act, number); err != nil {
			return nil, err
		}
	}
	s.cards.Lock()
	defer s.cards.Unlock()
	c, err := s.keptCard(number)
	if err != nil { // what stands there must not be written over
		s.Logger.Error("web: a customer's card cannot be read", "error", err)
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textNoStore)
	}
	if err := change(c, u.Name); err != nil {
		return nil, err
	}
	c.Updated, c.By, c.Masked = reports.At(s.Now()), u.Name, false
	b, err := json.Marshal(c)
	if err == nil && s.Cards != nil {
		err = s.Cards.Put(reports.NumberKey(number), b)
	}
	if err != nil || s.Cards == nil {
		s.Logger.Error("web: a customer's card cannot be kept", "error", err)
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textNoStore)
	}
	return &body[customerWhole]{s.wholeCustomer(ctx, number)}, nil
}

// newID is an id that nothing else has.
func newID(kind string) string { return kind + strings.ToLower(rand.Text()[:12]) }
