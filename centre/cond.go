package centre

// Cond is a condition over a contact's attributes, for example "vip = gold and not (region = 010)". The zero Cond holds.
type Cond struct {
	Text string
}

// Eval says whether the condition holds for these attributes.
func (c Cond) Eval(attrs map[string]string) bool { return c.Text == "" }
