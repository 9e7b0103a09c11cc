package hotline

import "fmt"

// Refusal is an error of Submit with its words apart from what they are about, so that it can be said in another language.
type Refusal struct {
	Kind   error  // ErrUnknown or ErrRefused
	Format string // English, for fmt
	Args   []any
}

// Error implements error.
func (r *Refusal) Error() string { return r.Kind.Error() + ": " + fmt.Sprintf(r.Format, r.Args...) }

// Unwrap makes errors.Is find the kind.
func (r *Refusal) Unwrap() error { return r.Kind }
