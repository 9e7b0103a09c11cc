package hotline

import "strings"

// CustomerErased says that number and name of one customer are to be gone from whatever is kept of these contacts and tasks: Pseudonym
// stands in their place, so that all that was counted of one customer is still that of one. The number itself does not stand in it. A
// customer with many contacts takes several facts.
type CustomerErased struct {
	Pseudonym string      `json:"pseudonym"`
	Contacts  []ContactID `json:"contacts,omitempty"` // at most MaxErased
	Tasks     []TaskID    `json:"tasks,omitempty"`    // that no contact of the customer's has; at most MaxErased
	By        string      `json:"by,omitempty"`       // the login
}

func (CustomerErased) Kind() string { return "customer_erased" }

// MaxErased is how many contacts, and how many tasks, one CustomerErased names.
const MaxErased = 500

const pseudonymPrefix = "erased-"

// Pseudonym is what stands for a customer that was erased; letters are small ones that nothing follows from.
func Pseudonym(letters string) string { return pseudonymPrefix + letters }

// IsPseudonym says whether the number is none: its customer was erased.
func IsPseudonym(number string) bool {
	letters, ok := strings.CutPrefix(number, pseudonymPrefix)
	return ok && letters != "" && len(letters) <= 24 && strings.Trim(letters, "abcdefghijklmnopqrstuvwxyz") == ""
}
